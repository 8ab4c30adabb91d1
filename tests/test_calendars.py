"""The iCalendar file of a person's diary, as other programs get it."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import icalendar
import pytest
from starlette.applications import Starlette

from app import create_app
from calendars import calendar_routes
from models.appointments import Appointment
from models.clock import ManualClock
from models.enums import ApiScope, AppointmentKind, StaffRole
from models.ids import encode_id
from models.staff import Staff
from resolvers import appointments, tasks
from resolvers.actors import SYSTEM
from resolvers.appointments import AppointmentEdit, NewAppointment
from resolvers.services import Services
from resolvers.tasks import NewTask
from resolvers.unit_of_work import unit_of_work
from settings import Settings
from tests.client import Client, staff_client
from tests.factories import make_lead
from tests.resolvers.verify import act


class Office:
    """Bo's diary, read over HTTP; the clock stands at 09:00 UTC on the 2nd of March."""

    def __init__(self, services: Services, clock: ManualClock, web: httpx2.AsyncClient) -> None:
        self.services, self.clock, self.web = services, clock, web

    async def open(self) -> "Office":
        self.bo = await staff_client(self.services, StaffRole.AGENT, "Bo Brandt")
        assert self.bo.actor
        self.lead_id = await make_lead(self.services, assignee_id=self.bo.actor.id)
        return self

    async def plan(self, title: str, start: datetime, hours: float = 1, **more: Any) -> UUID:
        new = NewAppointment(
            AppointmentKind.SHOWING, start, start + timedelta(hours=hours), title, **more
        )
        made: UUID = await self.by_bo(appointments.schedule, new, uuid4().hex)
        return made

    async def by_bo(self, use_case: Any, *given: Any) -> Any:
        assert self.bo.actor
        return await act(self.services, self.bo.actor, use_case, self.lead_id, *given)

    async def url(self, client: Client | None = None) -> str | None:
        data = await (client or self.bo).read("{ me { calendarFeedUrl } }")
        found: str | None = data["me"]["calendarFeedUrl"]
        return found

    async def path(self) -> str:
        url = await self.url()
        assert url
        base = f"{self.services.public_url}/calendar/"
        assert url.startswith(base)
        assert url.endswith(".ics")
        return url.removeprefix(self.services.public_url)

    async def events(self) -> dict[str, Any]:
        answer = await self.web.get(await self.path())
        assert answer.status_code == 200, answer.text
        calendar = icalendar.Calendar.from_ical(answer.content)
        assert calendar["version"] == "2.0"
        return {str(event["summary"]): event for event in calendar.walk("VEVENT")}


