"""The log's arithmetic: numbering at commit, the digest chain, and its check.

Invariants
- Revisions of a lead have no gaps and commit in order: the row lock of `lead_feed` is taken right
  before the commit and held to it. Leads are locked in ascending id order, so that two
  transactions never wait for each other.
- `commitment` hashes salt and data, `digest` chains the row to the one before. Erasure nulls data
  and salt and leaves the chain whole.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.changes import Change, LeadFeed
from models.workspace import Workspace


def commit_to(salt: bytes, data: dict[str, Any]) -> bytes:
    """The hash that outlives the data."""
    body = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(salt + body).digest()


def chain(previous: bytes, change: Change) -> bytes:
    """The digest of a row on top of the one before it."""
    parts = (
        change.lead_id.hex,
        str(change.revision),
        change.id.hex,
        change.at.isoformat(),
        change.kind,
        change.category,
        change.subject_kind or "",
        change.subject_id.hex if change.subject_id else "",
        change.actor_kind,
        change.actor_id.hex if change.actor_id else "",
        change.via,
    )
    head = hashlib.sha256(previous)
    head.update("\x1f".join(parts).encode())
    head.update(change.commitment)
    return head.digest()


async def append(session: AsyncSession, lead_id: UUID, changes: Sequence[Change]) -> str:
    """Numbers the changes and takes the lead's log lock; the rows are written by `store`.

    Answers the epoch that the numbers belong to.
    """
    access_version = select(col(Workspace.access_version)).scalar_subquery()
    epoch = select(col(Workspace.epoch)).scalar_subquery()
    row = (
        await session.execute(
            update(LeadFeed)
            .where(col(LeadFeed.lead_id) == lead_id)
            .values(revision=col(LeadFeed.revision) + len(changes))
            .returning(col(LeadFeed.revision), col(LeadFeed.head), access_version, epoch),
            execution_options={"synchronize_session": False},
        )
    ).one()
    last, head, version, current_epoch = row
    for number, change in enumerate(changes, last - len(changes) + 1):
        change.revision = number
        change.access_version = version
        change.salt = secrets.token_bytes(16)
        change.commitment = commit_to(change.salt, change.data or {})
        change.digest = head = chain(head, change)
    return str(current_epoch)


async def store(session: AsyncSession, changes: Sequence[Change]) -> None:
    """Writes numbered changes of one lead and moves the head of its chain."""
    await session.execute(insert(Change), [change.model_dump() for change in changes])
    await session.execute(
        update(LeadFeed)
        .where(col(LeadFeed.lead_id) == changes[-1].lead_id)
        .values(head=changes[-1].digest),
        execution_options={"synchronize_session": False},
    )


class HistoryProblem(StrEnum):
    ALTERED = "ALTERED"
    MISSING = "MISSING"
    REORDERED = "REORDERED"


@dataclass(frozen=True)
class Verification:
    """Outcome of a check; `bad` is the first wrong row, or None at a missing end."""

    checked: int
    erased: int
    head: bytes
    problem: HistoryProblem | None
    bad: Change | None


async def verify(session: AsyncSession, lead_id: UUID) -> Verification:
    """Recomputes the chain of a lead from its first row to its head."""
    feed = (await session.scalars(select(LeadFeed).where(col(LeadFeed.lead_id) == lead_id))).one()
    statement = select(Change).where(col(Change.lead_id) == lead_id).order_by(col(Change.revision))
    previous, expected, erased = b"", 1, 0
    for change in await session.scalars(statement):
        erased += change.data is None
        problem = _problem(change, previous, expected)
        if problem:
            return Verification(expected - 1, erased, feed.head, problem, change)
        previous, expected = change.digest, expected + 1
    whole = expected - 1 == feed.revision and previous == feed.head
    problem = None if whole else HistoryProblem.MISSING
    return Verification(expected - 1, erased, feed.head, problem, None)


def _problem(change: Change, previous: bytes, expected: int) -> HistoryProblem | None:
    if change.revision != expected:
        return HistoryProblem.MISSING
    if change.data is not None and commit_to(change.salt or b"", change.data) != change.commitment:
        return HistoryProblem.ALTERED
    if chain(previous, change) != change.digest:
        # A row whose own content is right but that hangs on another row changed places.
        return HistoryProblem.REORDERED if change.data is not None else HistoryProblem.ALTERED
    return None
