"""Fixtures of the live tests."""

import threading
from collections.abc import AsyncIterator

import pytest

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


def _driver_threads() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if "_connection_worker_thread" in each.name}