@pytest.fixture
async def web(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    app = Starlette(routes=calendar_routes())
    app.state.services = services
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://leads.example") as client:
        yield client


@pytest.fixture
async def office(services: Services, clock: ManualClock, web: httpx2.AsyncClient) -> Office:
    return await Office(services, clock, web).open()


def at(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.mark.behaviour("A46")
async def test_an_appointment_is_an_event_that_other_programs_understand(office: Office) -> None:
    made = await office.plan(
        "Flat tour", at(3), 1.5, time_zone="Europe/Berlin", place="Elm Street 5", body="secret"
    )
    (event,) = (await office.events()).values()
    assert event["uid"] == f"{encode_id('appointment', made)}@leadlight"
    assert event["dtstart"].params["TZID"] == "Europe/Berlin"
    assert event.decoded("dtstart") == at(3)
    assert event.decoded("dtend") == at(3) + timedelta(hours=1.5)
    assert event.decoded("dtstamp") == office.clock.now()
    assert (event["sequence"], event["status"], event["location"]) == (
        0, "CONFIRMED", "Elm Street 5",
    )  # fmt: skip
    assert event["url"].endswith(f"/live#{encode_id('lead', office.lead_id)}")
    answer = await office.web.get(await office.path())
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    for personal in ("Lena", "Lorenz", "secret", "Bo Brandt"):
        assert personal not in answer.text


@pytest.mark.behaviour("A46")
async def test_whole_days_are_dates_of_the_zone_they_were_planned_in(office: Office) -> None:
    start = datetime(2026, 3, 4, 15, tzinfo=UTC)  # already the 5th there
    await office.plan("Fair", start, 20, is_all_day=True, time_zone="Pacific/Kiritimati")
    (event,) = (await office.events()).values()
    assert event["dtstart"].params["VALUE"] == "DATE"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (
        date(2026, 3, 5),
        date(2026, 3, 7),
    )


@pytest.mark.behaviour("A46")
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Africa/Casablanca"])
async def test_the_zone_is_told_with_its_changes_of_the_clock(office: Office, zone: str) -> None:
    for day in (28, 30):
        await office.plan(f"On the {day}", at(day), time_zone=zone)
    answer = await office.web.get(await office.path())
    calendar = icalendar.Calendar.from_ical(answer.content)
    zones: list[Any] = list(calendar.walk("VTIMEZONE"))
    (told,) = zones
    assert told["tzid"] == zone
    rules = told.to_tz(lookup_tzid=False)
    for event in calendar.walk("VEVENT"):
        local = event.decoded("dtstart").replace(tzinfo=None)
        assert rules.utcoffset(local) == event.decoded("dtstart").utcoffset()


@pytest.mark.behaviour("A46")
async def test_an_edit_raises_the_sequence_and_what_is_called_off_says_so(office: Office) -> None:
    made = await office.plan("Tour", at(3))
    office.clock.advance(60)
    edit = AppointmentEdit({"starts_at": at(4), "ends_at": at(4, 11)})
    await office.by_bo(appointments.update, made, edit)
    (moved,) = (await office.events()).values()
    assert (moved["sequence"], moved.decoded("dtstart")) == (1, at(4))
    assert moved.decoded("last-modified") == office.clock.now()
    await office.by_bo(appointments.cancel, made, "Ill")
    (off,) = (await office.events()).values()
    assert (off["uid"], off["sequence"], off["status"]) == (moved["uid"], 2, "CANCELLED")


@pytest.mark.behaviour("A46")
@pytest.mark.parametrize(
    "title",
    [
        "x" * 200,
        "é" * 200,
        "😀" * 120 + "👩‍👩‍👧‍👦",
        'Semi; comma, back\\slash \\n colon: "quote"',
        "\\nBEGIN:VEVENT\\nSUMMARY:Mine",
        "END:VEVENT",
        "שלום עולם",
        "zero\u200bwidth e\u0301",
        "Line\u2028separator",
    ],
)
async def test_odd_titles_come_through_and_break_nothing(office: Office, title: str) -> None:
    await office.plan(title, at(3), place=title)
    answer = await office.web.get(await office.path())
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    assert answer.content.count(b"\r\nBEGIN:VEVENT\r\n") == 1
    answer.content.decode()  # no letter is cut in two
    events: list[Any] = list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))
    (event,) = events
    kept = event["summary"]
    assert kept == event["location"]
    async with office.services.database.read_session() as session:
        row = await session.get(Appointment, UUID(hex=event["uid"][12:44]))
    assert row is not None
    assert str(kept) == row.title


@pytest.mark.behaviour("A46", "G6")
@pytest.mark.parametrize("title", ["a\r\nBEGIN:VEVENT", "a\nb", "a\x00b", "a\x0bb", "a\u0085b"])
async def test_a_title_can_not_begin_a_line_of_its_own(office: Office, title: str) -> None:
    with pytest.raises(Exception, match="Control characters"):
        await office.plan(title, at(3))


@pytest.mark.behaviour("A46")
async def test_the_diary_has_what_is_near_and_where_the_person_goes(
    office: Office,
) -> None:
    other = await staff_client(office.services, StaffRole.AGENT, "Cy Cole")
    assert other.actor
    await office.plan("Mine", at(3))
    await office.plan("Long ago", at(3) - timedelta(days=120))
    await office.plan("Last month", at(3) - timedelta(days=30))
    await office.plan("In years", at(3) + timedelta(days=800))
    await office.plan("Another's", at(3), assignee_id=other.actor.id)
    foreign = await make_lead(office.services)
    assert office.bo.actor
    new = NewAppointment(
        AppointmentKind.CALL, at(3), at(3, 11), "For another", assignee_id=office.bo.actor.id
    )
    admin = await staff_client(office.services)
    assert admin.actor
    await act(office.services, admin.actor, appointments.schedule, foreign, new, uuid4().hex)
    assert set(await office.events()) == {"Mine", "Last month", "For another"}


