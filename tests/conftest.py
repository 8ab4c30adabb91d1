"""Fixtures for every test. Servers are in servers.py, the browser in chromium.py,
what the program logs is looked at by log_watch.py."""

import gc
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import LRUCache

from app import open_services
from models.clock import ManualClock
from resolvers.services import Services
from settings import Settings
from tests.databases import SECRET_KEY, copy_template, drop, make_empty, make_template

pytest_plugins = [
    "tests.scheduling",
    "tests.servers",
    "tests.chromium",
    "tests.nodejs",
    "tests.log_watch",
]

gc.disable()  # until all is loaded, all of which stays


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """The schema and the tables are a million objects; to look through them again and again for
    garbage took a third of the time of tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


# --- databases and the application -----------------------------------------------------------

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Every test that needs a database runs on both."""
    return str(request.param)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Migrated and begun databases by dialect, made when first asked for."""
    folder = tmp_path_factory.mktemp("templates")
    yield {"folder": str(folder)}
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(
    dialect: str, templates: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A copy of the migrated database, this test's alone."""
    admin = request.getfixturevalue("postgres_server").url if dialect == "postgresql" else None
    if dialect not in templates:
        templates[dialect] = make_template(dialect, Path(templates["folder"]), admin)
    url = copy_template(dialect, templates[dialect], tmp_path, admin)
    yield url
    drop(url, admin)


@pytest.fixture
def empty_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without any table."""
    admin = request.getfixturevalue("postgres_server").url if dialect == "postgresql" else None
    url = make_empty(tmp_path, admin)
    yield url
    drop(url, admin)


@pytest.fixture(scope="session", autouse=True)
def shared_compilations() -> Iterator[None]:
    """A statement is compiled once for a dialect, as in a process that has run for a while.

    Left alone, each engine compiles for itself, and each test has new ones.
    """
    compiled = Compilations(5_000)
    with pytest.MonkeyPatch.context() as patch:
        options = {"compiled_cache": compiled}
        create = partial(create_async_engine, execution_options=options)
        patch.setattr("models.engine.create_async_engine", create)
        yield


class Compilations(LRUCache[Any, Any]):
    """Compiled statements by the name of their dialect, where an engine asks by its own object."""

    def __getitem__(self, key: tuple[Any, ...]) -> Any:
        return super().__getitem__((key[0].name, *key[1:]))

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), value)


@pytest.fixture
def clock() -> ManualClock:
    """Time stands still until a test moves it."""
    return ManualClock(START)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of one process with the in-process bus."""
    return make_settings(database_url, tmp_path)


def make_settings(database_url: str, folder: Path, **over: object) -> Settings:
    """Settings that read nothing from the environment."""
    values = {
        "database_url": database_url,
        "data_dir": folder / "data",
        "secret_key": SECRET_KEY,
        "redis_url": None,
        "demo": False,
        **over,
    }
    return Settings.model_validate(values)


@pytest.fixture
async def services(settings: Settings, clock: ManualClock) -> AsyncIterator[Services]:
    """The parts of one process, on both databases, in-process bus, standing clock."""
    async with open_services(settings, clock) as opened:
        yield opened


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Names that no other test uses."""
    return lambda word: f"{word}-{uuid4().hex[:8]}"
