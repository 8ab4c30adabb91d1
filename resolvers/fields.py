"""Field definitions, and the one way to edit values: versions, merging edits, clashes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.changes import Change
from models.enums import (
    ActorKind,
    ChangeKind,
    FieldType,
    FieldVisibility,
    HistoryType,
    Priority,
    ValueSource,
    Via,
)
from models.fields import FieldDefinition, FieldGroup, Property
from models.ids import new_id
from models.leads import Lead
from resolvers import access, built_in, naming
from resolvers.errors import (
    Clash,
    Conflict,
    ConflictReason,
    LimitReached,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.policy import Permission
from resolvers.text import optional, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import insert_new
from resolvers.values import LoggedValue, TypedValue, stored

KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
MAX_FIELDS = 500
NEW_FIELDS_GROUP = "More"

LEAD_COLUMNS = {"title": "title", "time_zone": "time_zone", "priority": "priority"}
"""Built-in fields that are columns of the lead too, for sorting."""
READ_ONLY = frozenset(
    {
        "id", "name", "email", "email_address", "email_subscription", "subscription",
        "subscription_status", "phone", "phone_number", "created", "created_at", "source",
        "presence", "state", "assignee", "priority",
    }
)  # fmt: skip
"""Keys of the card's own parts: never properties, and no new field may take them."""


@dataclass(frozen=True)
class Edit:
    """A value to set, or None to clear; `expected` is the revision that the caller saw."""

    field: FieldDefinition
    value: TypedValue | None
    expected: int | None = None


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
        return await _insert_field(work, key, label, kind, hint=None)
    readable = await work.session.scalar(
        select(col(FieldDefinition.id)).where(
            col(FieldDefinition.id) == field.id, access.visible_fields(work.actor)
        )
    )
    if readable is None or field.archived_at:
        raise invalid(path, ProblemCode.UNKNOWN, f"There is no field `{key}` to set.")
    return field


@dataclass(frozen=True)
class NewField:
    """What `createField` takes."""

    key: str
    label: str
    type: FieldType
    hint: str | None = None
    unit: str | None = None
    visibility: FieldVisibility = FieldVisibility.ALL


async def create_field(work: UnitOfWork, new: NewField) -> FieldDefinition:
    """Defines a field for all leads."""
    access.require(work.actor, Permission.CONFIGURE_CARD)
    if not KEY.fullmatch(new.key):
        raise invalid(
            "key", ProblemCode.MALFORMED, "A key has 1 to 64 lower-case letters, digits and _."
        )
    taken = new.key in READ_ONLY or await definitions(work.session, new.key)
    if taken:
        raise invalid("key", ProblemCode.TAKEN, "This key is taken.")
    return await _insert_field(
        work,
        new.key,
        required("label", new.label, 80),
        new.type,
        hint=optional("hint", new.hint, 300),
        unit=optional("unit", new.unit, 12),
        visibility=new.visibility,
    )


async def _insert_field(
    work: UnitOfWork, key: str, label: str, kind: FieldType, **more: Any
) -> FieldDefinition:
    count = await work.session.scalar(select(func.count()).select_from(FieldDefinition)) or 0
    if count >= MAX_FIELDS:
        raise LimitReached(f"There can be at most {MAX_FIELDS} fields.", MAX_FIELDS)
    group = await work.session.scalar(
        select(col(FieldGroup.id)).where(col(FieldGroup.name) == NEW_FIELDS_GROUP)
    )
    row = {"id": new_id(), "key": key, "label": label, "type": kind, "group_id": group}
    defaults = {
        "position": count,
        "is_built_in": False,
        "is_listed": True,
        "is_required": False,
        "visibility": FieldVisibility.ALL,
        "is_personal_data": True,
    }
    if await insert_new(work.session, FieldDefinition, row | defaults | more, ["key"]):
        work.record_workspace("field_created", {"key": key, "label": label, "type": kind})
    return (await definitions(work.session, key))[key]


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


async def edit(work: UnitOfWork, lead: Lead, edits: Sequence[Edit]) -> Change | None:
    """Applies edits as one change; None when nothing differs. The lead must be locked.

    Edits of fields that others changed since `expected` clash together in one Conflict; a value
    that is there already never clashes.
    """
    rows = await property_rows(work.session, lead.id, [each.field.id for each in edits])
    differing = [each for each in edits if value_in(rows, each.field) != each.value]
    stale = [
        each
        for each in differing
        if each.expected is not None and _version(rows, each.field) > each.expected
    ]
    if stale:
        raise await conflict(work, lead, rows, stale)
    if not differing:
        return None
    diffs = [diff_of(rows, each) for each in differing]
    stamps = [write_value(work, lead.id, rows, each.field, each.value) for each in differing]
    before = naming.columns(lead)
    for each in differing:
        copy_to_column(lead, each)
    await naming.rename(work.session, lead)
    return work.record(
        lead.id,
        ChangeKind.PROPERTIES_CHANGED,
        HistoryType.FIELD_CHANGE,
        {
            "diffs": diffs,
            "lead": naming.changed(before, lead),
        },
        stamps=stamps,
    )


