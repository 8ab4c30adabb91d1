"""Connections that are cut in the middle of something."""

import asyncio
import sqlite3
from pathlib import Path

from sqlalchemy import text

from models.engine import Database, _SqliteConnection


def test_a_connection_closed_within_a_statement_gives_its_lock_back(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    cut = sqlite3.connect(path, isolation_level=None, factory=_SqliteConnection)
    cut.execute("CREATE TABLE row AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL "
                "SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n")  # fmt: skip
    cut.execute("BEGIN IMMEDIATE")
    cut.execute("DELETE FROM row WHERE i = 7")
    unread = cut.execute("SELECT i FROM row")
    assert unread.fetchone() == (1,)
    cut.close()
    other = sqlite3.connect(path, isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    assert other.execute("SELECT count(*) FROM row").fetchone() == (1000,)
    other.close()
    cut.close()


async def test_writers_that_are_cancelled_anywhere_leave_no_lock(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
    async with database.writing() as session, session.begin():
        await session.execute(text("CREATE TABLE row (i INTEGER PRIMARY KEY)"))

    async def write() -> None:
        async with database.writing() as session, session.begin():
            for _ in range(20):
                await session.execute(text("INSERT INTO row DEFAULT VALUES RETURNING i"))

    for patience in range(40):
        writing = asyncio.create_task(write())
        for _ in range(patience):  # cut at another point each time
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])
    async with asyncio.timeout(5):
        await write()
    await database.dispose()
