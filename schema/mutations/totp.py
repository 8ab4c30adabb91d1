"""Acts on authenticators."""

from typing import Annotated

import strawberry

from resolvers import staff
from schema.context import Info, read_id
from schema.errors import (
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    PreconditionError,
)
from schema.mutations.writing import INPUT
from schema.staff import Me, Staff

PASSWORD = "Present password; send it as a variable."


@strawberry.input(description="Input of `startTotp`.")
class StartTotpInput:
    current_password: str = strawberry.field(description=PASSWORD)


@strawberry.type(description="Success of `startTotp`.")
class StartTotpSuccess:
    otpauth_url: str = strawberry.field(
        description="Address for the QR code, `otpauth://totp/...`; it holds the secret and is "
        "never shown again."
    )


StartTotpResult = Annotated[
    StartTotpSuccess | PreconditionError | LimitError | InvalidInputError,
    strawberry.union("StartTotpResult", description="Result of `startTotp`."),
]


@strawberry.input(description="Input of `confirmTotp`.")
class ConfirmTotpInput:
    totp_code: str = strawberry.field(description="Code, 6 digits.")


@strawberry.type(description="Success of `confirmTotp`.")
class ConfirmTotpSuccess:
    me: Me = strawberry.field(description="You.")
    recovery_codes: list[str] = strawberry.field(
        description="Codes for a lost authenticator, each good once, shown this once; 10."
    )


ConfirmTotpResult = Annotated[
    ConfirmTotpSuccess | PreconditionError | LimitError | InvalidInputError,
    strawberry.union("ConfirmTotpResult", description="Result of `confirmTotp`."),
]


@strawberry.input(description="Input of `removeTotp`.")
class RemoveTotpInput:
    current_password: str = strawberry.field(description=PASSWORD)


@strawberry.type(description="Success of `removeTotp`.")
class RemoveTotpSuccess:
    me: Me = strawberry.field(description="You.")


RemoveTotpResult = Annotated[
    RemoveTotpSuccess | PreconditionError | LimitError | InvalidInputError,
    strawberry.union("RemoveTotpResult", description="Result of `removeTotp`."),
]


@strawberry.input(description="Input of `removeStaffTotp`.")
class RemoveStaffTotpInput:
    staff_id: strawberry.ID = strawberry.field(description="The person; not yourself.")


@strawberry.type(description="Success of `removeStaffTotp`.")
class RemoveStaffTotpSuccess:
    staff: Staff = strawberry.field(description="The person.")


RemoveStaffTotpResult = Annotated[
    RemoveStaffTotpSuccess | ForbiddenError | NotFoundError | PreconditionError | InvalidInputError,
    strawberry.union("RemoveStaffTotpResult", description="Result of `removeStaffTotp`."),
]


async def start_totp(
    info: Info, input: Annotated[StartTotpInput, strawberry.argument(description=INPUT)]
) -> StartTotpResult:
    """Gives a new secret."""
    caller = await info.context.person()
    url = await staff.start_totp(info.context.services, caller, input.current_password)
    return StartTotpSuccess(otpauth_url=url)


async def confirm_totp(
    info: Info, input: Annotated[ConfirmTotpInput, strawberry.argument(description=INPUT)]
) -> ConfirmTotpResult:
    """Turns the authenticator on."""
    caller = await info.context.person()
    codes = await staff.confirm_totp(info.context.services, caller, input.totp_code)
    me = Me(view=info.context.view(caller), caller=caller)
    return ConfirmTotpSuccess(me=me, recovery_codes=codes)


async def remove_totp(
    info: Info, input: Annotated[RemoveTotpInput, strawberry.argument(description=INPUT)]
) -> RemoveTotpResult:
    """Turns the authenticator off."""
    caller = await info.context.person()
    await staff.remove_totp(info.context.services, caller, input.current_password)
    return RemoveTotpSuccess(me=Me(view=info.context.view(caller), caller=caller))


async def remove_staff_totp(
    info: Info, input: Annotated[RemoveStaffTotpInput, strawberry.argument(description=INPUT)]
) -> RemoveStaffTotpResult:
    """Turns another person's authenticator off."""
    staff_id = read_id("staffId", "staff", input.staff_id)
    caller = await info.context.person()
    async with info.context.work() as work:
        row = await staff.remove_staff_totp(work, staff_id)
    return RemoveStaffTotpSuccess(staff=Staff(row=row, view=info.context.view(caller)))
