"""The top of a list of leads, live: what entered, changed, moved and left since the last item.

A row has changed when its lead's log has a change that the viewer may see, or its presence moved:
what is hidden from them makes no item. When it is read is in `resolvers/live_list.py`.
"""

import hashlib
from bisect import bisect_left
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple
from uuid import UUID

from models.leads import Lead
from realtime import topics
from realtime.presence import Reading
from resolvers.actors import Actor, StaffActor
from resolvers.leads_list import (
    Chosen,
    count_leads,
    count_visitors,
    leads_page,
    visitors_page,
)
from resolvers.leads_order import Sort
from resolvers.live_list import ListReset, LiveList, V, revisions_as_seen
from resolvers.presence import presence_of
from resolvers.services import Services

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


ListItem = ListSnapshot[V] | ListChanged[V] | ListReset


class _Mark(NamedTuple):
    """What a row looked like when it was told last."""

    revision: int
    presence: tuple[str, tuple[int, int]]


async def follow_lead_list(
    services: Services,
    caller: StaffActor,
    watched: Watched,
    after: str | None,
    make_view: Callable[[Actor], V],
) -> AsyncGenerator[ListItem[V], None]:
    """Items as `LiveList.follow` has them."""
    channels = topics.leads(), topics.presence_all(), topics.access()
    stream = _LeadList[V](services, caller, watched)
    async with aclosing(stream.follow(channels, after, make_view, LOOK_SECONDS)) as items:
        async for item in items:
            yield item
            del item


class _LeadList(LiveList[V, ListSnapshot[V] | ListChanged[V]]):
    def __init__(self, services: Services, caller: StaffActor, watched: Watched) -> None:
        super().__init__(services, caller, watched.scope)
        self.watched = watched
        self.told: dict[UUID, _Mark] | None = None
        """The rows of the last item, from the top; None before the first."""
        self.count = 0

    def has_told(self) -> bool:
        return self.told is not None

    def forget(self) -> None:
        self.told = None

    def digest(self) -> bytes:
        rows = [(each.hex, *mark) for each, mark in (self.told or {}).items()]
        return hashlib.sha256(repr((rows, self.count)).encode()).digest()

    async def tell(self, view: V) -> ListSnapshot[V] | ListChanged[V] | None:
        found, count = await self._read(view)
        ids = [lead.id for lead in found]
        revisions = await revisions_as_seen(
            view, ids, {each: mark.revision for each, mark in (self.told or {}).items()}
        )
        presence = await presence_of(self.services, ids)
        rows = [Row(place, lead, presence[lead.id]) for place, lead in enumerate(found)]
        marks = {
            each: _Mark(revisions[each], (presence[each].epoch, presence[each].place))
            for each in ids
        }
        told, former = self.told, self.count
        self.told, self.count = marks, count
        if told is None:
            return None if self.is_known() else ListSnapshot(self.cursor, rows, count, view)
        changed, left = _difference(told, marks, rows)
        if not changed and not left and count == former:
            return None
        return ListChanged(self.cursor, changed, left, count, view)

    async def _read(self, view: V) -> tuple[Sequence[Lead], int]:
        watched = self.watched
        if watched.collection is LeadCollection.VISITORS:
            filter = watched.chosen.filter
            page = await visitors_page(view, filter, watched.first, None)
            return page.rows, await count_visitors(view, filter)
        page = await leads_page(view, watched.chosen, watched.sort, watched.first, None)
        return page.rows, await count_leads(view, watched.chosen)


def _difference(
    told: dict[UUID, _Mark], marks: dict[UUID, _Mark], rows: Sequence[Row]
) -> tuple[list[Row], list[UUID]]:
    """Rows that are new, different or moved among those that stay, and which ones went."""
    staying = [each for each in told if each in marks]
    at = {row.lead.id: row.position for row in rows}
    keeping = _longest_rise([at[each] for each in staying])
    changed = [
        row
        for row in rows
        if row.position not in keeping or told[row.lead.id] != marks[row.lead.id]
    ]
    return changed, [each for each in told if each not in marks]


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
