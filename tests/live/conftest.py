"""Fixtures of the live tests."""

import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from app import open_services
from models.clock import ManualClock
from resolvers.services import Services
from tests.conftest import make_settings
from tests.live.following import eventually


@pytest.fixture(autouse=True)
async def drivers_have_ended() -> AsyncIterator[None]:
    """Keeps the loop until the SQLite driver's threads ended.

    One that was cancelled while it worked is told to stop and not waited for; it complains if the
    loop that it answers to is gone by then.
    """
    before = _driver_threads()
    yield
    await eventually(lambda: not _driver_threads() - before)


@pytest.fixture
async def pair(
    dialect: str, database_url: str, tmp_path: Path, clock: ManualClock, request: Any
) -> AsyncIterator[tuple[Services, Services]]:
    """Where people act and where they listen: one process, or two with Valkey between them."""
    async with AsyncExitStack() as stack:
        if dialect == "sqlite":
            one = await stack.enter_async_context(
                open_services(make_settings(database_url, tmp_path), clock)
            )
            yield one, one
            return
        redis = request.getfixturevalue("redis_server").url
        opened = [
            await stack.enter_async_context(
                open_services(make_settings(database_url, folder, redis_url=redis), clock)
            )
            for folder in (tmp_path / "a", tmp_path / "b")
        ]
        yield opened[0], opened[1]


def _driver_threads() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if "_connection_worker_thread" in each.name}
