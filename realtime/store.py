"""The shared server (Redis or Valkey) as presence, viewers and limits use it: scripts, and outages.

An outage is no error to those who call: they get `Unreachable` at once and degrade.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

_log = logging.getLogger(__name__)
_CONNECTIONS = 16
Call = tuple[Sequence[str], Sequence[str | int]]
"""Keys and arguments of one run of a script."""


class Unreachable(Exception):
    """The server does not answer, or refuses everything."""


class Refused(Exception):
    """A script said no; the text is its own."""


class Store:
    """One client with bounded waits.

    After a failure it is not tried again for `pause` seconds, so that callers do not pile up
    behind a server that swallows bytes. An outage is logged at most once in `quiet` seconds.
    """

    def __init__(self, client: Redis, *, pause: float = 0.25, quiet: float = 60.0) -> None:
        self._client = client
        self._pause = pause
        self._quiet = quiet
        self._retry_at = 0.0
        self._log_at = 0.0

    @classmethod
    def open(cls, url: str, *, timeout: float = 1.0) -> "Store":
        """For a redis://, rediss:// or unix:// address. Connects when first used."""
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=timeout,
            decode_responses=True,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            # One retry, because a pooled connection may have died since it was last used.
            retry=Retry(NoBackoff(), 1),
        )
        client = Redis.from_pool(pool)
        return cls(client)

    def script(self, text: str) -> "Script":
        return Script(self, text)

    async def attempt(self, act: Callable[[Redis], Awaitable[Any]]) -> Any:
        """Does `act` with the client. Raises Unreachable."""
        if time.monotonic() < self._retry_at:
            raise Unreachable
        cancellations = _cancellations()
        try:
            result = await act(self._client)
        except (RedisError, OSError) as fault:
            self._note(fault)
            raise Unreachable from fault
        if _cancellations() > cancellations:
            # Python 3.11's wait_for, in which redis-py sends, loses one that comes as it ends.
            raise asyncio.CancelledError
        return result

    def _note(self, fault: Exception) -> None:
        now = time.monotonic()
        self._retry_at = now + self._pause
        if now >= self._log_at:
            self._log_at = now + self._quiet
            _log.warning(
                "presence, viewers and limits degrade: %s: %s", type(fault).__name__, fault
            )

    async def close(self) -> None:
        await self._client.aclose()


class Script:
    """Lua run by its digest; the server is taught it whenever it does not know it."""

    def __init__(self, store: Store, text: str) -> None:
        self._store = store
        self._text = text
        self._registered: Any = None

    async def run_many(self, calls: Sequence[Call]) -> list[Any]:
        """Several runs sent at once; their replies. Raises Unreachable."""

        async def act(client: Redis) -> Any:
            if self._registered is None:
                self._registered = client.register_script(self._text)
            async with client.pipeline(transaction=False) as pipe:
                for keys, arguments in calls:
                    await self._registered(keys=list(keys), args=list(arguments), client=pipe)
                return await pipe.execute()

        replies: list[Any] = await self._store.attempt(act) if calls else []
        return replies

    async def run(self, keys: Sequence[str], arguments: Sequence[str | int]) -> Any:
        """Raises Unreachable, or Refused with the text of an error that the script returns."""

        async def act(client: Redis) -> Any:
            if self._registered is None:
                self._registered = client.register_script(self._text)
            try:
                return await self._registered(keys=list(keys), args=list(arguments))
            except ResponseError as fault:
                if str(fault).startswith("TOOMANY"):
                    raise Refused(str(fault)) from None
                raise

        return await self._store.attempt(act)


def _cancellations() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0
