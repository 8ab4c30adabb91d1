"""The inbox, live: what came, changed, moved and went since the last item.

When it is read again is in `resolvers/live_list.py`. A row has changed when its
lead's log has a change that the viewer may see, when presence moved, when the viewer read it
elsewhere, when others began or ceased to look at it or to type, or when the lead did.
"""

import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, NamedTuple
from uuid import UUID

from models.conversations import Conversation
from realtime import topics
from realtime.presence import Reading
from realtime.viewers import ViewerList
from resolvers.actors import Actor, StaffActor
from resolvers.conversations.reading import unread_by_conversation
from resolvers.inbox.listing import (
    ConversationFilter,
    InboxCounts,
    conversations_page,
    count_conversations,
    inbox_counts,
)
from resolvers.live_list import ListReset, LiveList, V, revisions_as_seen
from resolvers.presence import presence_of, read_viewers
from resolvers.services import Services

LOOK_SECONDS = 5.0
"""How often it is read without a reason: marks of who looks and types just end."""


@dataclass(frozen=True)
class WatchedInbox:
    """Which conversations, and how many from the top are watched."""

    filter: ConversationFilter
    first: int

    @property
    def scope(self) -> str:
        """Names the list: a cursor of another one is refused."""
        return f"live inbox:{self}"


class _Mark(NamedTuple):
    """What a row looked like when it was told last."""

    revision: int
    presence: tuple[str, tuple[int, int]]
    unread: int
    viewers: tuple[tuple[str, str | None], ...]
    is_typing: bool


@dataclass(frozen=True)
class InboxReading(Generic[V]):
    """What one reading of the watched conversations found."""

    rows: Sequence[Conversation]
    marks: dict[UUID, _Mark]
    leads: dict[UUID, int]
    """Where the logs of the rows' leads stand for the viewer."""
    presence: dict[UUID, Reading]
    viewers: dict[UUID, ViewerList]
    unread: dict[UUID, int]
    count: int
    counts: InboxCounts
    view: V


@dataclass(frozen=True)
class InboxSnapshot(Generic[V]):
    """The watched conversations; read them through `view`."""

    cursor: str
    now: InboxReading[V]


@dataclass(frozen=True)
class InboxChanged(Generic[V]):
    """What differs from the last item: rows that are new or different, ids of those that went, and
    the order of all that are watched now."""

    cursor: str
    rows: Sequence[Conversation]
    left: Sequence[UUID]
    now: InboxReading[V]


InboxItem = InboxSnapshot[V] | InboxChanged[V] | ListReset


async def follow_inbox(
    services: Services,
    caller: StaffActor,
    watched: WatchedInbox,
    after: str | None,
    make_view: Callable[[Actor], V],
) -> AsyncGenerator[InboxItem[V], None]:
    """Items as `LiveList.follow` has them."""
    channels = (
        topics.leads(), topics.presence_all(), topics.access(), topics.viewers_all(),
        topics.inbox(caller.id),
    )  # fmt: skip
    stream = _Inbox[V](services, caller, watched)
    async with aclosing(stream.follow(channels, after, make_view, LOOK_SECONDS)) as items:
        async for item in items:
            yield item
            del item


class _Inbox(LiveList[V, InboxSnapshot[V] | InboxChanged[V]]):
    def __init__(self, services: Services, caller: StaffActor, watched: WatchedInbox) -> None:
        super().__init__(services, caller, watched.scope)
        self.watched = watched
        self.told: _Told | None = None
        """What the last item told; None before the first."""
        self.leads: dict[UUID, int] = {}

    def has_told(self) -> bool:
        return self.told is not None

    def forget(self) -> None:
        self.told, self.leads = None, {}

    def digest(self) -> bytes:
        rows = [(each.hex, *mark) for each, mark in self.told.marks.items()] if self.told else []
        numbers = self.told.numbers if self.told else ()
        return hashlib.sha256(repr((rows, numbers)).encode()).digest()

    async def tell(self, view: V) -> InboxSnapshot[V] | InboxChanged[V] | None:
        now = await self._read(view)
        told, self.told = self.told, _Told(now.marks, (now.count, now.counts))
        self.leads = now.leads
        if told is None:
            return None if self.is_known() else InboxSnapshot(self.cursor, now)
        rows = [row for row in now.rows if told.marks.get(row.id) != now.marks[row.id]]
        left = [each for each in told.marks if each not in now.marks]
        is_same = list(told.marks) == list(now.marks) and told.numbers == self.told.numbers
        return None if is_same and not rows else InboxChanged(self.cursor, rows, left, now)

    async def _read(self, view: V) -> InboxReading[V]:
        watched = self.watched
        rows = (await conversations_page(view, watched.filter, watched.first, None)).rows
        leads = list({row.lead_id for row in rows})
        revisions = await revisions_as_seen(view, leads, self.leads)
        presence = await presence_of(self.services, leads)
        viewers = dict(zip(leads, await read_viewers(view, leads), strict=True))
        ids = [row.id for row in rows]
        unread = dict(zip(ids, await unread_by_conversation(view, ids), strict=True))
        marks = {
            row.id: _Mark(
                revisions[row.lead_id],
                (presence[row.lead_id].epoch, presence[row.lead_id].place),
                unread[row.id],
                tuple((each.staff_id.hex, each.editing) for each in viewers[row.lead_id].viewers),
                viewers[row.lead_id].is_lead_typing,
            )
            for row in rows
        }
        count = await count_conversations(view, watched.filter)
        counts = await inbox_counts(view)
        return InboxReading(rows, marks, revisions, presence, viewers, unread, count, counts, view)


@dataclass(frozen=True)
class _Told:
    marks: dict[UUID, _Mark]
    numbers: tuple[int, InboxCounts]
