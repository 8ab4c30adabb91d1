"""Background work: wanted with its cause, claimed by one, done once, tried again, given up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.enums import JobKind
from models.jobs import Job
from models.tags import LeadTag
from realtime.tasks import end
from resolvers import job_list, jobs, tags
from resolvers.actors import SYSTEM
from resolvers.errors import ProblemCode, invalid
from resolvers.job_runner import JobRunner, run_due_jobs
from resolvers.jobs import Claim, Handlers
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from tests.factories import make_lead
from tests.resolvers.verify import act, changes_of

KIND, OTHER = JobKind.RUN_AUTOMATIONS, JobKind.DELIVER_WEBHOOK
PATIENCE = 20.0


class Broken(Exception):
    pass


@pytest.fixture
async def lead_id(services: Services) -> UUID:
    return await make_lead(services)


async def tag_lead(services: Services, claim: Claim) -> None:
    """The work of these tests: a tag on a lead, in the transaction that ends the job."""
    async with jobs.finishing(services, claim) as work:
        await tags.add_tags(work, UUID(hex=claim.data["lead"]), [claim.data["tag"]])


TAGGING: Handlers = {KIND: tag_lead, OTHER: tag_lead}


async def want(services: Services, lead_id: UUID, tag: str, **more: Any) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await jobs.enqueue(work, KIND, {"lead": lead_id.hex, "tag": tag}, **more)


async def tag_count(services: Services, lead_id: UUID) -> int:
    async with services.database.read_session() as session:
        rows = await session.scalars(select(LeadTag).where(col(LeadTag.lead_id) == lead_id))
        return len(rows.all())


async def rows_of(services: Services) -> list[Job]:
    async with services.database.read_session() as session:
        return list(await session.scalars(select(Job).order_by(col(Job.id))))


async def test_a_job_is_wanted_with_the_act_that_wants_it_or_not_at_all(
    services: Services, lead_id: UUID
) -> None:
    async def want_and_break(work: UnitOfWork) -> None:
        await jobs.enqueue(work, KIND, {})
        raise Broken

    with pytest.raises(Broken):
        await act(services, SYSTEM, want_and_break)
    assert await rows_of(services) == []
    await want(services, lead_id, "VIP")
    assert [(row.queue, row.attempts) for row in await rows_of(services)] == [("automations", 0)]


async def test_done_work_has_no_row_and_is_done_once(services: Services, lead_id: UUID) -> None:
    await want(services, lead_id, "VIP")
    assert await run_due_jobs(services, TAGGING) == 1
    assert await run_due_jobs(services, TAGGING) == 0
    assert await tag_count(services, lead_id) == 1
    assert await rows_of(services) == []


async def test_a_job_waits_for_its_time(
    services: Services, clock: ManualClock, lead_id: UUID
) -> None:
    await want(services, lead_id, "VIP", due_at=clock.now() + timedelta(hours=1))
    clock.advance(3_599)
    assert await run_due_jobs(services, TAGGING) == 0
    clock.advance(1)
    assert await run_due_jobs(services, TAGGING) == 1


async def test_a_second_wish_under_one_key_moves_the_job_that_waits(
    services: Services, clock: ManualClock, lead_id: UUID
) -> None:
    await want(services, lead_id, "Early", key="k")
    await want(services, lead_id, "Late", key="k", due_at=clock.now() + timedelta(hours=1))
    assert await run_due_jobs(services, TAGGING) == 0
    clock.advance(3_600)
    assert await run_due_jobs(services, TAGGING) == 1
    changes = await changes_of(services, lead_id, 1)
    assert "Late" in str([change.data for change in changes])
    assert "Early" not in str([change.data for change in changes])


async def test_two_wishes_of_one_act_are_one_job(services: Services, lead_id: UUID) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        for tag in ("Early", "Late"):
            await jobs.enqueue(work, KIND, {"lead": lead_id.hex, "tag": tag}, key="k")
        await jobs.enqueue(work, OTHER, {"lead": lead_id.hex, "tag": "Other"}, key="k")
    assert sorted(row.data["tag"] for row in await rows_of(services)) == ["Late", "Other"]


async def test_a_job_that_is_taken_back_is_not_done(services: Services, lead_id: UUID) -> None:
    await want(services, lead_id, "VIP", key="k")
    await act(services, SYSTEM, jobs.cancel, KIND, "another")
    assert len(await rows_of(services)) == 1
    await act(services, SYSTEM, jobs.cancel, KIND, "k")
    assert await run_due_jobs(services, TAGGING) == 0


async def test_work_that_is_wanted_while_it_is_done_follows(
    services: Services, lead_id: UUID
) -> None:
    await want(services, lead_id, "VIP", key="k")
    (claim,) = await jobs.claim(services, "automations", 5)
    await want(services, lead_id, "Brass", key="k")
    assert await jobs.run_claim(services, TAGGING, claim) is None
    assert await run_due_jobs(services, TAGGING) == 1
    assert await tag_count(services, lead_id) == 2


async def test_nobody_gets_what_another_has_claimed(services: Services, lead_id: UUID) -> None:
    for number in range(60):
        await want(services, lead_id, f"Tag {number}")

    async def take() -> list[Claim]:
        taken: list[Claim] = []
        while claims := await jobs.claim(services, "automations", 7):
            taken += claims
        return taken

    takers = await asyncio.gather(*(take() for _ in range(4)))
    ids = [claim.id for taken in takers for claim in taken]
    assert len(ids) == len(set(ids)) == 60


async def test_a_worker_that_was_too_slow_writes_nothing(
    services: Services, clock: ManualClock, lead_id: UUID
) -> None:
    await want(services, lead_id, "VIP")
    (slow,) = await jobs.claim(services, "automations", 1)
    assert await jobs.claim(services, "automations", 1) == []
    clock.advance(services.lease_seconds)
    (quick,) = await jobs.claim(services, "automations", 1)
    assert (quick.id, quick.attempts) == (slow.id, 2)
    assert await jobs.run_claim(services, TAGGING, slow) == "LeaseLost"
    assert await tag_count(services, lead_id) == 0
    assert await jobs.run_claim(services, TAGGING, quick) is None
    assert await tag_count(services, lead_id) == 1
    assert await jobs.run_claim(services, TAGGING, slow) == "LeaseLost"
    assert await tag_count(services, lead_id) == 1


async def test_a_failure_is_tried_again_later_each_time_and_then_given_up(
    services: Services, clock: ManualClock, lead_id: UUID
) -> None:
    async def refuse(services: Services, claim: Claim) -> None:
        async with jobs.finishing(services, claim) as work:
            await tags.add_tags(work, lead_id, ["Never"])
            raise invalid("state", ProblemCode.UNKNOWN, "This state can't be entered.")

    await want(services, lead_id, "VIP")
    delays = []
    for attempt in range(1, jobs.MOST_ATTEMPTS):
        assert await run_due_jobs(services, {KIND: refuse}) == 1
        (row,) = await rows_of(services)
        assert (row.attempts, row.failed_at) == (attempt, None)
        delays.append((row.due_at - clock.now()).total_seconds())
        clock.advance(delays[-1])
    assert delays == sorted(delays)
    assert delays[0] == 5
    assert await run_due_jobs(services, {KIND: refuse}) == 1
    (row,) = await rows_of(services)
    assert (row.failed_at, row.problem) == (clock.now(), "This state can't be entered.")
    clock.advance(1e6)
    assert await run_due_jobs(services, TAGGING) == 0
    assert await tag_count(services, lead_id) == 0


async def test_a_failure_gives_way_to_the_same_work_that_was_wanted_meanwhile(
    services: Services, lead_id: UUID
) -> None:
    async def break_down(services: Services, claim: Claim) -> None:
        await want(services, lead_id, "Newer", key="k")
        raise Broken

    await want(services, lead_id, "Older", key="k")
    (claim,) = await jobs.claim(services, "automations", 1)
    assert await jobs.run_claim(services, {KIND: break_down}, claim) == "Broken"
    (row,) = await rows_of(services)
    assert (row.data["tag"], row.attempts) == ("Newer", 0)


async def test_work_that_ends_each_worker_is_given_up(
    services: Services, clock: ManualClock, lead_id: UUID
) -> None:
    await want(services, lead_id, "VIP")
    for _ in range(jobs.MOST_ATTEMPTS):
        assert len(await jobs.claim(services, "automations", 1)) == 1
        clock.advance(services.lease_seconds)
    assert await run_due_jobs(services, TAGGING) == 1
    assert [row.failed_at for row in await rows_of(services)] == [clock.now()]
    assert await tag_count(services, lead_id) == 0


async def test_what_was_given_up_is_tried_again_on_demand_and_forgotten_in_time(
    services: Services, clock: ManualClock, lead_id: UUID
) -> None:
    async def refuse(services: Services, claim: Claim) -> None:
        raise Broken

    async def give_up(tag: str) -> None:
        await want(services, lead_id, tag, key="k")
        for _ in range(jobs.MOST_ATTEMPTS):
            await run_due_jobs(services, {KIND: refuse})
            clock.advance(jobs.MOST_DELAY.total_seconds())

    await give_up("First")
    (failed,) = await rows_of(services)
    await act(services, SYSTEM, job_list.retry_job, failed.id)
    assert await run_due_jobs(services, TAGGING) == 1
    await give_up("Second")
    (failed,) = await rows_of(services)
    await want(services, lead_id, "Third", key="k")
    instead = await act(services, SYSTEM, job_list.retry_job, failed.id)
    assert instead.data["tag"] == "Third"
    assert len(await rows_of(services)) == 1
    await run_due_jobs(services, TAGGING)
    await give_up("Fourth")
    await jobs.forget_failed(services)
    assert len(await rows_of(services)) == 1
    clock.advance(jobs.FAILED_KEPT.total_seconds())
    await jobs.forget_failed(services)
    assert await rows_of(services) == []


async def test_queues_are_told_with_what_waits_runs_and_failed(
    services: Services, clock: ManualClock, lead_id: UUID
) -> None:
    await want(services, lead_id, "Taken")
    await jobs.claim(services, "automations", 1)
    since = clock.now()
    await want(services, lead_id, "Due")
    await want(services, lead_id, "Later", due_at=since + timedelta(hours=1))
    clock.advance(60)
    async with services.database.read_session() as session:
        (state,) = await job_list.queue_states(session, clock.now())
    told = (state.queue, state.waiting, state.running, state.failed, state.oldest)
    assert told == ("automations", 2, 1, 0, since)


@pytest.fixture
async def runner(services: Services) -> AsyncIterator[Callable[[Handlers], JobRunner]]:
    """Starts the runner of a process; it is stopped at the end."""
    tasks = []

    def start(handlers: Handlers) -> JobRunner:
        runner = JobRunner(services, handlers)
        tasks.append(asyncio.create_task(runner.run()))
        return runner

    yield start
    await end(tasks)


async def test_a_commit_wakes_a_worker_that_sleeps(
    services: Services, lead_id: UUID, runner: Callable[[Handlers], JobRunner],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("resolvers.job_runner.LOOK_SECONDS", PATIENCE * 2)
    done = asyncio.Event()

    async def tell(services: Services, claim: Claim) -> None:
        await tag_lead(services, claim)
        done.set()

    runner({KIND: tell, OTHER: tell})
    async with asyncio.timeout(PATIENCE):
        for number in range(3):  # the first may meet a worker that has not slept yet
            done.clear()
            await want(services, lead_id, f"Tag {number}")
            await done.wait()
    assert await tag_count(services, lead_id) == 3


async def test_slow_work_of_one_queue_delays_no_other(
    services: Services, lead_id: UUID, runner: Callable[[Handlers], JobRunner]
) -> None:
    done, is_over = asyncio.Event(), asyncio.Event()

    async def hang(services: Services, claim: Claim) -> None:
        await is_over.wait()

    async def tell(services: Services, claim: Claim) -> None:
        done.set()

    async with unit_of_work(services, SYSTEM) as work:
        for _ in range(20):
            await jobs.enqueue(work, OTHER, {})
    runner({KIND: tell, OTHER: hang})
    await want(services, lead_id, "VIP")
    async with asyncio.timeout(PATIENCE):
        await done.wait()
    is_over.set()


async def test_a_stop_lets_begun_work_end(services: Services, lead_id: UUID) -> None:
    has_begun, may_end = asyncio.Event(), asyncio.Event()

    async def work_slowly(services: Services, claim: Claim) -> None:
        has_begun.set()
        await may_end.wait()
        await tag_lead(services, claim)

    await want(services, lead_id, "VIP")
    running = asyncio.create_task(JobRunner(services, {KIND: work_slowly}).run())
    async with asyncio.timeout(PATIENCE):
        await has_begun.wait()
        running.cancel()
        await want(services, lead_id, "After the stop")
        may_end.set()
        await asyncio.wait([running])
    assert running.cancelled()
    assert await tag_count(services, lead_id) == 1
    assert [row.data["tag"] for row in await rows_of(services)] == ["After the stop"]
