"""How often something may be done: one moving window, counted in process or in Redis."""

import math
import time
from functools import lru_cache

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

TIMEOUT = 1.0
"""Seconds that Redis has to count one act, or to be connected to."""


class Limiter:
    """Counts acts by key. With Redis gone it says yes, except where `is_closed` asks otherwise."""

    def __init__(self, url: str | None) -> None:
        # A pool of our own: `limits` takes another library for unix://, and waits without end.
        self._pool = _pool(url) if url else None
        storage: Storage = MemoryStorage()
        if self._pool is not None:
            storage = RedisStorage(
                "async+redis://",
                implementation="redispy",
                connection_pool=self._pool,  # type: ignore[arg-type]  # handed on to redis-py
            )
        self._window = MovingWindowRateLimiter(storage)

    async def close(self) -> None:
        """Gives the connections back."""
        if self._pool is not None:
            await self._pool.disconnect()

    async def take(self, rule: str, *keys: str, is_closed: bool = False) -> int | None:
        """Counts one act under a rule such as `10/minute`.

        None when it is allowed, else the seconds until it is. `is_closed`: refused while the
        count can't be known.
        """
        item = _parsed(rule)
        try:
            if await self._window.hit(item, *keys):
                return None
            reset, _ = await self._window.get_window_stats(item, *keys)
        except (RedisError, OSError) as error:
            log.warning("limits are not counted", error=type(error).__name__)
            return item.get_expiry() if is_closed else None
        return max(1, math.ceil(reset - time.time()))


def _pool(url: str) -> BlockingConnectionPool:
    return BlockingConnectionPool.from_url(
        url,
        max_connections=8,
        timeout=TIMEOUT,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        # One retry, because a pooled connection may have died since it was last used.
        retry=Retry(NoBackoff(), 1),
    )


@lru_cache
def _parsed(rule: str) -> RateLimitItem:
    return parse(rule)
