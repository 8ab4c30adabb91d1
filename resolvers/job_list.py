"""What operators see of background work, and what they may do about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import encode_id
from models.jobs import Job
from realtime import topics
from resolvers import access
from resolvers.counting_leads import EXACT_BELOW
from resolvers.errors import NotFound
from resolvers.pages import Key, Page, read_page
from resolvers.policy import Permission
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View


@dataclass(frozen=True)
class QueueState:
    """How a queue stands; `oldest` is the instant from which its oldest due job could be taken."""

    queue: str
    waiting: int
    running: int
    failed: int
    oldest: datetime | None


async def queue_states(session: AsyncSession, now: datetime) -> list[QueueState]:
    """Queues that have jobs, by name. Jobs that are due later count as waiting."""
    is_failed = col(Job.failed_at).is_not(None)
    is_waiting = and_(col(Job.failed_at).is_(None), col(Job.token).is_(None))
    is_running = and_(col(Job.failed_at).is_(None), col(Job.token).is_not(None))
    is_due = and_(is_waiting, col(Job.due_at) <= now)
    rows = await session.execute(
        select(
            col(Job.queue),
            *(func.sum(case((each, 1), else_=0)) for each in (is_waiting, is_running, is_failed)),
            func.min(case((is_due, col(Job.due_at)))),
        )
        .group_by(col(Job.queue))
        .order_by(col(Job.queue))
    )
    return [QueueState(*row) for row in rows]


def _statement(queue: str | None, *, failed_only: bool) -> Select[Any]:
    statement = select(Job)
    if queue is not None:
        statement = statement.where(col(Job.queue) == queue)
    return statement.where(col(Job.failed_at).is_not(None)) if failed_only else statement


async def jobs_page(
    view: View, queue: str | None, *, failed_only: bool, first: int, after: str | None
) -> Page[Job] | None:
    """Jobs by queue and due time; None for those who don't administer."""
    if not access.may(view.actor, Permission.ADMINISTER):
        return None
    order = (
        Key(col(Job.queue)),
        Key(col(Job.due_at), is_instant=True),
        Key(col(Job.id), is_id=True),
    )
    statement = _statement(queue, failed_only=failed_only)
    return await read_page(view, statement, order, f"jobs:{queue}:{failed_only}", first, after)


async def count_jobs(view: View, queue: str | None, *, failed_only: bool) -> int:
    """How many there are, counted at most to 10,001."""
    statement = _statement(queue, failed_only=failed_only).with_only_columns(col(Job.id))
    limited = statement.limit(EXACT_BELOW + 1).subquery()
    return await view.scalar(select(func.count()).select_from(limited)) or 0


async def failed_jobs(session: AsyncSession, most: int) -> list[Job]:
    """Jobs that were given up, the last ones first."""
    rows = await session.scalars(
        select(Job)
        .where(col(Job.failed_at).is_not(None))
        .order_by(col(Job.failed_at).desc(), col(Job.id).desc())
        .limit(most)
    )
    return list(rows)


async def retry_job(work: UnitOfWork, job_id: UUID) -> Job:
    """Lets a job that waits or was given up be tried now; one that is worked on stays.

    Where another job waits under its key, that one is tried and this one goes.
    """
    access.require(work.actor, Permission.ADMINISTER)
    job = await work.session.get(Job, job_id, with_for_update=True)
    if job is None:
        raise NotFound("job", encode_id("job", job_id))
    if job.token is not None:
        return job
    if job.failed_at is not None and job.key is not None:
        job = await _waiting_instead(work, job)
    elif job.failed_at is None and job.due_at <= work.at:
        return job
    job.failed_at, job.due_at, job.attempts = None, work.at, 0
    await work.session.flush()
    work.hint(topics.jobs())
    work.record_workspace("job_retried", {"job": job.id.hex, "kind": job.kind})
    return job


async def _waiting_instead(work: UnitOfWork, job: Job) -> Job:
    newer = await work.session.scalar(
        select(Job)
        .where(col(Job.kind) == job.kind, col(Job.key) == job.key)
        .where(col(Job.token).is_(None), col(Job.failed_at).is_(None))
        .with_for_update()
    )
    if newer is None:
        return job
    await work.session.delete(job)
    await work.session.flush()
    return newer
