"""How often something may be done, counted in process and in Redis."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from realtime.limiter import Limiter
from tests.servers import RedisServer


@pytest.fixture(params=["process", "redis"])
async def limiter(request: pytest.FixtureRequest) -> AsyncIterator[Limiter]:
    server = request.getfixturevalue("redis_server") if request.param == "redis" else None
    opened = Limiter(server.url if server else None)
    yield opened
    await opened.close()


async def test_acts_are_counted_by_rule_and_key(limiter: Limiter) -> None:
    first, second = uuid4().hex, uuid4().hex
    answers = [await limiter.take("3/minute", "act", first) for _ in range(4)]
    assert answers[:3] == [None, None, None]
    assert answers[3] is not None
    assert 1 <= answers[3] <= 60
    assert await limiter.take("3/minute", "act", second) is None
    assert await limiter.take("3/minute", "other act", first) is None


async def test_without_the_server_only_closed_rules_refuse(redis_server: RedisServer) -> None:
    limiter = Limiter(redis_server.url)
    key = uuid4().hex
    assert await limiter.take("3/minute", "act", key) is None
    redis_server.kill()
    assert await limiter.take("3/minute", "act", key) is None
    assert await limiter.take("3/minute", "act", key, is_closed=True) == 60
    redis_server.start()
    assert await limiter.take("3/minute", "act", key, is_closed=True) is None
    await limiter.close()
