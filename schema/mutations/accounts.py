"""Acts on the portal account of a lead."""

from typing import Annotated

import strawberry

from resolvers import accounts
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    PreconditionError,
)
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.scalars import IdempotencyKey


@strawberry.input(description="Input of `createLeadAccount`.")
class CreateLeadAccountInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    email_address_id: strawberry.ID = strawberry.field(description="One of the lead's addresses.")


@strawberry.type(description="Success of `createLeadAccount`.")
class CreateLeadAccountSuccess(LeadWrite):
    """The lead after it."""


CreateLeadAccountResult = Annotated[
    CreateLeadAccountSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("CreateLeadAccountResult", description="Result of `createLeadAccount`."),
]


@strawberry.input(description="Input of `resetLeadPassword`.")
class ResetLeadPasswordInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")


@strawberry.type(description="Success of `resetLeadPassword`.")
class ResetLeadPasswordSuccess(LeadWrite):
    one_time_password: str = strawberry.field(
        description="One-time password, shown once; a repeat with the key is refused as "
        "SECRET_SHOWN."
    )


ResetLeadPasswordResult = Annotated[
    ResetLeadPasswordSuccess
    | NotFoundError
    | ForbiddenError
    | PreconditionError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("ResetLeadPasswordResult", description="Result of `resetLeadPassword`."),
]


async def create_lead_account(
    info: Info, input: Annotated[CreateLeadAccountInput, strawberry.argument(description=INPUT)]
) -> CreateLeadAccountResult:
    """Makes an account for one of the lead's addresses."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    entry_id = read_id("emailAddressId", "address", input.email_address_id)
    async with info.context.work() as work:
        lead_id = await accounts.create_account(work, lead_id, entry_id, input.idempotency_key)
    _, fields = await written(info, work, lead_id)
    return CreateLeadAccountSuccess(**fields)


async def reset_lead_password(
    info: Info, input: Annotated[ResetLeadPasswordInput, strawberry.argument(description=INPUT)]
) -> ResetLeadPasswordResult:
    """Gives the account a password that is shown once."""
    context, lead_id = info.context, read_id("leadId", "lead", input.lead_id)
    password = await accounts.one_time_password(context.services, await context.staff(), lead_id)
    async with context.work() as work:
        lead_id = await accounts.reset_password(work, lead_id, password, input.idempotency_key)
    _, fields = await written(info, work, lead_id)
    return ResetLeadPasswordSuccess(**fields, one_time_password=password.text)
