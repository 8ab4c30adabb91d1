"""What stands in diaries: appointments and calls of a lead, and appointments of a person."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.appointments import Appointment
from models.calls import Call
from models.enums import ChangeKind
from models.staff import Staff
from resolvers import access
from resolvers.actors import Actor, StaffActor
from resolvers.calendar_days import day_of, start_of
from resolvers.lists import Chosen, OwnedList, newest_first, was_there
from resolvers.views import View

MAX_OVERLAPS = 20
MAX_ON_DAY = 200


class AppointmentPeriod(StrEnum):
    UPCOMING = "UPCOMING"
    PAST = "PAST"
    ALL = "ALL"


def is_in(period: str | None, row: Appointment, now: datetime) -> bool:
    """Whether an appointment is on that side of now; the same as the predicate below."""
    is_upcoming = row.ends_at > now and row.cancelled_at is None
    return period in (None, AppointmentPeriod.ALL) or (
        is_upcoming is (period == AppointmentPeriod.UPCOMING)
    )


def _appointment_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    ahead = and_(col(Appointment.ends_at) > chosen.now, col(Appointment.cancelled_at).is_(None))
    if chosen.period == AppointmentPeriod.UPCOMING:
        where.append(ahead)
    if chosen.period == AppointmentPeriod.PAST:
        where.append(
            or_(col(Appointment.ends_at) <= chosen.now, col(Appointment.cancelled_at).is_not(None))
        )
    if chosen.since:
        where.append(col(Appointment.starts_at) >= chosen.since)
    if chosen.before:
        where.append(col(Appointment.starts_at) < chosen.before)
    return where


APPOINTMENTS = OwnedList(
    "appointments",
    Appointment,
    col(Appointment.lead_id),
    (Appointment.id,),
    newest_first(col(Appointment.starts_at), col(Appointment.id)),
    _appointment_where,
)
CALLS = OwnedList(
    "calls",
    Call,
    col(Call.lead_id),
    (Call.id,),
    newest_first(col(Call.occurred_at), col(Call.id)),
    lambda actor, chosen: was_there(col(Call.id), ChangeKind.CALL_CHANGED, chosen),
)


async def appointments_by_id(view: View, ids: Sequence[UUID]) -> list[Appointment | None]:
    """Appointments that the viewer may see, whosever their leads are."""
    seen = access.visible_appointments(view.actor)
    rows = await view.scalars(select(Appointment).where(col(Appointment.id).in_(ids), seen))
    found = {row.id: row for row in rows}
    return [found.get(each) for each in ids]


async def calls_by_id(view: View, ids: Sequence[UUID]) -> list[Call | None]:
    """Calls that a lead's log names; who reads the log may see them."""
    rows = await view.scalars(select(Call).where(col(Call.id).in_(ids)))
    found = {row.id: row for row in rows}
    return [found.get(each) for each in ids]


async def find_appointment(view: View, appointment_id: UUID) -> Appointment | None:
    """An appointment that the viewer may see, whosever the lead is."""
    (found,) = await appointments_by_id(view, [appointment_id])
    return found


async def overlaps_of(view: View, rows: Sequence[Appointment]) -> list[list[Appointment]]:
    """Others of each one's assignee at the same time, by start; at most 20."""
    people = {row.assignee_id for row in rows if row.assignee_id and not row.cancelled_at}
    if not people:
        return [[] for _ in rows]
    others = await view.scalars(
        select(Appointment)
        .where(
            col(Appointment.assignee_id).in_(people),
            col(Appointment.cancelled_at).is_(None),
            col(Appointment.starts_at) < max(row.ends_at for row in rows),
            col(Appointment.ends_at) > min(row.starts_at for row in rows),
            access.visible_appointments(view.actor),
        )
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )
    return [
        [] if row.cancelled_at else [each for each in others if _overlap(row, each)][:MAX_OVERLAPS]
        for row in rows
    ]


def _overlap(one: Appointment, other: Appointment) -> bool:
    return (
        one.id != other.id
        and one.assignee_id is not None
        and one.assignee_id == other.assignee_id
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
    )


def days_of(row: Appointment, zone: str) -> tuple[date, date]:
    """The first and the last day that an appointment touches for somebody in the zone.

    Whole days are the same days everywhere: those of the zone that they were planned in.
    """
    zone = row.time_zone if row.is_all_day else zone
    last = row.ends_at - timedelta(microseconds=1)
    return day_of(row.starts_at, zone), day_of(last, zone)


async def appointments_of_day(
    session: AsyncSession, staff: StaffActor, day: date
) -> list[Appointment]:
    """The person's appointments that touch a day in their zone, by start; at most 200.

    Called off ones are left out; whosever the lead is, the person goes there.
    """
    zone = await session.scalar(select(col(Staff.time_zone)).where(col(Staff.id) == staff.id))
    zone = zone or "UTC"
    # Whole days elsewhere may begin up to 26 hours before or after those here.
    around = timedelta(days=2)
    rows = await session.scalars(
        select(Appointment)
        .where(
            col(Appointment.assignee_id) == staff.id,
            col(Appointment.cancelled_at).is_(None),
            col(Appointment.starts_at) < start_of(day, zone) + around,
            col(Appointment.ends_at) > start_of(day, zone) - around,
            access.visible_appointments(staff),
        )
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )
    touching = []
    for row in rows:
        first, last = days_of(row, zone)
        if first <= day <= last:
            touching.append(row)
    return touching[:MAX_ON_DAY]
