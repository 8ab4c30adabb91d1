"""Publish and subscribe, whatever carries it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from broadcaster import Broadcast, BroadcastBackend

from realtime.bus.feed import Event, Feed, Gap
from realtime.bus.redis_backend import BusTiming, RedisBackend
from realtime.tasks import end

logger = logging.getLogger(__name__)


@dataclass
class _Place:
    """One channel's subscribers; comes and goes with them."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    feeds: set[Feed] = field(default_factory=set)
    users: int = 0


class Bus(Broadcast):
    """Publish and subscribe; the same class over Redis and over `memory://`."""

    def __init__(self, backend: BroadcastBackend | None = None, *, queue_size: int = 256) -> None:
        super().__init__(None if backend else "memory://", backend=backend)
        self.is_up = False
        """Whether messages come through, as far as is known."""
        self._queue_size = queue_size
        self._places: dict[str, _Place] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._watchers: list[Callable[[bool], None]] = []
        self._is_open = False
        if isinstance(backend, RedisBackend):
            backend.on_change = self._tell

    @classmethod
    def open(
        cls,
        url: str | None,
        *,
        timing: BusTiming | None = None,
        queue_size: int = 256,
    ) -> "Bus":
        """The bus at this address (`redis://`, `rediss://`, `unix://`), in process without one."""
        if url is None or url.startswith("memory:"):
            return cls(queue_size=queue_size)
        return cls(RedisBackend(url, timing or BusTiming()), queue_size=queue_size)

    @property
    def channels(self) -> list[str]:
        """The channels that somebody here listens to."""
        return list(self._places)

    def on_state(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back with `is_up` whenever it changes, until the returned function is called."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def connect(self) -> None:
        """Start. Redis need not be there yet."""
        self._is_open = True
        await super().connect()
        if not isinstance(self._backend, RedisBackend):
            self._tell(True)

    async def disconnect(self) -> None:
        """Stop; every feed ends."""
        if not self._is_open:
            return
        self._is_open = False
        await end([self._listener_task])
        await self._backend.disconnect()
        self._tell(False)
        for place in self._places.values():
            for feed in place.feeds:
                feed.end()
        await asyncio.gather(*self._leaving)

    async def publish(self, channel: str, message: str) -> None:
        """Tell whoever listens, if possible: a failure is logged and never raised."""
        if not self._is_open:
            logger.info("not published on %s: the bus is closed", channel)
            return
        try:
            await self._backend.publish(channel, message)
        except Exception as error:
            # Warned of once per outage by the supervisor; a warning per message would drown it.
            level = logging.WARNING if self.is_up else logging.INFO
            logger.log(level, "not published on %s: %s", channel, type(error).__name__)

    @asynccontextmanager
    async def subscribe(self, *channels: str) -> AsyncIterator[Feed]:  # type: ignore[override]  # bounded, tells gaps
        """A feed of these channels, heard by the server before the block begins.

        Where the server does not confirm in time the feed begins with a `Gap`.
        """
        feed = Feed(channels, self._queue_size)
        try:
            async with asyncio.TaskGroup() as group:
                for channel in channels:
                    group.create_task(self._join(channel, feed))
            if not self._is_open:
                feed.end()
            yield feed
        finally:
            # The reader may be cancelled right now; what it holds is given back all the same.
            leaving = asyncio.create_task(self._leave(channels, feed))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            await asyncio.shield(leaving)

    async def _join(self, channel: str, feed: Feed) -> None:
        async with self._turn(channel) as place:
            place.feeds.add(feed)
            if len(place.feeds) == 1:
                try:
                    await self._backend.subscribe(channel)
                except BaseException:
                    place.feeds.discard(feed)
                    await self._backend.unsubscribe(channel)
                    raise

    async def _leave(self, channels: Iterable[str], feed: Feed) -> None:
        for channel in channels:
            async with self._turn(channel) as place:
                if feed in place.feeds:
                    place.feeds.discard(feed)
                    if not place.feeds:
                        await self._backend.unsubscribe(channel)

    @asynccontextmanager
    async def _turn(self, channel: str) -> AsyncIterator[_Place]:
        place = self._places.setdefault(channel, _Place())
        place.users += 1
        try:
            async with place.lock:
                yield place
        finally:
            place.users -= 1
            if not place.users and not place.feeds:
                del self._places[channel]

    async def _listener(self) -> None:
        while True:
            item: Event | Gap = await self._backend.next_published()
            if place := self._places.get(item.channel):
                for feed in place.feeds:
                    feed.put(item)

    def _tell(self, is_up: bool) -> None:
        if is_up != self.is_up:
            self.is_up = is_up
            for callback in list(self._watchers):
                callback(is_up)
