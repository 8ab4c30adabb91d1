"""Who holds the data folder."""

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from settings import Settings


class AlreadyRunning(SystemExit):
    """Another server has this data folder."""


@asynccontextmanager
async def only_server(settings: Settings) -> AsyncIterator[None]:
    """Holds the data folder while an embedded server runs: its bus reaches one process only."""
    if not settings.is_embedded:
        yield
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(settings.data_dir / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"Another server uses {settings.data_dir}. Stop it, or set DATABASE_URL and "
                "REDIS_URL to run several."
            ) from None
        yield
    finally:
        os.close(descriptor)
