"""The inbox, live: what came, changed, moved and went since the last item.

It is read again like a list of leads (see `resolvers/lead_list.py`). A row has changed when its
lead's log has a change that the viewer may see, when presence moved, when the viewer read it
elsewhere, or when others began or ceased to look at it or to type.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from models.conversations import Conversation
from realtime import topics
from realtime.presence import Reading
from realtime.viewers import ViewerList
from resolvers.actors import Actor, StaffActor
from resolvers.conversations.reading import unread_by_conversation
from resolvers.errors import BadArgument
from resolvers.inbox.listing import (
    ConversationFilter,
    InboxCounts,
    conversations_page,
    count_conversations,
    inbox_counts,
)
from resolvers.lead_card.items import ResetReason
from resolvers.lead_list import revisions_as_seen, rights_of
from resolvers.presence import presence_of, read_viewers
from resolvers.present_view import present_view
from resolvers.secrets import Unsealable
from resolvers.services import Services
from resolvers.views import View

V = TypeVar("V", bound=View)
APART_SECONDS = 0.5
"""Least time between two readings of one inbox."""
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


@dataclass(frozen=True)
class InboxReset:
    """What the viewer may see changed altogether; a snapshot follows."""

    cursor: str
    reason: ResetReason


InboxItem = InboxSnapshot[V] | InboxChanged[V] | InboxReset


async def follow_inbox(
    services: Services,
    caller: StaffActor,
    watched: WatchedInbox,
    after: str | None,
    make_view: Callable[[Actor], V],
) -> AsyncGenerator[InboxItem[V], None]:
    """Items until the person is signed out or the caller closes the generator.

    With the cursor of the last item as `after` the stream begins with a snapshot only if something
    moved since. BadArgument for a cursor of another list.
    """
    channels = (
        topics.leads(), topics.presence_all(), topics.access(), topics.viewers_all(),
        topics.inbox(caller.id),
    )  # fmt: skip
    async with services.bus.subscribe(*channels) as hints:
        stream = _Inbox[V](services, caller, watched)
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


class _Inbox(Generic[V]):
    def __init__(self, services: Services, caller: StaffActor, watched: WatchedInbox) -> None:
        self.services = services
        self.rights = rights_of(caller)
        self.watched = watched
        self.after: bytes | None = None
        self.told: _Told | None = None
        """What the last item told; None before the first."""
        self.leads: dict[UUID, int] = {}

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
        return self.services.secrets.seal_page(self.watched.scope, _digest(self.told))

    async def news(self, view: V) -> list[InboxItem[V]]:
        """What there is to tell now; nothing where nothing moved."""
        former, self.rights = self.rights, rights_of(view.actor)
        items: list[InboxItem[V]] = []
        if self.told is not None and self.rights != former:
            items.append(InboxReset(self.cursor, ResetReason.ACCESS_CHANGED))
            self.told, self.leads = None, {}
        item = self._tell(await self._read(view))
        return items if item is None else [*items, item]

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
            )
            for row in rows
        }
        count = await count_conversations(view, watched.filter)
        counts = await inbox_counts(view)
        return InboxReading(rows, marks, revisions, presence, viewers, unread, count, counts, view)

    def _tell(self, now: InboxReading[V]) -> InboxItem[V] | None:
        told, self.told = self.told, _Told(now.marks, (now.count, now.counts))
        self.leads = now.leads
        if told is None:
            known, self.after = self.after, None
            return None if known == _digest(self.told) else InboxSnapshot(self.cursor, now)
        rows = [row for row in now.rows if told.marks.get(row.id) != now.marks[row.id]]
        left = [each for each in told.marks if each not in now.marks]
        is_same = list(told.marks) == list(now.marks) and told.numbers == self.told.numbers
        return None if is_same and not rows else InboxChanged(self.cursor, rows, left, now)


@dataclass(frozen=True)
class _Told:
    marks: dict[UUID, _Mark]
    numbers: tuple[int, InboxCounts]


def _digest(told: _Told | None) -> bytes:
    rows = [(each.hex, *mark) for each, mark in told.marks.items()] if told else []
    numbers = told.numbers if told else ()
    return hashlib.sha256(repr((rows, numbers)).encode()).digest()
