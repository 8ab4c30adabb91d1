"""Planning appointments, and putting down meetings that took place."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from models.appointments import Appointment
from models.enums import AppointmentKind, AppointmentOutcome
from models.ids import new_id
from models.leads import Lead
from models.staff import Staff
from resolvers import access, idempotency
from resolvers.appointments.recording import BODY, KIND_NOUNS, NOTE, Act, record, write_text
from resolvers.appointments.telling import tell_planned
from resolvers.calendar_days import day_of, start_of, whole_days
from resolvers.errors import ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.staff.active import active_staff
from resolvers.text import optional, time_zone
from resolvers.unit_of_work import UnitOfWork

LONGEST = timedelta(days=31)
MAX_REMINDER = 10_080
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=5)
"""How far the clock of who puts something down may be ahead."""
MAX_TITLE, MAX_PLACE, MAX_BODY, MAX_NOTE = 200, 300, 10_000, 20_000


@dataclass(frozen=True)
class NewAppointment:
    """What is planned; without zone and assignee, those of who plans it."""

    kind: AppointmentKind
    starts_at: datetime
    ends_at: datetime
    title: str | None = None
    is_all_day: bool = False
    time_zone: str | None = None
    assignee_id: UUID | None = None
    place: str | None = None
    body: str | None = None
    reminder_minutes: int | None = 30


@dataclass(frozen=True)
class Held:
    """A meeting or showing that took place."""

    kind: AppointmentKind
    starts_at: datetime
    ends_at: datetime
    title: str | None = None
    note: str | None = None


async def schedule(work: UnitOfWork, lead_id: UUID, new: NewAppointment, key: str) -> UUID:
    """Plans an appointment; a repeated key answers the first one."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    wanted = new_id()
    given = {"lead": lead_id, **new.__dict__}
    appointment_id = await idempotency.claim(work, "scheduleAppointment", key, given, wanted)
    if appointment_id != wanted:
        return appointment_id
    check_reminder(new.reminder_minutes)
    body = optional("body", new.body, MAX_BODY, lines=True)
    row = await _begin(work, lead, appointment_id, new)
    work.session.add(row)
    write_text(work, row, BODY, body)
    await record(work, row, Act.SCHEDULED, [])
    await tell_planned(work, row)
    return appointment_id


async def log_meeting(work: UnitOfWork, lead_id: UUID, held: Held, key: str) -> UUID:
    """Puts down what took place; a repeated key answers the first one."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    wanted = new_id()
    given = {"lead": lead_id, **held.__dict__}
    appointment_id = await idempotency.claim(work, "logMeeting", key, given, wanted)
    if appointment_id != wanted:
        return appointment_id
    if held.kind is AppointmentKind.CALL:
        raise invalid("kind", ProblemCode.CONTRADICTION, "A call is put down by `logCall`.")
    if held.starts_at > work.at + AHEAD:
        raise invalid("startsAt", ProblemCode.TOO_LARGE, "This has not taken place yet.")
    note = optional("note", held.note, MAX_NOTE, lines=True)
    new = NewAppointment(held.kind, held.starts_at, held.ends_at, held.title, reminder_minutes=None)
    row = await _begin(work, lead, appointment_id, new)
    row.is_logged, row.outcome = True, AppointmentOutcome.HELD
    work.session.add(row)
    write_text(work, row, NOTE, note)
    await record(work, row, Act.LOGGED, [])
    return appointment_id


async def _begin(
    work: UnitOfWork, lead: Lead, appointment_id: UUID, new: NewAppointment
) -> Appointment:
    me = await work.session.get(Staff, work.actor.id) if work.actor.id else None
    zone = me.time_zone if me else "UTC"
    if new.time_zone is not None:
        zone = time_zone("timeZone", new.time_zone)
    starts_at, ends_at = period(new.starts_at, new.ends_at, zone, is_all_day=new.is_all_day)
    if new.assignee_id is not None:
        await active_staff(work, "assigneeId", new.assignee_id)
    return Appointment(
        id=appointment_id,
        lead_id=lead.id,
        kind=new.kind,
        title=optional("title", new.title, MAX_TITLE) or KIND_NOUNS[new.kind].capitalize(),
        assignee_id=new.assignee_id or (me.id if me else None),
        starts_at=starts_at,
        ends_at=ends_at,
        is_all_day=new.is_all_day,
        time_zone=zone,
        place=optional("place", new.place, MAX_PLACE),
        reminder_minutes=new.reminder_minutes,
        was_start_in_past=is_past(work.at, starts_at, zone, is_all_day=new.is_all_day),
        created_by_kind=work.actor.kind,
        created_by_id=work.actor.id,
        created_by_name=work.actor.name,
        created_at=work.at,
        changed_at=work.at,
    )


def period(
    starts_at: datetime, ends_at: datetime, zone: str, *, is_all_day: bool
) -> tuple[datetime, datetime]:
    """Start and end as they are stored: whole days reach from midnight to midnight in the zone."""
    for path, at in (("startsAt", starts_at), ("endsAt", ends_at)):
        if at < EARLIEST:
            raise invalid(path, ProblemCode.TOO_SMALL, "From 1900 on.")
        if at > LATEST:
            raise invalid(path, ProblemCode.TOO_LARGE, "Until 2200.")
    if ends_at <= starts_at:
        raise invalid("endsAt", ProblemCode.TOO_SMALL, "The end must be after the start.")
    length = ends_at - starts_at
    if is_all_day:
        first, end = whole_days(starts_at, ends_at, zone)
        length = end - first
        starts_at, ends_at = start_of(first, zone), start_of(end, zone)
    if length > LONGEST:
        raise invalid("endsAt", ProblemCode.TOO_LARGE, "At most 31 days.")
    return starts_at, ends_at


def is_past(now: datetime, starts_at: datetime, zone: str, *, is_all_day: bool) -> bool:
    """Whether a start is over; that of a whole day is so from the next day on."""
    return starts_at < (start_of(day_of(now, zone), zone) if is_all_day else now)


def check_reminder(minutes: int | None) -> None:
    """InvalidInput for a reminder after the start, or more than a week ahead."""
    if minutes is not None and minutes < 0:
        raise invalid("reminderMinutes", ProblemCode.TOO_SMALL, "A reminder comes ahead.")
    if minutes is not None and minutes > MAX_REMINDER:
        raise invalid("reminderMinutes", ProblemCode.TOO_LARGE, "At most a week ahead.")
