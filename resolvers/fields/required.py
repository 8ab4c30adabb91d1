"""Fields that must be filled.

People and their programs fill them when they make a lead, and when they edit fields of one: an
edit may not leave a gap, except that it makes gaps fewer, so that those of an old lead close one
by one. Nobody is asked for, or told of, a field that they may not see.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.fields import FieldDefinition
from models.leads import Lead
from resolvers import access
from resolvers.actors import SYSTEM, Actor
from resolvers.errors import MissingRequiredFields
from resolvers.fields.rows import Edit, property_rows, value_in


async def missing_required(
    session: AsyncSession, lead: Lead, actor: Actor = SYSTEM
) -> list[FieldDefinition]:
    """Required fields of the lead that are empty, as far as the actor may see them, in order."""
    fields = await required_fields(session, actor)
    rows = await property_rows(session, lead.id, [each.id for each in fields])
    return empty(fields, rows)


async def required_fields(session: AsyncSession, actor: Actor) -> list[FieldDefinition]:
    """Fields that the actor has to fill."""
    return list(
        await session.scalars(
            select(FieldDefinition)
            .where(
                col(FieldDefinition.is_required),
                col(FieldDefinition.is_listed),
                col(FieldDefinition.archived_at).is_(None),
                access.visible_fields(actor),
            )
            .order_by(col(FieldDefinition.label), col(FieldDefinition.id))
        )
    )


def must_fill(actor: Actor, field: FieldDefinition) -> bool:
    """Whether the actor has to fill the field."""
    return (
        field.is_required
        and field.is_listed
        and field.archived_at is None
        and access.reads_field(actor, field.visibility)
    )


def empty(fields: Iterable[FieldDefinition], rows: Mapping[UUID, Any]) -> list[FieldDefinition]:
    """Those without a value among rows with a property's columns."""
    return [each for each in fields if value_in(rows, each) is None]


def require_filled(
    known: Mapping[str, FieldDefinition], edits: Sequence[Edit], actor: Actor
) -> None:
    """MissingRequiredFields if the first values of a lead leave a required field empty."""
    filled = {each.field.id for each in edits if each.value is not None}
    missing = [row for row in known.values() if must_fill(actor, row) and row.id not in filled]
    if missing:
        raise MissingRequiredFields(missing)


async def require_still_filled(
    session: AsyncSession, actor: Actor, lead_id: UUID, edits: Sequence[Edit]
) -> None:
    """MissingRequiredFields if these edits of a lead leave gaps and don't make them fewer."""
    if not any(each.field.is_listed for each in edits):
        return
    fields = await required_fields(session, actor)
    if fields:
        rows = await property_rows(session, lead_id, [each.id for each in fields])
        check_gaps(empty(fields, rows), fields, edits)


def check_gaps(
    gaps: Sequence[FieldDefinition], fields: Iterable[FieldDefinition], edits: Sequence[Edit]
) -> None:
    """As `require_still_filled`, of a lead with these gaps among the required fields."""
    values = {each.field.id: each.value for each in edits}
    before = {each.id for each in gaps}
    left = [
        each
        for each in fields
        if (values[each.id] is None if each.id in values else each.id in before)
    ]
    if left and not {each.id for each in left} < before:
        raise MissingRequiredFields(left)
