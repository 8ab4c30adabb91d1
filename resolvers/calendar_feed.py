"""A person's diary for other programs: one iCalendar file by a secret address.

The address is computed from the deployment's key, the person and a counter, and nowhere stored:
renewing it counts on, and the former one means nobody. Entries have what a diary needs and no more:
no name, address or number of the lead, whose card is behind a link that asks to sign in.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Todo
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.appointments import Appointment
from models.ids import encode_id
from models.staff import Staff
from models.tasks import Task
from resolvers import access, limits
from resolvers.actors import StaffActor
from resolvers.agenda import days_of
from resolvers.errors import NotFound
from resolvers.secrets import Secrets, Unsealable
from resolvers.services import Services
from resolvers.staff.callers import actor_for_person
from resolvers.staff.profile import own_row
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

BEFORE, AHEAD = timedelta(days=90), timedelta(days=731)
MOST = 2_000
REFRESH = timedelta(minutes=15)
PATH = "/calendar"


@dataclass(frozen=True)
class Feed:
    """The file, and a name of its contents that is the same while they are."""

    body: bytes
    tag: str


async def feed_url(view: View, actor: StaffActor) -> str | None:
    """The secret address of the person's own diary; None for a program with a token."""
    if not actor.is_person:
        return None
    serial = await view.scalar(select(col(Staff.calendar_serial)).where(col(Staff.id) == actor.id))
    token = view.services.secrets.calendar_token(actor.id, serial or 0)
    return f"{view.services.public_url}{PATH}/{token}.ics"


async def renew(work: UnitOfWork, actor: StaffActor) -> None:
    """Gives the person another address; the former one is nobody's from now on."""
    staff = await own_row(work, actor)
    staff.calendar_serial += 1
    work.record_workspace("calendar_feed_renewed", {"staff": staff.id.hex})


async def read_feed(services: Services, token: str, client: str) -> Feed:
    """The diary behind an address.

    Raises:
        NotFound: the address is nobody's, was renewed, or its person has left; all look alike.
        LimitReached: asked too often from one place, or for one address.
    """
    await limits.spend(services.limiter, limits.CALENDAR_CLIENT, client)
    async with services.database.read_session() as session:
        actor = await _owner(services.secrets, session, token)
        await limits.spend(services.limiter, limits.CALENDAR, actor.id.hex)
        now = services.clock.now()
        rows = await _appointments(session, actor, now)
        tasks = await _tasks(session, actor, now)
    events = [_event(services.public_url, row) for row in rows]
    return _file([*events, *(_todo(services.public_url, row) for row in tasks)], now)


async def _owner(secrets: Secrets, session: AsyncSession, token: str) -> StaffActor:
    try:
        staff_id = secrets.calendar_owner(token)
    except Unsealable:
        raise NotFound("calendar", "calendar") from None
    statement = select(col(Staff.calendar_serial)).where(col(Staff.id) == staff_id)
    serial = await session.scalar(statement)
    person = await actor_for_person(session, staff_id)
    if not secrets.is_calendar_token(token, staff_id, serial or 0) or person is None:
        raise NotFound("calendar", "calendar")
    return person[0]


async def _appointments(
    session: AsyncSession, actor: StaffActor, now: datetime
) -> Sequence[Appointment]:
    """The person's appointments around now, called off ones among them."""
    found = await session.scalars(
        select(Appointment)
        .where(
            col(Appointment.assignee_id) == actor.id,
            col(Appointment.ends_at) > now - BEFORE,
            col(Appointment.starts_at) < now + AHEAD,
            access.visible_appointments(actor),
        )
        .order_by(col(Appointment.starts_at), col(Appointment.id))
        .limit(MOST)
    )
    return found.all()


async def _tasks(session: AsyncSession, actor: StaffActor, now: datetime) -> Sequence[Task]:
    """The person's tasks that are or were due around now, done ones among them."""
    at, on = col(Task.due_at), col(Task.due_on)
    found = await session.scalars(
        select(Task)
        .where(
            col(Task.assignee_id) == actor.id,
            access.visible_tasks(actor),
            col(Task.removed_at).is_(None),
            or_(
                at.between(now - BEFORE, now + AHEAD),
                on.between((now - BEFORE).date(), (now + AHEAD).date()),
            ),
        )
        .order_by(col(Task.place), col(Task.id))
        .limit(MOST)
    )
    return found.all()


def _todo(public_url: str, row: Task) -> Todo:
    todo = Todo()
    todo.add("uid", f"{encode_id('task', row.id)}@leadlight")
    todo.add("dtstamp", row.completed_at or row.created_at)
    todo.add("created", row.created_at)
    todo.add("sequence", row.version - 1)
    todo.add("summary", row.title)
    todo.add("class", "PRIVATE")
    todo.add("url", f"{public_url}/live#{encode_id('lead', row.lead_id)}")
    todo.add("due", row.due_at or row.due_on)
    todo.add("status", "COMPLETED" if row.completed_at else "NEEDS-ACTION")
    if row.completed_at:
        todo.add("completed", row.completed_at)
    return todo


def _event(public_url: str, row: Appointment) -> Event:
    event = Event()
    event.add("uid", f"{encode_id('appointment', row.id)}@leadlight")
    event.add("dtstamp", row.changed_at)
    event.add("created", row.created_at)
    event.add("last-modified", row.changed_at)
    event.add("sequence", row.version - 1)
    event.add("summary", row.title)
    event.add("categories", [row.kind.capitalize()])
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if row.cancelled_at else "CONFIRMED")
    event.add("url", f"{public_url}/live#{encode_id('lead', row.lead_id)}")
    if row.place:
        event.add("location", row.place)
    if row.is_all_day:
        first, last = days_of(row, row.time_zone)
        event.add("dtstart", first)
        event.add("dtend", last + timedelta(days=1))
    else:
        zone = ZoneInfo(row.time_zone)
        event.add("dtstart", row.starts_at.astimezone(zone))
        event.add("dtend", row.ends_at.astimezone(zone))
    return event


def _file(entries: Sequence[Event | Todo], now: datetime) -> Feed:
    calendar = Calendar()
    calendar.add("prodid", "-//Leadlight//Diary//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Leadlight")
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for entry in entries:
        calendar.add_component(entry)
    year = now.astimezone(UTC).year
    calendar.add_missing_timezones(
        first_date=datetime(year - 1, 1, 1).date(), last_date=datetime(year + 4, 1, 1).date()
    )
    # The library gives zones in no certain order, so the contents are named part by part.
    parts = sorted(each.to_ical() for each in calendar.subcomponents)
    return Feed(calendar.to_ical(), hashlib.sha256(b"".join(parts)).hexdigest()[:32])
