"""Presence: one suite for both engines, under a clock that the tests move.

Row by row what is promised about ONLINE, SLEEPING and OFFLINE, then random schedules against a
model of a few lines.
"""

import asyncio
import json
import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from models.clock import ManualClock, SystemClock
from realtime import topics
from realtime.presence import (
    PAGES_PER_LEAD,
    MemoryPresence,
    Presence,
    PresenceState,
    Reading,
    RedisPresence,
    Timing,
    TooManyPages,
    Transition,
    run_sweeper,
)
from realtime.presence.reading import to_ms
from realtime.store import Store, Unreachable
from tests.servers import RedisServer

pytestmark = pytest.mark.behaviour("B6")

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
ONLINE, SLEEPING, OFFLINE = PresenceState.ONLINE, PresenceState.SLEEPING, PresenceState.OFFLINE
WAIT = 10.0

Heard = tuple[str, dict[str, Any]]


class World:
    """An engine, its clock, and all that it says on the bus."""

    def __init__(
        self, presence: Presence, clock: ManualClock, drain: Callable[[], Any], kind: str
    ) -> None:
        self.presence = presence
        self.clock = clock
        self.drain = drain
        self.kind = kind
        self.lead = uuid4()

    async def beat(
        self,
        page: str = "a",
        idle: float | None = 0.0,
        *,
        is_visible: bool = True,
        lead: UUID | None = None,
    ) -> Reading:
        idle_ms = None if idle is None else round(idle * 1000)
        return await self.presence.beat(
            lead or self.lead, page, idle_ms=idle_ms, is_visible=is_visible
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

    async def heard(self) -> list[Reading]:
        """Announcements on the lead's own channel since the last call."""
        messages: list[Heard] = await self.drain()
        return [
            Reading.decode(body)
            for channel, body in messages
            if channel == topics.presence(self.lead)
        ]

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
    yield World(MemoryPresence(clock, timing, announce), clock, drain, "memory")


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
        yield World(presence, clock, drain, "redis")


@asynccontextmanager
async def settled_world(kind: str, url: str | None, timing: Timing) -> AsyncIterator[World]:
    opened = memory_world(timing) if url is None else redis_world(url, timing)
    async with opened as world:
        # a Redis without memory gives grace first
        await world.presence.sweep()
        await world.advance(timing.grace, step=5)
        yield world


@pytest.fixture(params=["memory", "redis"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    server = request.getfixturevalue("redis_server") if request.param == "redis" else None
    url = server.url if server else None
    async with settled_world(request.param, url, Timing()) as world:
        yield world


@pytest.fixture
async def shared(redis_server: RedisServer) -> AsyncIterator[World]:
    async with settled_world("redis", redis_server.url, Timing()) as world:
        yield world


@pytest.fixture
async def alone() -> AsyncIterator[World]:
    async with memory_world(Timing()) as world:
        yield world


# --- activity and sleep ------------------------------------------------------------------------


async def test_an_opened_page_is_announced_as_online_once(world: World) -> None:
    reading = await world.beat()
    await world.advance(5)
    messages = await world.drain()
    assert [channel for channel, _ in messages] == [
        topics.presence(world.lead),
        topics.presence_all(),
    ]
    assert [Reading.decode(body) for _, body in messages] == [reading, reading]
    now = START + timedelta(seconds=75)
    assert reading.state is ONLINE
    assert reading.at == reading.since == reading.active_at == now
    assert reading.active_until == now + timedelta(seconds=120)
    assert reading.lease_until == now + timedelta(seconds=75)
    assert not reading.provisional


async def test_a_trailing_report_dates_the_activity_back_to_the_input(world: World) -> None:
    await world.beat()
    await world.advance(10)
    reading = await world.beat(idle=3.2)
    assert reading.active_at == world.clock.now() - timedelta(seconds=3.2)


async def test_an_older_input_reported_late_does_not_take_activity_back(world: World) -> None:
    first = await world.beat("a", idle=1)
    second = await world.beat("b", idle=60)
    assert second.active_at == first.active_at


@pytest.mark.parametrize(("after", "state"), [(119.999, ONLINE), (120.0, SLEEPING)])
async def test_sleep_begins_at_exactly_120_seconds(
    world: World, after: float, state: PresenceState
) -> None:
    await world.beat(is_visible=False)
    await world.advance(after)
    assert await world.state() is state
    assert await world.heard_states() == [ONLINE, SLEEPING][: 1 if state is ONLINE else 2]


async def test_sleep_is_announced_by_the_sweep_alone(world: World) -> None:
    await world.beat(is_visible=False)
    await world.heard()
    await world.advance(121, step=0.25)
    (sleeping,) = await world.heard()
    assert sleeping.state is SLEEPING
    assert sleeping.at == sleeping.since == START + timedelta(seconds=75 + 120)
    assert sleeping.active_at == START + timedelta(seconds=75)


async def test_input_wakes_a_sleeping_lead(world: World) -> None:
    await world.beat(is_visible=False)
    await world.advance(130)
    reading = await world.beat()
    assert reading.state is ONLINE
    assert await world.heard_states() == [ONLINE, SLEEPING, ONLINE]


async def test_a_heartbeat_renews_the_lease_but_is_never_activity(world: World) -> None:
    opened = await world.beat()
    for _ in range(6):
        await world.advance(30)
        reading = await world.beat(idle=None)
    assert reading.state is SLEEPING
    assert reading.active_at == opened.active_at
    assert reading.lease_until == world.clock.now() + timedelta(seconds=75)
    assert await world.heard_states() == [ONLINE, SLEEPING]


async def test_heartbeats_announce_nothing(world: World) -> None:
    await world.beat()
    await world.heard()
    for _ in range(3):
        await world.advance(30)
        await world.beat(idle=None)
    assert await world.drain() == []


async def test_a_reconnect_without_input_is_not_activity(world: World) -> None:
    await world.beat()
    await world.leave()
    await world.advance(130)
    assert (await world.beat("a", idle=None)).state is SLEEPING


async def test_a_first_page_without_input_is_a_sleeping_one(world: World) -> None:
    reading = await world.beat(idle=None)
    assert reading.state is SLEEPING
    assert reading.active_at is None
    assert reading.active_until is None


async def test_a_page_back_from_the_cache_after_two_minutes_is_sleeping_at_once(
    world: World,
) -> None:
    await world.beat()
    await world.leave()
    await world.advance(125)
    await world.heard()
    reading = await world.beat(idle=120)
    assert reading.state is SLEEPING
    assert await world.heard_states() == [SLEEPING]


async def test_idle_times_beyond_reason_are_clamped(world: World) -> None:
    assert (await world.beat("a", idle=-50)).active_at == world.clock.now()
    other = uuid4()
    reading = await world.beat("a", idle=10**9, lead=other)
    assert reading.active_at == world.clock.now() - timedelta(days=1)


# --- leases ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("is_visible", "lease"), [(True, 75), (False, 150)])
async def test_a_page_that_stops_answering_is_gone_at_the_end_of_its_lease(
    world: World, is_visible: bool, lease: int
) -> None:
    await world.beat(is_visible=is_visible)
    await world.advance(lease - 0.001)
    assert await world.state() is not OFFLINE
    await world.advance(0.001)
    reading = await world.read()
    assert reading.state is OFFLINE
    assert reading.lease_until is None
    assert reading.active_until is None
    assert reading.active_at == START + timedelta(seconds=75)
    assert reading.since == START + timedelta(seconds=75 + lease)


async def test_a_page_that_said_goodbye_is_gone_after_ten_seconds(world: World) -> None:
    await world.beat()
    await world.leave()
    await world.advance(9.999)
    assert await world.state() is ONLINE
    await world.advance(0.001)
    assert await world.state() is OFFLINE
    assert await world.heard_states() == [ONLINE, OFFLINE]


async def test_a_page_change_within_ten_seconds_is_silent(world: World) -> None:
    await world.beat("a")
    await world.heard()
    for page in "bcdefg":
        await world.leave(chr(ord(page) - 1))
        await world.advance(9)
        await world.beat(page)
    await world.advance(30)
    assert await world.drain() == []


async def test_the_same_page_may_come_back_after_its_goodbye(world: World) -> None:
    await world.beat()
    await world.leave()
    await world.advance(5)
    await world.beat()
    await world.advance(60)
    assert await world.state() is ONLINE


async def test_a_goodbye_never_lengthens_a_lease(world: World) -> None:
    await world.beat()
    await world.advance(72)
    reading = await world.leave()
    assert reading.lease_until == START + timedelta(seconds=75 + 75)


async def test_a_goodbye_of_an_unknown_page_or_lead_changes_nothing(world: World) -> None:
    assert (await world.leave()).version == 0
    opened = await world.beat("a")
    assert (await world.leave("b")).lease_until == opened.lease_until
    assert (await world.presence.leave(uuid4(), "a")).state is OFFLINE


async def test_of_several_pages_the_best_state_wins(world: World) -> None:
    await world.beat("phone", idle=None, is_visible=False)
    assert await world.state() is SLEEPING
    await world.beat("laptop")
    assert await world.state() is ONLINE
    await world.leave("laptop")
    await world.advance(60)
    assert await world.state() is ONLINE
    await world.advance(60)
    assert await world.state() is SLEEPING
    await world.leave("phone")
    await world.advance(10)
    assert await world.state() is OFFLINE
    assert await world.heard_states() == [SLEEPING, ONLINE, SLEEPING, OFFLINE]


async def test_the_33rd_page_is_refused_and_the_others_live_on(world: World) -> None:
    for number in range(PAGES_PER_LEAD):
        await world.beat(f"page {number}")
    with pytest.raises(TooManyPages):
        await world.beat("one more")
    assert (await world.beat("page 7")).state is ONLINE
    assert (await world.beat("one more", lead=uuid4())).state is ONLINE


async def test_ended_pages_make_room_for_new_ones(world: World) -> None:
    for number in range(PAGES_PER_LEAD):
        await world.beat(f"page {number}")
    await world.leave("page 0")
    await world.advance(10)
    assert (await world.beat("one more")).state is ONLINE
    with pytest.raises(TooManyPages):
        await world.beat("page 0")


async def test_ended_pages_make_room_during_grace_too(world: World) -> None:
    await world.beat()
    await world.silence(11)
    await world.presence.sweep()
    for number in range(70):
        await world.beat(f"page {number}")
        await world.leave(f"page {number}")
        await world.advance(1)
    assert (await world.read()).provisional


async def test_who_flaps_is_announced_at_most_twice_in_ten_seconds(world: World) -> None:
    for second in range(120):
        if second % 12 in (0, 1):
            await world.beat(f"page {second}")
        await world.leave(f"page {second - second % 12}")
        await world.leave(f"page {second}")
        await world.advance(1)
    heard = [reading.at for reading in await world.heard()]
    assert len(heard) >= 18
    for at in heard:
        assert sum(at <= other < at + timedelta(seconds=10) for other in heard) <= 2


# --- outages -----------------------------------------------------------------------------------


async def test_nobody_flaps_when_all_our_processes_are_away_for_thirty_seconds(
    world: World,
) -> None:
    await world.beat()
    await world.advance(30)
    await world.heard()
    await world.silence(30)
    await world.presence.sweep()
    await world.beat("a", idle=None)
    await world.advance(50)
    assert await world.drain() == []


async def test_after_an_outage_nobody_is_demoted_until_the_grace_ends(world: World) -> None:
    await world.beat()
    await world.heard()
    await world.silence(300)
    await world.presence.sweep()
    reading = await world.read()
    assert reading.state is ONLINE
    assert reading.provisional
    assert reading.lease_until == world.clock.now() + timedelta(seconds=75)
    await world.advance(74.999)
    assert await world.state() is ONLINE
    assert await world.drain() == []
    await world.advance(0.001)
    assert await world.heard_states() == [OFFLINE]
    assert not (await world.read()).provisional


@pytest.mark.parametrize("first", ["read", "beat", "leave", "present"])
async def test_whoever_comes_first_after_an_outage_begins_the_grace(
    world: World, first: str
) -> None:
    other = uuid4()
    await world.beat()
    await world.silence(300)
    act = {
        "read": lambda: world.presence.read([world.lead]),
        "beat": lambda: world.beat(lead=other),
        "leave": lambda: world.leave(),
        "present": lambda: world.presence.present(10),
    }
    await act[first]()
    assert await world.state() is ONLINE
    assert await world.heard_states() == [ONLINE]


async def test_promotions_pass_during_grace(world: World) -> None:
    await world.beat(idle=None, is_visible=False)
    await world.silence(11)
    await world.presence.sweep()
    reading = await world.beat("b")
    assert reading.state is ONLINE
    assert reading.provisional
    heard = await world.heard()
    assert [reading.state for reading in heard] == [SLEEPING, ONLINE]
    assert heard[1].provisional


async def test_ten_seconds_without_a_sweep_are_no_outage(world: World) -> None:
    await world.beat()
    await world.leave()
    await world.silence(10)
    assert await world.state() is OFFLINE


async def test_a_clock_that_steps_back_stands_still(world: World) -> None:
    await world.beat()
    await world.advance(50)
    before = await world.read()
    world.clock.advance(-3600)
    await world.presence.sweep()
    assert await world.read() == before
    again = await world.beat("b", idle=0)
    assert again.at == before.at
    world.clock.advance(3600)
    await world.advance(1)
    assert (await world.read()).at == before.at + timedelta(seconds=1)
    await world.heard()
    await world.advance(130)
    assert await world.heard_states() == [OFFLINE]


async def test_versions_rise_even_when_the_clock_stands_still(world: World) -> None:
    sleeping = await world.beat(idle=None)
    online = await world.beat(idle=0)
    assert sleeping.at == online.at
    assert sleeping.version < online.version


async def test_a_lead_that_returns_is_told_under_a_higher_version(world: World) -> None:
    first = await world.beat()
    await world.leave()
    await world.advance(700, step=5)
    second = await world.beat()
    assert second.version > first.version
    assert second.epoch == first.epoch


# --- reading -----------------------------------------------------------------------------------


async def test_an_unknown_lead_is_offline_with_version_zero(world: World) -> None:
    reading = await world.read()
    assert (reading.state, reading.version) == (OFFLINE, 0)
    assert reading.since is None
    assert reading.active_at is None
    assert await world.drain() == []


async def test_a_read_settles_what_no_sweep_has_announced_yet(world: World) -> None:
    await world.beat()
    await world.leave()
    await world.silence(10)
    assert await world.state() is OFFLINE
    assert await world.heard_states() == [ONLINE, OFFLINE]
    assert await world.presence.sweep() == 0


async def test_many_leads_are_read_at_once(world: World) -> None:
    leads = [uuid4() for _ in range(1_200)]
    for lead in leads[::100]:
        await world.beat(lead=lead)
    readings = await world.presence.read([*leads, leads[0]])
    assert readings.keys() == set(leads)
    assert [lead for lead in leads if readings[lead].state is ONLINE] == leads[::100]


async def test_those_present_now_are_listed(world: World) -> None:
    online, sleeping, gone = uuid4(), uuid4(), uuid4()
    await world.beat(lead=online)
    await world.beat(lead=sleeping, idle=None)
    await world.beat(lead=gone)
    await world.presence.leave(gone, "a")
    await world.silence(10)
    assert set(await world.presence.present(10)) == {online, sleeping}
    assert len(await world.presence.present(1)) == 1


async def test_a_sweep_announces_everyone_who_is_due(world: World) -> None:
    leads = [uuid4() for _ in range(900)]
    for lead in leads:
        await world.beat(lead=lead)
    await world.silence(0)
    await world.drain()
    await world.advance(66, step=6)
    world.clock.advance(9)
    assert await world.presence.sweep() == 900
    said = [Reading.decode(body) for _, body in await world.drain()]
    assert {reading.lead_id for reading in said} == set(leads)
    assert len(said) == 2 * len(leads)


async def test_a_reading_survives_the_bus(world: World) -> None:
    reading = await world.beat(idle=1.234)
    assert Reading.decode(json.loads(json.dumps(reading.encode()))) == reading
    offline = await world.read(uuid4())
    assert Reading.decode(offline.encode()) == offline


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"lead": 7},
        {"lead": "no id", "state": "ONLINE"},
        {"lead": uuid4().hex, "state": "BUSY", "version": 1, "epoch": "", "at": 0},
        None,
        [],
        "ONLINE",
    ],
)
async def test_a_forged_announcement_is_refused(body: Any) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Reading.decode(body)


