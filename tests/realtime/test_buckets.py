"""What callers have left to spend: one suite for both engines, under a clock that the tests
move."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from realtime.buckets import Balance, Buckets, MemoryBuckets, RedisBuckets
from realtime.store import Store
from tests.servers import RedisServer


@dataclass
class Seconds:
    now: float = 1_000.0


@dataclass
class World:
    buckets: Buckets
    time: Seconds
    key: str

    async def take(self, points: int, per_minute: int = 600) -> Balance:
        return await self.buckets.take(self.key, points, per_minute)


@pytest.fixture(params=["memory", "redis"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    time = Seconds()
    if request.param == "memory":
        yield World(MemoryBuckets(lambda: time.now), time, "caller")
        return
    store = Store.open(request.getfixturevalue("redis_server").url)
    buckets = RedisBuckets(store, now=lambda: int(time.now * 1_000))
    yield World(buckets, time, uuid4().hex)
    await store.close()


async def test_points_are_taken_until_there_are_too_few(world: World) -> None:
    assert await world.take(400) == Balance(200)
    assert await world.take(200) == Balance(0)
    assert await world.take(1) == Balance(0, retry_after=1)


async def test_a_refusal_takes_nothing_and_says_when_to_come_back(world: World) -> None:
    await world.take(500)
    for _ in range(3):
        assert await world.take(200) == Balance(100, retry_after=10)
    assert await world.take(100) == Balance(0)


async def test_a_bucket_fills_evenly_and_never_over(world: World) -> None:
    await world.take(600)
    world.time.now += 1.5
    assert await world.take(15) == Balance(0)
    world.time.now += 10
    assert await world.take(50) == Balance(50)
    world.time.now += 3_600
    assert await world.take(1) == Balance(599)


async def test_callers_have_buckets_of_their_own(world: World) -> None:
    await world.take(600)
    assert await world.buckets.take(f"{world.key} other", 600, 600) == Balance(0)


async def test_one_bucket_holds_against_callers_at_once(world: World) -> None:
    answers = await asyncio.gather(*(world.take(50) for _ in range(30)))
    assert sum(answer.retry_after is None for answer in answers) == 12


async def test_only_so_many_buckets_are_remembered() -> None:
    buckets = MemoryBuckets(lambda: 0.0, max_buckets=3)
    for number in range(10):
        await buckets.take(str(number), 5, 10)
    assert len(buckets) == 3
    assert await buckets.take("9", 0, 10) == Balance(5)
    assert await buckets.take("0", 0, 10) == Balance(10)


async def test_while_the_server_is_gone_nobody_is_refused(redis_server: RedisServer) -> None:
    store = Store.open(redis_server.url)
    buckets = RedisBuckets(store)
    key = uuid4().hex
    await buckets.take(key, 10, 10)
    assert (await buckets.take(key, 10, 10)).retry_after is not None
    redis_server.kill()
    assert await buckets.take(key, 10, 10) == Balance(10)
    await store.close()
