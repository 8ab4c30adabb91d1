"""The log's arithmetic: numbering at commit, the digest chain, and its check.

Invariants
- Revisions of a lead have no gaps and commit in order: the row lock of `lead_feed` is taken right
  before the commit and held to it. Leads are locked in ascending id order, so that two
  transactions never wait for each other.
- One lead or thousands: the statements are the same, each for many leads at once.
- `commitment` hashes salt, the actor's name and the data, `digest` chains the row to the one
  before. Erasure nulls data and salt, blanks the name, and leaves the chain whole.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.changes import Change, LeadFeed, RecordedChange
from models.enums import ChangeKind
from models.ids import encode_id
from models.workspace import Workspace
from resolvers.errors import NotFound
from resolvers.upserts import table_of

AT_ONCE = 500
"""Leads in one statement."""

_FEEDS = table_of(LeadFeed)
_MOVE_HEAD = (
    update(_FEEDS)
    .where(_FEEDS.c.lead_id == bindparam("of_lead"))
    .values(revision=bindparam("revision"), head=bindparam("head"), last_at=bindparam("last_at"))
)


def commit_to(salt: bytes, actor_name: str, data: dict[str, Any]) -> bytes:
    """The hash that outlives what it hashes: all of a row that may be personal."""
    body = orjson.dumps([actor_name, data], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(salt + body).digest()


def chain(previous: bytes, change: RecordedChange, *, revision: int | None = None) -> bytes:
    """The digest of a row on top of the one before it, under its own number or another."""
    parts = (
        change.lead_id.hex,
        str(revision or change.revision),
        change.id.hex,
        change.at.isoformat(),
        change.kind,
        change.category,
        change.subject_kind or "",
        change.subject_id.hex if change.subject_id else "",
        change.actor_kind,
        change.actor_id.hex if change.actor_id else "",
        change.via,
        str(change.access_version),
        *([change.cause_id.hex] if change.cause_id else ()),
    )
    head = hashlib.sha256(previous)
    head.update("\x1f".join(parts).encode())
    head.update(change.commitment)
    return head.digest()


class Place(NamedTuple):
    """What numbers belong to: the database's epoch, and the key of the rules at that moment."""

    epoch: str
    rules_key: int


async def append(session: AsyncSession, recorded: Mapping[UUID, Sequence[RecordedChange]]) -> Place:
    """Numbers the changes of each lead and takes the lock of its log; `store` writes the rows.

    Instants are moved on where needed, so that they rise with the numbers.
    The answer is empty where nothing was recorded. NotFound for a lead that was erased meanwhile.
    """
    access_version = select(col(Workspace.access_version)).scalar_subquery()
    place, lead_ids = Place("", 0), sorted(recorded)
    for start in range(0, len(lead_ids), AT_ONCE):
        # Sorted before they are locked. SQLite's only writer needs no lock.
        feeds = await session.execute(
            select(
                col(LeadFeed.lead_id),
                col(LeadFeed.revision),
                col(LeadFeed.head),
                col(LeadFeed.last_at),
                col(LeadFeed.erased_at),
                access_version,
                select(col(Workspace.epoch)).scalar_subquery(),
                select(col(Workspace.rules_key)).scalar_subquery(),
            )
            .where(col(LeadFeed.lead_id).in_(lead_ids[start : start + AT_ONCE]))
            .order_by(col(LeadFeed.lead_id))
            .with_for_update(of=LeadFeed)
        )
        count = 0
        for lead_id, revision, head, last_at, erased_at, version, *told in feeds:
            place, count = Place(*told), count + 1
            if erased_at and recorded[lead_id][-1].kind is not ChangeKind.LEAD_ERASED:
                raise NotFound("lead", encode_id("lead", lead_id))
            _number(recorded[lead_id], revision, head, last_at, version)
        if count != len(lead_ids[start : start + AT_ONCE]):
            raise LookupError("a lead without a log was recorded")
    return place


def _number(
    changes: Sequence[RecordedChange],
    revision: int,
    head: bytes,
    last_at: datetime | None,
    version: int,
) -> None:
    for number, change in enumerate(changes, revision + 1):
        # An act takes its instant before it gets the lock: times must not run against numbers.
        change.at = last_at = max(change.at, last_at or change.at)
        change.revision = number
        change.access_version = version
        change.salt = secrets.token_bytes(16)
        change.commitment = commit_to(change.salt, change.actor_name, change.data or {})
        change.digest = head = chain(head, change)