def test_an_announcement_with_an_impossible_instant_is_refused() -> None:
    body = Reading.unknown(uuid4(), START, "e", False).encode()
    with pytest.raises(ValueError, match="not a presence reading"):
        Reading.decode(body | {"at": 10**20})


@pytest.mark.parametrize(
    "wrong",
    [{"sleep": 0.0}, {"leave": -1.0}, {"leave": 80.0}, {"hidden_lease": 60.0}, {"grace": 0.0}],
)
def test_durations_that_contradict_each_other_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"presence|must hold"):
        Timing(**wrong)


# --- transitions and erasure -------------------------------------------------------------------


async def all_transitions(presence: Presence, after: str | None, limit: int) -> list[Transition]:
    found: list[Transition] = []
    while True:
        batch, after = await presence.transitions(after, limit)
        assert len(batch) <= limit
        if not batch:
            return found
        found += batch


async def test_each_transition_is_readable_once_in_order(world: World) -> None:
    leads = [uuid4() for _ in range(7)]
    for lead in leads:
        await world.beat(lead=lead)
        await world.advance(1)
    await world.advance(80)
    found = await all_transitions(world.presence, None, 3)
    assert [(one.lead_id, one.state) for one in found] == [
        *((lead, ONLINE) for lead in leads),
        *((lead, OFFLINE) for lead in leads),
    ]
    assert found == sorted(found, key=lambda one: one.at)
    assert len({(one.lead_id, one.epoch, one.version) for one in found}) == 14


