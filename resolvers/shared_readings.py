"""One reading for all of a process who want the same to be read at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar
from zlib import crc32

T = TypeVar("T")
KEPT_SECONDS = 2.0
"""A reading is of use until something moves, and most of those who want it come at once."""


@dataclass(frozen=True)
class _Reading:
    began: float
    found: asyncio.Future[Any]


def until_tick(name: str, apart: float) -> float:
    """Seconds until the next tick of those `apart` seconds from each other that all who name them
    alike have in common, so that they read together; one that is all but there counts as passed."""
    phase = crc32(name.encode()) / 2**32 * apart
    left = apart - (monotonic() - phase) % apart
    return left if left > apart / 4 else left + apart


class SharedReadings:
    """What was read lately, by a key that names everything that it depends on."""

    def __init__(self) -> None:
        self._latest: dict[Hashable, _Reading] = {}

    async def read(
        self,
        key: Hashable,
        since: float,
        reader: Callable[[], Awaitable[T]],
        began: float | None = None,
    ) -> T:
        """What `reader` finds, or what another one found that began not before `since`, a time of
        the monotonic clock. One that fails, fails for its own caller only.

        `began` is when the transaction of `reader` did; None: it begins with this reading.
        """
        while (latest := self._latest.get(key)) and latest.began >= since:
            await asyncio.wait([latest.found])
            if not latest.found.cancelled():
                found: T = latest.found.result()
                return found
        loop = asyncio.get_running_loop()
        mine = self._latest[key] = _Reading(
            monotonic() if began is None else began, loop.create_future()
        )
        try:
            read = await reader()
        except BaseException:
            self._forget(key, mine)
            mine.found.cancel()
            raise
        mine.found.set_result(read)
        loop.call_later(KEPT_SECONDS, self._forget, key, mine)
        return read

    def _forget(self, key: Hashable, reading: _Reading) -> None:
        if self._latest.get(key) is reading:
            del self._latest[key]
