"""What a visitor's page must know, live: its chat, who types to it, and the pop-ups to show.

A cursor that can't be met gives a reset and a snapshot, also after the visit moved to another
card: the page never has to understand why. Identifying gives the visit a new token and ends the
feeds that the old one opened, at its very place in the log: whoever else held it hears no more.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.changes import RecordedChange
from models.conversations import Message
from models.enums import ChangeKind, Channel
from models.visits import Visit
from realtime.hub import HubClosed, NoLongerKept, Topic
from resolvers.actors import VisitorActor
from resolvers.conversations.reading import chats_of
from resolvers.deliveries import ON_SITES, is_to_show
from resolvers.lead_card import ResetReason, read_feed, why_not_from
from resolvers.secrets import Secrets, Unsealable
from resolvers.services import Services
from resolvers.viewing import typed_in
from resolvers.views import View

V = TypeVar("V", bound=View)
CHECK_SECONDS = 30.0
"""How often an idle stream looks whether its visit still stands."""
TYPING_LOOK, TYPING_APART = 5.0, 1.0
"""Seconds after which marks of who types are looked at again, and between two looks."""
MOVING = {ChangeKind.LEAD_IDENTIFIED, ChangeKind.LEAD_MERGED}
"""Changes with which a visit may get another token or another card."""


@dataclass(frozen=True)
class FeedSnapshot(Generic[V]):
    """Where the feed begins; read the visit through `view`."""

    cursor: str
    view: V


@dataclass(frozen=True)
class FeedMessage:
    """A message of either side; pop-ups have their own item."""

    cursor: str
    message: Message


@dataclass(frozen=True)
class FeedStaff:
    """Who of the team types to the visitor now; None: nobody."""

    cursor: str
    typing: str | None


@dataclass(frozen=True)
class FeedReset:
    """The cursor can't be met; a snapshot follows."""

    cursor: str
    reason: ResetReason


@dataclass(frozen=True)
class FeedEnded:
    """The visit is over or on another card; the last item."""

    at: datetime


FeedItem = FeedSnapshot[V] | FeedMessage | FeedStaff | FeedReset | FeedEnded


def feed_owner(actor: VisitorActor) -> UUID:
    """Whose cursors these are: this visit's while it is on this card."""
    digest = hashlib.sha256(actor.visit_id.bytes + actor.lead_id.bytes).digest()
    return UUID(bytes=digest[:16])


def feed_cursor(secrets: Secrets, actor: VisitorActor, epoch: str, revision: int) -> str:
    """A sealed place in the visitor's feed."""
    return secrets.seal("visit", feed_owner(actor), epoch, revision)


async def follow_visitor_feed(
    services: Services,
    actor: VisitorActor,
    after: str | None,
    make_view: Callable[[VisitorActor], V],
) -> AsyncGenerator[FeedItem[V], None]:
    """Items of the feed until the visit ends or gets another token."""
    standing = await _standing(services, actor)
    while True:
        try:
            async with services.hub.open(actor.lead_id) as topic:
                feed = _Feed(services, actor, topic, make_view, standing)
                async with aclosing(feed.items(after)) as items:
                    async for item in items:
                        try:
                            yield item
                        finally:
                            if isinstance(item, FeedSnapshot):
                                await item.view.close()
                if feed.is_over:
                    return
        except HubClosed:
            return
        # The topic broke down under the stream: take it up again where it stood.
        after = feed.cursor