async def test_transitions_equal_what_was_announced(world: World) -> None:
    await world.beat(is_visible=False)
    await world.advance(130)
    await world.beat("b")
    await world.advance(160)
    found = await all_transitions(world.presence, None, 100)
    assert found == [
        Transition(one.lead_id, one.state, one.version, one.at, one.epoch, one.active_at)
        for one in await world.heard()
    ]
    assert [one.state for one in found] == [ONLINE, SLEEPING, ONLINE, OFFLINE]


async def test_a_position_leads_on_to_what_comes_later(world: World) -> None:
    await world.beat()
    first, position = await world.presence.transitions(None, 10)
    assert len(first) == 1
    nothing, position = await world.presence.transitions(position, 10)
    assert nothing == []
    await world.beat("a", lead=(other := uuid4()))
    later, _ = await world.presence.transitions(position, 10)
    assert [one.lead_id for one in later] == [other]


@pytest.mark.parametrize("position", ["", "nonsense", "gone/7", "a/1-0,b/1-0,c/1-0,d/1-0"])
async def test_a_position_of_another_memory_means_the_start(world: World, position: str) -> None:
    await world.beat()
    found, _ = await world.presence.transitions(position, 10)
    assert [one.lead_id for one in found] == [world.lead]


async def test_forgetting_erases_the_lead_and_says_nothing(world: World) -> None:
    other = uuid4()
    await world.beat()
    await world.beat(lead=other)
    await world.drain()
    await world.presence.forget(world.lead)
    assert (await world.read()).version == 0
    assert await world.presence.present(10) == [other]
    found, _ = await world.presence.transitions(None, 10)
    assert [one.lead_id for one in found] == [other]
    await world.advance(5)
    assert await world.drain() == []
    assert (await world.beat()).state is ONLINE


