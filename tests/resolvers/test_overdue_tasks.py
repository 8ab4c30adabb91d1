"""That a task became overdue is written once, at its instant, where the person is who has it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.enums import ChangeKind, JobKind, NotificationKind
from models.jobs import Job
from models.notifications import Notification
from resolvers import access, jobs, tasks
from resolvers.actors import SYSTEM, StaffActor
from resolvers.card_state import CardState
from resolvers.history import summary_of
from resolvers.merging import absorb
from resolvers.services import Services
from resolvers.staff import PreferencesEdit, change_preferences
from resolvers.tasks import NewTask, falling_due
from resolvers.unit_of_work import unit_of_work
from resolvers.worker import run_due_jobs
from tests.factories import make_lead, make_staff
from tests.resolvers.verify import act, assert_folds, assert_log_holds, card_of, changes_of


class Desk:
    """A lead, and somebody who has tasks to do."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services, self.clock = services, clock

    async def set_up(self) -> "Desk":
        self.admin: StaffActor = await make_staff(self.services)
        self.bo: StaffActor = await make_staff(self.services, name="Bo Brandt")
        self.lead_id: UUID = await make_lead(self.services)
        return self

    async def by_admin(self, use_case: Any, *given: Any) -> Any:
        return await act(self.services, self.admin, use_case, self.lead_id, *given)

    async def add(self, **due: Any) -> UUID:
        new = NewTask("Call back", assignee_id=self.bo.id, **due)
        made: UUID = await self.by_admin(tasks.create_task, new, uuid4().hex)
        return made

    async def at(self, instant: datetime) -> None:
        """Moves to an instant and lets the worker do what is due."""
        self.clock.advance((instant - self.clock.now()).total_seconds())
        await run_due_jobs(self.services)

    async def told(self) -> list[str]:
        """What the log tells of tasks that fell due."""
        changes = await changes_of(self.services, self.lead_id)
        found = [each for each in changes if each.kind is ChangeKind.TASK_CHANGED]
        fallen = [each for each in found if each.data and each.data["act"] == "FELL_DUE"]
        assert all(each.actor_kind is SYSTEM.kind for each in fallen)
        return [summary_of(each) for each in fallen]

    async def notices(self) -> list[str]:
        async with self.services.database.read_session() as session:
            rows = await session.scalars(
                select(col(Notification.text)).where(
                    col(Notification.staff_id) == self.bo.id,
                    col(Notification.kind) == NotificationKind.TASK_DUE,
                )
            )
            return list(rows)

    async def waiting(self) -> int:
        async with self.services.database.read_session() as session:
            kind = col(Job.kind) == JobKind.TELL_TASK_OVERDUE
            return len((await session.scalars(select(Job).where(kind))).all())


@pytest.fixture
async def desk(services: Services, clock: ManualClock) -> Desk:
    return await Desk(services, clock).set_up()


FOUND = "Found overdue the task “Call back”."
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.behaviour("A42")
async def test_a_task_that_falls_due_is_told_once_in_the_log_and_to_who_has_it(desk: Desk) -> None:
    await desk.add(due_at=NOON)
    await desk.at(NOON - timedelta(seconds=1))
    assert await desk.told() == []
    for later in (0, 60, 86_400):
        await desk.at(NOON + timedelta(seconds=later))
        assert await desk.told() == [FOUND]
    assert await desk.notices() == ["“Call back” is overdue."]
    changes = await changes_of(desk.services, desk.lead_id)
    assert_folds(CardState(), changes, await card_of(desk.services, desk.lead_id))
    await assert_log_holds(desk.services, desk.lead_id)


@pytest.mark.behaviour("A42")
async def test_a_day_is_over_where_the_person_is_also_after_a_journey(desk: Desk) -> None:
    await desk.add(due_on=date(2026, 3, 2))
    edit = PreferencesEdit(time_zone="America/New_York")
    await act(desk.services, desk.bo, change_preferences, desk.bo, edit)
    await desk.at(datetime(2026, 3, 3, 4, tzinfo=UTC))
    assert await desk.told() == []
    await desk.at(datetime(2026, 3, 3, 5, tzinfo=UTC))
    assert await desk.told() == [FOUND]


@pytest.mark.parametrize("how", ["done", "removed", "moved", "no date", "late already"])
async def test_what_is_done_gone_or_moved_in_time_is_not_told(desk: Desk, how: str) -> None:
    late = {"due_on": date(2026, 2, 27)} if how == "late already" else {"due_at": NOON}
    task_id = await desk.add(**late)
    match how:
        case "done":
            await desk.by_admin(tasks.complete_task, task_id, None)
        case "removed":
            await desk.by_admin(tasks.remove_task, task_id)
        case "moved":
            moved = {"due_at": NOON + timedelta(days=9)}
            await desk.by_admin(tasks.update_task, task_id, moved, None)
        case "no date":
            await desk.by_admin(tasks.update_task, task_id, {"due_at": None}, None)
    assert await desk.waiting() == (1 if how == "moved" else 0)
    await desk.at(NOON + timedelta(days=1))
    assert await desk.told() == []


async def test_a_task_that_is_moved_after_it_was_told_can_fall_due_again(desk: Desk) -> None:
    task_id = await desk.add(due_at=NOON)
    await desk.at(NOON)
    later = NOON + timedelta(days=1)
    await desk.by_admin(tasks.update_task, task_id, {"due_at": later}, None)
    await desk.at(later)
    assert await desk.told() == [FOUND, FOUND]


async def test_who_put_a_task_off_is_not_told_meanwhile(desk: Desk) -> None:
    task_id = await desk.add(due_at=NOON)
    await desk.by_admin(tasks.snooze_task, task_id, NOON + timedelta(hours=1))
    await desk.at(NOON)
    assert (await desk.told(), await desk.notices()) == ([FOUND], [])


async def test_two_workers_that_have_the_job_write_it_once(desk: Desk) -> None:
    await desk.add(due_at=NOON)
    desk.clock.advance((NOON - desk.clock.now()).total_seconds())
    (first,) = await jobs.claim(desk.services, "general", 9)
    desk.clock.advance(desk.services.lease_seconds + 1)
    (second,) = await jobs.claim(desk.services, "general", 9)
    await falling_due.tell(desk.services, second)
    with pytest.raises(jobs.LeaseLost):
        await falling_due.tell(desk.services, first)
    assert await desk.told() == [FOUND]


async def test_a_merged_lead_takes_the_job_of_its_task_along(desk: Desk) -> None:
    await desk.add(due_at=NOON)
    into = await make_lead(desk.services)
    async with unit_of_work(desk.services, SYSTEM) as work:
        kept, gone = await access.lock_leads(work.session, into, desk.lead_id)
        await absorb(work, kept, gone)
    desk.lead_id = into
    await desk.at(NOON)
    assert await desk.told() == [FOUND]
