"""A reading is shared by those who wanted it when it began, and by nobody else."""

import asyncio
from time import monotonic

import pytest

from realtime.tasks import end
from resolvers.shared_readings import SharedReadings


class Shelf:
    """Something to read; each reading waits until it may end."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def read(self) -> int:
        self.begun += 1
        number = self.begun
        await self.may_end.wait()
        return number


async def test_who_asks_before_a_reading_began_shares_it_and_who_asks_later_does_not() -> None:
    readings, shelf, before = SharedReadings(), Shelf(), monotonic()
    first = [asyncio.create_task(readings.read("list", before, shelf.read)) for _ in range(5)]
    other = asyncio.create_task(readings.read("another list", before, shelf.read))
    await asyncio.sleep(0)
    late = asyncio.create_task(readings.read("list", monotonic(), shelf.read))
    await asyncio.sleep(0)
    shelf.may_end.set()
    assert await asyncio.gather(*first) == [1] * 5
    assert (await other, await late) == (2, 3)
    assert await readings.read("list", before, shelf.read) == 3
    between = monotonic()
    assert await readings.read("list", between, shelf.read, began=before) == 4
    assert await readings.read("list", between, shelf.read) == 5, "of what was before the reason"


async def test_a_reading_that_fails_or_is_given_up_does_so_for_its_own_caller_only() -> None:
    readings, shelf, before = SharedReadings(), Shelf(), monotonic()
    owner, waiter = (
        asyncio.create_task(readings.read("list", before, shelf.read)) for _ in range(2)
    )
    await asyncio.sleep(0)
    await end([owner])
    shelf.may_end.set()
    assert await waiter == 2

    async def broken() -> int:
        raise ValueError("broken")

    now = monotonic()
    with pytest.raises(ValueError, match="broken"):
        await readings.read("list", now, broken)
    assert await readings.read("list", now, shelf.read) == 3
