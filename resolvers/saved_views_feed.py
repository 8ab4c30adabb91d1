"""Saved views, live: what there are, and how many leads each finds.

When they are read again is in `resolvers/live_list.py`; counts cost more than rows, so that they
are read less often, at the same ticks for all, and each once for all who find the same.
"""

import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic
from typing import Generic
from uuid import UUID

from models.saved_views import SavedView
from realtime import topics
from resolvers.actors import Actor, StaffActor
from resolvers.filters import restore
from resolvers.live_list import ListReset, LiveList, V, finder
from resolvers.saved_views import SeenView, count_in_view, views_seen
from resolvers.services import Services

LOOK_SECONDS = 30.0
"""How often they are counted without a reason: for what only time does."""
APART_SECONDS = 2.0


@dataclass(frozen=True)
class CountedView:
    seen: SeenView
    count: int


@dataclass(frozen=True)
class ViewsReading(Generic[V]):
    """All views that the person sees, in order; read them through `view`."""

    cursor: str
    views: Sequence[CountedView]
    view: V


async def follow_saved_views(
    services: Services, caller: StaffActor, after: str | None, make_view: Callable[[Actor], V]
) -> AsyncGenerator[ViewsReading[V] | ListReset, None]:
    """Items as `LiveList.follow` has them; each tells all views again."""
    channels = topics.saved_views(), topics.leads(), topics.presence_all(), topics.access()
    stream = _SavedViews[V](services, caller, "saved views")
    async with aclosing(stream.follow(channels, after, make_view, LOOK_SECONDS)) as items:
        async for item in items:
            yield item
            del item


class _SavedViews(LiveList[V, ViewsReading[V]]):
    def __init__(self, services: Services, caller: StaffActor, scope: str) -> None:
        super().__init__(services, caller, scope)
        self.told: list[tuple[UUID, int, int]] | None = None
        """Id, version and count of each view."""

    def apart(self) -> float:
        return APART_SECONDS

    def has_told(self) -> bool:
        return self.told is not None

    def forget(self) -> None:
        self.told = None

    def digest(self) -> bytes:
        rows = [(each.hex, version, count) for each, version, count in self.told or ()]
        return hashlib.sha256(repr(rows).encode()).digest()

    async def tell(self, view: V) -> ViewsReading[V] | None:
        began = monotonic()
        found = [
            CountedView(each, await self._count(view, each.saved, began))
            for each in await views_seen(view)
        ]
        marks = [(each.seen.saved.id, each.seen.saved.version, each.count) for each in found]
        told, self.told = self.told, marks
        is_same = self.is_known() if told is None else told == marks
        return None if is_same else ViewsReading(self.cursor, found, view)

    async def _count(self, view: V, saved: SavedView, began: float) -> int:
        filter = restore(saved.filter) if saved.filter is not None else None
        key = saved.id, saved.version, finder(view.actor, filter)
        return await self.services.readings.read(
            key, self.since, lambda: count_in_view(view, saved), began
        )
