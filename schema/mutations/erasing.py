"""Erasing a lead with all its data."""

from datetime import datetime
from typing import Annotated

import strawberry

from resolvers import erasing
from schema.context import Info, read_id
from schema.errors import ForbiddenError, GoneError, InvalidInputError, NotFoundError
from schema.mutations.writing import INPUT
from schema.values import global_id


@strawberry.input(description="Input of `eraseLead`.")
class EraseLeadInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    confirm_lead_id: strawberry.ID = strawberry.field(description="The lead's id again.")


@strawberry.type(description="Success of `eraseLead`.")
class EraseLeadSuccess:
    lead_id: strawberry.ID = strawberry.field(description="Former id.")
    erased_at: datetime = strawberry.field(description="When.")
    destroyed_count: int = strawberry.field(description="Rows and files destroyed.")


EraseLeadResult = Annotated[
    EraseLeadSuccess | NotFoundError | ForbiddenError | GoneError | InvalidInputError,
    strawberry.union("EraseLeadResult", description="Result of `eraseLead`."),
]


async def erase_lead(
    info: Info, input: Annotated[EraseLeadInput, strawberry.argument(description=INPUT)]
) -> EraseLeadResult:
    """Destroys a lead."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    confirmed = read_id("confirmLeadId", "lead", input.confirm_lead_id)
    async with info.context.work() as work:
        made = await erasing.erase_lead(work, lead_id, confirmed)
    return EraseLeadSuccess(
        lead_id=global_id("lead", made.lead_id), erased_at=made.at, destroyed_count=made.count
    )
