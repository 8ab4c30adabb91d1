"""Presence engines under a clock that tests move, with all that they say on the bus."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from redis.asyncio import Redis

from models.clock import ManualClock
from realtime import topics
from realtime.presence import (
    MemoryPresence,
    Presence,
    PresenceState,
    Reading,
    RedisPresence,
    Timing,
    Transition,
)
from realtime.presence.reading import to_ms
from realtime.store import Store

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
ONLINE, SLEEPING, OFFLINE = PresenceState.ONLINE, PresenceState.SLEEPING, PresenceState.OFFLINE
WAIT = 10.0

Heard = tuple[str, dict[str, Any]]


def names(reading: Reading) -> str:
    """Names of the pages; those that are not in front in brackets."""
    return " ".join(page.page if page.is_visible else f"({page.page})" for page in reading.pages)


class World:
    """An engine, its clock, and all that it says on the bus."""

    def __init__(self, presence: Presence, clock: ManualClock, drain: Callable[[], Any]) -> None:
        self.presence = presence
        self.clock = clock
        self.drain = drain
        self.lead = uuid4()
        self._heard = ("", 0)

    async def beat(
        self,
        page: str = "a",
        idle: float | None = 0.0,
        *,
        is_visible: bool = True,
        lead: UUID | None = None,
        shows: str = "",
    ) -> Reading:
        idle_ms = None if idle is None else round(idle * 1000)
        return await self.presence.beat(
            lead or self.lead, page, idle_ms=idle_ms, is_visible=is_visible, shows=shows
        )

    async def leave(self, page: str = "a") -> Reading:
        return await self.presence.leave(self.lead, page)

    async def read(self, lead: UUID | None = None) -> Reading:
        lead = lead or self.lead
        return (await self.presence.read([lead]))[lead]

    async def state(self) -> PresenceState:
        return (await self.read()).state

    async def advance(self, seconds: float, step: float = 1.0) -> None:
        """Time passes while sweeps go on."""
        while seconds > 0:
            self.clock.advance(min(step, seconds))
            seconds = round(seconds - step, 3)
            await self.presence.sweep()

    async def silence(self, seconds: float) -> None:
        """Time passes while nobody sweeps and nobody is heard."""
        self.clock.advance(seconds)

    async def heard_all(self) -> list[Reading]:
        """Announcements on the lead's own channel since the last call."""
        messages: list[Heard] = await self.drain()
        return [
            Reading.decode(body)
            for channel, body in messages
            if channel == topics.presence(self.lead)
        ]

    async def heard(self) -> list[Reading]:
        """Those of them that tell of another state."""
        found = []
        for reading in await self.heard_all():
            if (reading.epoch, reading.version) != self._heard:
                self._heard = (reading.epoch, reading.version)
                found.append(reading)
        return found

    async def heard_pages(self) -> list[str]:
        """The pages as each of them lists them."""
        return [names(reading) for reading in await self.heard_all()]

    async def heard_states(self) -> list[PresenceState]:
        return [reading.state for reading in await self.heard()]


@asynccontextmanager
async def memory_world(timing: Timing) -> AsyncIterator[World]:
    said: list[Heard] = []

    async def announce(channel: str, message: str) -> None:
        said.append((channel, json.loads(message)))

    async def drain() -> list[Heard]:
        taken = said[:]
        said.clear()
        return taken

    clock = ManualClock(START)
    yield World(MemoryPresence(clock, timing, announce), clock, drain)


@asynccontextmanager
async def redis_world(url: str, timing: Timing) -> AsyncIterator[World]:
    clock = ManualClock(START)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Redis.from_url(url, decode_responses=True))
        await client.flushdb()
        listener = await stack.enter_async_context(client.pubsub())
        await listener.psubscribe("*presence", "drained")

        async def drain() -> list[Heard]:
            await client.publish("drained", "")
            taken: list[Heard] = []
            async with asyncio.timeout(WAIT):
                async for message in listener.listen():
                    if message["channel"] == "drained" and message["type"] == "pmessage":
                        return taken
                    if message["type"] == "pmessage":
                        taken.append((message["channel"], json.loads(message["data"])))
            raise AssertionError("the listener ended")

        presence = RedisPresence(Store.open(url), timing, now=lambda: to_ms(clock.now()))
        stack.push_async_callback(presence.close)
        yield World(presence, clock, drain)


@asynccontextmanager
async def settled_world(url: str | None, timing: Timing) -> AsyncIterator[World]:
    opened = memory_world(timing) if url is None else redis_world(url, timing)
    async with opened as world:
        # a Redis without memory gives grace first
        await world.presence.sweep()
        await world.advance(timing.grace, step=5)
        yield world


async def all_transitions(presence: Presence, after: str | None, limit: int) -> list[Transition]:
    found: list[Transition] = []
    while True:
        batch, after = await presence.transitions(after, limit)
        assert len(batch) <= limit
        if not batch:
            return found
        found += batch
