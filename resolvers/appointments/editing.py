"""Changing appointments, calling them off, and saying what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.appointments import Appointment
from models.enums import AppointmentOutcome
from models.ids import encode_id
from resolvers import access
from resolvers.appointments.planning import (
    MAX_BODY,
    MAX_NOTE,
    MAX_PLACE,
    MAX_TITLE,
    check_reminder,
    is_past,
    period,
)
from resolvers.appointments.recording import BODY, NOTE, Act, Editing
from resolvers.errors import NotFound, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.staff.active import active_staff
from resolvers.text import optional, required
from resolvers.unit_of_work import UnitOfWork

MAX_REASON = 500
WHEN = ("starts_at", "ends_at", "is_all_day")


@dataclass(frozen=True)
class AppointmentEdit:
    """Parts to change, by attribute of the row, and `body`; what is not there stays."""

    parts: Mapping[str, Any] = field(default_factory=dict)
    expected: int | None = None


async def update(
    work: UnitOfWork, lead_id: UUID, appointment_id: UUID, edit: AppointmentEdit
) -> None:
    """Changes an appointment; what is so already changes nothing."""
    row = await _standing(work, lead_id, appointment_id)
    editing, parts = Editing(work, row), edit.parts
    if "title" in parts:
        row.title = required("title", parts["title"], MAX_TITLE)
    if "place" in parts:
        row.place = optional("place", parts["place"], MAX_PLACE)
    if "body" in parts:
        await editing.say(BODY, optional("body", parts["body"], MAX_BODY, lines=True))
    if "reminder_minutes" in parts:
        check_reminder(parts["reminder_minutes"])
        row.reminder_minutes = parts["reminder_minutes"]
    if "assignee_id" in parts and parts["assignee_id"] != row.assignee_id:
        if parts["assignee_id"] is not None:
            await active_staff(work, "assigneeId", parts["assignee_id"])
        row.assignee_id = parts["assignee_id"]
    if any(key in parts for key in WHEN):
        _move(work, row, *(parts.get(key, getattr(row, key)) for key in WHEN))
    await editing.finish(Act.CHANGED, edit.expected)


def _move(work: UnitOfWork, row: Appointment, starts_at: Any, ends_at: Any, is_all: bool) -> None:
    former, zone = row.starts_at, row.time_zone
    row.starts_at, row.ends_at = period(starts_at, ends_at, zone, is_all_day=is_all)
    row.is_all_day = is_all
    if row.starts_at != former:
        row.was_start_in_past = is_past(work.at, row.starts_at, zone, is_all_day=is_all)


async def record_outcome(
    work: UnitOfWork,
    lead_id: UUID,
    appointment_id: UUID,
    outcome: AppointmentOutcome,
    note: Mapping[str, str | None],
    expected: int | None,
) -> None:
    """Says what came of an appointment; an empty `note` leaves the text that is there."""
    row = await _standing(work, lead_id, appointment_id)
    editing = Editing(work, row)
    row.outcome = outcome
    for text in note.values():
        text = optional("note", text, MAX_NOTE, lines=True)
        await editing.say(NOTE, text)
    await editing.finish(Act.OUTCOME, expected)


async def cancel(work: UnitOfWork, lead_id: UUID, appointment_id: UUID, reason: str | None) -> None:
    """Calls an appointment off, for a reason that the history keeps; twice changes nothing."""
    row = await _appointment_for(work, lead_id, appointment_id)
    given = optional("reason", reason, MAX_REASON, lines=True)
    if row.cancelled_at is not None:
        return
    editing = Editing(work, row)
    row.cancelled_at = work.at
    words = {"type": "TEXT", "text": given}
    why = {"path": "reason", "label": "Reason", "before": None, "after": words}
    await editing.finish(Act.CANCELLED, more=(why,) if given else ())


async def move_open(work: UnitOfWork, lead_id: UUID, former_id: UUID, to_id: UUID | None) -> int:
    """Hands what is still ahead of a lead's former assignee to the new one; answers how many."""
    found = await work.session.scalars(
        select(Appointment)
        .where(
            col(Appointment.lead_id) == lead_id,
            col(Appointment.assignee_id) == former_id,
            col(Appointment.ends_at) > work.at,
            col(Appointment.cancelled_at).is_(None),
            col(Appointment.outcome).is_(None),
        )
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )
    rows = found.all()
    for row in rows:
        editing = Editing(work, row)
        row.assignee_id = to_id
        await editing.finish(Act.HANDED_OVER)
    return len(rows)


async def _appointment_for(work: UnitOfWork, lead_id: UUID, appointment_id: UUID) -> Appointment:
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    row = await work.session.scalar(
        select(Appointment).where(
            col(Appointment.id) == appointment_id, col(Appointment.lead_id) == lead.id
        )
    )
    if row is None:
        raise NotFound("appointment", encode_id("appointment", appointment_id))
    return row


async def _standing(work: UnitOfWork, lead_id: UUID, appointment_id: UUID) -> Appointment:
    """The appointment, unless it was called off: that one stays as it is."""
    row = await _appointment_for(work, lead_id, appointment_id)
    if row.cancelled_at is not None:
        raise invalid("appointmentId", ProblemCode.CONTRADICTION, "It was called off.")
    return row
