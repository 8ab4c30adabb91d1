"""Rules: how many runs a second, how far behind the changes, and what a worker's death does."""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import col

from bench.client import WrongAnswer
from bench.report import Report, percentile
from bench.seeding import add_leads
from bench.setups import Server, Setup
from bench.sizes import Size
from models.automations import Automation, AutomationRun
from models.enums import AutomationActionKind, EventOrigin, RunOutcome, TriggerKind
from models.ids import new_id
from models.notifications import Notification
from resolvers import access
from resolvers.actors import SYSTEM, StaffActor
from resolvers.automations.checking import RuleNotice, RuleTask
from resolvers.automations.saving import GivenAction, RuleEdit, RuleTrigger, save_automation
from resolvers.events import NewEvent, record_event
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work

RATE = 200
"""Changes a second while the lag is looked at."""
LEASE_SECONDS = 1.0
MOST_SECONDS = 900


async def measure(
    report: Report,
    setup: Setup,
    size: Size,
    services: Services,
    actor: StaffActor,
) -> None:
    """Cost of a commit with and without rules, runs a second, lag at a rate, runs under kills."""
    # so many that no rule runs ten times a minute on one of them
    lead_ids = await add_leads(services, actor, size.killed_runs // 5)
    await _commit_costs(report, setup, size, services, actor, lead_ids)
    workers = [setup.command("worker") for _ in range(2)]
    await _drain(report, setup, size, services, actor, lead_ids, workers[0])
    await _lag(report, setup, size, services, lead_ids, workers)
    await _kills(report, setup, size, services, actor, lead_ids)


async def _save_rule(
    services: Services, actor: StaffActor, event: str, *, tells: bool = False
) -> None:
    """A rule that adds a task for each such event, or tells one person of it."""
    task = GivenAction(AutomationActionKind.ADD_TASK, RuleTask("Call {{lead.name}}"))
    notice = RuleNotice("{{lead.name}}", (actor.id,))
    action = GivenAction(AutomationActionKind.NOTIFY, notice) if tells else task
    trigger = RuleTrigger(TriggerKind.EVENT_RECORDED, event_name=event)
    edit = RuleEdit(event, trigger, [action])
    async with unit_of_work(services, actor) as work:
        await save_automation(work, None, edit)


async def _record(services: Services, lead_id: UUID, name: str) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        lead = await access.lead_for(work.session, SYSTEM, lead_id)
        await record_event(work, lead, NewEvent(name), EventOrigin.API, new_id())


async def _commit_costs(
    report: Report,
    setup: Setup,
    size: Size,
    services: Services,
    actor: StaffActor,
    lead_ids: Sequence[UUID],
) -> None:
    passes = (("no rule", 0, "Event"), ("50 rules, none starts", 50, "Event"),
              ("50 rules, one starts", 0, "Rule 0"))  # fmt: skip
    for label, new_rules, name in passes:
        for number in range(new_rules):
            await _save_rule(services, actor, f"Rule {number}")
        times = []
        for number in range(size.mutations * 2):
            started = time.perf_counter()
            await _record(services, lead_ids[number % len(lead_ids)], name)
            times.append(time.perf_counter() - started)
        report.add_times(setup.name, f"commit of an event, {label}", times)
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Automation).values(removed_at=work.at))
        work.record_workspace("automation_removed", {"name": "all"}, rules=True)


async def _count(services: Services, outcome: RunOutcome) -> int:
    async with services.database.read_session() as session:
        runs = select(func.count()).select_from(AutomationRun)
        return await session.scalar(runs.where(col(AutomationRun.outcome) == outcome)) or 0


async def _until_done(services: Services, count: int) -> None:
    deadline = time.monotonic() + MOST_SECONDS
    while await _count(services, RunOutcome.DONE) < count:
        if time.monotonic() > deadline:
            raise WrongAnswer("runs are left undone")
        await asyncio.sleep(0.05)


