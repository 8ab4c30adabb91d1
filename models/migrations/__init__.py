"""Migrations, run by the program itself at start, under a lock.

They go forward only, see docs/decisions/0013-migrations-go-forward.md.
"""

from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.engine import Database

LOCK = 7_125_331_900_001
"""Key of the PostgreSQL advisory lock that lets one process migrate at a time."""


class NewerDatabase(Exception):
    """A newer release has migrated the database; this one would not keep to its rules."""


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration without any file; `connection` is used by env.py."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> None:
    """Brings the database to the newest revision; does nothing when it is there.

    Raises:
        NewerDatabase: the database is at a revision that this program does not know.
    """
    async with database.writer.begin() as connection:
        await _upgrade(connection, database.is_sqlite)


async def _upgrade(connection: AsyncConnection, is_sqlite: bool) -> None:
    if not is_sqlite:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})

    def run(sync_connection: Any) -> None:
        if _is_newest(sync_connection):
            return
        command.upgrade(configuration(sync_connection), "head")

    await connection.run_sync(run)


@cache
def _revisions() -> tuple[str, ...]:
    """Every one that this release knows, the newest first; read from the files once."""
    scripts = ScriptDirectory.from_config(configuration())
    return tuple(each.revision for each in scripts.walk_revisions())


def _is_newest(connection: Connection) -> bool:
    known = _revisions()
    current = MigrationContext.configure(connection).get_current_heads()
    newer = set(current) - set(known)
    if newer:
        raise NewerDatabase(
            f"The database is at revision {', '.join(sorted(newer))}, which this release does not "
            "know: a newer one has migrated it. Start that release, or restore a backup."
        )
    return current == known[:1]
