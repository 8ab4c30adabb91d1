"""Stored values of a lead, and an edit of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.fields import FieldDefinition, Property
from resolvers.values import TypedValue, stored


@dataclass(frozen=True)
class Edit:
    """A value to set, or None to clear; `expected` is the revision that the caller saw."""

    field: FieldDefinition
    value: TypedValue | None
    expected: int | None = None


async def property_rows(
    session: AsyncSession, lead_id: UUID, field_ids: Sequence[UUID]
) -> dict[UUID, Property]:
    """Stored values of a lead by field."""
    rows = await session.scalars(
        select(Property).where(
            col(Property.lead_id) == lead_id, col(Property.field_id).in_(field_ids)
        )
    )
    return {row.field_id: row for row in rows}


def value_in(rows: Mapping[UUID, Any], field: FieldDefinition) -> TypedValue | None:
    """The value of a field among rows with a property's columns."""
    row = rows.get(field.id)
    return stored(field.type, row) if row else None
