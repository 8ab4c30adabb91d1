"""What a subscriber reads."""

import asyncio
from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import Self

from broadcaster import Event

__all__ = ["Event", "Feed", "Gap"]


@dataclass(frozen=True)
class Gap:
    """Something on this channel may have been missed: look again."""

    channel: str


class Feed:
    """What one subscriber has not read yet; iterate over it from one task. Ends with the bus.

    A reader that falls `size` items behind loses them all and finds one `Gap` for each channel.
    """

    def __init__(self, channels: tuple[str, ...], size: int) -> None:
        self.channels = channels
        self._items: deque[Event | Gap] = deque()
        self._size = size
        self._moved = asyncio.Event()
        self._has_ended = False
        self.moved_at = monotonic()
        """When the latest reason to look came, by the monotonic clock."""

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Event | Gap) -> None:
        if len(self._items) >= self._size:
            self._items.clear()
            self._items.extend(Gap(channel) for channel in self.channels)
        elif not (isinstance(item, Gap) and self._items and self._items[-1] == item):
            self._items.append(item)
        self.moved_at = monotonic()
        self._moved.set()

    def end(self) -> None:
        """Let the reader finish what is queued, then end its iteration."""
        self._has_ended = True
        self._moved.set()

    async def moved(self, seconds: float) -> bool:
        """Waits until there is a reason to look, at most `seconds`; many reasons are one.

        False: the bus is closed, and nothing will come any more.
        """
        try:
            async with asyncio.timeout(seconds):
                await anext(self)
        except TimeoutError:
            self.moved_at = monotonic()
            return True
        except StopAsyncIteration:
            return False
        self._items.clear()
        return True

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event | Gap:
        while not self._items:
            if self._has_ended:
                raise StopAsyncIteration
            self._moved.clear()
            await self._moved.wait()
        return self._items.popleft()
