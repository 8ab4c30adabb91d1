"""Moves along a pipeline."""

from typing import Annotated

import strawberry

from resolvers import leads
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    MissingRequiredFieldsError,
    NotFoundError,
    PreconditionError,
    read_version,
)
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.pipelines import TransitionRefusedError
from schema.scalars import Version


@strawberry.input(description="Input of `changeLeadState`.")
class ChangeLeadStateInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    state_id: strawberry.ID = strawberry.field(description="The state.")
    loss_reason: str | None = strawberry.field(
        default=None, description="Why, on LOST; at most 500 characters."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `changeLeadState`.")
class ChangeLeadStateSuccess(LeadWrite):
    """The lead after it."""


ChangeLeadStateResult = Annotated[
    ChangeLeadStateSuccess
    | NotFoundError
    | ForbiddenError
    | TransitionRefusedError
    | MissingRequiredFieldsError
    | ConflictError
    | InvalidInputError,
    strawberry.union("ChangeLeadStateResult", description="Result of `changeLeadState`."),
]


@strawberry.input(description="Input of `winLead`.")
class WinLeadInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `winLead`.")
class WinLeadSuccess(LeadWrite):
    """The lead after it."""


WinLeadResult = Annotated[
    WinLeadSuccess
    | NotFoundError
    | ForbiddenError
    | PreconditionError
    | TransitionRefusedError
    | MissingRequiredFieldsError
    | ConflictError
    | InvalidInputError,
    strawberry.union("WinLeadResult", description="Result of `winLead`."),
]


@strawberry.input(description="Input of `reopenLead`.")
class ReopenLeadInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `reopenLead`.")
class ReopenLeadSuccess(LeadWrite):
    """The lead after it."""


ReopenLeadResult = Annotated[
    ReopenLeadSuccess
    | NotFoundError
    | ForbiddenError
    | PreconditionError
    | ConflictError
    | InvalidInputError,
    strawberry.union("ReopenLeadResult", description="Result of `reopenLead`."),
]


async def change_lead_state(
    info: Info, input: Annotated[ChangeLeadStateInput, strawberry.argument(description=INPUT)]
) -> ChangeLeadStateResult:
    """Moves the lead to a state of any pipeline."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    state_id = read_id("stateId", "state", input.state_id)
    expected = read_version(info, lead_id, input.expected_version)
    async with info.context.work() as work:
        lead_id = await leads.change_state(work, lead_id, state_id, expected, input.loss_reason)
    _, fields = await written(info, work, lead_id)
    return ChangeLeadStateSuccess(**fields)


async def win_lead(
    info: Info, input: Annotated[WinLeadInput, strawberry.argument(description=INPUT)]
) -> WinLeadResult:
    """Moves the lead to where Won leads."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    expected = read_version(info, lead_id, input.expected_version)
    async with info.context.work() as work:
        lead_id = await leads.win_lead(work, lead_id, expected)
    _, fields = await written(info, work, lead_id)
    return WinLeadSuccess(**fields)


async def reopen_lead(
    info: Info, input: Annotated[ReopenLeadInput, strawberry.argument(description=INPUT)]
) -> ReopenLeadResult:
    """Moves a won lead back."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    expected = read_version(info, lead_id, input.expected_version)
    async with info.context.work() as work:
        lead_id = await leads.reopen_lead(work, lead_id, expected)
    _, fields = await written(info, work, lead_id)
    return ReopenLeadSuccess(**fields)
