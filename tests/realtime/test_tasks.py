import asyncio

import pytest

from realtime.tasks import end


async def test_a_task_that_swallows_cancellations_ends_all_the_same() -> None:
    is_running = asyncio.Event()

    async def stubborn() -> None:
        for _ in range(3):
            try:
                is_running.set()
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                continue

    async def failing() -> None:
        raise ValueError

    async def impatient() -> None:
        await end(tasks, patience=0.001)

    tasks = [asyncio.create_task(stubborn()), asyncio.create_task(failing())]
    await is_running.wait()
    ending = asyncio.create_task(impatient())
    await asyncio.sleep(0)
    ending.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await ending
    assert all(task.done() for task in tasks)