# --- restart in process ------------------------------------------------------------------------


async def test_restored_leads_are_present_and_provisional_without_an_announcement(
    alone: World,
) -> None:
    sleeping = uuid4()
    active_at = START - timedelta(seconds=20)
    await alone.presence.restore({alone.lead: active_at, sleeping: START - timedelta(seconds=300)})
    reading = await alone.read()
    assert (reading.state, reading.active_at, reading.provisional) == (ONLINE, active_at, True)
    assert (await alone.read(sleeping)).state is SLEEPING
    assert set(await alone.presence.present(10)) == {alone.lead, sleeping}
    await alone.advance(74.999)
    assert await alone.drain() == []


async def test_a_restored_lead_that_came_back_never_flaps(alone: World) -> None:
    await alone.presence.restore({alone.lead: START - timedelta(seconds=100)})
    await alone.advance(10)
    await alone.beat("a", idle=None)
    await alone.advance(30)
    await alone.beat("a", idle=12)
    await alone.advance(60)
    reading = await alone.read()
    assert (reading.state, reading.provisional) == (ONLINE, False)
    assert await alone.drain() == []


async def test_a_restored_lead_that_stays_away_is_offline_at_the_end_of_the_grace(
    alone: World,
) -> None:
    await alone.presence.restore({alone.lead: START - timedelta(seconds=100)})
    await alone.advance(75)
    (heard,) = await alone.heard()
    assert heard.state is OFFLINE
    assert heard.active_at == START - timedelta(seconds=100)
    assert [one.state for one in await all_transitions(alone.presence, None, 9)] == [OFFLINE]


