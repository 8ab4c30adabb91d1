"""Background work as who administers sees it."""

import pytest

from models.clock import ManualClock
from models.enums import JobKind, StaffRole
from models.ids import encode_id
from operating import Metrics
from resolvers import jobs
from resolvers.actors import SYSTEM
from resolvers.job_runner import run_due_jobs
from resolvers.jobs import Claim
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from schema.sockets import Sockets
from tests.client import Client, nothing_written, staff_client

JOBS = """query ($queue: String, $failed: Boolean! = false, $first: Int! = 10, $after: Cursor) {
  jobs(queue: $queue, failedOnly: $failed, first: $first, after: $after) {
    nodes { id queue kind dueAt attempts problem failedAt leasedUntil }
    pageInfo { hasNextPage endCursor } totalCount { value isExact } } }"""


async def refuse(services: Services, claim: Claim) -> None:
    raise RuntimeError


@pytest.fixture
async def three(services: Services, clock: ManualClock) -> None:
    """One job that was given up, one in a worker's hands, one that waits in another queue."""
    for kind in (JobKind.RUN_AUTOMATIONS, JobKind.RUN_AUTOMATIONS, JobKind.DELIVER_WEBHOOK):
        async with unit_of_work(services, SYSTEM) as work:
            await jobs.enqueue(work, kind, {"secret": "not shown"})
        if kind is JobKind.RUN_AUTOMATIONS:
            await jobs.claim(services, "automations", 1)
            clock.advance(1)
    async with unit_of_work(services, SYSTEM) as work:
        await jobs.enqueue(work, JobKind.DELIVER_WEBHOOK, {}, key="given up")
    for _ in range(jobs.MOST_ATTEMPTS):
        for claim in await jobs.claim(services, "webhooks", 5):
            if claim.key:
                await jobs.run_claim(services, {JobKind.DELIVER_WEBHOOK: refuse}, claim)
        clock.advance(jobs.MOST_DELAY.total_seconds())


async def test_who_administers_sees_queues_and_failures(
    admin: Client, three: None, services: Services
) -> None:
    data = await admin.read(JOBS)
    assert data["jobs"]["totalCount"] == {"value": 4, "isExact": True}
    assert [row["queue"] for row in data["jobs"]["nodes"]] == ["automations"] * 2 + ["webhooks"] * 2
    assert "not shown" not in str(data)
    assert all(row["leasedUntil"] for row in data["jobs"]["nodes"] if not row["failedAt"])
    failed = (await admin.read(JOBS, failed=True))["jobs"]["nodes"]
    assert [(row["kind"], row["problem"]) for row in failed] == [
        ("DELIVER_WEBHOOK", "RuntimeError")
    ]
    first = (await admin.read(JOBS, queue="automations", first=1))["jobs"]
    rest = await admin.read(
        JOBS, queue="automations", first=1, after=first["pageInfo"]["endCursor"]
    )
    assert first["nodes"] != rest["jobs"]["nodes"]
    assert rest["jobs"]["pageInfo"]["hasNextPage"] is False


async def test_nobody_else_sees_them(services: Services, three: None) -> None:
    for role in (StaffRole.MANAGER, StaffRole.AGENT):
        assert await (await staff_client(services, role)).read(JOBS) == {"jobs": None}


async def test_what_was_given_up_runs_after_a_retry(
    admin: Client, services: Services, three: None
) -> None:
    (failed,) = (await admin.read(JOBS, failed=True))["jobs"]["nodes"]
    made = await admin.done("retryJob", "job { id failedAt attempts }", jobId=failed["id"])
    assert made["job"] == {"id": failed["id"], "failedAt": None, "attempts": 0}
    async with nothing_written(services):  # it is due now: again changes nothing
        await admin.done("retryJob", "job { id }", jobId=failed["id"])
    done = []

    async def note(services: Services, claim: Claim) -> None:
        done.append(encode_id("job", claim.id))

    handlers = {JobKind.DELIVER_WEBHOOK: note, JobKind.RUN_AUTOMATIONS: note}
    await run_due_jobs(services, handlers)
    assert failed["id"] in done
    assert failed["id"] not in str(await admin.read(JOBS))


async def test_figures_tell_how_queues_stand(
    services: Services, clock: ManualClock, three: None
) -> None:
    figures = (await Metrics(Sockets()).text(services)).decode()
    assert 'leadlight_jobs{queue="webhooks",state="failed"} 1.0' in figures
    assert 'leadlight_jobs{queue="automations",state="running"} 2.0' in figures
    async with unit_of_work(services, SYSTEM) as work:
        await jobs.enqueue(work, JobKind.RUN_AUTOMATIONS, {})
    clock.advance(90)
    figures = (await Metrics(Sockets()).text(services)).decode()
    assert 'leadlight_oldest_job_seconds{queue="automations"} 90.0' in figures
