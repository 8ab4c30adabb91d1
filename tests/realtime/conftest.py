"""Fixtures of the presence tests: `world` is each engine in turn."""

from collections.abc import AsyncIterator

import pytest

from realtime.presence import Timing
from tests.realtime.presence_worlds import World, memory_world, settled_world
from tests.servers import RedisServer


@pytest.fixture(params=["memory", "redis"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    server = request.getfixturevalue("redis_server") if request.param == "redis" else None
    url = server.url if server else None
    async with settled_world(url, Timing()) as world:
        yield world


@pytest.fixture
async def shared(redis_server: RedisServer) -> AsyncIterator[World]:
    async with settled_world(redis_server.url, Timing()) as world:
        yield world


@pytest.fixture
async def alone() -> AsyncIterator[World]:
    async with memory_world(Timing()) as world:
        yield world