@pytest.mark.behaviour("A46")
async def test_tasks_with_a_due_date_are_in_it_and_done_ones_say_so(office: Office) -> None:
    named: dict[str, dict[str, Any]] = {
        "On a day": {"due_on": date(2026, 3, 5)},
        "At noon": {"due_at": at(5, 12)},
        "Some day": {},
        "Long ago": {"due_on": date(2025, 3, 5)},
    }
    made = {
        title: await office.by_bo(tasks.create_task, NewTask(title, "secret", **due), uuid4().hex)
        for title, due in named.items()
    }
    office.clock.advance(60)
    await office.by_bo(tasks.complete_task, made["At noon"], None)
    answer = await office.web.get(await office.path())
    calendar = icalendar.Calendar.from_ical(answer.content)
    found: dict[str, Any] = {str(todo["summary"]): todo for todo in calendar.walk("VTODO")}
    assert set(found) == {"On a day", "At noon"}
    open_one, done = found["On a day"], found["At noon"]
    assert open_one.decoded("due") == date(2026, 3, 5)
    assert done.decoded("due") == at(5, 12)
    assert (open_one["status"], done["status"]) == ("NEEDS-ACTION", "COMPLETED")
    assert done.decoded("completed") == office.clock.now()
    assert (open_one["sequence"], done["sequence"]) == (0, 1)
    assert done["uid"] == f"{encode_id('task', made['At noon'])}@leadlight"
    assert "secret" not in answer.text


@pytest.mark.behaviour("A46")
async def test_a_renewed_address_ends_the_former_one(office: Office) -> None:
    former = await office.path()
    assert await office.path() == former
    made = await office.bo.done("renewCalendarFeed", "me { calendarFeedUrl }")
    renewed = await office.path()
    assert made["me"]["calendarFeedUrl"].endswith(renewed)
    assert renewed != former
    assert (await office.web.get(former)).status_code == 404
    assert (await office.web.get(renewed)).status_code == 200


@pytest.mark.behaviour("A46", "G2")
async def test_any_other_address_is_nobodys(office: Office) -> None:
    path = await office.path()
    assert office.bo.actor
    stranger = await Office(office.services, office.clock, office.web).open()
    token, other = path[10:-4], (await stranger.path())[10:-4]
    wrong = [
        "x", token[:-1], token + "A", token.swapcase(),
        token[:21] + other[21:], other[:21] + token[21:],
        "A" * 64, "%00", "..%2F" + token, "é" * 64, "A" * 5_000, office.bo.actor.id.hex,
    ]  # fmt: skip
    found = {each: (await office.web.get(f"/calendar/{each}.ics")) for each in wrong}
    assert {answer.status_code for answer in found.values()} == {404}
    assert (await office.web.get(path)).status_code == 200
    assert (await office.web.post(path)).status_code == 405


@pytest.mark.behaviour("A46")
async def test_who_left_has_no_diary_any_more(office: Office) -> None:
    path = await office.path()
    assert office.bo.actor
    async with unit_of_work(office.services, SYSTEM) as work:
        row = await work.session.get_one(Staff, office.bo.actor.id)
        row.is_active = False
    assert (await office.web.get(path)).status_code == 404


@pytest.mark.behaviour("A46")
async def test_a_program_with_a_token_is_not_told_the_address(office: Office) -> None:
    made = await office.bo.done(
        "createApiToken", "token", name="Diary", isPersonal=True, scopes=[ApiScope.READ_LEADS]
    )
    program = Client(office.services, made["token"])
    assert await office.url(program) is None
    refused = await program.refused("mutation { renewCalendarFeed { __typename } }")
    assert refused == "UNAUTHENTICATED"


@pytest.mark.behaviour("A46", "G5")
async def test_asking_too_often_is_refused_with_the_time_to_wait(office: Office) -> None:
    path = await office.path()
    answers = [(await office.web.get(path)) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    guesses = [(await office.web.get("/calendar/guess.ics")).status_code for _ in range(60)]
    assert set(guesses) == {404, 429}


@pytest.mark.behaviour("A46")
async def test_who_has_it_already_is_sent_nothing(office: Office) -> None:
    await office.plan("A", at(3), time_zone="Europe/Berlin")
    await office.plan("B", at(4), time_zone="Asia/Kolkata")
    path = await office.path()
    first = await office.web.get(path)
    tag = {"if-none-match": first.headers["etag"]}
    again = await office.web.get(path, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    await office.plan("C", at(5))
    assert (await office.web.get(path, headers=tag)).status_code == 200


async def test_the_program_serves_it_and_keeps_the_address_out_of_its_log(
    settings: Settings, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(settings, clock)
    transport = httpx2.ASGITransport(app)
    async with app.router.lifespan_context(app):
        services = app.state.services
        client = await staff_client(services)
        url = (await client.read("{ me { calendarFeedUrl } }"))["me"]["calendarFeedUrl"]
        async with httpx2.AsyncClient(transport=transport) as web:
            answer = await web.get(url)
    assert answer.status_code == 200
    assert answer.headers["referrer-policy"] == "no-referrer"
    told = capsys.readouterr()
    token = url.rpartition("/")[2][:-4]
    assert token not in told.out + told.err
