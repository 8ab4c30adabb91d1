"""What is known of a lead as a person and as a customer, from its built-in fields."""

from datetime import date
from uuid import UUID

import strawberry

from models.enums import ListingType
from resolvers import built_in
from resolvers.values import TypedValue, plain, stored
from schema.fields import properties_of
from schema.loaders import SchemaView
from schema.scalars import CurrencyCode, Decimal, LanguageTag
from schema.values import Money


@strawberry.type(description="Personal information.")
class PersonInfo:
    first_name: str | None = strawberry.field(description="At most 100 characters.")
    last_name: str | None = strawberry.field(description="At most 100 characters.")
    company: str | None = strawberry.field(description="At most 120 characters.")
    job_title: str | None = strawberry.field(description="At most 120 characters.")
    language: LanguageTag | None = strawberry.field(description="Language to write in.")
    birthday: date | None = strawberry.field(description="Birthday.")
    postal_address: str | None = strawberry.field(
        description="Postal address, at most 300 characters."
    )


@strawberry.type(description="What the lead wants.")
class SalesInfo:
    listing_types: list[ListingType] = strawberry.field(description="SALES, RENTALS or both.")
    property_types: list[str] = strawberry.field(
        description="Kinds of property of interest, at most 20 of 40 characters."
    )
    price_min: Money | None = strawberry.field(description="At least.")
    price_max: Money | None = strawberry.field(description="At most; same currency.")
    move_in_from: date | None = strawberry.field(description="Earliest move.")
    move_in_to: date | None = strawberry.field(description="Latest move.")
    remarks: str | None = strawberry.field(
        description="Other data of the sales cycle, at most 2,000 characters."
    )


async def person_of(view: SchemaView, lead_id: UUID) -> PersonInfo:
    """Personal information, as far as the viewer sees its fields."""
    values = await _values(view, lead_id)
    language, birthday = values.get("language"), values.get("birthday")
    return PersonInfo(
        first_name=_text(values.get("first_name")),
        last_name=_text(values.get("last_name")),
        company=_text(values.get("company")),
        job_title=_text(values.get("job_title")),
        language=LanguageTag(language.text) if language and language.text else None,
        birthday=birthday.day if birthday else None,
        postal_address=_text(values.get("postal_address")),
    )


async def sales_of(view: SchemaView, lead_id: UUID) -> SalesInfo:
    """Sales information, as far as the viewer sees its fields."""
    values = await _values(view, lead_id)
    first, last = values.get("sales_move_in_from"), values.get("sales_move_in_to")
    kinds = built_in.lines(values.get("sales_listing_types"))
    return SalesInfo(
        listing_types=[ListingType(kind) for kind in kinds],
        property_types=built_in.lines(values.get("sales_property_types")),
        price_min=_money(values.get("sales_price_min")),
        price_max=_money(values.get("sales_price_max")),
        move_in_from=first.day if first else None,
        move_in_to=last.day if last else None,
        remarks=_text(values.get("sales_remarks")),
    )


async def value_of(view: SchemaView, lead_id: UUID) -> Money | None:
    """What the deal is worth, if the viewer sees that field."""
    return _money((await _values(view, lead_id)).get("value"))


async def _values(view: SchemaView, lead_id: UUID) -> dict[str, TypedValue]:
    found = {}
    for each in await properties_of(view, lead_id):
        value = stored(each.definition.type, each.row) if each.row else None
        if value and each.definition.is_built_in:
            found[each.definition.key] = value
    return found


def _text(value: TypedValue | None) -> str | None:
    return value.text if value else None


def _money(value: TypedValue | None) -> Money | None:
    if value is None or value.currency is None:
        return None
    return Money(amount=Decimal(plain(value.number)), currency=CurrencyCode(value.currency))
