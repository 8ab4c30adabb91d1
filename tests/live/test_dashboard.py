"""A person's day: what is on it, and how it follows what happens and the time, on both buses."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import AppointmentKind, DueBand, StaffRole
from models.important_dates import ImportantDateKind
from models.staff import StaffSession
from models.tasks import Task
from realtime import topics
from resolvers import appointments, dashboard, important_dates, leads, project, tasks
from resolvers.actors import Actor, StaffActor
from resolvers.appointments import AppointmentEdit, NewAppointment
from resolvers.dashboard import DayTold, follow_day, read_day
from resolvers.errors import BadArgument
from resolvers.important_dates import DateEdit
from resolvers.services import Services
from resolvers.staff import PreferencesEdit, change_preferences
from resolvers.task_legend import LegendEntry
from resolvers.tasks import NewTask
from resolvers.views import View
from tests.factories import actor_of, make_lead, make_staff
from tests.live.following import Follower, execute, in_task
from tests.resolvers.verify import act

pytestmark = pytest.mark.realtime
TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def only_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that waits for time instead of its hint fails by the test's patience."""
    monkeypatch.setattr(dashboard, "LOOK_SECONDS", 60.0)
    monkeypatch.setattr(dashboard, "APART_SECONDS", 0.05)


@pytest.fixture
async def person(pair: tuple[Services, Services]) -> StaffActor:
    return await make_staff(pair[0])


async def add(services: Services, actor: Actor, lead_id: UUID, title: str, **given: Any) -> UUID:
    made: UUID = await act(
        services, actor, tasks.create_task, lead_id, NewTask(title, **given), uuid4().hex
    )
    return made


async def save_date(
    services: Services, actor: Actor, lead_id: UUID, day: date, *, on_dashboard: bool = True
) -> UUID:
    async with services.database.read_session() as session:
        kind = await session.scalar(select(col(ImportantDateKind.id)).limit(1))
    assert kind
    edit = DateEdit(kind, day, is_on_dashboard=on_dashboard)
    made: UUID = await act(
        services, actor, important_dates.save_important_date, lead_id, None, edit, None, None
    )
    return made


async def day_of(services: Services, actor: Actor, wanted: date | None = None) -> Any:
    view = View(services, actor)
    try:
        return await read_day(view, wanted)
    finally:
        await view.close()


async def titles(services: Services, actor: Actor, wanted: date | None = None) -> list[str]:
    return [task.title for task in (await day_of(services, actor, wanted)).tasks]


def listening(
    services: Services, person: StaffActor, wanted: date | None = None
) -> AbstractAsyncContextManager[Follower]:
    stream = follow_day(services, person, wanted, lambda actor: View(services, actor))
    return in_task(services, stream)


def shown(items: Sequence[DayTold[View]]) -> list[list[str]]:
    return [[task.title for task in item.day.tasks] for item in items]


async def look(services: Services, person: StaffActor) -> None:
    """Wakes the stream, as time itself does: a test does not wait for it."""
    await services.bus.publish(topics.day(person.id), "")


# --- what is on it ---------------------------------------------------------------------------


@pytest.mark.behaviour("A45")
async def test_a_day_has_what_is_due_then_and_what_is_overdue_by_due_date(
    pair: tuple[Services, Services], person: StaffActor, clock: ManualClock
) -> None:
    here, _ = pair
    lead_id, other = await make_lead(here), await make_staff(here, name="Bo Brandt")
    await add(here, person, lead_id, "today", due_on=TODAY)
    await add(here, person, lead_id, "late", due_on=date(2026, 2, 27))
    await add(here, person, lead_id, "at noon", due_at=clock.now() + timedelta(hours=3))
    await add(here, person, lead_id, "tomorrow", due_on=date(2026, 3, 3))
    await add(here, person, lead_id, "sometime")
    await add(here, person, lead_id, "not mine", due_on=TODAY, assignee_id=other.id)
    done = await add(here, person, lead_id, "done", due_on=TODAY)
    await act(here, person, tasks.complete_task, lead_id, done, None)
    gone = await add(here, person, lead_id, "gone", due_on=TODAY)
    await act(here, person, tasks.remove_task, lead_id, gone)
    assert await titles(here, person) == ["late", "at noon", "today"]
    assert await titles(here, person, date(2026, 3, 3)) == ["late", "tomorrow"]
    assert await titles(here, person, date(2026, 2, 27)) == ["late"]
    assert await titles(here, other) == ["not mine"]