async def test_restoring_gives_grace_to_nobody_else(alone: World) -> None:
    await alone.presence.restore({uuid4(): START})
    assert not (await alone.beat()).provisional
    await alone.leave()
    await alone.advance(10)
    assert await alone.state() is OFFLINE


async def test_a_lead_that_was_quicker_than_the_restore_keeps_its_own_state(alone: World) -> None:
    before = await alone.beat()
    await alone.presence.restore({alone.lead: START - timedelta(hours=1)})
    assert await alone.read() == before


async def test_an_offline_lead_is_dropped_after_its_linger(alone: World) -> None:
    await alone.beat()
    await alone.leave()
    await alone.advance(10)
    assert (await alone.read()).since is not None
    await alone.advance(600, step=5)
    assert (await alone.read()).version == 0


# --- Redis -------------------------------------------------------------------------------------


async def test_a_second_process_sees_and_continues_the_same_presence(
    shared: World, redis_server: RedisServer
) -> None:
    opened = await shared.beat()
    now = to_ms(shared.clock.now())
    other = RedisPresence(Store.open(redis_server.url), now=lambda: now)
    assert await other.read([shared.lead]) == {shared.lead: opened}
    assert (await other.leave(shared.lead, "a")).state is ONLINE
    await other.close()
    await shared.advance(10)
    assert await shared.state() is OFFLINE


