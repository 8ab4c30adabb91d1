"""Work that no request waits for: the same use-cases, called by a loop."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import delete
from sqlmodel import col

from models.workspace import Idempotency
from resolvers.actors import SYSTEM
from resolvers.idempotency import KEPT
from resolvers.presence import BATCH, end_forgotten_intervals, note_alive, store_intervals
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 2.0
ALIVE_SECONDS = 15.0
FORGOTTEN_SECONDS = 30.0
TIDY_SECONDS = 3600.0


async def run_worker(services: Services) -> None:
    """Runs until cancelled; any number of processes may."""
    async with asyncio.TaskGroup() as loops:
        loops.create_task(_repeat(INTERVAL_SECONDS, lambda: store_all(services)))
        loops.create_task(_repeat(ALIVE_SECONDS, lambda: note_alive(services)))
        loops.create_task(_repeat(FORGOTTEN_SECONDS, lambda: end_forgotten_intervals(services)))
        loops.create_task(_repeat(TIDY_SECONDS, lambda: forget_keys(services)))


async def _repeat(seconds: float, act: Callable[[], Awaitable[object]]) -> None:
    is_failing = False
    while True:
        try:
            await act()
            is_failing = False
        except Exception as error:
            if not is_failing:
                log.warning("background work failed", error=type(error).__name__)
            is_failing = True
        await asyncio.sleep(seconds)


async def store_all(services: Services) -> None:
    """Stores all that presence has told so far."""
    while await store_intervals(services) == BATCH:
        pass


async def forget_keys(services: Services) -> None:
    """Removes idempotency keys that are past their time."""
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            delete(Idempotency).where(col(Idempotency.created_at) < work.at - KEPT)
        )
