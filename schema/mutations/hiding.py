"""Hiding a lead from Visitors."""

from typing import Annotated

import strawberry

from resolvers import hiding
from schema.context import Info, read_id
from schema.errors import ForbiddenError, GoneError, InvalidInputError, NotFoundError
from schema.mutations.writing import INPUT, LeadWrite, written


@strawberry.input(description="Input of `hideLead`.")
class HideLeadInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")


@strawberry.type(description="Success of `hideLead`.")
class HideLeadSuccess(LeadWrite):
    """The lead after it."""


HideLeadResult = Annotated[
    HideLeadSuccess | NotFoundError | ForbiddenError | GoneError | InvalidInputError,
    strawberry.union("HideLeadResult", description="Result of `hideLead`."),
]


async def hide_lead(
    info: Info, input: Annotated[HideLeadInput, strawberry.argument(description=INPUT)]
) -> HideLeadResult:
    """Takes the lead off Visitors."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    async with info.context.work() as work:
        lead_id = await hiding.hide_lead(work, lead_id)
    _, fields = await written(info, work, lead_id)
    return HideLeadSuccess(**fields)