@pytest.mark.behaviour("A45")
async def test_a_task_that_was_put_off_is_back_on_its_day(
    pair: tuple[Services, Services], person: StaffActor, clock: ManualClock
) -> None:
    here, _ = pair
    lead_id = await make_lead(here)
    task_id = await add(here, person, lead_id, "late", due_on=date(2026, 2, 27))
    tomorrow = clock.now() + timedelta(days=1)
    await act(here, person, tasks.snooze_task, lead_id, task_id, tomorrow)
    assert await titles(here, person) == []
    assert await titles(here, person, date(2026, 3, 3)) == ["late"]
    clock.advance(86_400)
    assert await titles(here, person) == ["late"]


@pytest.mark.behaviour("A45")
async def test_a_day_begins_where_the_person_is(
    pair: tuple[Services, Services], person: StaffActor, clock: ManualClock
) -> None:
    here, _ = pair
    lead_id = await make_lead(here)
    # half past eight in the evening of the second in New York, the third in UTC
    await add(here, person, lead_id, "late call", due_at=clock.now() + timedelta(hours=16.5))
    assert await titles(here, person) == []
    edit = PreferencesEdit(time_zone="America/New_York")
    await act(here, person, change_preferences, person, edit)
    moved = await actor_of(here, person.session_id)
    assert await titles(here, moved) == ["late call"]
    assert (await day_of(here, moved)).date == TODAY


@pytest.mark.behaviour("A18", "A45")
async def test_important_dates_of_own_leads_are_on_their_day(
    pair: tuple[Services, Services], person: StaffActor
) -> None:
    here, _ = pair
    own = await make_lead(here, assignee_id=person.id)
    foreign = await make_lead(here)
    shown_date = await save_date(here, person, own, TODAY)
    await save_date(here, person, own, date(2026, 3, 3))
    await save_date(here, person, own, TODAY, on_dashboard=False)
    await save_date(here, person, foreign, TODAY)
    removed = await save_date(here, person, own, TODAY)
    await act(here, person, important_dates.remove_important_date, own, removed)
    assert [each.id for each in (await day_of(here, person)).dates] == [shown_date]


async def plan(
    services: Services, actor: Actor, lead_id: UUID, starts: Any, ends: Any, **more: Any
) -> UUID:
    new = NewAppointment(
        AppointmentKind.SHOWING, starts, ends, "Flat tour", reminder_minutes=None, **more
    )
    made: UUID = await act(services, actor, appointments.schedule, lead_id, new, uuid4().hex)
    return made


@pytest.mark.behaviour("A45")
async def test_appointments_are_on_each_day_that_they_touch(
    pair: tuple[Services, Services], person: StaffActor, clock: ManualClock
) -> None:
    here, _ = pair
    lead_id, now = await make_lead(here), clock.now()
    trip = await plan(here, person, lead_id, now, now + timedelta(days=2))
    holiday = await plan(
        here, person, lead_id,
        datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC), is_all_day=True,
    )  # fmt: skip
    gone = await plan(here, person, lead_id, now, now + timedelta(hours=1))
    await act(here, person, appointments.cancel, lead_id, gone, None)
    found = {
        day: [each.id for each in (await day_of(here, person, date(2026, 3, day))).appointments]
        for day in range(2, 6)
    }
    assert found == {2: [trip], 3: [trip, holiday], 4: [trip, holiday], 5: []}


@pytest.mark.behaviour("A45")
async def test_an_appointment_that_is_planned_or_moved_is_told_at_once(
    pair: tuple[Services, Services], person: StaffActor, clock: ManualClock
) -> None:
    here, there = pair
    boss, other = await make_staff(here, name="Cleo Cane"), await make_staff(here, name="Bo Berg")
    lead_id, now = await make_lead(here), clock.now()
    async with listening(there, person) as follower:
        await follower.count(1)
        made = await plan(here, boss, lead_id, now, now + timedelta(hours=1), assignee_id=person.id)
        await follower.count(2)
        edit = AppointmentEdit({"assignee_id": other.id})
        await act(here, boss, appointments.update, lead_id, made, edit)
        items = await follower.count(3)
    assert [len(item.day.appointments) for item in items] == [0, 1, 0]


async def test_a_day_that_is_a_slip_of_the_keyboard_is_refused(
    pair: tuple[Services, Services], person: StaffActor
) -> None:
    for wanted in (date.min, date.max):
        with pytest.raises(BadArgument, match="A day from 1900"):
            await day_of(pair[0], person, wanted)


# --- live ------------------------------------------------------------------------------------


