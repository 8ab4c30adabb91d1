"""Presence against a model of a few lines, under random schedules on both engines."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime import topics
from realtime.presence import (
    PresenceState,
    Reading,
    Timing,
)
from realtime.presence.reading import PAGES_TOLD_APART_MS, to_ms
from tests.realtime.presence_worlds import (
    OFFLINE,
    ONLINE,
    SLEEPING,
    World,
    memory_world,
    redis_world,
)
from tests.servers import RedisServer

pytestmark = pytest.mark.behaviour("B6")


Schedule = list[tuple[Any, ...]]

LEADS = [UUID(int=number) for number in range(1, 3)]
TIMING = Timing()


class Page:
    """A lease and what is told of it; `left` is when it said goodbye, 0 for never."""

    ends = left = 0
    is_visible = False
    shows = ""


class Model:
    """state = f(now, last activity, longest lease); demotions wait for the end of a grace.

    A page is listed while its lease lasts, and in a grace also after; one that said goodbye only
    while it is the last that did and nothing else is listed.
    """

    def __init__(self, now: int) -> None:
        self.now = self.swept = now
        self.grace = 0
        self.pages: dict[UUID, dict[str, Page]] = {lead: {} for lead in LEADS}
        self.active = dict.fromkeys(LEADS, 0)
        self.shown = dict.fromkeys(LEADS, 0)

    def pass_time(self, clock: int) -> None:
        self.now = max(self.now, clock)
        if self.now - self.swept > TIMING.ms("silence"):
            self.swept, self.grace = self.now, self.now + TIMING.ms("grace")

    def beat(self, lead: UUID, name: str, idle: int | None, is_visible: bool, shows: str) -> None:
        self.settle()
        page = self.pages[lead].setdefault(name, Page())
        page.ends, page.left = self.now + TIMING.lease_ms(is_visible), 0
        page.is_visible, page.shows = is_visible, shows or page.shows
        if idle is not None:
            self.active[lead] = max(self.active[lead], self.now - idle)

    def leave(self, lead: UUID, name: str) -> None:
        self.settle()
        if name in self.pages[lead]:
            page = self.pages[lead][name]
            page.ends = min(page.ends, self.now + TIMING.ms("leave"))
            page.left = page.left or self.now

    def listed(self, lead: UUID) -> set[tuple[str, bool]]:
        pages = self.pages[lead]
        names = {name for name, page in pages.items() if not page.left}
        if pages and not names:
            names = {max(pages, key=lambda name: (pages[name].ends, name))}
        return {(name, pages[name].is_visible) for name in names}

    def settle(self) -> list[PresenceState]:
        for lead in LEADS:
            self.pages[lead] = {
                name: page
                for name, page in self.pages[lead].items()
                if page.ends > self.now or (self.now < self.grace and not page.left)
            }
            leases = [page.ends for page in self.pages[lead].values()]
            if max(leases, default=0) <= self.now:
                state = 0
            else:
                state = 1 if self.active[lead] + TIMING.ms("sleep") <= self.now else 2
            if state > self.shown[lead] or self.now >= self.grace:
                self.shown[lead] = state
        return [(OFFLINE, SLEEPING, ONLINE)[self.shown[lead]] for lead in LEADS]


leads, pages = st.sampled_from(LEADS), st.sampled_from("abc")
idle_times = st.none() | st.sampled_from([0, 1, 60_000, 119_999, 120_000, 200_000])
shown = st.sampled_from(["", "fern", "ivy"])
beats = st.tuples(st.just("beat"), leads, pages, idle_times, st.booleans(), shown)
leaves = st.tuples(st.just("leave"), leads, pages)
# around every threshold
lengths = [1, 250, 5_000, 9_999, 10_000, 29_000, 45_001, 74_999, 75_000, 120_000, 150_000]
waits = st.tuples(st.just("wait"), st.sampled_from(lengths))
outages = st.tuples(st.just("outage"), st.sampled_from([10_000, 10_001, 200_000, -1, -30_000]))
calm = st.lists(st.one_of(beats, beats, leaves, waits, waits), min_size=5, max_size=25)
stormy = st.lists(st.one_of(beats, leaves, waits, waits, outages), min_size=5, max_size=25)
schedules = st.one_of(calm, stormy)


class Match:
    """One schedule, played by an engine and by the model side by side."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.model = Model(self.now())
        self.announced: dict[UUID, tuple[tuple[int, int], PresenceState]] = dict.fromkeys(
            LEADS, ((0, 0), OFFLINE)
        )
        self.pages_told_at = dict.fromkeys(LEADS, 0)
        self.told_pages: dict[UUID, Any] = dict.fromkeys(LEADS, set())

    def now(self) -> int:
        return to_ms(self.world.clock.now())

    async def play(self, schedule: Schedule) -> None:
        for op, *details in schedule:
            await getattr(self, op)(*details)
            expected = self.model.settle()
            readings = await self.world.presence.read(LEADS)
            is_provisional = self.model.now < self.model.grace
            assert [readings[lead].state for lead in LEADS] == expected
            for lead in LEADS:
                assert _listed(readings[lead]) == self.model.listed(lead)
            assert {reading.provisional for reading in readings.values()} == {is_provisional}
            await self.listen(expected)

    async def beat(
        self, lead: UUID, page: str, idle: int | None, is_visible: bool, shows: str
    ) -> None:
        self.model.pass_time(self.now())
        self.model.beat(lead, page, idle, is_visible, shows)
        await self.world.presence.beat(lead, page, idle_ms=idle, is_visible=is_visible, shows=shows)

    async def leave(self, lead: UUID, page: str) -> None:
        self.model.pass_time(self.now())
        self.model.leave(lead, page)
        await self.world.presence.leave(lead, page)

    async def wait(self, ms: int) -> None:
        """Time passes under sweeps, which alone must tell everything in time."""
        while ms > 0:
            step = min(ms, 9_000)
            ms -= step
            self.world.clock.advance(step / 1000)
            await self.world.presence.sweep()
            self.model.pass_time(self.now())
            self.model.swept = self.model.now
            await self.listen(self.model.settle())

    async def outage(self, ms: int) -> None:
        self.world.clock.advance(ms / 1000)
        self.model.pass_time(self.now())

    async def listen(self, expected: list[PresenceState]) -> None:
        for channel, body in await self.world.drain():
            said = Reading.decode(body)
            place, state = self.announced[said.lead_id]
            if channel == topics.presence_all():
                assert (said.place, said.state) == (place, state), "the lead's own comes first"
                continue
            assert said.place > place
            assert (said.state is state) == (said.version == place[0])
            at = to_ms(said.at)
            if said.state is state:
                assert at - self.pages_told_at[said.lead_id] >= PAGES_TOLD_APART_MS
            if said.pages_version != place[1]:
                self.pages_told_at[said.lead_id] = at
            self.announced[said.lead_id] = (said.place, said.state)
            self.told_pages[said.lead_id] = _listed(said)
        assert [self.announced[lead][1] for lead in LEADS] == expected
        for lead in LEADS:
            is_overdue = self.model.now - self.pages_told_at[lead] >= PAGES_TOLD_APART_MS
            assert not is_overdue or self.told_pages[lead] == self.model.listed(lead)


def _listed(reading: Reading) -> set[tuple[str, bool]]:
    return {(page.page, page.is_visible) for page in reading.pages}


async def play(opened: AbstractAsyncContextManager[World], schedule: Schedule) -> None:
    async with opened as world:
        await world.presence.sweep()
        await world.advance(TIMING.grace, step=9)
        await Match(world).play(schedule)


RANDOM = settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@RANDOM
@given(schedule=schedules)
def test_in_process_every_schedule_gives_the_state_of_the_model(schedule: Schedule) -> None:
    asyncio.run(play(memory_world(TIMING), schedule))


@RANDOM
@given(schedule=schedules)
def test_in_redis_every_schedule_gives_the_state_of_the_model(
    redis_server: RedisServer, schedule: Schedule
) -> None:
    asyncio.run(play(redis_world(redis_server.url, TIMING), schedule))
