"""People hear of what others do with their appointments; the lead may not be theirs to see.

So what is told has the appointment's own words, and nothing of the lead's. What is over is told to
nobody.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from models.appointments import Appointment
from models.enums import NotificationKind
from models.staff import Staff
from resolvers.appointments.reminders import when
from resolvers.notifications import notify
from resolvers.unit_of_work import UnitOfWork

WHEN = ("starts_at", "ends_at", "is_all_day")
PLANNED = NotificationKind.APPOINTMENT_ASSIGNED
CHANGED = NotificationKind.APPOINTMENT_CHANGED


async def tell_planned(work: UnitOfWork, row: Appointment) -> None:
    """Tells somebody that they are to go."""
    await _tell(work, row, row.assignee_id, PLANNED, "For you on")


async def tell_edited(work: UnitOfWork, row: Appointment, before: dict[str, Any]) -> None:
    """Tells of an appointment what differs from `before`, as the log had it.

    The new one to go hears that they are, the former one that they are not, in the words that they
    know; else the one who goes hears of another time, and that it was called off.
    """
    now = row.assignee_id.hex if row.assignee_id else None
    if before["assignee"] != now:
        former = UUID(hex=before["assignee"]) if before["assignee"] else None
        await _tell(work, _former(row, before), former, CHANGED, "No longer yours on")
        await tell_planned(work, row)
    elif row.cancelled_at and not before["cancelled_at"]:
        await _tell(work, row, row.assignee_id, CHANGED, "Called off on")
    elif _period(row) != tuple(before[key] for key in WHEN):
        await _tell(work, row, row.assignee_id, CHANGED, "Moved to")


def _former(row: Appointment, before: dict[str, Any]) -> Appointment:
    """What may be told of the appointment to who has no part in what became of it."""
    known: dict[str, Any] = {key: before[key] for key in ("title", "is_all_day", "time_zone")}
    for key in ("starts_at", "ends_at"):
        known[key] = datetime.fromisoformat(before[key])
    return Appointment(id=row.id, **known)


def _period(row: Appointment) -> tuple[Any, ...]:
    return row.starts_at.isoformat(), row.ends_at.isoformat(), row.is_all_day


async def _tell(
    work: UnitOfWork, row: Appointment, staff_id: UUID | None, kind: NotificationKind, words: str
) -> None:
    person = await work.session.get(Staff, staff_id) if staff_id else None
    if person is None or not person.is_active or row.ends_at <= work.at:
        return
    text = f"{words} {when(row, person.time_zone)}: {row.title}"
    await notify(work, {person.id}, kind, text, subject=("appointment", row.id))
