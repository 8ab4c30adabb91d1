"""The top of a list of leads, live: what entered, changed, moved and left since the last item.

Invariants
- Listen first, read second: what commits in between is a reason to look again.
- Each reading is the whole window in one transaction with the viewer's rights of that moment, so an
  item never mixes two states, and who loses a lead sees it leave.
- A row has changed when its lead's log has a change that the viewer may see, or its presence moved:
  what is hidden from them makes no item.
- A slow reader costs nothing: reasons to look become one reading, at most two a second.
"""

import asyncio
import hashlib
from bisect import bisect_left
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import col

from models.changes import Change, LeadFeed
from models.leads import Lead
from realtime import topics
from realtime.presence import Reading
from resolvers import access
from resolvers.actors import Actor, StaffActor
from resolvers.errors import BadArgument
from resolvers.lead_card.items import ResetReason
from resolvers.leads_list import (
    Chosen,
    Sort,
    count_leads,
    count_visitors,
    leads_page,
    visitors_page,
)
from resolvers.presence import presence_of
from resolvers.present_view import present_view
from resolvers.secrets import Unsealable
from resolvers.services import Services
from resolvers.views import View

V = TypeVar("V", bound=View)
APART_SECONDS = 0.5
"""Least time between two readings of one list."""
LOOK_SECONDS = 10.0
"""How often a list is read without a reason: for what no hint told, and for what only time does."""


class LeadCollection(StrEnum):
    LEADS = "LEADS"
    VISITORS = "VISITORS"


@dataclass(frozen=True)
class Watched:
    """The list, and how many rows from its top are watched."""

    collection: LeadCollection
    chosen: Chosen
    sort: Sort
    first: int

    @property
    def scope(self) -> str:
        """Names the list: a cursor of another one is refused."""
        return f"lead list:{self}"


@dataclass(frozen=True)
class Row:
    """A lead at its place, from 0."""

    position: int
    lead: Lead
    presence: Reading


@dataclass(frozen=True)
class ListSnapshot(Generic[V]):
    """The watched rows; read them through `view`."""

    cursor: str
    rows: Sequence[Row]
    count: int
    view: V


@dataclass(frozen=True)
class ListChanged(Generic[V]):
    """What differs from the last item. Drop what `left` and what is in `rows`, then put `rows` at
    their places from the top down."""

    cursor: str
    rows: Sequence[Row]
    """New, different or at another place among those that stay."""
    left: Sequence[UUID]
    count: int
    view: V


@dataclass(frozen=True)
class ListReset:
    """What the viewer may see changed altogether; a snapshot follows."""

    cursor: str
    reason: ResetReason


ListItem = ListSnapshot[V] | ListChanged[V] | ListReset


class _Mark(NamedTuple):
    """What a row looked like when it was told last."""

    revision: int
    presence: tuple[str, tuple[int, int]]


@dataclass(frozen=True)
class _Reading(Generic[V]):
    rows: Sequence[Row]
    marks: dict[UUID, _Mark]
    count: int
    view: V


async def follow_lead_list(
    services: Services,
    caller: StaffActor,
    watched: Watched,
    after: str | None,
    make_view: Callable[[Actor], V],
) -> AsyncGenerator[ListItem[V], None]:
    """Items until the person is signed out or the caller closes the generator.

    With the cursor of the last item as `after` the stream begins with a snapshot only if something
    moved since. BadArgument for a cursor of another list.
    """
    channels = topics.leads(), topics.presence_all(), topics.access()
    async with services.bus.subscribe(*channels) as hints:
        stream = _List[V](services, caller, watched)
        stream.take_up(after)
        while True:
            async with present_view(services, caller, make_view) as view:
                if view is None:
                    return
                for item in await stream.news(view):
                    yield item
                    del item
            del view
            await asyncio.sleep(APART_SECONDS)
            if not await hints.moved(LOOK_SECONDS):
                return


