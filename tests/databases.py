"""One migrated database for each dialect and test process, copied for each test."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from app import open_services
from resolvers.services import Services
from resolvers.workspace import begin_workspace
from settings import Settings

Fill = Callable[[Services], Awaitable[None]]


def make_template(dialect: str, folder: Path, admin: str | None, fill: Fill | None = None) -> str:
    """Its address, after migrating it, beginning the workspace, and `fill`."""
    if admin is None:
        url = f"sqlite+aiosqlite:///{folder / 'template.db'}"
    else:
        name = f"template_{uuid4().hex}"
        _in_thread(_run(admin, f"CREATE DATABASE {name}"))
        url = _with_database(admin, name)
    settings = Settings.model_validate(
        {"database_url": url, "data_dir": folder, "secret_key": "t" * 40, "redis_url": None}
    )
    _in_thread(_begin(settings, fill))
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
    _in_thread(_run(admin, f"CREATE DATABASE {name} TEMPLATE {source}"))
    return _with_database(admin, name)


def make_empty(folder: Path, admin: str | None) -> str:
    """The address of a database without any table."""
    if admin is None:
        return f"sqlite+aiosqlite:///{folder / 'empty.db'}"
    name = f"empty_{uuid4().hex}"
    _in_thread(_run(admin, f"CREATE DATABASE {name}"))
    return _with_database(admin, name)


async def _begin(settings: Settings, fill: Fill | None) -> None:
    async with open_services(settings) as services:
        await begin_workspace(services)
        if fill:
            await fill(services)


async def _run(admin: str, statement: str) -> None:
    connection = await asyncpg.connect(admin.replace("postgresql+asyncpg", "postgresql"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _with_database(admin: str, name: str) -> str:
    parts = urlsplit(admin)
    return urlunsplit(parts._replace(scheme="postgresql+asyncpg", path=f"/{name}"))


def _in_thread(work) -> None:
    """Runs to its end outside of any loop that a test may have."""
    import threading

    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
