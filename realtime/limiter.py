"""How often something may be done: one moving window, counted in process or in Redis."""

import math
import time
from functools import lru_cache

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


class Limiter:
    """Counts acts by key. With Redis gone it says yes, except where `is_closed` asks otherwise."""

    def __init__(self, url: str | None) -> None:
        self._storage: Storage = (
            RedisStorage(f"async+{url}", implementation="redispy") if url else MemoryStorage()
        )
        self._window = MovingWindowRateLimiter(self._storage)

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


@lru_cache
def _parsed(rule: str) -> RateLimitItem:
    return parse(rule)
