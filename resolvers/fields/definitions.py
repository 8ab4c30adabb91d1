"""Field definitions by key, and how new ones come to be."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.enums import FieldType, FieldVisibility
from models.fields import FieldDefinition, FieldGroup
from models.ids import new_id
from resolvers import access, built_in
from resolvers.errors import (
    LimitReached,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import insert_new

KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
MAX_FIELDS = 500
NEW_FIELDS_GROUP = "More"

READ_ONLY = frozenset(
    {
        "id", "name", "email", "email_address", "email_subscription", "subscription",
        "subscription_status", "phone", "phone_number", "created", "created_at", "source",
        "presence", "state", "assignee", "priority",
    }
)  # fmt: skip
"""Keys of the card's own parts: never properties, and no new field may take them."""


def path_of(field: FieldDefinition) -> str:
    """How diffs and conflicts name the field."""
    if field.is_built_in:
        return built_in.PATHS.get(field.key, field.key)
    return f"property:{field.key}"


async def definitions(session: AsyncSession, *keys: str) -> dict[str, FieldDefinition]:
    """Definitions by key; of all fields without arguments."""
    statement = select(FieldDefinition)
    if keys:
        statement = statement.where(col(FieldDefinition.key).in_(keys))
    return {row.key: row for row in await session.scalars(statement)}


async def field_for_key(
    work: UnitOfWork, path: str, key: str, kind: FieldType, label: str | None = None
) -> FieldDefinition:
    """The field that a key of `setProperties` means; an unknown key makes one of type `kind`.

    `label` is what a new one is called; absent: made from the key.

    Precondition READ_ONLY for the card's own parts, InvalidInput for a malformed, archived or
    hidden key.
    """
    if key.strip().casefold().replace(" ", "_").replace("-", "_") in READ_ONLY:
        raise Precondition(PreconditionReason.READ_ONLY, f"`{key}` is not a property.")
    if not KEY.fullmatch(key):
        raise invalid(
            path, ProblemCode.MALFORMED, "A key has 1 to 64 lower-case letters, digits and _."
        )
    field = (await definitions(work.session, key)).get(key)
    if field is None:
        label = label or key.replace("_", " ").strip().capitalize() or key
        return await insert_field(work, key, label, kind, hint=None)
    readable = await work.session.scalar(
        select(col(FieldDefinition.id)).where(
            col(FieldDefinition.id) == field.id, access.visible_fields(work.actor)
        )
    )
    if readable is None or field.archived_at:
        raise invalid(path, ProblemCode.UNKNOWN, f"There is no field `{key}` to set.")
    return field


async def insert_field(
    work: UnitOfWork, key: str, label: str, kind: FieldType, **more: Any
) -> FieldDefinition:
    """A new definition, or the one that somebody else made under this key meanwhile."""
    count = await work.session.scalar(select(func.count()).select_from(FieldDefinition)) or 0
    if count >= MAX_FIELDS:
        raise LimitReached(f"There can be at most {MAX_FIELDS} fields.", MAX_FIELDS)
    row: dict[str, Any] = {"id": new_id(), "key": key, "label": label, "type": kind}
    if "group_id" not in more:
        row["group_id"] = await _group_of_new_fields(work)
    defaults = {
        "position": count,
        "is_built_in": False,
        "is_listed": True,
        "is_required": False,
        "visibility": FieldVisibility.ALL,
        "is_personal_data": True,
        "version": 1,
    }
    if await insert_new(work.session, FieldDefinition, row | defaults | more, ["key"]):
        work.record_workspace(
            "field_created", {"key": key, "label": label, "type": kind}, card=True
        )
    return (await definitions(work.session, key))[key]


async def _group_of_new_fields(work: UnitOfWork) -> UUID:
    """The group that is meant for them, or the last one when a team did without."""
    statement = (
        select(col(FieldGroup.id))
        .order_by(col(FieldGroup.name) != NEW_FIELDS_GROUP, col(FieldGroup.position).desc())
        .limit(1)
    )
    return (await work.session.scalars(statement)).one()
