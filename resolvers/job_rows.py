"""The rows of wanted work, as the unit of work writes them."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.enums import JobKind
from models.ids import new_id
from models.jobs import WAITING, Job
from resolvers.upserts import insert_into, table_of

GENERAL = "general"
QUEUES: dict[JobKind, str] = {
    JobKind.RUN_AUTOMATIONS: "automations",
    JobKind.DELIVER_WEBHOOK: "webhooks",
}
"""Queues that have workers of their own, so that slow work of one kind delays no other; a kind
that is not here is in GENERAL."""

Wanted = dict[tuple[JobKind, str], dict[str, Any] | None]
"""By kind and key the job that a unit of work wants; None takes back the one that waits."""


def job_row(
    kind: JobKind, data: dict[str, Any], at: datetime, *, due_at: datetime | None = None,
    key: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A job as it is stored."""
    return {
        "id": new_id(),
        "queue": QUEUES.get(kind, GENERAL),
        "kind": kind,
        "key": key,
        "data": data,
        "created_at": at,
        "due_at": due_at or at,
        "attempts": 0,
        "token": None,
        "problem": None,
        "failed_at": None,
    }


async def store(session: AsyncSession, wanted: Wanted) -> None:
    """Writes what a unit of work wants; in one order, so that two never wait for each other."""
    for kind, key in sorted(place for place, row in wanted.items() if row is None):
        waits = (col(Job.kind) == kind, col(Job.key) == key, text(WAITING))
        await session.execute(delete(table_of(Job)).where(*waits))
    rows = [row for _, row in sorted(wanted.items()) if row is not None]
    if not rows:
        return
    statement = insert_into(session, table_of(Job))
    moved = {name: statement.excluded[name] for name in ("data", "due_at", "attempts", "problem")}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "key"], index_where=text(WAITING), set_=moved
        ),
        rows,
    )