def value_in(rows: Mapping[UUID, Any], field: FieldDefinition) -> TypedValue | None:
    """The value of a field among rows with a property's columns."""
    row = rows.get(field.id)
    return stored(field.type, row) if row else None


def _version(rows: dict[UUID, Property], field: FieldDefinition) -> int:
    row = rows.get(field.id)
    return row.version if row else 0


def diff_of(rows: Mapping[UUID, Any], each: Edit) -> dict[str, Any]:
    """An edit as the log holds it."""
    before = value_in(rows, each.field)
    return {
        "path": path_of(each.field),
        "field_id": each.field.id.hex,
        "label": each.field.label,
        "before": before.logged() if before else None,
        "after": each.value.logged() if each.value else None,
    }


def write_value(
    work: UnitOfWork,
    lead_id: UUID,
    rows: dict[UUID, Property],
    field: FieldDefinition,
    value: TypedValue | None,
) -> Property:
    """Puts a value into its row, made if missing; the caller records and stamps it."""
    row = rows.get(field.id)
    if row is None:
        row = Property(
            lead_id=lead_id,
            field_id=field.id,
            source=source_of(work.actor.kind, work.actor.via),
            updated_at=work.at,
            updated_by_kind=work.actor.kind,
            updated_by_name=work.actor.name,
        )
        work.session.add(row)
        rows[field.id] = row
    (value or TypedValue(field.type)).put_into(row)
    row.source = source_of(work.actor.kind, work.actor.via)
    row.updated_at = work.at
    row.updated_by_kind = work.actor.kind
    row.updated_by_id = work.actor.id
    row.updated_by_name = work.actor.name
    return row


def source_of(kind: ActorKind, via: Via) -> ValueSource:
    """How a value that such an actor writes came to be known."""
    if kind is ActorKind.LEAD:
        return ValueSource.SITE
    if via is Via.IMPORT:
        return ValueSource.IMPORT
    if via is Via.API:
        return ValueSource.API
    return ValueSource.MANUAL if kind is ActorKind.STAFF else ValueSource.SYSTEM


def copy_to_column(lead: Lead, each: Edit) -> None:
    """Brings the lead's own column up to date, if the field has one."""
    value = each.value.text if each.value else None
    if each.field.key == "priority":
        lead.priority = Priority(value or Priority.NORMAL)
    elif each.field.key in LEAD_COLUMNS:
        setattr(lead, LEAD_COLUMNS[each.field.key], value)


async def conflict(
    work: UnitOfWork,
    lead: Lead,
    rows: dict[UUID, Property],
    stale: Sequence[Edit],
    shown: Mapping[UUID, tuple[LoggedValue | None, LoggedValue | None]] | None = None,
) -> Conflict:
    """The refusal of stale edits; `shown` has present and attempted value where they are ids."""
    clashes = []
    for each in stale:
        row, value = rows[each.field.id], value_in(rows, each.field)
        present = value.logged() if value else None
        attempted = each.value.logged() if each.value else None
        if shown and each.field.id in shown:
            present, attempted = shown[each.field.id]
        clashes.append(
            Clash(
                path=path_of(each.field),
                field_id=each.field.id,
                base=await _base(work.session, lead.id, each),
                current=present,
                attempted=attempted,
                changed_by=row.updated_by_name,
                changed_at=row.updated_at,
            )
        )
    newest = max(row.version for row in rows.values())
    names = ", ".join(each.field.label for each in stale)
    return Conflict(
        ConflictReason.STALE_VERSION,
        f"Somebody else changed this in the meantime: {names}.",
        owner=lead.id,
        version=newest,
        clashes=tuple(clashes),
    )


async def _base(session: AsyncSession, lead_id: UUID, each: Edit) -> LoggedValue | None:
    """The value at the caller's version: what the first change after it found."""
    changes = await session.scalars(
        select(Change)
        .where(
            col(Change.lead_id) == lead_id,
            col(Change.revision) > each.expected,
            col(Change.category).in_(
                (HistoryType.FIELD_CHANGE, HistoryType.STATE, HistoryType.ASSIGNMENT)
            ),
        )
        .order_by(col(Change.revision))
    )
    path = path_of(each.field)
    for change in changes:
        for diff in (change.data or {}).get("diffs", ()):
            if diff["path"] == path:
                before: LoggedValue | None = diff["before"]
                return before
    return None