@pytest.mark.behaviour("A45")
async def test_the_day_is_sent_again_at_each_change_and_only_then(
    pair: tuple[Services, Services], person: StaffActor
) -> None:
    here, there = pair
    boss = await make_staff(here, name="Cleo Cane")
    lead_id = await make_lead(here, assignee_id=person.id)
    async with listening(there, person) as follower:
        await follower.count(1)
        task_id = await add(here, boss, lead_id, "one", due_on=TODAY, assignee_id=person.id)
        await follower.count(2)
        await look(here, person)
        await add(here, boss, lead_id, "next week", due_on=date(2026, 3, 9), assignee_id=person.id)
        await act(here, boss, tasks.update_task, lead_id, task_id, {"title": "1"}, None)
        await follower.until(lambda: shown(follower.items)[-1] == ["1"])
        await act(here, person, tasks.complete_task, lead_id, task_id, None)
        await follower.until(lambda: shown(follower.items)[-1] == [])
        assert shown(follower.items) == [[], ["one"], ["1"], []]
        await save_date(here, boss, lead_id, TODAY)
        await follower.count(5)
        await act(here, boss, leads.assign, lead_id, boss.id, None)
        await follower.count(6)
        assert [len(item.day.dates) for item in follower.items[4:]] == [1, 0]


@pytest.mark.behaviour("A43", "A45")
async def test_a_task_that_goes_to_another_leaves_one_day_and_enters_the_other(
    pair: tuple[Services, Services], person: StaffActor
) -> None:
    here, there = pair
    other = await make_staff(here, StaffRole.AGENT, "Bo Brandt")
    lead_id = await make_lead(here)
    task_id = await add(here, person, lead_id, "one", due_on=TODAY)
    async with listening(there, person) as former, listening(there, other) as present:
        await former.count(1)
        await present.count(1)
        wanted = {"assignee_id": other.id}
        await act(here, person, tasks.update_task, lead_id, task_id, wanted, None)
        await former.count(2)
        await present.count(2)
        assert shown(former.items) == [["one"], []]
        assert shown(present.items) == [[], ["one"]]


@pytest.mark.behaviour("A45")
async def test_midnight_a_due_instant_and_the_end_of_a_pause_are_told_without_a_write(
    pair: tuple[Services, Services], person: StaffActor, clock: ManualClock
) -> None:
    here, there = pair
    lead_id = await make_lead(here)
    await add(here, person, lead_id, "at ten", due_at=clock.now() + timedelta(hours=1))
    later = await add(here, person, lead_id, "put off", due_on=date(2026, 2, 27))
    await add(here, person, lead_id, "tomorrow", due_on=date(2026, 3, 3))
    await act(here, person, tasks.snooze_task, lead_id, later, clock.now() + timedelta(hours=2))
    async with listening(there, person) as follower:
        await follower.count(1)
        for number in range(2):
            clock.advance(3600)
            await look(here, person)
            await follower.count(number + 2)
        clock.advance(13 * 3600)
        await look(here, person)
        items = await follower.count(4)
    assert shown(items) == [
        ["at ten"],
        ["at ten"],
        ["put off", "at ten"],
        ["put off", "at ten", "tomorrow"],
    ]
    assert [item.day.date for item in items] == [TODAY] * 3 + [date(2026, 3, 3)]


@pytest.mark.behaviour("A45")
async def test_who_moves_to_another_zone_has_the_day_there(
    pair: tuple[Services, Services], person: StaffActor, clock: ManualClock
) -> None:
    here, there = pair
    clock.advance(3 * 3600)
    async with listening(there, person) as follower:
        await follower.count(1)
        edit = PreferencesEdit(time_zone="Pacific/Auckland")
        await act(here, person, change_preferences, person, edit)
        items = await follower.count(2)
    assert [item.day.date for item in items] == [TODAY, date(2026, 3, 3)]


async def test_what_no_hint_told_is_found_after_a_while(
    pair: tuple[Services, Services], person: StaffActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = pair
    monkeypatch.setattr(dashboard, "LOOK_SECONDS", 0.1)
    await add(here, person, await make_lead(here), "one", due_on=TODAY)
    async with listening(there, person) as follower:
        await follower.count(1)
        await execute(here, update(Task).values(title="1", version=2))
        assert shown(await follower.count(2)) == [["one"], ["1"]]


@pytest.mark.behaviour("A42")
async def test_new_colours_are_sent(pair: tuple[Services, Services], person: StaffActor) -> None:
    here, there = pair
    async with listening(there, person) as follower:
        await follower.count(1)
        entry = LegendEntry(DueBand.TODAY, "#00aa00", "Now")
        await act(here, person, project.update_project, {}, [entry])
        await look(here, person)
        item = (await follower.count(2))[1]
    assert item.day.legend[1] == LegendEntry(DueBand.TODAY, "#00AA00", "Now")


async def test_who_is_signed_out_hears_no_more(
    pair: tuple[Services, Services], person: StaffActor
) -> None:
    here, there = pair
    async with listening(there, person) as follower:
        await follower.count(1)
        session = col(StaffSession.id) == person.session_id
        now = here.clock.now()
        await execute(here, update(StaffSession).where(session).values(ended_at=now))
        await look(here, person)
        async with asyncio.timeout(10):
            assert len(await follower.end()) == 1
