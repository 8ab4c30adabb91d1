"""Acts on a lead's e-mail addresses and phone numbers."""

from typing import Annotated

import strawberry
from strawberry import Maybe

from resolvers import email_addresses, phone_numbers
from resolvers.phone_numbers import NumberEdit
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
from schema.scalars import EmailAddress, PhoneNumber


@strawberry.input(description="Input of `addEmailAddress`.")
class AddEmailAddressInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    address: EmailAddress = strawberry.field(
        description="Address; one that breaks the rules is kept as INVALID_EMAIL."
    )
    is_primary: bool = strawberry.field(default=False, description="Make it primary.")


@strawberry.type(description="Success of `addEmailAddress`.")
class AddEmailAddressSuccess(LeadWrite):
    """The lead after it."""


AddEmailAddressResult = Annotated[
    AddEmailAddressSuccess
    | NotFoundError
    | ForbiddenError
    | ConflictError
    | LimitError
    | InvalidInputError,
    strawberry.union("AddEmailAddressResult", description="Result of `addEmailAddress`."),
]


async def add_email_address(
    info: Info, input: Annotated[AddEmailAddressInput, strawberry.argument(description=INPUT)]
) -> AddEmailAddressResult:
    """Adds an address."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    async with info.context.work() as work:
        lead_id = await email_addresses.add_email_address(
            work, lead_id, input.address, is_primary=input.is_primary
        )
    _, fields = await written(info, work, lead_id)
    return AddEmailAddressSuccess(**fields)


@strawberry.input(description="Input of `correctEmailAddress`.")
class CorrectEmailAddressInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    email_address_id: strawberry.ID = strawberry.field(description="The entry.")
    address: EmailAddress = strawberry.field(
        description="New address; one that breaks the rules is kept as INVALID_EMAIL."
    )


@strawberry.type(description="Success of `correctEmailAddress`.")
class CorrectEmailAddressSuccess(LeadWrite):
    """The lead after it."""


CorrectEmailAddressResult = Annotated[
    CorrectEmailAddressSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("CorrectEmailAddressResult", description="Result of `correctEmailAddress`."),
]


async def correct_email_address(
    info: Info, input: Annotated[CorrectEmailAddressInput, strawberry.argument(description=INPUT)]
) -> CorrectEmailAddressResult:
    """Replaces an address; consent does not travel to the new one."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    entry_id = read_id("emailAddressId", "address", input.email_address_id)
    async with info.context.work() as work:
        lead_id = await email_addresses.correct_email_address(
            work, lead_id, entry_id, input.address
        )
    _, fields = await written(info, work, lead_id)
    return CorrectEmailAddressSuccess(**fields)


@strawberry.input(description="Input of `makeEmailAddressPrimary`.")
class MakeEmailAddressPrimaryInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    email_address_id: strawberry.ID = strawberry.field(description="The entry.")


@strawberry.type(description="Success of `makeEmailAddressPrimary`.")
class MakeEmailAddressPrimarySuccess(LeadWrite):
    """The lead after it."""


MakeEmailAddressPrimaryResult = Annotated[
    MakeEmailAddressPrimarySuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union(
        "MakeEmailAddressPrimaryResult", description="Result of `makeEmailAddressPrimary`."
    ),
]


