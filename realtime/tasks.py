"""Ending tasks for certain."""

import asyncio
from collections.abc import Iterable
from typing import Any


async def end(tasks: Iterable[asyncio.Task[Any]], patience: float = 0.05) -> None:
    """Cancel these tasks until they are done, again after every `patience` seconds.

    Once is not enough on Python 3.11: `asyncio.wait_for`, which the database and Redis drivers use,
    swallows a cancellation that arrives together with its result, and so does a task group
    that has an error to tell. The caller's own cancellation waits until they are done.
    """
    tasks = list(tasks)
    interruption: asyncio.CancelledError | None = None
    while pending := {task for task in tasks if not task.done()}:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=patience)
        except asyncio.CancelledError as error:
            interruption = error
    for task in tasks:
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not complain of it later
    if interruption is not None:
        raise interruption