async def test_however_many_sweep_each_transition_is_announced_once(
    shared: World, redis_server: RedisServer
) -> None:
    leads = [uuid4() for _ in range(300)]
    for lead in leads:
        await shared.beat(lead=lead)
    await shared.advance(70, step=5)
    await shared.drain()
    shared.clock.advance(6)
    sweepers = [
        RedisPresence(Store.open(redis_server.url), now=lambda: to_ms(shared.clock.now()))
        for _ in range(4)
    ]
    counts = await asyncio.gather(*(one.sweep() for one in sweepers))
    for one in sweepers:
        await one.close()
    assert sum(counts) == 300
    said = [body["lead"] for channel, body in await shared.drain() if channel != "presence"]
    assert sorted(said) == sorted(lead.hex for lead in leads)


async def test_an_emptied_redis_begins_a_new_epoch_with_grace(
    shared: World, redis_server: RedisServer
) -> None:
    before = await shared.beat()
    _, position = await shared.presence.transitions(None, 10)
    async with Redis.from_url(redis_server.url) as client:
        await client.flushdb()
    lost = await shared.read()
    assert (lost.state, lost.version, lost.provisional) == (OFFLINE, 0, True)
    assert lost.epoch != before.epoch
    await shared.advance(20)
    back = await shared.beat()
    assert (back.state, back.provisional) == (ONLINE, True)
    assert back.version > before.version
    await shared.leave()
    await shared.advance(54.999)
    assert await shared.state() is ONLINE
    await shared.advance(0.001)
    assert await shared.state() is OFFLINE
    found, _ = await shared.presence.transitions(position, 10)
    assert [(one.state, one.epoch) for one in found] == [
        (ONLINE, lost.epoch),
        (OFFLINE, lost.epoch),
    ]


async def test_offline_leads_leave_nothing_in_redis_for_ever(
    shared: World, redis_server: RedisServer
) -> None:
    key = topics.presence_lead_prefix(shared.lead.int % 4) + shared.lead.hex
    async with Redis.from_url(redis_server.url) as client:
        await shared.beat()
        assert await client.ttl(key) == -1
        await shared.leave()
        await shared.advance(10)
        assert 0 < await client.ttl(key) <= 600
        await shared.beat()
        assert await client.ttl(key) == -1
        await shared.read(stranger := uuid4())
        assert await client.keys(f"*{stranger.hex}*") == []


async def until(is_true: Callable[[], Any]) -> None:
    async with asyncio.timeout(WAIT):
        while not await is_true():  # noqa: ASYNC110 - Redis does not say when it is back
            await asyncio.sleep(0.02)