async def make_email_address_primary(
    info: Info,
    input: Annotated[MakeEmailAddressPrimaryInput, strawberry.argument(description=INPUT)],
) -> MakeEmailAddressPrimaryResult:
    """Makes an address the one used first."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    entry_id = read_id("emailAddressId", "address", input.email_address_id)
    async with info.context.work() as work:
        lead_id = await email_addresses.make_email_address_primary(work, lead_id, entry_id)
    _, fields = await written(info, work, lead_id)
    return MakeEmailAddressPrimarySuccess(**fields)


@strawberry.input(description="Input of `removeEmailAddress`.")
class RemoveEmailAddressInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    email_address_id: strawberry.ID = strawberry.field(description="The entry.")
    new_primary_id: strawberry.ID | None = strawberry.field(
        default=None, description="New primary; needed when the primary goes and others remain."
    )


@strawberry.type(description="Success of `removeEmailAddress`.")
class RemoveEmailAddressSuccess(LeadWrite):
    """The lead after it."""


RemoveEmailAddressResult = Annotated[
    RemoveEmailAddressSuccess
    | NotFoundError
    | ForbiddenError
    | PreconditionError
    | InvalidInputError,
    strawberry.union("RemoveEmailAddressResult", description="Result of `removeEmailAddress`."),
]


async def remove_email_address(
    info: Info, input: Annotated[RemoveEmailAddressInput, strawberry.argument(description=INPUT)]
) -> RemoveEmailAddressResult:
    """Takes an address from the lead."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    entry_id = read_id("emailAddressId", "address", input.email_address_id)
    primary = input.new_primary_id
    primary_id = read_id("newPrimaryId", "address", primary) if primary else None
    async with info.context.work() as work:
        lead_id = await email_addresses.remove_email_address(work, lead_id, entry_id, primary_id)
    _, fields = await written(info, work, lead_id)
    return RemoveEmailAddressSuccess(**fields)


@strawberry.input(description="Input of `savePhoneNumber`.")
class SavePhoneNumberInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    phone_number_id: strawberry.ID | None = strawberry.field(
        default=None, description="The entry; absent: a new one."
    )
    number: PhoneNumber = strawberry.field(
        description="Number; one that can't be dialled is refused."
    )
    label: Maybe[str | None] = strawberry.field(
        description="Home, work or other; at most 40 characters. Absent stays, null clears."
    )
    is_primary: bool = strawberry.field(default=False, description="Make it primary.")


@strawberry.type(description="Success of `savePhoneNumber`.")
class SavePhoneNumberSuccess(LeadWrite):
    """The lead after it."""


SavePhoneNumberResult = Annotated[
    SavePhoneNumberSuccess
    | NotFoundError
    | ForbiddenError
    | ConflictError
    | LimitError
    | InvalidInputError,
    strawberry.union("SavePhoneNumberResult", description="Result of `savePhoneNumber`."),
]


async def save_phone_number(
    info: Info, input: Annotated[SavePhoneNumberInput, strawberry.argument(description=INPUT)]
) -> SavePhoneNumberResult:
    """Adds or changes a number."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    entry = input.phone_number_id
    entry_id = read_id("phoneNumberId", "phone", entry) if entry else None
    label = input.label
    edit = NumberEdit(
        input.number,
        label.value if label else None,
        keeps_label=label is None,
        is_primary=input.is_primary,
    )
    async with info.context.work() as work:
        lead_id = await phone_numbers.save_phone_number(work, lead_id, entry_id, edit)
    _, fields = await written(info, work, lead_id)
    return SavePhoneNumberSuccess(**fields)


@strawberry.input(description="Input of `removePhoneNumber`.")
class RemovePhoneNumberInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    phone_number_id: strawberry.ID = strawberry.field(description="The entry.")


@strawberry.type(description="Success of `removePhoneNumber`.")
class RemovePhoneNumberSuccess(LeadWrite):
    """The lead after it."""


RemovePhoneNumberResult = Annotated[
    RemovePhoneNumberSuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union("RemovePhoneNumberResult", description="Result of `removePhoneNumber`."),
]


async def remove_phone_number(
    info: Info, input: Annotated[RemovePhoneNumberInput, strawberry.argument(description=INPUT)]
) -> RemovePhoneNumberResult:
    """Removes a number; the next becomes primary."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    entry_id = read_id("phoneNumberId", "phone", input.phone_number_id)
    async with info.context.work() as work:
        lead_id = await phone_numbers.remove_phone_number(work, lead_id, entry_id)
    _, fields = await written(info, work, lead_id)
    return RemovePhoneNumberSuccess(**fields)