async def _drain(
    report: Report,
    setup: Setup,
    size: Size,
    services: Services,
    actor: StaffActor,
    lead_ids: Sequence[UUID],
    worker: Server,
) -> None:
    await _save_rule(services, actor, "Drain")
    before = await _count(services, RunOutcome.DONE)
    for number in range(size.runs):
        await _record(services, lead_ids[number % len(lead_ids)], "Drain")
    await asyncio.to_thread(worker.start)
    try:
        await _until_done(services, before + min(50, size.runs // 4))  # its start is not its pace
        first, started = await _count(services, RunOutcome.DONE), time.perf_counter()
        await _until_done(services, before + size.runs)
        seconds = time.perf_counter() - started
    finally:
        await asyncio.to_thread(worker.kill)
    pace = (before + size.runs - first) / seconds
    report.add(setup.name, "automations, one worker", "runs/s", pace)


async def _lag(
    report: Report,
    setup: Setup,
    size: Size,
    services: Services,
    lead_ids: Sequence[UUID],
    workers: Sequence[Server],
) -> None:
    """Writers at a rate; how long after its change each run is done."""
    await _until_idle(services)
    for worker in workers:
        await asyncio.to_thread(worker.start)
    try:
        for number in range(20):  # their start is not their pace
            await _record(services, lead_ids[number % len(lead_ids)], "Drain")
            await _until_idle(services)
        begun = datetime.now(UTC)
        async with asyncio.TaskGroup() as group:
            started = time.perf_counter()
            for number in range(int(RATE * size.writing_seconds)):
                wait = started + number / RATE - time.perf_counter()
                if wait > 0:
                    await asyncio.sleep(wait)
                group.create_task(_record(services, lead_ids[number % len(lead_ids)], "Drain"))
        reached = int(RATE * size.writing_seconds) / (time.perf_counter() - started)
        await _until_idle(services)
    finally:
        for worker in workers:
            await asyncio.to_thread(worker.kill)
    async with services.database.read_session() as session:
        rows = await session.execute(
            select(col(AutomationRun.at), col(AutomationRun.done_at)).where(
                col(AutomationRun.at) >= begun, col(AutomationRun.done_at).is_not(None)
            )
        )
        lags = [(done - at).total_seconds() for at, done in rows if done is not None]
    report.add(setup.name, f"automations at {RATE} changes/s, rate reached", "changes/s", reached)
    report.add_times(setup.name, f"automations at {RATE} changes/s, change to done", lags)
    if percentile(lags, 1.0) < 0:
        raise WrongAnswer("a run was done before its change")


async def _until_idle(services: Services) -> None:
    deadline = time.monotonic() + MOST_SECONDS
    while await _count(services, RunOutcome.WAITING):
        if time.monotonic() > deadline:
            raise WrongAnswer("runs are left undone")
        await asyncio.sleep(0.05)


async def _kills(
    report: Report,
    setup: Setup,
    size: Size,
    services: Services,
    actor: StaffActor,
    lead_ids: Sequence[UUID],
) -> None:
    """Kill -9 of the worker again and again; every run must have told its person once."""
    await _save_rule(services, actor, "Killed", tells=True)
    before, notices = await _count(services, RunOutcome.DONE), await _notices(services)
    for number in range(size.killed_runs):
        await _record(services, lead_ids[number % len(lead_ids)], "Killed")
    worker = setup.command("worker", WORKER_LEASE_SECONDS=LEASE_SECONDS)
    share = size.killed_runs // (size.kills + 1)
    for _ in range(size.kills):
        await asyncio.to_thread(worker.start)
        done = await _count(services, RunOutcome.DONE)
        await _until_done(services, min(done + random.randint(1, share), before + size.killed_runs))
        await asyncio.to_thread(worker.kill)
    await asyncio.to_thread(worker.start)
    await _until_done(services, before + size.killed_runs)
    await asyncio.to_thread(worker.kill)
    done = await _count(services, RunOutcome.DONE) - before
    told = await _notices(services) - notices
    label = f"{size.kills} kills -9 during {size.killed_runs:,} runs"
    report.add(setup.name, f"{label}, runs done", "runs", done)
    report.add(setup.name, f"{label}, actions done", "actions", told)
    if done != size.killed_runs or told != size.killed_runs:
        raise WrongAnswer("a run was done twice or not at all")


async def _notices(services: Services) -> int:
    async with services.database.read_session() as session:
        return await session.scalar(select(func.count()).select_from(Notification)) or 0
