"""The migrations make exactly the tables that the models describe, on both databases."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from models.changes import PARTITIONS
from models.engine import Database
from models.migrations import configuration, migrate
from models.tables import metadata

PATIENCE = 30.0


@pytest.fixture
async def empty_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database without any table."""
    if dialect == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    admin: str = request.getfixturevalue("postgres_server").url
    name = f"empty_{uuid4().hex}"
    connection = await asyncpg.connect(admin)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return urlunsplit(urlsplit(admin)._replace(scheme="postgresql+asyncpg", path=f"/{name}"))


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(configuration()).get_heads()) == 1


async def test_the_tables_are_those_of_the_models(empty_url: str, dialect: str) -> None:
    database = Database(empty_url)
    try:
        await migrate(database)
        async with database.writer.begin() as connection:
            await connection.run_sync(_check)
            tables = await connection.run_sync(lambda each: set(inspect(each).get_table_names()))
    finally:
        await database.dispose()
    partitions = {
        f"{table}_p{number}" for table in ("change", "event") for number in range(PARTITIONS)
    }
    expected = {*metadata.tables, "alembic_version"}
    assert tables == expected | (partitions if dialect == "postgresql" else set())


def _check(connection: Connection) -> None:
    command.check(configuration(connection))


async def test_migrating_again_changes_nothing(empty_url: str) -> None:
    database = Database(empty_url)
    try:
        revisions = []
        for _ in range(2):
            await migrate(database)
            async with database.writer.begin() as connection:
                revisions.append(await connection.run_sync(_revision))
    finally:
        await database.dispose()
    assert revisions[0] is not None
    assert revisions[0] == revisions[1]


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


async def test_processes_that_start_at_once_migrate_one_after_the_other(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(4)]
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(migrate(database) for database in databases))
    finally:
        for database in databases:
            await database.dispose()
