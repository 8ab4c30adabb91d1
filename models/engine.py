"""The database: one engine that writes, one that reads from snapshots.

Invariants
- A writing transaction on SQLite begins IMMEDIATE: the driver's own mode loses updates, and a
  deferred one fails at once when it has to become a writer.
- What is deleted on SQLite is overwritten with zeros; `sweep_out` does so in the WAL as well.
- A reading transaction sees one state of the database from its first statement to its last:
  WAL snapshot on SQLite, REPEATABLE READ on PostgreSQL.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

BUSY_MS = 10_000
"""How long a statement on SQLite waits for a lock."""
SWEEP_MS = 300
"""How long the emptying of the WAL waits for readers."""


class Database:
    """Engines and session factories for one address, `sqlite+aiosqlite` or `postgresql+asyncpg`."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._turn = asyncio.Lock() if self.is_sqlite else None
        if self.is_sqlite:
            self.writer = _sqlite_engine(url, "BEGIN IMMEDIATE", 4)
            self.reader = _sqlite_engine(url, "BEGIN", pool_size)
        else:
            self.writer = create_async_engine(url, pool_size=pool_size, max_overflow=pool_size)
            self.reader = self.writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        self.write_session = _sessions(self.writer)
        self.read_session = _sessions(self.reader)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A session for one writing transaction.

        On SQLite the writers of a process take turns in order: left to themselves they wait by
        sleeping and trying again, which starves some of them for seconds.
        """
        async with AsyncExitStack() as stack:
            if self._turn is not None:
                await stack.enter_async_context(self._turn)
            yield await stack.enter_async_context(self.write_session())

    async def sweep_out(self) -> bool:
        """Empties SQLite's WAL, where former contents of pages lie; False while a reader needs it.

        PostgreSQL does the same by itself: vacuum, and the end of its own log's files.
        """
        if not self.is_sqlite:
            return True
        async with AsyncExitStack() as stack:
            assert self._turn is not None
            await stack.enter_async_context(self._turn)
            connection = await stack.enter_async_context(self.writer.connect())
            raw: Any = (await connection.get_raw_connection()).driver_connection
            await raw.execute(f"PRAGMA busy_timeout={SWEEP_MS}")  # all writers wait meanwhile
            is_busy, *_ = await (await raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")).fetchone()
            await raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            return not is_busy

    async def dispose(self) -> None:
        """Closes every pooled connection."""
        await self.writer.dispose()
        if self.is_sqlite:
            await self.reader.dispose()


def _sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False, autoflush=False)


class _SqliteConnection(sqlite3.Connection):
    """Gives its lock back when it is closed in the middle of a statement, as by a cancellation.

    SQLite keeps such a connection, transaction and all, until the statement is collected as
    garbage; nobody else could write until then.
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


def _sqlite_engine(url: str, begin: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"factory": _SqliteConnection},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            f"busy_timeout={BUSY_MS}",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