class _List(Generic[V]):
    def __init__(self, services: Services, caller: StaffActor, watched: Watched) -> None:
        self.services = services
        self.rights = rights_of(caller)
        self.watched = watched
        self.after: bytes | None = None
        self.told: dict[UUID, _Mark] | None = None
        """The rows of the last item, from the top; None before the first."""
        self.count = 0

    def take_up(self, after: str | None) -> None:
        """Notes what the client's cursor says of the rows that it has."""
        if after is None:
            return
        try:
            self.after = self.services.secrets.unseal_page(self.watched.scope, after)
        except Unsealable as error:
            raise BadArgument("`after` is no cursor of this list.") from error

    @property
    def cursor(self) -> str:
        """A digest of what was told: all that is needed to see whether anything moved."""
        return self.services.secrets.seal_page(self.watched.scope, _digest(self.told, self.count))

    async def news(self, view: V) -> list[ListItem[V]]:
        """What there is to tell now; nothing where nothing moved."""
        former, self.rights = self.rights, rights_of(view.actor)
        items: list[ListItem[V]] = []
        if self.told is not None and self.rights != former:
            items.append(ListReset(self.cursor, ResetReason.ACCESS_CHANGED))
            self.told = None
        item = self._tell(await self._read(view))
        return items if item is None else [*items, item]

    async def _read(self, view: V) -> _Reading[V]:
        watched = self.watched
        if watched.collection is LeadCollection.VISITORS:
            page = await visitors_page(view, watched.first, None)
            count = await count_visitors(view)
        else:
            page = await leads_page(view, watched.chosen, watched.sort, watched.first, None)
            count = await count_leads(view, watched.chosen)
        ids = [lead.id for lead in page.rows]
        revisions = await revisions_as_seen(
            view, ids, {each: mark.revision for each, mark in (self.told or {}).items()}
        )
        presence = await presence_of(self.services, ids)
        rows = [Row(place, lead, presence[lead.id]) for place, lead in enumerate(page.rows)]
        marks = {
            each: _Mark(revisions[each], (presence[each].epoch, presence[each].place))
            for each in ids
        }
        return _Reading(rows, marks, count, view)

    def _tell(self, now: _Reading[V]) -> ListItem[V] | None:
        told, count = self.told, self.count
        self.told, self.count = now.marks, now.count
        if told is None:
            known, self.after = self.after, None
            if known == _digest(now.marks, now.count):
                return None
            return ListSnapshot(self.cursor, now.rows, now.count, now.view)
        staying = [each for each in told if each in now.marks]
        at = {row.lead.id: row.position for row in now.rows}
        keeping = _longest_rise([at[each] for each in staying])
        rows = [
            row
            for row in now.rows
            if row.position not in keeping or told[row.lead.id] != now.marks[row.lead.id]
        ]
        left = [each for each in told if each not in now.marks]
        if not rows and not left and count == now.count:
            return None
        return ListChanged(self.cursor, rows, left, now.count, now.view)


def rights_of(actor: Actor) -> tuple[Any, ...]:
    """What decides which rows there are for the viewer."""
    return (actor.role, actor.rights) if isinstance(actor, StaffActor) else ()


def _digest(marks: dict[UUID, _Mark] | None, count: int) -> bytes:
    rows = [(each.hex, *mark) for each, mark in (marks or {}).items()]
    return hashlib.sha256(repr((rows, count)).encode()).digest()


def _longest_rise(places: Sequence[int]) -> frozenset[int]:
    """The most places that are in rising order already: those rows need not move."""
    ends: list[int] = []
    chain: list[int] = []
    before: list[int | None] = []
    for index, place in enumerate(places):
        at = bisect_left(ends, place)
        before.append(chain[at - 1] if at else None)
        ends[at:], chain[at:] = [place, *ends[at + 1 :]], [index, *chain[at + 1 :]]
    kept: set[int] = set()
    last = chain[-1] if chain else None
    while last is not None:
        kept.add(places[last])
        last = before[last]
    return frozenset(kept)


async def revisions_as_seen(
    view: View, ids: Sequence[UUID], told: dict[UUID, int]
) -> dict[UUID, int]:
    """Where each lead's log stands for the viewer: a hidden change leaves it where it was told."""
    rows = await view.rows(
        select(col(LeadFeed.lead_id), col(LeadFeed.revision)).where(col(LeadFeed.lead_id).in_(ids))
    )
    now = {lead_id: int(revision) for lead_id, revision in rows}
    risen = {
        each: told[each]
        for each, revision in now.items()
        if each in told and told[each] != revision
    }
    if not risen:
        return now
    since = or_(
        *(
            and_(col(Change.lead_id) == each, col(Change.revision) > revision)
            for each, revision in risen.items()
        )
    )
    visible = set(
        await view.scalars(
            select(col(Change.lead_id)).where(since, access.visible_changes(view.actor)).distinct()
        )
    )
    return {
        each: revision if each not in risen or each in visible else risen[each]
        for each, revision in now.items()
    }
