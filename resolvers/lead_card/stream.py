"""The live card: a snapshot, then every change once and in order, while the viewer may see it.

Invariants
- Listen first, read second: the topic is open before rights and snapshot are read, so that nothing
  that commits in between is lost.
- A stream is a cursor into the log, not a queue: a slow reader costs no memory.
- Rights are checked before each item. A change that carries a newer access version than the
  rights at hand has them read again first; the change that takes the lead away is replaced by
  the end of the stream. An item is read as of now, so it is checked in the very transaction that
  it is read in: nothing of what came after the loss can leak.
- What the viewer may not see leaves no item and no gap: cursors are sealed.
- A position carries the epoch that its revision was read in, whatever the hub has learned since.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Generic
from uuid import UUID, uuid4

from models.changes import RecordedChange
from models.enums import ChangeKind
from realtime.hub import HubClosed, NoLongerKept, Topic
from realtime.hub.source import GONE
from realtime.presence import Reading
from realtime.tasks import end
from realtime.viewers import REFRESH, ViewerList
from resolvers import access
from resolvers.actors import SYSTEM, Actor, StaffActor, zone_of
from resolvers.conversations.reading import chats_by_lead
from resolvers.errors import AccessEndReason, BadArgument
from resolvers.lead_card.bands import Bands
from resolvers.lead_card.items import (
    BandsTold,
    Changed,
    Ended,
    Erased,
    Item,
    Merged,
    Position,
    PresenceTold,
    Reset,
    ResetReason,
    SettingsTold,
    Snapshot,
    TypingTold,
    V,
    ViewersTold,
)
from resolvers.lead_card.reading import (
    find_alias,
    has_hidden_note,
    may_see_change,
    read_feed,
    why_not_from,
)
from resolvers.presence import presence_of
from resolvers.present_view import present_actor
from resolvers.readers import hidden_field_ids
from resolvers.secrets import Unsealable
from resolvers.services import Services
from resolvers.viewing import as_seen
from resolvers.views import View

VIEWERS_APART = 1.0
"""Seconds between two items about viewers."""
EDITING_LOOK = 5.0
"""Seconds after which marks of what others edit are looked at again."""
SETTINGS_APART = 1.0
"""Seconds between two items about what all cards show."""
PROVISIONAL_LOOK = 1.0
"""Seconds after which presence that was not sure is looked at again."""

JOINTS = (ChangeKind.LEAD_ABSORBED, ChangeKind.LEAD_UNMERGED, ChangeKind.LEAD_RESTORED)
"""Changes after which the card is another one altogether: a snapshot follows."""


async def follow_lead_card(
    services: Services,
    actor: Actor,
    lead_id: UUID,
    after: str | None,
    make_view: Callable[[Actor], V],
) -> AsyncGenerator[Item[V], None]:
    """Items of a live card, until access ends or the caller closes the generator.

    `after` is the cursor of the last item that the client has. BadArgument for a foreign one.
    """
    while True:
        try:
            async with services.hub.open(lead_id) as topic:
                card = _Card(services, actor, lead_id, topic, make_view)
                async with card.watching(), aclosing(card.items(after)) as items:
                    async for item in items:
                        try:
                            yield item
                        finally:
                            await _close_view(item)
                            del item  # an idle card must not keep its last snapshot alive
        except HubClosed:
            return
        if card.is_over:
            return
        # The topic broke down under the stream: take it up again where it stood.
        actor, after = card.actor, card.cursor


async def _close_view(item: object) -> None:
    """A view is good until the next item is asked for."""
    view = getattr(item, "view", None)
    if isinstance(view, View):
        await view.close()


@asynccontextmanager
async def _closed_on_failure(view: View) -> AsyncIterator[None]:
    """A view that no item carries away is closed here."""
    try:
        yield
    except BaseException:
        await view.close()
        raise


class _Card(Generic[V]):
    """One stream: where it stands in the log, and what it last told beside it."""

    def __init__(
        self,
        services: Services,
        actor: Actor,
        lead_id: UUID,
        topic: Topic[RecordedChange],
        make_view: Callable[[Actor], V],
    ) -> None:
        self.services = services
        self.actor = actor
        self.lead_id = lead_id
        self.topic = topic
        self.make_view = make_view
        self.stream = uuid4().hex
        self.revision = 0
        self.is_over = False
        self.access_mark = services.hub.access_mark
        self.log = (topic.epoch, topic.resets)
        self.told_presence: tuple[str, tuple[int, int]] | None = None
        self.presence_mark = -1
        self.is_provisional = False
        """What was told last is not yet sure: look again until it is."""
        self.told_viewers: ViewerList | None = None
        self.viewers_mark = -1
        self.viewers_read_at = 0.0
        self.told_settings = -1
        """Not known what the client has: told once after a resume."""
        self.settings_told_at = 0.0
        self.bands = Bands(lead_id)
        self.hidden_fields: frozenset[UUID] | None = None
        """Fields that the viewer may not see, since the last snapshot; None: not known."""

    @property
    def position(self) -> Position:
        return Position(self.lead_id, self.log[0], self.revision)

    @property
    def cursor(self) -> str:
        """The position, sealed."""
        return self.services.secrets.seal("feed", self.lead_id, self.log[0], self.revision)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Counts the stream among the card's viewers while it lasts."""
        viewers, actor = self.services.viewers, self.actor
        is_person = isinstance(actor, StaffActor) and actor.is_person
        if not is_person or actor.id is None or not await self._may_see():
            yield
            return
        renewing = asyncio.create_task(self._renew())
        try:
            await viewers.join(self.lead_id, self.stream, actor.id, actor.name)
            yield
        finally:
            await end([renewing])
            await asyncio.shield(viewers.leave(self.lead_id, self.stream))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(REFRESH)
            await self.services.viewers.refresh(self.lead_id, self.stream)

    async def items(self, after: str | None) -> AsyncGenerator[Item[V], None]:
        """The stream itself."""
        async for item in self._beginning(after):
            yield item
            del item
            if self.is_over:
                return
        while not self.topic.is_closed:
            marks = self.topic.marks()
            async for item in self._news():
                self.is_over = isinstance(item, Merged | Erased | Ended)
                yield item
                del item
                if self.is_over:
                    return
            await self.topic.wait(marks, self._patience())

    async def _beginning(self, after: str | None) -> AsyncIterator[Item[V]]:
        """A snapshot, or nothing where the client's cursor is met, or the end."""
        refused = await self._refusal()
        if refused is not None:
            self.is_over = True
            yield refused
            return
        reason = await self._resume(after)
        if reason is not None:
            yield Reset(self.position, reason)
        if after is None or reason is not None:
            item = await self._snapshot()
            self.is_over = not isinstance(item, Snapshot)
            yield item

    async def _news(self) -> AsyncIterator[Item[V]]:
        """What there is to tell now: rights first, then the log, then what stands beside it."""
        if self.access_mark != self.services.hub.access_mark:
            self.access_mark = self.services.hub.access_mark
            async for item in self._after_access_change():
                yield item
                if isinstance(item, Merged | Erased | Ended):
                    return
        if self.topic.revision == GONE:
            yield Ended(self.services.clock.now(), AccessEndReason.NOT_FOUND)
            return
        if self.log != (self.topic.epoch, self.topic.resets):
            yield Reset(self.position, ResetReason.OTHER_EPOCH)
            snapshot = await self._snapshot()
            yield snapshot
            if not isinstance(snapshot, Snapshot):
                return
        async for item in self._log():
            yield item
            if isinstance(item, Merged | Erased | Ended):
                return
        async for beside in self._beside():
            yield beside

    async def _log(self) -> AsyncIterator[Item[V]]:
        """The changes that were not told yet."""
        try:
            while changes := await self.topic.changes_after(self.revision):
                for change in changes:
                    async for item in self._tell(change):
                        yield item
                        if isinstance(item, Merged | Erased | Ended):
                            return
        except NoLongerKept:
            if erased := await self._erased():
                yield erased
                return
            yield Reset(self.position, ResetReason.TOO_OLD)
            yield await self._snapshot()
        except HubClosed:
            return

    async def _tell(self, change: RecordedChange) -> AsyncIterator[Item[V]]:
        if change.revision <= self.revision:
            return
        if change.revision < self.topic.floor and (erased := await self._erased()):
            yield erased
            return
        if isinstance(self.actor, StaffActor) and (
            change.access_version > self.actor.access_version
        ):
            async for item in self._after_access_change():
                yield item
                if isinstance(item, Merged | Erased | Ended | Snapshot):
                    return
        if change.kind is ChangeKind.LEAD_MERGED and not await self._may_see():
            yield await self._merged(change)
            return
        if change.kind is ChangeKind.LEAD_ERASED:
            yield Erased(self.lead_id, change.at)
            return
        if change.kind is ChangeKind.LEAD_ASSIGNEE_CHANGED and not self._keeps(change):
            async for item in self._after_loss(AccessEndReason.REASSIGNED):
                yield item
            return
        view = self.make_view(self.actor)
        async with _closed_on_failure(view):
            is_lost = not await self._is_still_own(view)
            is_shown = not is_lost and await may_see_change(view, change)
            has_hidden = not is_lost and not is_shown and await has_hidden_note(view, change)
        if not is_shown:
            await view.close()
        if is_lost:
            async for item in self._after_loss(AccessEndReason.REASSIGNED):
                yield item
            return
        self.revision = change.revision
        if is_shown:
            self.bands.note(change)
            yield Changed(self.position, change, view)
        if has_hidden:
            yield Reset(self.position, ResetReason.ACCESS_CHANGED)
            yield await self._snapshot()
        elif change.kind in JOINTS:
            yield Reset(self.position, ResetReason.MERGE)
            yield await self._snapshot()

    def _keeps(self, change: RecordedChange) -> bool:
        """Whether the viewer still sees the lead after it changed hands."""
        to = (change.data or {}).get("to")
        return access.sees_leads_of(self.actor, UUID(hex=to) if to else None)

    async def _is_still_own(self, view: View) -> bool:
        """Whether the lead is the viewer's in the transaction that an item is read in."""
        if not isinstance(self.actor, StaffActor) or not access.is_bound_to_people(self.actor):
            return True
        return await view.run(access.find_lead, self.actor, self.lead_id) is not None

    async def _after_loss(self, reason: AccessEndReason) -> AsyncIterator[Item[V]]:
        """The lead was taken away at this change; it may be back by now."""
        if await self._may_see():
            yield Reset(self.position, ResetReason.ACCESS_CHANGED)
            yield await self._snapshot()
        else:
            yield await self._erased() or Ended(self.services.clock.now(), reason)

    async def _erased(self) -> Erased | None:
        """The end of a card that was open when its lead was erased; None if it was not."""
        async with self.services.database.read_session() as session:
            at = await access.erased_at(session, SYSTEM, self.lead_id)
        return Erased(self.lead_id, at) if at else None

    async def _after_access_change(self) -> AsyncIterator[Item[V]]:
        """Reads the viewer's rights again and tells what that means for the stream."""
        now = self.services.clock.now()
        if not isinstance(self.actor, StaffActor):
            return
        former = self.actor
        actor = await present_actor(self.services, former)
        if actor is None:
            yield Ended(now, AccessEndReason.SIGNED_OUT)
            return
        self.actor = actor
        if (actor.role, actor.rights) == (former.role, former.rights):
            return
        if not await self._may_see():
            yield Ended(now, AccessEndReason.RIGHTS_CHANGED)
            return
        yield Reset(self.position, ResetReason.ACCESS_CHANGED)
        yield await self._snapshot()

    async def _refusal(self) -> Merged[V] | Erased | Ended | None:
        """The only item for a lead that is not the viewer's, went into another or was erased."""
        if isinstance(self.actor, StaffActor):
            # The rights at hand may be older than what the topic was opened for.
            actor = await present_actor(self.services, self.actor)
            if actor is None:
                return Ended(self.services.clock.now(), AccessEndReason.SIGNED_OUT)
            self.actor = actor
        view = self.make_view(self.actor)
        async with _closed_on_failure(view):
            lead = await view.run(access.find_lead, self.actor, self.lead_id)
            alias = await view.run(find_alias, self.lead_id)
            erased_at = None
            if lead is None:
                erased_at = await view.run(access.erased_at, self.actor, self.lead_id)
        if lead is not None and alias is not None:
            return Merged(self.lead_id, alias.at, lead, view)
        await view.close()
        if lead is not None:
            return None
        if erased_at is not None:
            return Erased(self.lead_id, erased_at)
        return Ended(self.services.clock.now(), AccessEndReason.NOT_FOUND)

    async def _resume(self, after: str | None) -> ResetReason | None:
        """Takes up the client's cursor, or says why it can't."""
        if after is None:
            return None
        try:
            revision, is_current = self.services.secrets.unseal(
                "feed", self.lead_id, self.log[0], after
            )
        except Unsealable as error:
            raise BadArgument("`after` is no cursor of this lead.") from error
        if not is_current:
            return ResetReason.OTHER_EPOCH
        async with self.services.database.read_session() as session:
            reason = why_not_from(revision, await read_feed(session, self.lead_id))
        if reason is None:
            self.revision = revision
            self.bands.forget()
        return reason

    async def _snapshot(self) -> Snapshot[V] | Merged[V] | Erased | Ended:
        """The card now, the stream goes on right behind it; or why there is none any more."""
        services, log = self.services, (self.topic.epoch, self.topic.resets)
        settings = services.hub.settings  # before the reading, which may be newer
        presence = (await presence_of(services, [self.lead_id]))[self.lead_id]
        viewers = await services.viewers.read(self.lead_id)
        await services.hub.reading.acquire()
        view = self.make_view(self.actor)
        view.when_closed(services.hub.reading.release)
        async with _closed_on_failure(view):
            feed = await view.run(read_feed, self.lead_id)
            lead = await view.run(access.find_lead, self.actor, self.lead_id)
            if lead is not None:
                await self.bands.learn(view)
            viewers = await as_seen(view, viewers)
            self.hidden_fields = await hidden_field_ids(view)
        now = services.clock.now()
        if lead is None or lead.id != self.lead_id:
            await view.close()
            return await self._refusal() or Ended(now, AccessEndReason.NOT_FOUND)
        self.revision, self.log = feed.revision, log
        self.told_presence = (presence.epoch, presence.place)
        self.is_provisional = presence.provisional
        # Who types before the first message has no conversation to say so: it is told apart.
        self.told_viewers = replace(viewers, is_lead_typing=False)
        self.told_settings = settings
        return Snapshot(self.position, lead, now, presence, viewers, view)

    async def _may_see(self) -> bool:
        async with self.services.database.read_session() as session:
            lead = await access.find_lead(session, self.actor, self.lead_id)
        return lead is not None and lead.id == self.lead_id

    async def _merged(self, change: RecordedChange) -> Merged[V]:
        view = self.make_view(self.actor)
        async with _closed_on_failure(view):
            into = await view.run(access.find_lead, self.actor, self.lead_id)
        return Merged(self.lead_id, change.at, into, view)

    async def _beside(self) -> AsyncIterator[Item[V]]:
        """Presence and viewers, where they differ from what was told last."""
        if self.presence_mark != self.topic.presence_mark or self.is_provisional:
            self.presence_mark = self.topic.presence_mark
            reading = (
                self._announced()
                or ((await presence_of(self.services, [self.lead_id]))[self.lead_id])
            )
            if self._is_newer(reading) or reading.provisional != self.is_provisional:
                self.is_provisional = reading.provisional
                self.told_presence = (reading.epoch, reading.place)
                view = self.make_view(self.actor)
                async with _closed_on_failure(view):
                    is_still_own = await self._is_still_own(view)
                if is_still_own:
                    yield PresenceTold(self.position, reading, view)
                else:
                    await view.close()  # the log has the rest
        if self._have_settings_moved() and not self._until_settings():
            self.told_settings = self.services.hub.settings
            self.settings_told_at = asyncio.get_running_loop().time()
            view = self.make_view(self.actor)
            async with _closed_on_failure(view):
                lead = await view.run(access.find_lead, self.actor, self.lead_id)
                hidden = await hidden_field_ids(view)
            is_own = lead is not None and lead.id == self.lead_id
            sees_other_fields = self.hidden_fields not in (None, hidden)
            self.hidden_fields = hidden
            if lead is not None and is_own and not sees_other_fields:
                yield SettingsTold(self.position, lead, view)
            else:
                await view.close()  # the log has the rest
            if is_own and sees_other_fields:
                yield Reset(self.position, ResetReason.ACCESS_CHANGED)
                yield await self._snapshot()
        if self._viewers_are_due():
            self.viewers_mark = self.topic.viewers_mark
            self.viewers_read_at = asyncio.get_running_loop().time()
            view, typing = self.make_view(self.actor), None
            async with _closed_on_failure(view):
                viewers = await as_seen(view, await self.services.viewers.read(self.lead_id))
                former, self.told_viewers = self.told_viewers, viewers
                was_typing = former.is_lead_typing if former else None  # what they have is unknown
                if viewers.is_lead_typing != was_typing and await self._is_still_own(view):
                    chat = None
                    if former or viewers.is_lead_typing:
                        (chat,) = await chats_by_lead(view, [self.lead_id])
                    typing = TypingTold(
                        self.position, chat.id if chat else None, viewers.is_lead_typing
                    )
            if former is None or (viewers.viewers, viewers.count) != (former.viewers, former.count):
                yield ViewersTold(self.position, viewers, view)
            else:
                await view.close()
            if typing is not None:
                yield typing
        if self.bands.are_due(self.services.clock.now(), zone_of(self.actor)):
            view = self.make_view(self.actor)
            async with _closed_on_failure(view):
                is_still_own = await self._is_still_own(view)
                task_ids = await self.bands.learn(view) if is_still_own else self.bands.rest()
            if task_ids:
                yield BandsTold(self.position, task_ids, view)
            else:
                await view.close()

    def _announced(self) -> Reading | None:
        """The reading that the bus brought, if it continues what was told; else look it up."""
        if not isinstance(self.topic.presence, dict):
            return None
        try:
            reading = Reading.decode(self.topic.presence)
        except ValueError:
            return None
        if self.told_presence is None or reading.epoch != self.told_presence[0]:
            return None
        is_ours = reading.lead_id == self.lead_id
        return reading if is_ours and self._is_newer(reading) else None

    def _is_newer(self, reading: Reading) -> bool:
        if self.told_presence is None or reading.epoch != self.told_presence[0]:
            return True
        return reading.place > self.told_presence[1]

    def _viewers_are_due(self) -> bool:
        waited = asyncio.get_running_loop().time() - self.viewers_read_at
        has_moved = self.viewers_mark != self.topic.viewers_mark
        return waited >= (VIEWERS_APART if has_moved else self._viewers_last)

    def _have_settings_moved(self) -> bool:
        return self.told_settings != self.services.hub.settings

    def _until_settings(self) -> float:
        """Seconds until settings may be told again."""
        waited = asyncio.get_running_loop().time() - self.settings_told_at
        return max(SETTINGS_APART - waited, 0.0)

    def _patience(self) -> float:
        """How long to wait without news: leases of viewers end without a word."""
        if self.is_provisional:
            return PROVISIONAL_LOOK
        waits = [self._until_viewers()]
        if self._have_settings_moved():
            waits.append(self._until_settings())
        left = self.bands.seconds_left(self.services.clock.now())
        if left is not None:
            waits.append(left)
        return max(min(waits), 0.01)

    def _until_viewers(self) -> float:
        waited = asyncio.get_running_loop().time() - self.viewers_read_at
        has_moved = self.viewers_mark != self.topic.viewers_mark
        return (VIEWERS_APART if has_moved else self._viewers_last) - waited

    @property
    def _viewers_last(self) -> float:
        """Seconds after which viewers are looked at without news: marks and leases just end."""
        told = self.told_viewers
        if told is None:
            return REFRESH
        has_marks = told.is_lead_typing or any(each.editing for each in told.viewers)
        return EDITING_LOOK if has_marks else REFRESH
