"""Reminders ahead of appointments: one job for each, wanted and taken back with the appointment."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlmodel import col

from models.appointments import Appointment
from models.enums import JobKind, NotificationKind
from models.leads import Lead
from models.notifications import Notification
from resolvers import access, jobs
from resolvers.jobs import Claim
from resolvers.notifications import notify
from resolvers.services import Services
from resolvers.staff.callers import actor_for_person
from resolvers.unit_of_work import UnitOfWork

KIND = JobKind.REMIND_OF_APPOINTMENT


def due_at(row: Appointment) -> datetime | None:
    """When its assignee is to be reminded; None if never."""
    is_open = row.cancelled_at is None and row.outcome is None
    if row.reminder_minutes is None or not is_open:
        return None
    return row.starts_at - timedelta(minutes=row.reminder_minutes)


async def follow(work: UnitOfWork, row: Appointment) -> None:
    """Wants the reminder of an appointment as it is now, or takes back the one that waits.

    There is none once its time is over: who planned it that late knows.
    """
    due = due_at(row)
    if due is None or due <= work.at:
        await jobs.cancel(work, KIND, row.id.hex)
        return
    data = {"appointment": row.id.hex, "due": due.isoformat()}
    await jobs.enqueue(work, KIND, data, due_at=due, key=row.id.hex)


async def remind(services: Services, claim: Claim) -> None:
    """Tells the assignee, unless the appointment has moved, is over, or they know already."""
    appointment_id = UUID(hex=claim.data["appointment"])
    due = datetime.fromisoformat(claim.data["due"])
    async with jobs.finishing(services, claim) as work:
        lead_id = await work.session.scalar(
            select(col(Appointment.lead_id)).where(col(Appointment.id) == appointment_id)
        )
        if lead_id is None:
            return
        # The lock orders this and an edit at the same moment.
        (lead,) = await access.lock_leads(work.session, lead_id)
        row = await work.session.get_one(Appointment, appointment_id)
        if due_at(row) == due and row.ends_at > work.at and not await _was_reminded(work, row, due):
            await _tell(work, row, lead)


async def _was_reminded(work: UnitOfWork, row: Appointment, due: datetime) -> bool:
    """Whether the assignee has the reminder: a job may follow one that is worked on."""
    told = exists().where(
        col(Notification.staff_id) == row.assignee_id,
        col(Notification.kind) == NotificationKind.APPOINTMENT_REMINDER,
        col(Notification.subject_id) == row.id,
        col(Notification.at) >= due,
    )
    return bool(await work.session.scalar(select(told)))


async def _tell(work: UnitOfWork, row: Appointment, lead: Lead) -> None:
    person = await actor_for_person(work.session, row.assignee_id) if row.assignee_id else None
    if person is None:
        return
    actor, zone = person
    seen = select(col(Lead.id)).where(col(Lead.id) == lead.id, access.visible_leads(actor))
    lead_id = await work.session.scalar(seen)
    text = f"{when(row, zone)}: {row.title}"
    if lead_id is not None:
        text += f", {lead.display_name}"
    kind, subject = NotificationKind.APPOINTMENT_REMINDER, ("appointment", row.id)
    await notify(work, [actor.id], kind, text, lead_id, subject)


def when(row: Appointment, zone: str) -> str:
    """`Tue 3 March, 10:00` where the person is; whole days where they were planned."""
    start = row.starts_at.astimezone(ZoneInfo(row.time_zone if row.is_all_day else zone))
    day = f"{start:%a} {start.day} {start:%B}"
    return day if row.is_all_day else f"{day}, {start:%H:%M}"
