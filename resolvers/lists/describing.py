"""What a list is, and what narrows or turns it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import col

from models.changes import Change
from models.due_bands import Moment
from models.enums import (
    ActorKind,
    ChangeKind,
    Channel,
    ConversationState,
    DueBand,
    HistoryType,
)
from resolvers.actors import Actor
from resolvers.pages import Key
from resolvers.timeline import TimelineKind


@dataclass(frozen=True)
class Log:
    """A lead's log up to a revision."""

    lead_id: UUID
    revision: int


@dataclass(frozen=True)
class Chosen:
    """What narrows or turns a list; each list reads what concerns it."""

    ascending: bool = False
    kind_id: UUID | None = None
    name: str | None = None
    states: tuple[ConversationState, ...] = ()
    channels: tuple[Channel, ...] = ()
    types: tuple[HistoryType, ...] = ()
    actors: tuple[ActorKind, ...] = ()
    items: tuple[TimelineKind, ...] = ()
    bands: tuple[DueBand, ...] = ()
    since: datetime | None = None
    before: datetime | None = None
    until: tuple[Log, ...] = ()
    """Only what was there when these logs stood so; empty: now."""
    beyond: tuple[Log, ...] = ()
    """Only what came after these logs stood so."""
    until_at: datetime | None = None
    """The same instant for what is not in the log."""
    period: str | None = None
    """Which side of `now`."""
    now: datetime | None = field(default=None, compare=False, repr=False)
    """Told by the clock: another moment makes no other list, and no other cursors."""
    moment: Moment | None = field(default=None, repr=False)
    """When and where bands are looked at; the next page may be looked at later."""


@dataclass(frozen=True)
class OwnedList:
    """A list: its rows, whose they are, its order, and who may see which."""

    name: str
    model: Any
    owner: Any
    identity: tuple[Any, ...]
    order: Callable[[Chosen], tuple[Key, ...]]
    where: Callable[[Actor, Chosen], list[ColumnElement[bool]]]
    is_log: bool = False
    """Rows of leads that went into the owner belong to it."""


def newest_first(time: Any, identity: Any) -> Callable[[Chosen], tuple[Key, ...]]:
    """An order by time, turned where the reader chose so."""

    def order(chosen: Chosen) -> tuple[Key, ...]:
        descending = not chosen.ascending
        return (
            Key(time, descending, is_instant=True),
            Key(identity, descending, is_id=True),
        )

    return order


def within(logs: tuple[Log, ...]) -> ColumnElement[bool]:
    """Changes that had been written when the logs stood so."""
    return or_(
        *(
            and_(col(Change.lead_id) == each.lead_id, col(Change.revision) <= each.revision)
            for each in logs
        )
    )


def was_there(identity: Any, kind: ChangeKind, chosen: Chosen) -> list[ColumnElement[bool]]:
    """Rows whose own change had been written; that is one pass over the log by its key."""
    if not chosen.until:
        return []
    written = select(col(Change.subject_id)).where(within(chosen.until), col(Change.kind) == kind)
    return [identity.in_(written)]
