"""The top of a list of leads, live: what entered, changed, moved and left since the last item.

A row has changed when its lead's log has a change that the viewer may see, or its presence moved:
what is hidden from them makes no item. When it is read is in `resolvers/live_list.py`.

Which leads stand in the window is read once for all who watch it with the same rights. What a row
tells is read by each, in one transaction that asks again whether they may see it; should it be
newer than the window, it is told again with the next reading.
"""

import hashlib
from bisect import bisect_left
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.leads import Lead
from realtime import topics
from realtime.presence import Reading
from resolvers import access
from resolvers.actors import Actor, StaffActor
from resolvers.leads_list import (
    Chosen,
    count_leads,
    count_visitors,
    leads_page,
    visitors_page,
)
from resolvers.leads_order import Sort
from resolvers.live_list import ListReset, LiveList, V, as_seen, finder, revisions_of
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


@dataclass(frozen=True)
class _Window:
    """One reading of the watched rows."""

    presence: Mapping[UUID, Reading]
    """Of each lead, in the order of the list."""
    revisions: Mapping[UUID, int]
    count: int


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
        window = await self.services.readings.read(
            (self.watched.scope, finder(view.actor, self.watched.chosen.filter)),
            self.since,
            lambda: self._read(view),
        )
        told = self.told or {}
        revisions = await as_seen(
            view, window.revisions, {each: mark.revision for each, mark in told.items()}
        )
        marks = {
            each: _Mark(revisions[each], (reading.epoch, reading.place))
            for each, reading in window.presence.items()
        }
        if self.told is not None and (list(told.items()), self.count) == (
            list(marks.items()),
            window.count,
        ):
            return None
        return await self._item(view, window, marks)

    async def _item(
        self, view: V, window: _Window, marks: dict[UUID, _Mark]
    ) -> ListSnapshot[V] | ListChanged[V] | None:
        seen = await view.scalars(
            select(Lead).where(col(Lead.id).in_(window.presence), access.visible_leads(view.actor))
        )
        leads = {lead.id: lead for lead in seen}
        ids = [each for each in window.presence if each in leads]
        rows = [Row(at, leads[each], window.presence[each]) for at, each in enumerate(ids)]
        told, former = self.told, self.count
        self.told, self.count = {each: marks[each] for each in ids}, window.count
        if told is None:
            return None if self.is_known() else ListSnapshot(self.cursor, rows, self.count, view)
        changed, left = _difference(told, self.told, rows)
        if not changed and not left and self.count == former:
            return None
        return ListChanged(self.cursor, changed, left, self.count, view)

    async def _read(self, view: V) -> _Window:
        watched = self.watched
        if watched.collection is LeadCollection.VISITORS:
            filter = watched.chosen.filter
            page = await visitors_page(view, filter, watched.first, None)
            count = await count_visitors(view, filter)
        else:
            page = await leads_page(view, watched.chosen, watched.sort, watched.first, None)
            count = await count_leads(view, watched.chosen)
        ids = [lead.id for lead in page.rows]
        presence = await presence_of(self.services, ids)
        ordered = {each: presence[each] for each in ids}
        return _Window(ordered, await revisions_of(view, ids), count)


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
