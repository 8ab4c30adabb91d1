"""Presence shared through Redis, and the sweeper in real time."""

import asyncio
import json
import logging
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from models.clock import SystemClock
from realtime import topics
from realtime.presence import (
    MemoryPresence,
    PresenceState,
    Reading,
    RedisPresence,
    Timing,
    run_sweeper,
)
from realtime.presence.reading import to_ms
from realtime.store import Store, Unreachable
from tests.realtime.presence_worlds import (
    OFFLINE,
    ONLINE,
    SLEEPING,
    WAIT,
    World,
    names,
)
from tests.servers import RedisServer

pytestmark = pytest.mark.behaviour("B6")


# --- Redis ----------------------------------------------------------------------------------------


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
    assert (lost.pages, lost.pages_version) == ((), 0)
    assert lost.epoch != before.epoch
    await shared.advance(20)
    back = await shared.beat()
    assert (back.state, back.provisional, names(back)) == (ONLINE, True, "a")
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


async def test_a_page_kept_by_an_older_release_is_taken_as_it_is(
    shared: World, redis_server: RedisServer
) -> None:
    await shared.beat("a")
    key = topics.presence_lead_prefix(shared.lead.int % 4) + shared.lead.hex
    async with Redis.from_url(redis_server.url, decode_responses=True) as client:
        lease = (await client.hget(key, "p:a") or "").split()[0]
        await client.hset(key, "p:a", lease)
    reading = await shared.read()
    assert (reading.state, names(reading)) == (ONLINE, "(a)")
    assert (await shared.leave()).state is ONLINE
    assert names(await shared.beat("a")) == "a"


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
    assert dropped.pages == known.pages != ()
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


# --- the sweeper, in real time --------------------------------------------------------------------


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
