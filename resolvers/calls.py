"""Phone calls that staff put down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.calls import Call
from models.contact_points import LeadPhoneNumber
from models.enums import CallOutcome, ChangeKind, HistoryType, MessageDirection
from models.ids import encode_id, new_id
from models.leads import Lead
from models.wordings import WordingPart
from resolvers import access, idempotency, wordings
from resolvers.clashes import refuse_clashes
from resolvers.contact_points import default_region, e164
from resolvers.errors import NotFound, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.text import optional, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.wordings import Worded, excerpt

LATER = timedelta(minutes=5)
"""From so much later on a thing that is put down is marked; so far may a clock be ahead."""
LONGEST = 86_400
MAX_NOTE = 20_000


@dataclass(frozen=True)
class NewCall:
    """What is put down; no number: the lead's primary one, no instant: now."""

    direction: MessageDirection
    outcome: CallOutcome
    number: str | None = None
    occurred_at: datetime | None = None
    duration_seconds: int = 0
    note: str | None = None


async def log_call(work: UnitOfWork, lead_id: UUID, new: NewCall, key: str) -> UUID:
    """Puts a call down; a repeated key answers the first one."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    wanted = new_id()
    call_id = await idempotency.claim(
        work, "logCall", key, {"lead": lead_id, **new.__dict__}, wanted
    )
    if call_id != wanted:
        return call_id
    if new.direction is MessageDirection.TAKEN:
        raise invalid("direction", ProblemCode.CONTRADICTION, "Say who called.")
    if new.duration_seconds < 0:
        raise invalid("durationSeconds", ProblemCode.TOO_SMALL, "A call can't be so short.")
    if new.duration_seconds > LONGEST:
        raise invalid("durationSeconds", ProblemCode.TOO_LARGE, "At most a day.")
    occurred_at = past_instant("occurredAt", new.occurred_at, work.at)
    note = optional("note", new.note, MAX_NOTE, lines=True)
    row = Call(
        id=call_id,
        lead_id=lead.id,
        direction=new.direction,
        number=await _number(work, lead, new.number),
        occurred_at=occurred_at,
        duration_seconds=new.duration_seconds,
        outcome=new.outcome,
        is_backdated=is_later(occurred_at + timedelta(seconds=new.duration_seconds), work.at),
        author_kind=work.actor.kind,
        author_id=work.actor.id,
        author_name=work.actor.name,
        created_at=work.at,
    )
    work.session.add(row)
    _write(work, row, note)
    _record(work, row, "ADDED", [])
    return call_id


@dataclass(frozen=True)
class CallEdit:
    """What to correct: `outcome` and `note`, as far as they are there."""

    parts: Mapping[str, Any]
    expected: int | None = None


async def update_call(work: UnitOfWork, lead_id: UUID, call_id: UUID, edit: CallEdit) -> None:
    """Corrects outcome or note; what is so already changes nothing."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    row = await work.session.scalar(
        select(Call).where(col(Call.id) == call_id, col(Call.lead_id) == lead.id)
    )
    if row is None:
        raise NotFound("call", encode_id("call", call_id))
    former = await wordings.text_of(work.session, row.id, WordingPart.NOTE, row.note_version)
    note, outcome = former, edit.parts.get("outcome", row.outcome)
    if "note" in edit.parts:
        note = optional("note", edit.parts["note"], MAX_NOTE, lines=True)
    diffs = []
    if outcome is not row.outcome:
        diffs.append(_diff("outcome", "Outcome", _text(row.outcome), _text(outcome)))
    if note != former:
        diffs.append(_diff("note", "Note", _text(former), _text(note)))
    if not diffs:
        return
    await refuse_clashes(work, ChangeKind.CALL_CHANGED, row, edit.expected, diffs)
    row.version += 1
    row.outcome = outcome
    if note != former:
        _write(work, row, note)
        diffs[-1] = _diff("note", "Note", excerpt(former), excerpt(note))
    _record(work, row, "EDITED", diffs)


def logged(row: Call) -> dict[str, Any]:
    """What of a call may change, as the log holds it; the rest of the row never does."""
    return {"outcome": row.outcome, "note_version": row.note_version, "version": row.version}


def past_instant(path: str, at: datetime | None, now: datetime) -> datetime:
    """When something took place; now without an instant or a little ahead, InvalidInput beyond."""
    if at is not None and at > now + LATER:
        raise invalid(path, ProblemCode.TOO_LARGE, "This has not taken place yet.")
    return now if at is None else min(at, now)


def is_later(ended_at: datetime, now: datetime) -> bool:
    """Whether something is put down so long after its end that it is marked."""
    return now - ended_at > LATER


async def _number(work: UnitOfWork, lead: Lead, typed: str | None) -> str | None:
    """The number as E.164; that of the lead without one, if it has any."""
    if typed is not None:
        return e164("phoneNumber", required("phoneNumber", typed, 40), await default_region(work))
    primary: str | None = await work.session.scalar(
        select(col(LeadPhoneNumber.number))
        .where(col(LeadPhoneNumber.lead_id) == lead.id)
        .order_by(col(LeadPhoneNumber.position))
        .limit(1)
    )
    return primary


def _write(work: UnitOfWork, row: Call, note: str | None) -> None:
    row.note_version = row.version if note is not None else None
    if note is not None:
        wordings.write(work, row.lead_id, Worded(row.id, WordingPart.NOTE, row.version), note)


def _record(work: UnitOfWork, row: Call, action: str, diffs: list[dict[str, Any]]) -> None:
    work.record(
        row.lead_id,
        ChangeKind.CALL_CHANGED,
        HistoryType.CALL,
        {
            "action": action,
            "direction": row.direction,
            "version": row.version,
            "call": logged(row),
            "diffs": diffs,
        },
        subject=("call", row.id),
    )


def _text(text: str | None) -> dict[str, str] | None:
    return None if text is None else {"type": "TEXT", "text": text}


def _diff(path: str, label: str, before: Any, after: Any) -> dict[str, Any]:
    return {"path": path, "label": label, "before": before, "after": after}
