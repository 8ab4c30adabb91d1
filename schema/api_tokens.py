"""API tokens."""

from datetime import datetime
from typing import Annotated

import strawberry

from models.enums import ApiScope
from models.staff import ApiToken as TokenRow
from resolvers import staff
from resolvers.staff import NewToken
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
)
from schema.loaders import SchemaView
from schema.mutations.writing import INPUT
from schema.staff import Staff, staff_of
from schema.values import global_id


@strawberry.type(description="API token. Its secret is shown once, when made.")
class ApiToken:
    row: strawberry.Private[TokenRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The token.")
    def id(self) -> strawberry.ID:
        return global_id("api_token", self.row.id)

    @strawberry.field(description="1 to 80 characters.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(
        description="Personal: acts as its owner. Else an integration: acts as API, under its name."
    )
    def is_personal(self) -> bool:
        return self.row.is_personal

    @strawberry.field(
        description="Who answers for it; it never may more than this person and ends with them."
    )
    async def owner(self) -> Staff:
        person = await staff_of(self.view, self.row.owner_id)
        assert person is not None
        return person

    @strawberry.field(description="What it is for.")
    def scopes(self) -> list[ApiScope]:
        return [ApiScope(each) for each in self.row.scopes]

    @strawberry.field(description="When made.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="Last use, to within 5 minutes; null: never.")
    def last_used_at(self) -> datetime | None:
        return self.row.last_used_at

    @strawberry.field(description="When it ends; null: never.")
    def expires_at(self) -> datetime | None:
        return self.row.expires_at


@strawberry.input(description="Input of `createApiToken`.")
class CreateApiTokenInput:
    name: str = strawberry.field(
        description="1 to 80 characters; none of your tokens that stand has it."
    )
    scopes: list[ApiScope] = strawberry.field(
        description="What it is for, at most what you may; scopes on leads need READ_LEADS."
    )
    is_personal: bool = strawberry.field(
        default=True, description="Personal, or an integration (ADMIN)."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="End; absent: when revoked, or when you leave."
    )


@strawberry.type(description="Success of `createApiToken`.")
class CreateApiTokenSuccess:
    api_token: ApiToken = strawberry.field(description="The token.")
    token: str = strawberry.field(description="The secret, never shown again.")


CreateApiTokenResult = Annotated[
    CreateApiTokenSuccess | ForbiddenError | LimitError | ConflictError | InvalidInputError,
    strawberry.union("CreateApiTokenResult", description="Result of `createApiToken`."),
]


@strawberry.input(description="Input of `revokeApiToken`.")
class RevokeApiTokenInput:
    api_token_id: strawberry.ID = strawberry.field(description="The token.")


@strawberry.type(description="Success of `revokeApiToken`.")
class RevokeApiTokenSuccess:
    api_token_id: strawberry.ID = strawberry.field(description="Its id.")


RevokeApiTokenResult = Annotated[
    RevokeApiTokenSuccess | NotFoundError | InvalidInputError,
    strawberry.union("RevokeApiTokenResult", description="Result of `revokeApiToken`."),
]


async def api_tokens(info: Info) -> list[ApiToken]:
    """Tokens that stand, by name."""
    view = await info.context.reading()
    rows = await staff.api_tokens(view, await info.context.staff())
    return [ApiToken(row=row, view=view) for row in rows]


async def create_api_token(
    info: Info, input: Annotated[CreateApiTokenInput, strawberry.argument(description=INPUT)]
) -> CreateApiTokenResult:
    """Makes a token."""
    caller = await info.context.person()
    new = NewToken(input.name, input.scopes, input.is_personal, input.expires_at)
    async with info.context.work() as work:
        row, token = await staff.create_api_token(work, caller, new)
    made = ApiToken(row=row, view=info.context.view(caller))
    return CreateApiTokenSuccess(api_token=made, token=token)


async def revoke_api_token(
    info: Info, input: Annotated[RevokeApiTokenInput, strawberry.argument(description=INPUT)]
) -> RevokeApiTokenResult:
    """Ends a token."""
    token_id = read_id("apiTokenId", "api_token", input.api_token_id)
    caller = await info.context.person()
    async with info.context.work() as work:
        await staff.revoke_api_token(work, caller, token_id)
    return RevokeApiTokenSuccess(api_token_id=input.api_token_id)
