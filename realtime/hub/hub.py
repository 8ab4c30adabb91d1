"""All the topics of one process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from realtime import topics
from realtime.bus import Bus, Event, Gap
from realtime.hub.source import GONE, UNKNOWN, C, Head, Reconciled, Source
from realtime.hub.topic import READ_LIMIT, HubClosed, Topic
from realtime.tasks import end

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Hub(Generic[C]):
    """The open topics of one process. Start it after the bus, close it before."""

    def __init__(
        self,
        bus: Bus,
        source: Source[C],
        *,
        reconcile_seconds: float = 2.0,
        linger_seconds: float = 30.0,
        on_reconcile: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.source = source
        self.epoch = ""
        """The database's own, as last read; empty before the first topic."""
        self.access_mark = 0
        """Counts up when staff, sessions or settings may have changed: check rights again."""
        self.settings = 0
        """Number of the last known change of what all cards show; comparable within one epoch."""
        self.reading = asyncio.Semaphore(4)
        self.read_seconds = 10.0
        self._bus = bus
        self._every = reconcile_seconds
        self._linger = linger_seconds
        self._least_pause = min(0.05, reconcile_seconds / 4)
        self._on_reconcile = on_reconcile
        self._topics: dict[UUID, Topic[C]] = {}
        self._unsure: set[Topic[C]] = set()
        self._timers: dict[Topic[C], asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._must_look = asyncio.Event()
        self._is_open = False
        self._is_failing = False
        self._access: int | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def open_leads(self) -> list[UUID]:
        """The leads with a topic, lingering ones included."""
        return list(self._topics)

    async def start(self) -> None:
        self._is_open = True
        self._forget_state = self._bus.on_state(lambda is_up: self._must_look.set())
        is_listening = asyncio.Event()
        self.spawn(self._follow_access(is_listening))
        self.spawn(self._reconcile_forever())
        await is_listening.wait()

    async def close(self) -> None:
        """End every topic and everything that runs; whoever waits on a topic wakes."""
        if not self._is_open:
            return
        self._is_open = False
        self._forget_state()
        for topic in list(self._topics.values()):
            self._drop(topic)
        while self._tasks:
            ending = set(self._tasks)
            await end(ending)
            # Their own callbacks may not have run yet, and waiting for them here would never end.
            self._tasks -= ending

    @asynccontextmanager
    async def open(self, lead_id: UUID) -> AsyncIterator[Topic[C]]:
        """The lead's topic: what is committed from now on is not missed.

        Raises HubClosed, or what the source raises when the head cannot be read.
        """
        if not self._is_open:
            raise HubClosed
        topic = self._topics.get(lead_id)
        if topic is None:
            topic = self._topics[lead_id] = Topic(self, lead_id)
            topic.running = self.spawn(self._run(topic))
        topic.followers += 1
        if timer := self._timers.pop(topic, None):
            timer.cancel()
        try:
            await asyncio.shield(topic.opened)
            yield topic
        finally:
            self._leave(topic)

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run until done or until the hub closes."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Retrieved here too, since whoever asked for the result may have gone away.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def read(self, lead_id: UUID, revision: int) -> Sequence[C]:
        async with self.reading, asyncio.timeout(self.read_seconds):
            return await self.source.changes_after(lead_id, revision, READ_LIMIT)

    def look(self, topic: Topic[C]) -> None:
        """Ask for this topic's head now, whatever it is."""
        self.mark_unsure(topic)
        self._must_look.set()

    def mark_unsure(self, topic: Topic[C]) -> None:
        """Let the next round bring this topic's head, even if its revision is the known one."""
        if not topic.is_closed:
            self._unsure.add(topic)

    def _leave(self, topic: Topic[C]) -> None:
        topic.followers -= 1
        if not topic.followers and not topic.is_closed:
            loop = asyncio.get_running_loop()
            self._timers[topic] = loop.call_later(self._linger, self._drop, topic)

    def _drop(self, topic: Topic[C]) -> None:
        if timer := self._timers.pop(topic, None):
            timer.cancel()
        if self._topics.get(topic.lead_id) is topic:
            del self._topics[topic.lead_id]
        self._unsure.discard(topic)
        topic.close()
        if topic.running and topic.running is not asyncio.current_task():
            topic.running.cancel()

    async def _run(self, topic: Topic[C]) -> None:
        lead_id = topic.lead_id
        channels = topics.lead(lead_id), topics.presence(lead_id), topics.viewers(lead_id)
        try:
            async with self._bus.subscribe(*channels) as feed:
                async with self.reading:
                    asked_with = topic.revision
                    found = await self._ask({lead_id: UNKNOWN})
                self._learn(found)
                if topic.is_closed:
                    return
                topic.settle(found.heads.get(lead_id, Head(GONE, GONE)), asked_with)
                topic.opened.set_result(None)
                async for item in feed:
                    topic.hear(item.channel, None if isinstance(item, Gap) else item.message)
        except Exception as error:
            logger.warning("lead %s not followed: %s", lead_id, type(error).__name__)
            if not topic.opened.done():
                topic.opened.set_exception(error)
                topic.opened.exception()  # there may be nobody left to retrieve it
        finally:
            self._drop(topic)

    async def _follow_access(self, is_listening: asyncio.Event) -> None:
        channels = topics.access(), topics.card_settings()
        async with self._bus.subscribe(*channels) as feed:
            is_listening.set()
            async for item in feed:
                if item.channel == topics.access():
                    self._bump_access()
                    self._must_look.set()
                else:
                    self._hear_settings(item)

    async def _reconcile_forever(self) -> None:
        while True:
            try:
                await self._reconcile()
                if self._on_reconcile is not None:
                    await self._on_reconcile()
                self._is_failing = False
            except Exception as error:
                # Once per outage. The streams stay: they go on when the source is back.
                if not self._is_failing:
                    logger.warning("reconciling failed: %s", type(error).__name__)
                self._is_failing = True
            # However many reasons to look arrive, they are one round.
            await asyncio.sleep(self._least_pause)
            seconds = self._every if self._bus.is_up else self._every / 2
            try:
                async with asyncio.timeout(seconds):
                    await self._must_look.wait()
            except TimeoutError:
                continue

    async def _reconcile(self) -> None:
        self._must_look.clear()
        unsure, self._unsure = self._unsure, set()
        asked = {lead_id: (topic, topic.revision) for lead_id, topic in self._topics.items()}
        if not asked:
            return
        try:
            found = await self._ask(
                {
                    lead_id: revision if topic.is_known and topic not in unsure else UNKNOWN
                    for lead_id, (topic, revision) in asked.items()
                }
            )
        except BaseException:
            self._unsure |= unsure
            raise
        self._learn(found)
        for lead_id, head in found.heads.items():
            if lead_id in asked:
                topic, revision = asked[lead_id]
                topic.settle(head, revision)

    async def _ask(self, known: dict[UUID, int]) -> Reconciled:
        async with asyncio.timeout(self.read_seconds):
            return await self.source.reconcile(known)

    def _learn(self, found: Reconciled) -> None:
        former, self._access = self._access, found.access
        if former not in (None, found.access):
            self._bump_access()  # the hint may have been lost, or there is no bus between us
        if self.epoch != found.epoch:
            self.settings = 0  # numbers of another database tell nothing
        self._learn_settings(found.settings)
        self._learn_epoch(found.epoch)

    def _learn_epoch(self, epoch: str) -> None:
        if epoch == self.epoch:
            return
        is_first, self.epoch = not self.epoch, epoch
        if is_first:
            return
        logger.warning("the database has another epoch: every open card starts again")
        for topic in self._topics.values():
            topic.forget()
        self._bump_access()
        self._must_look.set()

    def _hear_settings(self, item: Event | Gap) -> None:
        if isinstance(item, Event) and item.message.isdecimal():
            self._learn_settings(int(item.message))
        else:
            self._must_look.set()

    def _learn_settings(self, number: int) -> None:
        if number > self.settings:
            self.settings = number
            self._wake_all()

    def _bump_access(self) -> None:
        self.access_mark += 1
        self._wake_all()

    def _wake_all(self) -> None:
        for topic in self._topics.values():
            topic.wake()
