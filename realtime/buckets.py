"""What each caller has left to spend: buckets that fill up evenly, in process or in Redis.

A bucket that nobody touches is full again after a minute, so an unknown one counts as full and
nothing has to be remembered for long.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from realtime import topics
from realtime.store import Store, Unreachable

_MINUTE_MS = 60_000
_SCRIPT = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Balance:
    """What is left; `retry_after` is None when the points were taken, else seconds until they
    could be."""

    remaining: int
    retry_after: int | None = None


class Buckets(Protocol):
    """Both engines obey one test suite."""

    async def take(self, key: str, points: int, per_minute: int) -> Balance:
        """Takes so many points, at most `per_minute`, or none when there are too few."""


class MemoryBuckets:
    """The buckets of one process. Those touched longest ago are forgotten, and so full."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, max_buckets: int = 10_000
    ) -> None:
        """`clock` is in seconds."""
        self._clock = clock
        self._max_buckets = max_buckets
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    async def take(self, key: str, points: int, per_minute: int) -> Balance:
        now, rate = self._clock(), per_minute / 60
        held, at = self._held.get(key, (float(per_minute), now))
        held = min(float(per_minute), held + (now - at) * rate)
        if held < points:
            return Balance(int(held), math.ceil((points - held) / rate))
        self._held[key] = (held - points, now)
        self._held.move_to_end(key)
        if len(self._held) > self._max_buckets:
            self._held.popitem(last=False)
        return Balance(int(held - points))


class RedisBuckets:
    """The buckets of all processes. While Redis is gone every bucket is full."""

    def __init__(self, store: Store, now: Callable[[], int] | None = None) -> None:
        """`now` in ms; the server's clock unless a test moves another."""
        self._script = store.script(_SCRIPT)
        self._now = now

    async def take(self, key: str, points: int, per_minute: int) -> Balance:
        arguments = (per_minute, repr(per_minute / _MINUTE_MS), points)
        now = self._now() if self._now else ""
        try:
            is_taken, left, wait_ms = await self._script.run(
                [topics.bucket(key)], (*arguments, now)
            )
        except Unreachable:
            return Balance(per_minute)
        return Balance(left, None if is_taken else max(1, math.ceil(wait_ms / 1_000)))
