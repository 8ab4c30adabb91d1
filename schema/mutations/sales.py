"""Acts on what a lead wants, and on what the deal is worth."""

from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry import Maybe

from models.enums import ListingType
from resolvers import leads
from resolvers.errors import ProblemCode, invalid
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    MissingRequiredFieldsError,
    NotFoundError,
    read_version,
)
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.scalars import Version
from schema.values import MoneyInput

SALES_KEYS = (
    "listing_types",
    "property_types",
    "price_min",
    "price_max",
    "move_in_from",
    "move_in_to",
    "remarks",
)


@strawberry.input(description="Input of `changeSalesInfo`; absent stays, null clears.")
class ChangeSalesInfoInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    listing_types: Maybe[list[ListingType] | None] = strawberry.field(
        description="SALES, RENTALS or both; empty clears."
    )
    property_types: Maybe[list[str] | None] = strawberry.field(
        description="At most 20 of 40 characters, each once without regard to case; empty clears."
    )
    price_min: Maybe[MoneyInput | None] = strawberry.field(description="At least.")
    price_max: Maybe[MoneyInput | None] = strawberry.field(
        description="At most; same currency, not below priceMin."
    )
    move_in_from: Maybe[date | None] = strawberry.field(description="Earliest move.")
    move_in_to: Maybe[date | None] = strawberry.field(description="Latest move, not before.")
    remarks: Maybe[str | None] = strawberry.field(description="At most 2,000 characters.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )

    def given(self) -> dict[str, Any]:
        """The parts that are there, as the use-case takes them."""
        parts = {key: getattr(self, key) for key in SALES_KEYS}
        values = {key: part.value for key, part in parts.items() if part is not None}
        return {
            key: value.given() if isinstance(value, MoneyInput) else value
            for key, value in values.items()
        }


@strawberry.type(description="Success of `changeSalesInfo`.")
class ChangeSalesInfoSuccess(LeadWrite):
    """The lead after it."""


ChangeSalesInfoResult = Annotated[
    ChangeSalesInfoSuccess
    | NotFoundError
    | MissingRequiredFieldsError
    | ForbiddenError
    | ConflictError
    | InvalidInputError,
    strawberry.union("ChangeSalesInfoResult", description="Result of `changeSalesInfo`."),
]


async def change_sales_info(
    info: Info, input: Annotated[ChangeSalesInfoInput, strawberry.argument(description=INPUT)]
) -> ChangeSalesInfoResult:
    """Changes what the lead wants."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    expected = read_version(info, lead_id, input.expected_version)
    async with info.context.work() as work:
        lead_id = await leads.change_sales(work, lead_id, input.given(), expected)
    _, fields = await written(info, work, lead_id)
    return ChangeSalesInfoSuccess(**fields)


@strawberry.input(description="Input of `changeLeadValue`.")
class ChangeLeadValueInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    value: Maybe[MoneyInput | None] = strawberry.field(
        description="Amount, not negative, with no more decimals than the currency has; must be "
        "given, null clears it."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `changeLeadValue`.")
class ChangeLeadValueSuccess(LeadWrite):
    """The lead after it."""


ChangeLeadValueResult = Annotated[
    ChangeLeadValueSuccess
    | NotFoundError
    | MissingRequiredFieldsError
    | ForbiddenError
    | ConflictError
    | InvalidInputError,
    strawberry.union("ChangeLeadValueResult", description="Result of `changeLeadValue`."),
]


async def change_lead_value(
    info: Info, input: Annotated[ChangeLeadValueInput, strawberry.argument(description=INPUT)]
) -> ChangeLeadValueResult:
    """Sets what the deal is worth."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    if input.value is None:
        raise invalid("value", ProblemCode.REQUIRED, "Give an amount, or null to clear it.")
    worth = input.value.value.given() if input.value.value else None
    expected = read_version(info, lead_id, input.expected_version)
    async with info.context.work() as work:
        lead_id = await leads.change_value(work, lead_id, worth, expected)
    _, fields = await written(info, work, lead_id)
    return ChangeLeadValueSuccess(**fields)
