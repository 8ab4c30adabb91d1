"""The one way to edit values: versions, merging edits, clashes."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.changes import Change, RecordedChange
from models.enums import ActorKind, ChangeKind, HistoryType, Priority, ValueSource, Via
from models.fields import FieldDefinition, Property
from models.leads import Lead
from resolvers import naming
from resolvers.actors import StaffActor
from resolvers.errors import Clash, Conflict, ConflictReason
from resolvers.fields.definitions import path_of
from resolvers.fields.required import require_still_filled
from resolvers.fields.rows import Edit, property_rows, value_in
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue, TypedValue

LEAD_COLUMNS = {"title": "title", "time_zone": "time_zone", "priority": "priority"}
"""Built-in fields that are columns of the lead too, for sorting."""


async def edit(work: UnitOfWork, lead: Lead, edits: Sequence[Edit]) -> RecordedChange | None:
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
    if isinstance(work.actor, StaffActor):
        await require_still_filled(work.session, work.actor, lead.id, differing)
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
