"""One migrated database for each dialect and test process; each test has a copy, dropped again."""

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from app import open_services
from models.clock import Clock
from resolvers.services import Services
from resolvers.workspace import begin_workspace
from settings import Settings

Fill = Callable[[Services], Awaitable[None]]


SECRET_KEY = "0123456789abcdef0123456789abcdef"


def make_template(
    dialect: str,
    folder: Path,
    admin: str | None,
    fill: Fill | None = None,
    clock: Clock | None = None,
) -> str:
    """Its address, after migrating it, beginning the workspace, and `fill`."""
    if admin is None:
        url = f"sqlite+aiosqlite:///{folder / 'template.db'}"
    else:
        name = f"template_{uuid4().hex}"
        _run(admin, f"CREATE DATABASE {name}")
        url = _with_database(admin, name)
    settings = Settings.model_validate(
        {"database_url": url, "data_dir": folder, "secret_key": SECRET_KEY, "redis_url": None}
    )
    _in_thread(_begin(settings, fill, clock))
    return url


def copy_template(dialect: str, template: str, folder: Path, admin: str | None) -> str:
    """The address of a fresh copy."""
    if admin is None:
        source = template.partition(":///")[2]
        target = folder / "leadlight.db"
        shutil.copyfile(source, target)
        return f"sqlite+aiosqlite:///{target}"
    name = f"test_{uuid4().hex}"
    source = urlsplit(template).path.strip("/")
    # copied as files: by way of the log it takes twice as long
    _run(admin, f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
    return _with_database(admin, name)


def make_empty(folder: Path, admin: str | None) -> str:
    """The address of a database without any table."""
    if admin is None:
        return f"sqlite+aiosqlite:///{folder / 'empty.db'}"
    name = f"empty_{uuid4().hex}"
    _run(admin, f"CREATE DATABASE {name}")
    return _with_database(admin, name)


def drop(url: str, admin: str | None) -> None:
    """Takes a copy away, beside the next test; one on SQLite goes with its folder."""
    if admin is not None:
        name = urlsplit(url).path.strip("/")
        _administrator(admin).send(f"DROP DATABASE {name} WITH (FORCE)")


async def _begin(settings: Settings, fill: Fill | None, clock: Clock | None) -> None:
    async with open_services(settings, clock) as services:
        await begin_workspace(services)
        if fill:
            await fill(services)


class _Administrator:
    """One connection that makes and drops databases, in a thread and loop of its own."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def send(self, statement: str) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(self._execute(statement), self._loop)

    async def _execute(self, statement: str) -> None:
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self._address)
            await self._connection.execute(statement)


@cache
def _administrator(admin: str) -> _Administrator:
    return _Administrator(admin.replace("postgresql+asyncpg", "postgresql"))


def _run(admin: str, statement: str) -> None:
    _administrator(admin).send(statement).result()


def _with_database(admin: str, name: str) -> str:
    parts = urlsplit(admin)
    return urlunsplit(parts._replace(scheme="postgresql+asyncpg", path=f"/{name}"))


def _in_thread(work: Coroutine[Any, Any, None]) -> None:
    """Runs to its end outside of any loop that a test may have."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, work).result()
