"""Days that matter for a lead, such as a closing; several of one kind are allowed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import col

from models.changes import Change
from models.enums import ChangeKind, HistoryType
from models.ids import encode_id, new_id
from models.important_dates import ImportantDate, ImportantDateKind
from models.leads import Lead, LeadAlias
from resolvers import access, idempotency
from resolvers.day_hints import touch_days
from resolvers.errors import (
    Clash,
    Conflict,
    ConflictReason,
    LimitReached,
    NotFound,
    Precondition,
    PreconditionReason,
)
from resolvers.policy import Permission
from resolvers.tasks.due import check_day
from resolvers.text import optional
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue

MAX_DATES, MAX_NOTE = 50, 500
Parts = dict[str, LoggedValue | None]


@dataclass(frozen=True)
class DateEdit:
    """A date as it shall be."""

    kind_id: UUID
    day: date
    note: str | None = None
    is_on_dashboard: bool = True


async def save_important_date(
    work: UnitOfWork,
    lead_id: UUID,
    date_id: UUID | None,
    edit: DateEdit,
    key: str | None,
    expected: int | None,
) -> UUID:
    """Adds a date, or changes one; what is there already changes nothing.

    A repeated key answers the first date. An archived kind can't be chosen, but be kept.
    """
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    note = optional("note", edit.note, MAX_NOTE, lines=True)
    edit = DateEdit(edit.kind_id, check_day("date", edit.day), note, edit.is_on_dashboard)
    if date_id is not None:
        row = await _find(work, lead, date_id)
        await _change(work, lead, row, edit, expected)
        return row.id
    wanted = new_id()
    if key is not None:
        body = {"lead": lead_id, **asdict(edit)}
        made = await idempotency.claim(work, "saveImportantDate", key, body, wanted)
        if made != wanted:
            return made
    await _add(work, lead, wanted, edit)
    return wanted


async def remove_important_date(work: UnitOfWork, lead_id: UUID, date_id: UUID) -> UUID:
    """Takes a date off the card; its history stays."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    row = await _find(work, lead, date_id)
    kind = await _kind(work, row.kind_id)
    row.version += 1
    row.removed_at = work.at
    _record(work, lead, row, "REMOVED", _parts(kind, row), {})
    return lead.id


def logged(row: ImportantDate) -> dict[str, Any]:
    """A date as the log holds it."""
    return {
        "kind": row.kind_id.hex,
        "date": row.day.isoformat(),
        "note": row.note,
        "is_on_dashboard": row.is_on_dashboard,
        "version": row.version,
    }


async def _add(work: UnitOfWork, lead: Lead, date_id: UUID, edit: DateEdit) -> None:
    kind = await _usable_kind(work, edit.kind_id)
    count = await work.session.scalar(
        select(func.count()).where(
            col(ImportantDate.lead_id) == lead.id, col(ImportantDate.removed_at).is_(None)
        )
    )
    if (count or 0) >= MAX_DATES:
        raise LimitReached(f"A lead has at most {MAX_DATES} important dates.", MAX_DATES)
    row = ImportantDate(id=date_id, lead_id=lead.id, **asdict(edit))
    work.session.add(row)
    _record(work, lead, row, "ADDED", {}, _parts(kind, row))


async def _change(
    work: UnitOfWork, lead: Lead, row: ImportantDate, edit: DateEdit, expected: int | None
) -> None:
    former = await _kind(work, row.kind_id)
    kind = former if edit.kind_id == row.kind_id else await _usable_kind(work, edit.kind_id)
    before = _parts(former, row)
    for name, value in asdict(edit).items():
        setattr(row, name, value)
    after = _parts(kind, row)
    changed = [path for path in after if before[path] != after[path]]
    if not changed:
        return
    if expected is not None and row.version > expected:
        raise await _stale(work, lead, row, before, after, changed)
    row.version += 1
    _record(work, lead, row, "EDITED", before, after)


def _parts(kind: ImportantDateKind, row: ImportantDate) -> Parts:
    """What people see of a date, as values."""
    return {
        "kind": {"type": "REFERENCE", "name": kind.name, "id": kind.id.hex},
        "date": {"type": "DATE", "date": row.day.isoformat()},
        "note": {"type": "TEXT", "text": row.note} if row.note else None,
        "isOnDashboard": {"type": "BOOLEAN", "boolean": row.is_on_dashboard},
    }


LABELS = {"kind": "Kind", "date": "Day", "note": "Note", "isOnDashboard": "On the dashboard"}


def _record(
    work: UnitOfWork, lead: Lead, row: ImportantDate, action: str, before: Parts, after: Parts
) -> None:
    kind = after.get("kind") or before.get("kind") or {}
    work.record(
        lead.id,
        ChangeKind.IMPORTANT_DATE_CHANGED,
        HistoryType.FIELD_CHANGE,
        {
            "action": action,
            "name": kind["name"],
            "date": logged(row),
            "diffs": [
                {
                    "path": path,
                    "field_id": None,
                    "label": label,
                    "before": before.get(path),
                    "after": after.get(path),
                }
                for path, label in LABELS.items()
                if before.get(path) != after.get(path)
            ],
        },
        subject=("importantdate", row.id),
    )
    touch_days(work, lead.assignee_id)


async def _find(work: UnitOfWork, lead: Lead, date_id: UUID) -> ImportantDate:
    row = await work.session.scalar(
        select(ImportantDate).where(
            col(ImportantDate.id) == date_id,
            col(ImportantDate.lead_id) == lead.id,
            col(ImportantDate.removed_at).is_(None),
        )
    )
    if row is None:
        raise NotFound("important date", encode_id("importantdate", date_id))
    return row


async def _kind(work: UnitOfWork, kind_id: UUID) -> ImportantDateKind:
    return await work.session.get_one(ImportantDateKind, kind_id)


async def _usable_kind(work: UnitOfWork, kind_id: UUID) -> ImportantDateKind:
    kind = await work.session.get(ImportantDateKind, kind_id)
    if kind is None:
        raise NotFound("kind of date", encode_id("datekind", kind_id))
    if kind.archived_at:
        raise Precondition(PreconditionReason.ARCHIVED, "This kind of date is archived.")
    return kind


async def _stale(
    work: UnitOfWork,
    lead: Lead,
    row: ImportantDate,
    before: Parts,
    after: Parts,
    changed: Sequence[str],
) -> Conflict:
    """The refusal of an edit that was made on an older version; a date is edited as a whole."""
    former = select(col(LeadAlias.alias_id)).where(col(LeadAlias.lead_id) == lead.id)
    last = (
        await work.session.scalars(
            select(Change)
            .where(
                or_(col(Change.lead_id) == lead.id, col(Change.lead_id).in_(former)),
                col(Change.kind) == ChangeKind.IMPORTANT_DATE_CHANGED,
                col(Change.subject_id) == row.id,
            )
            .order_by(col(Change.at).desc(), col(Change.id).desc())
            .limit(1)
        )
    ).one()
    told = {each["path"]: each["before"] for each in (last.data or {}).get("diffs", ())}
    return Conflict(
        ConflictReason.STALE_VERSION,
        "Somebody else changed this date in the meantime.",
        owner=row.id,
        version=row.version,
        clashes=tuple(
            Clash(
                path=path,
                field_id=None,
                base=told.get(path, before[path]),
                current=before[path],
                attempted=after[path],
                changed_by=last.actor_name,
                changed_at=last.at,
            )
            for path in changed
        ),
    )
