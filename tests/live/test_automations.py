"""Rules carried out by worker processes that are killed in the middle: each run done once."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from app import open_services
from models.automations import AutomationRun
from models.changes import Change
from models.enums import (
    ActorKind,
    AutomationActionKind,
    ChangeKind,
    EventOrigin,
    RunOutcome,
    TriggerKind,
)
from models.ids import new_id
from models.jobs import Job
from models.notifications import Notification
from resolvers import access
from resolvers.actors import SYSTEM, StaffActor
from resolvers.automations.checking import RuleNotice
from resolvers.automations.saving import GivenAction, RuleEdit, RuleTrigger, save_automation
from resolvers.events import NewEvent, record_event
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from settings import Settings
from tests.conftest import make_settings
from tests.factories import make_lead, make_staff
from tests.processes import Process
from tests.resolvers.verify import act, assert_log_holds

LEADS, ROUNDS, KILLS = 40, 5, 5
PATIENCE = 60.0


@pytest.fixture
def shared(database_url: str, tmp_path: Path) -> Settings:
    return make_settings(database_url, tmp_path)


@pytest.fixture
def worker(shared: Settings, database_url: str, tmp_path: Path) -> Iterator[Process]:
    assert shared.secret_key is not None
    process = Process(
        tmp_path / "worker", "worker", DATABASE_URL=database_url, WORKER_LEASE_SECONDS=1,
        SECRET_KEY=shared.secret_key.get_secret_value(), WORKER_INSIDE="true",
    )  # fmt: skip
    yield process
    process.kill()


async def save_rule(services: Services, admin: StaffActor) -> None:
    """Each event named `Ping` notifies one person and tags the lead, which is told in its log."""
    notice = RuleNotice("{{lead.name}}: ping", (admin.id,))
    edit = RuleEdit(
        "Count",
        RuleTrigger(TriggerKind.EVENT_RECORDED, event_name="Ping"),
        [
            GivenAction(AutomationActionKind.ADD_TAGS, ("Pinged",)),
            GivenAction(AutomationActionKind.NOTIFY, notice),
        ],
    )
    await act(services, admin, save_automation, None, edit)


async def ping(services: Services, lead_ids: list[UUID]) -> None:
    """One event on each lead."""
    for lead_id in lead_ids:
        async with unit_of_work(services, SYSTEM) as work:
            lead = await access.lead_for(work.session, SYSTEM, lead_id)
            await record_event(work, lead, NewEvent("Ping"), EventOrigin.API, new_id())


async def done(services: Services) -> int:
    async with services.database.read_session() as session:
        statement = select(func.count()).select_from(AutomationRun)
        done = col(AutomationRun.outcome) == RunOutcome.DONE
        return await session.scalar(statement.where(done)) or 0


async def wait_for(services: Services, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while await done(services) < count:
        assert time.monotonic() < deadline, f"{await done(services)} of {count} runs are done"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(worker: Process) -> AsyncIterator[None]:
    await asyncio.to_thread(worker.start)
    try:
        yield
    finally:
        await asyncio.to_thread(worker.kill)


@pytest.mark.behaviour("C21")
async def test_workers_that_are_killed_do_each_run_once(shared: Settings, worker: Process) -> None:
    async with open_services(shared) as services:
        admin = await make_staff(services)
        await save_rule(services, admin)
        lead_ids = [await make_lead(services) for _ in range(LEADS)]
        for _ in range(ROUNDS):
            await ping(services, lead_ids)
        for number in range(KILLS):
            async with running(worker):
                await wait_for(services, await done(services) + 10 + number)
        assert await done(services) < LEADS * ROUNDS, "a worker was killed with nothing to do"
        async with running(worker):
            await wait_for(services, LEADS * ROUNDS)
        async with services.database.read_session() as session:
            notices = (await session.scalars(select(Notification))).all()
            by_rule = (
                await session.scalars(
                    select(col(Change.kind)).where(col(Change.actor_kind) == ActorKind.AUTOMATION)
                )
            ).all()
            attempts = (await session.scalars(select(col(AutomationRun.attempts)))).all()
            left = await session.scalar(select(func.count()).select_from(Job))
        assert len(notices) == LEADS * ROUNDS
        assert by_rule == [ChangeKind.TAGS_CHANGED] * LEADS
        assert set(attempts) == {1}
        assert left == 0
        for lead_id in lead_ids[:3]:
            await assert_log_holds(services, lead_id)