async def test_without_redis_beats_are_dropped_and_the_last_known_is_provisional(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    lead, stranger = uuid4(), uuid4()
    presence = RedisPresence.open(redis_server.url)
    known = await presence.beat(lead, "a", idle_ms=0, is_visible=True)
    redis_server.kill()
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            dropped = await presence.beat(lead, "a", idle_ms=0, is_visible=True)
    assert (dropped.state, dropped.version, dropped.provisional) == (ONLINE, known.version, True)
    readings = await presence.read([lead, stranger])
    assert readings[lead] == dropped
    assert (readings[stranger].state, readings[stranger].provisional) == (OFFLINE, True)
    assert await presence.present(10) == [lead]
    assert (await presence.leave(stranger, "a")).provisional
    assert await presence.sweep() == 0
    assert await presence.transitions("kept", 10) == ([], "kept")
    with pytest.raises(Unreachable):
        await presence.forget(stranger)
    assert len(caplog.records) == 1

    redis_server.start()

    async def is_back() -> bool:
        return (await presence.beat(lead, "a", idle_ms=0, is_visible=True)).epoch != known.epoch

    await until(is_back)
    assert (await presence.read([lead]))[lead].state is ONLINE
    await presence.close()


async def test_hundreds_of_beats_at_once_all_arrive(redis_server: RedisServer) -> None:
    presence = RedisPresence.open(redis_server.url)
    leads = [uuid4() for _ in range(500)]
    readings = await asyncio.gather(
        *(presence.beat(lead, "a", idle_ms=0, is_visible=True) for lead in leads)
    )
    assert {reading.state for reading in readings} == {ONLINE}
    assert all(reading.version for reading in readings)
    await presence.close()


# --- the sweeper, in real time -----------------------------------------------------------------

QUICK = Timing(sleep=0.3, leave=0.1, visible_lease=0.6, hidden_lease=0.6, grace=0.05)


async def follow(heard: "asyncio.Queue[Reading]") -> list[PresenceState]:
    async with asyncio.timeout(WAIT):
        return [(await heard.get()).state for _ in range(3)]


async def test_the_sweeper_announces_in_time_and_survives_failures(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: asyncio.Queue[Reading] = asyncio.Queue()
    failures = 2

    async def announce(channel: str, message: str) -> None:
        nonlocal failures
        reading = Reading.decode(json.loads(message))
        if reading.state is not ONLINE and failures:
            failures -= 1
            raise OSError("the bus is away")
        if channel != topics.presence_all():
            await heard.put(reading)

    presence = MemoryPresence(SystemClock(), QUICK, announce)
    sweeper = asyncio.create_task(run_sweeper(presence, every=0.01))
    for lead in (uuid4(), uuid4(), uuid4()):
        await presence.beat(lead, "a", idle_ms=0, is_visible=True)
    assert await follow(heard) == [ONLINE] * 3
    assert SLEEPING in await follow(heard)
    assert failures == 0
    sweeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sweeper
    assert [record.message for record in caplog.records] == ["presence sweep failed"]


async def test_with_the_clock_of_redis_the_life_of_a_page_is_announced(
    redis_server: RedisServer,
) -> None:
    lead = uuid4()
    heard: asyncio.Queue[Reading] = asyncio.Queue()
    async with (
        Redis.from_url(redis_server.url, decode_responses=True) as client,
        client.pubsub() as listener,
    ):
        await client.flushdb()
        await listener.subscribe(topics.presence(lead))

        async def listen() -> None:
            async for message in listener.listen():
                if message["type"] == "message":
                    await heard.put(Reading.decode(json.loads(message["data"])))

        presence = RedisPresence.open(redis_server.url, QUICK)
        tasks = [
            asyncio.create_task(run_sweeper(presence, every=0.01)),
            asyncio.create_task(listen()),
        ]
        opened = await presence.beat(lead, "a", idle_ms=0, is_visible=True)
        assert abs(opened.at - datetime.now(UTC)) < timedelta(seconds=WAIT)
        assert await follow(heard) == [ONLINE, SLEEPING, OFFLINE]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await presence.close()


def test_infinite_silence_switches_grace_off() -> None:
    assert Timing(silence=math.inf).ms("silence") > 10**11


# --- random schedules --------------------------------------------------------------------------

LEADS = [UUID(int=number) for number in range(1, 4)]
TIMING = Timing()


class Model:
    """state = f(now, last activity, longest lease); demotions wait for the end of a grace."""

    def __init__(self, now: int) -> None:
        self.now = self.swept = now
        self.grace = 0
        self.leases: dict[UUID, dict[str, int]] = {lead: {} for lead in LEADS}
        self.active = dict.fromkeys(LEADS, 0)
        self.shown = dict.fromkeys(LEADS, 0)

    def pass_time(self, clock: int) -> None:
        self.now = max(self.now, clock)
        if self.now - self.swept > TIMING.ms("silence"):
            self.swept, self.grace = self.now, self.now + TIMING.ms("grace")

    def beat(self, lead: UUID, page: str, idle: int | None, is_visible: bool) -> None:
        self.leases[lead][page] = self.now + TIMING.lease_ms(is_visible)
        if idle is not None:
            self.active[lead] = max(self.active[lead], self.now - idle)

    def leave(self, lead: UUID, page: str) -> None:
        if page in self.leases[lead]:
            end = self.now + TIMING.ms("leave")
            self.leases[lead][page] = min(self.leases[lead][page], end)

    def settle(self) -> list[PresenceState]:
        for lead in LEADS:
            if max(self.leases[lead].values(), default=0) <= self.now:
                state = 0
            else:
                state = 1 if self.active[lead] + TIMING.ms("sleep") <= self.now else 2
            if state > self.shown[lead] or self.now >= self.grace:
                self.shown[lead] = state
        return [(OFFLINE, SLEEPING, ONLINE)[self.shown[lead]] for lead in LEADS]


leads, pages = st.sampled_from(LEADS), st.sampled_from("abc")
idle_times = st.none() | st.sampled_from([0, 1, 60_000, 119_999, 120_000, 200_000])
beats = st.tuples(st.just("beat"), leads, pages, idle_times, st.booleans())
leaves = st.tuples(st.just("leave"), leads, pages)
# around every threshold, an outage now and then, and a step back
waits = st.tuples(
    st.just("wait"),
    st.sampled_from([1, 250, 5_000, 9_999, 10_000, 29_000, 45_001, 74_999, 75_000, 120_000]),
)
outages = st.tuples(st.just("outage"), st.sampled_from([10_000, 10_001, 60_000, 200_000]))
steps_back = st.tuples(st.just("outage"), st.sampled_from([-1, -30_000]))
schedules = st.lists(
    st.one_of(beats, beats, leaves, waits, waits, waits, outages, steps_back),
    min_size=5,
    max_size=25,
)


async def play(world: World, schedule: list[tuple[Any, ...]]) -> None:
    await world.presence.sweep()
    await world.advance(80, step=8)
    model = Model(to_ms(world.clock.now()))
    model.swept = model.now
    announced = {lead: (0, OFFLINE) for lead in LEADS}
    for op, *details in schedule:
        if op == "wait":
            await wait(world, model, details[0])
        elif op == "outage":
            world.clock.advance(details[0] / 1000)
        model.pass_time(to_ms(world.clock.now()))
        if op == "beat":
            lead, page, idle, is_visible = details
            model.beat(*details)
            await world.presence.beat(lead, page, idle_ms=idle, is_visible=is_visible)
        elif op == "leave":
            model.leave(*details)
            await world.presence.leave(*details)
        expected = model.settle()
        readings = await world.presence.read(LEADS)
        assert [readings[lead].state for lead in LEADS] == expected
        assert {reading.provisional for reading in readings.values()} == {model.now < model.grace}
        for channel, body in await world.drain():
            said = Reading.decode(body)
            if channel == topics.presence_all():
                continue
            version, state = announced[said.lead_id]
            assert said.version > version
            assert said.state is not state
            announced[said.lead_id] = (said.version, said.state)
        assert [announced[lead][1] for lead in LEADS] == expected


async def wait(world: World, model: Model, ms: int) -> None:
    """Time passes under sweeps; the model settles whenever they do."""
    while ms > 0:
        step = min(ms, 9_000)
        ms -= step
        world.clock.advance(step / 1000)
        await world.presence.sweep()
        model.pass_time(to_ms(world.clock.now()))
        model.swept = model.now
        model.settle()


RANDOM = settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@RANDOM
@given(schedule=schedules)
def test_in_process_every_schedule_gives_the_state_of_the_model(
    schedule: list[tuple[Any, ...]],
) -> None:
    async def run() -> None:
        async with memory_world(TIMING) as world:
            await play(world, schedule)

    asyncio.run(run())


@RANDOM
@given(schedule=schedules)
def test_in_redis_every_schedule_gives_the_state_of_the_model(
    redis_server: RedisServer, schedule: list[tuple[Any, ...]]
) -> None:
    async def run() -> None:
        async with redis_world(redis_server.url, TIMING) as world:
            await play(world, schedule)

    asyncio.run(run())
