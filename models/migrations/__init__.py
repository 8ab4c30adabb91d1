"""Migrations, run by the program itself at start, under a lock.

They go forward only, see docs/decisions/0013-migrations-go-forward.md.
"""

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
        _refuse_newer(sync_connection)
        command.upgrade(configuration(sync_connection), "head")

    await connection.run_sync(run)


def _refuse_newer(connection: Connection) -> None:
    known = {
        each.revision for each in ScriptDirectory.from_config(configuration()).walk_revisions()
    }
    newer = set(MigrationContext.configure(connection).get_current_heads()) - known
    if newer:
        raise NewerDatabase(
            f"The database is at revision {', '.join(sorted(newer))}, which this release does not "
            "know: a newer one has migrated it. Start that release, or restore a backup."
        )
