"""Background work as rows: wanted in the transaction of an act, claimed by workers, done once.

Invariants
- A job is wanted together with what it is about: both commit, or neither.
- Who claims a job gets a lease and a token. A job that outlives its lease may be claimed again;
  the first worker then finds another token, and its transaction is rolled back.
- What a handler does within `finishing` is therefore done once, however often it is tried.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from models.enums import JobKind
from models.ids import new_id
from models.jobs import Job
from resolvers.actors import SYSTEM, Actor
from resolvers.errors import DomainError
from resolvers.job_rows import GENERAL, QUEUES, job_row
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.upserts import table_of

MOST_ATTEMPTS = 8
FIRST_DELAY, MOST_DELAY = timedelta(seconds=5), timedelta(hours=1)
FAILED_KEPT = timedelta(days=30)
MAX_PROBLEM = 500

ALL_QUEUES = sorted({GENERAL, *QUEUES.values()})
_JOBS = table_of(Job)


@dataclass
class Claim:
    """A job in the hands of a worker."""

    id: UUID
    kind: JobKind
    key: str | None
    data: dict[str, Any]
    attempts: int
    """Tries so far, this one included."""
    token: UUID
    is_finished: bool = field(default=False, compare=False)


Handler = Callable[[Services, Claim], Awaitable[None]]
Handlers = Mapping[JobKind, Handler]


class LeaseLost(Exception):
    """Somebody else has the job by now; what was done for it is rolled back."""


async def enqueue(
    work: UnitOfWork,
    kind: JobKind,
    data: dict[str, Any],
    *,
    due_at: datetime | None = None,
    key: str | None = None,
) -> None:
    """Wants a job, now or at an instant, once this unit of work commits.

    A job that waits under the same kind and key is replaced: one runs, with these data, when they
    say. One that is worked on at this moment is not replaced: another follows it.
    """
    row = job_row(kind, data, work.at, due_at=due_at, key=key)
    work.jobs[kind, key or row["id"].hex] = row


async def cancel(work: UnitOfWork, kind: JobKind, key: str) -> None:
    """Takes back a job that waits, once this unit of work commits; none is fine."""
    work.jobs[kind, key] = None


# --- for workers ----------------------------------------------------------------------------


async def next_due(services: Services) -> dict[str, datetime]:
    """By queue the instant of its first job; queues without jobs are left out."""
    # One look into the index for each queue: grouping would read every job that waits.
    firsts = [
        select(func.min(_JOBS.c.due_at))
        .where(_JOBS.c.queue == queue, _JOBS.c.failed_at.is_(None))
        .scalar_subquery()
        .label(queue)
        for queue in ALL_QUEUES
    ]
    async with services.database.read_session() as session:
        row = (await session.execute(select(*firsts))).one()
    return {queue: due for queue, due in zip(ALL_QUEUES, row, strict=True) if due is not None}


async def claim(services: Services, queue: str, most: int) -> list[Claim]:
    """Takes jobs of a queue that are due, the oldest first; nobody else gets them meanwhile."""
    async with unit_of_work(services, SYSTEM) as work:
        due = await work.session.execute(
            select(_JOBS)
            .where(_JOBS.c.queue == queue, _JOBS.c.failed_at.is_(None))
            .where(_JOBS.c.due_at <= work.at)
            .order_by(_JOBS.c.due_at, _JOBS.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        rows, token = due.all(), new_id()
        if rows:
            await work.session.execute(
                update(_JOBS)
                .where(_JOBS.c.id.in_([row.id for row in rows]))
                .values(
                    token=token,
                    due_at=work.at + timedelta(seconds=services.lease_seconds),
                    attempts=_JOBS.c.attempts + 1,
                )
            )
    return [Claim(row.id, row.kind, row.key, row.data, row.attempts + 1, token) for row in rows]


@asynccontextmanager
async def finishing(
    services: Services, claim: Claim, actor: Actor = SYSTEM
) -> AsyncIterator[UnitOfWork]:
    """The unit of work that does a job: its acts and the end of the job commit together.

    LeaseLost, before anything is done, if somebody else has the job.
    """
    async with unit_of_work(services, actor) as work:
        await finish(work, claim)
        yield work


async def finish(work: UnitOfWork, claim: Claim) -> None:
    """Ends a job within this unit of work, which nobody else can do until it commits."""
    done: Any = await work.session.execute(delete(_JOBS).where(*_is_held(claim)))
    if not done.rowcount:
        raise LeaseLost
    claim.is_finished = True


def _is_held(claim: Claim) -> tuple[Any, ...]:
    return _JOBS.c.id == claim.id, _JOBS.c.token == claim.token


async def run_claim(services: Services, handlers: Handlers, claim: Claim) -> str | None:
    """Does a claimed job; answers what it failed with, None when it is done."""
    try:
        if claim.attempts > MOST_ATTEMPTS:
            raise TimeoutError("no worker came to its end")
        await handlers[claim.kind](services, claim)
        if not claim.is_finished:
            async with finishing(services, claim):
                pass
    except LeaseLost:
        return LeaseLost.__name__
    except Exception as error:
        await _fail(services, claim, error)
        return type(error).__name__
    return None


async def _fail(services: Services, claim: Claim, error: Exception) -> None:
    """Puts a job off, longer each time, or gives it up."""
    told = error.message if isinstance(error, DomainError) else type(error).__name__
    async with unit_of_work(services, SYSTEM) as work:
        if claim.key is not None:
            twin = select(col(Job.id)).where(
                col(Job.kind) == claim.kind, col(Job.key) == claim.key,
                col(Job.token).is_(None), col(Job.failed_at).is_(None),
            )  # fmt: skip
            # One that was wanted meanwhile takes its place.
            newer = await work.session.scalar(twin.with_for_update())
            if newer is not None:
                await work.session.execute(delete(_JOBS).where(*_is_held(claim)))
                return
        is_over = claim.attempts >= MOST_ATTEMPTS
        delay = min(FIRST_DELAY * 2 ** (claim.attempts - 1), MOST_DELAY)
        await work.session.execute(
            update(_JOBS)
            .where(*_is_held(claim))
            .values(
                token=None,
                due_at=work.at if is_over else work.at + delay,
                problem=told[:MAX_PROBLEM],
                failed_at=work.at if is_over else None,
            )
        )


async def forget_failed(services: Services) -> None:
    """Removes jobs that were given up long ago."""
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(delete(_JOBS).where(_JOBS.c.failed_at < work.at - FAILED_KEPT))
