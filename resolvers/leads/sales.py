"""What a lead wants to buy or rent: checked into edits, and rules that bind two fields."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.enums import FieldType
from models.fields import FieldDefinition, Property
from resolvers import built_in
from resolvers.errors import ProblemCode, invalid
from resolvers.fields import Edit
from resolvers.values import TypedValue, money, stored

Given = str | date | Sequence[str] | Mapping[str, Any] | None
"""Text, a day, words of a list, or an amount and its currency; None clears."""


def edits(
    known: Mapping[str, FieldDefinition], wanted: Mapping[str, Given], expected: int | None
) -> list[Edit]:
    """Edits of the fields that are named, by key without `sales_`."""
    made = []
    for name, value in wanted.items():
        key = f"sales_{name}"
        path = built_in.SALES_PATHS[key].removeprefix("sales.")
        made.append(Edit(known[key], _typed(key, path, value), expected))
    return made


def _typed(key: str, path: str, value: Given) -> TypedValue | None:
    if not value:
        return None
    if isinstance(value, date):
        return TypedValue(FieldType.DATE, day=value)
    if isinstance(value, Mapping):
        return money(path, value["amount"], value["currency"])
    if isinstance(value, str):
        return built_in.text(path, key, value)
    lists = {
        "sales_listing_types": built_in.listing_types,
        "sales_property_types": built_in.property_types,
    }
    return TypedValue(FieldType.TEXT, text=lists[key](path, value))


async def check(
    session: AsyncSession, lead_id: UUID, edits: Sequence[Edit], path: str | None = None
) -> None:
    """InvalidInput if the lead's ranges, as the edits left them, have no inside.

    The problem is at `path`, or at the end of the range.
    """
    if not any(each.field.key in built_in.SALES_PATHS for each in edits):
        return
    rows = await session.execute(
        select(FieldDefinition, Property)
        .join(Property, col(Property.field_id) == col(FieldDefinition.id))
        .where(col(Property.lead_id) == lead_id, col(FieldDefinition.key).in_(built_in.SALES_PATHS))
    )
    values = {field.key: stored(field.type, row) for field, row in rows}
    problem = _price(values) or _move(values)
    if problem:
        raise invalid(path or problem[0], ProblemCode.CONTRADICTION, problem[1])


def _price(values: Mapping[str, TypedValue | None]) -> tuple[str, str] | None:
    least, most = values.get("sales_price_min"), values.get("sales_price_max")
    if not least or not most:
        return None
    if least.currency != most.currency:
        return "priceMax", "Both prices are of one currency."
    if (most.number or 0) < (least.number or 0):
        return "priceMax", "The highest price is below the lowest."
    return None


def _move(values: Mapping[str, TypedValue | None]) -> tuple[str, str] | None:
    first, last = values.get("sales_move_in_from"), values.get("sales_move_in_to")
    if first and last and first.day and last.day and last.day < first.day:
        return "moveInTo", "The latest move is before the earliest."
    return None