async def lock(session: AsyncSession, lead_ids: Sequence[UUID]) -> None:
    """Takes the locks of logs to which something may be appended, in the order of `append`."""
    ordered = sorted(lead_ids)
    for start in range(0, len(ordered), AT_ONCE):
        await session.execute(
            select(col(LeadFeed.lead_id))
            .where(col(LeadFeed.lead_id).in_(ordered[start : start + AT_ONCE]))
            .order_by(col(LeadFeed.lead_id))
            .with_for_update()
        )


async def store(session: AsyncSession, recorded: Mapping[UUID, Sequence[RecordedChange]]) -> None:
    """Writes numbered changes and moves the head of each chain."""
    lead_ids = sorted(recorded)
    for start in range(0, len(lead_ids), AT_ONCE):
        part = [recorded[lead_id] for lead_id in lead_ids[start : start + AT_ONCE]]
        rows = [change.model_dump() for changes in part for change in changes]
        await session.execute(insert(table_of(Change)), rows)
        await session.execute(
            _MOVE_HEAD,
            [
                {
                    "of_lead": changes[-1].lead_id,
                    "revision": changes[-1].revision,
                    "head": changes[-1].digest,
                    "last_at": changes[-1].at,
                }
                for changes in part
            ],
        )


class HistoryProblem(StrEnum):
    ALTERED = "ALTERED"
    MISSING = "MISSING"
    REORDERED = "REORDERED"


@dataclass(frozen=True)
class Verification:
    """Outcome of a check; `bad` is the first wrong row, or None at a missing end.

    MISSING: a number is left out; `bad` is the row after the gap. REORDERED: the row is whole but
    was written at another place. ALTERED: anything else that does not fit the chain.
    """

    checked: int
    erased: int
    head: bytes
    problem: HistoryProblem | None
    bad: RecordedChange | None


async def verify(session: AsyncSession, lead_id: UUID) -> Verification:
    """Recomputes the chain of a lead from its first row to its head."""
    feed = (await session.scalars(select(LeadFeed).where(col(LeadFeed.lead_id) == lead_id))).one()
    statement = select(Change).where(col(Change.lead_id) == lead_id).order_by(col(Change.revision))
    rows = (await session.scalars(statement)).all()
    previous, erased = b"", 0
    for place, change in enumerate(rows):
        erased += change.data is None
        problem = _problem(rows, place, previous)
        if problem:
            return Verification(place, erased, feed.head, problem, change)
        previous = change.digest
    whole = len(rows) == feed.revision and previous == feed.head
    problem = None if whole else HistoryProblem.MISSING
    return Verification(len(rows), erased, feed.head, problem, None)


def _problem(rows: Sequence[RecordedChange], place: int, previous: bytes) -> HistoryProblem | None:
    """What is wrong with the row at this place, when all before it are right."""
    change = rows[place]
    if change.revision != place + 1:
        return HistoryProblem.MISSING
    if change.data is not None and not is_as_committed(change):
        return HistoryProblem.ALTERED
    if chain(previous, change) == change.digest:
        return None
    is_whole_elsewhere = _was_written_elsewhere(rows, change)
    return HistoryProblem.REORDERED if is_whole_elsewhere else HistoryProblem.ALTERED


def is_as_committed(change: RecordedChange) -> bool:
    """Whether salt, actor's name and data are those that the commitment was made of."""
    made = commit_to(change.salt or b"", change.actor_name, change.data or {})
    return made == change.commitment


def _was_written_elsewhere(rows: Sequence[RecordedChange], change: RecordedChange) -> bool:
    """Whether the row's digest is right under another number.

    Looked for where a swap or a shift leaves its former predecessor: next to that number, or
    anywhere if the row moved by one. All pairs would cost too much in a long log.
    """
    digests = [b"", *(row.digest for row in rows)]
    near = (
        (number, digest)
        for number in range(1, len(rows) + 1)
        for digest in digests[number - 1 : number + 2]
    )
    moved_by_one = ((change.revision + 1, digest) for digest in digests)
    return any(
        chain(digest, change, revision=number) == change.digest
        for number, digest in (*near, *moved_by_one)
    )