class _Feed(Generic[V]):
    def __init__(
        self,
        services: Services,
        actor: VisitorActor,
        topic: Topic[RecordedChange],
        make_view: Callable[[VisitorActor], V],
        standing: tuple[UUID, bytes] | None,
    ) -> None:
        self.services = services
        self.make_view = make_view
        self.actor = actor
        self.topic = topic
        self.revision = 0
        self.is_over = False
        self.standing = standing
        self.log = (topic.epoch, topic.resets)
        self.viewers_mark = -1
        self.typing: str | None = None
        """Who was told to type."""
        self.looked_at = -CHECK_SECONDS

    @property
    def cursor(self) -> str:
        return feed_cursor(self.services.secrets, self.actor, self.log[0], self.revision)

    async def items(self, after: str | None) -> AsyncGenerator[FeedItem[V], None]:
        """The feed itself."""
        if not await self._stands():
            yield self._end()
            return
        reason = await self._resume(after)
        if reason is not None:
            yield FeedReset(self.cursor, reason)
        if after is None or reason is not None:
            yield await self._snapshot()
        while not self.topic.is_closed:
            marks = self.topic.marks()
            if not await self._stands():
                yield self._end()
                return
            async for item in self._news():
                yield item
                if self.is_over:
                    return
            if (told := await self._staff()) is not None:
                yield told
            await self.topic.wait(marks, max(self._until_look(), 0.01))

    async def _news(self) -> AsyncIterator[FeedItem[V]]:
        if self.log != (self.topic.epoch, self.topic.resets):
            yield FeedReset(self.cursor, ResetReason.OTHER_EPOCH)
            yield await self._snapshot()
        try:
            while changes := await self.topic.changes_after(self.revision):
                for change in changes:
                    if change.kind in MOVING and not await self._stands():
                        yield self._end()
                        return
                    self.revision = change.revision
                    message = await self._message(change)
                    if message is not None:
                        yield FeedMessage(self.cursor, message)
        except NoLongerKept:
            yield FeedReset(self.cursor, ResetReason.TOO_OLD)
            yield await self._snapshot()
        except HubClosed:
            return

    async def _staff(self) -> FeedStaff | None:
        """Who types now, if that is news; marks just end, so whoever typed is looked at again."""
        if self._until_look() > 0:
            return None
        self.viewers_mark = self.topic.viewers_mark
        self.looked_at = asyncio.get_running_loop().time()
        former, self.typing = self.typing, await self._who_types()
        return FeedStaff(self.cursor, self.typing) if self.typing != former else None

    def _until_look(self) -> float:
        """Seconds until it is looked who types."""
        is_news = self.viewers_mark != self.topic.viewers_mark
        apart = TYPING_APART if is_news else TYPING_LOOK if self.typing else CHECK_SECONDS
        return self.looked_at + apart - asyncio.get_running_loop().time()

    async def _who_types(self) -> str | None:
        listed = await self.services.viewers.read(self.actor.lead_id)
        typed = {identity: each for each in listed.viewers if (identity := typed_in(each))}
        if not typed:
            return None
        async with self.services.database.read_session() as session:
            chat = (await chats_of(session.scalars, [self.actor.lead_id])).get(self.actor.lead_id)
        return typed[chat.id].name if chat and chat.id in typed else None

    async def _message(self, change: RecordedChange) -> Message | None:
        if change.kind is not ChangeKind.MESSAGE_ADDED:
            return None
        async with self.services.database.read_session() as session:
            message = await session.get(Message, change.subject_id)
        if message and message.channel not in ON_SITES:
            return None  # put down by staff, and none of the visitor's business
        now = self.services.clock.now()
        if message and message.channel is Channel.POPUP and not is_to_show(message, now):
            return None
        return message

    async def _stands(self) -> bool:
        """Whether the visit is still on this card, under the token that opened the feed."""
        present = await _standing(self.services, self.actor)
        return present is not None and present == self.standing

    def _end(self) -> FeedEnded:
        self.is_over = True
        return FeedEnded(self.services.clock.now())

    async def _resume(self, after: str | None) -> ResetReason | None:
        if after is None:
            return None
        try:
            revision, is_current = self.services.secrets.unseal(
                "visit", feed_owner(self.actor), self.log[0], after
            )
        except Unsealable:
            return ResetReason.MERGE
        if not is_current:
            return ResetReason.OTHER_EPOCH
        async with self.services.database.read_session() as session:
            reason = why_not_from(revision, await read_feed(session, self.actor.lead_id))
        if reason is None:
            self.revision = revision
        return reason

    async def _snapshot(self) -> FeedSnapshot[V]:
        log = (self.topic.epoch, self.topic.resets)
        await self.services.hub.reading.acquire()
        view = self.make_view(self.actor)
        view.when_closed(self.services.hub.reading.release)
        try:
            feed = await view.run(read_feed, self.actor.lead_id)
        except BaseException:
            await view.close()
            raise
        self.revision, self.log = feed.revision, log
        return FeedSnapshot(self.cursor, view)


async def _standing(services: Services, actor: VisitorActor) -> tuple[UUID, bytes] | None:
    """The visit's card if it is still the actor's, and the hash of its token."""
    statement = select(col(Visit.lead_id), col(Visit.token_hash)).where(
        col(Visit.id) == actor.visit_id,
        col(Visit.lead_id) == actor.lead_id,
        col(Visit.ended_at).is_(None),
    )
    async with services.database.read_session() as session:
        row = (await session.execute(statement)).one_or_none()
    return (row[0], row[1]) if row else None
