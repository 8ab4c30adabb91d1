"""Turns that one process at a time has; a process that dies gives its turn back by dying."""

import fcntl
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.engine import make_url

from models.engine import Database


@asynccontextmanager
async def turn(database: Database, name: str) -> AsyncIterator[bool]:
    """Whether this caller has the turn of that name until the block ends; nobody waits."""
    if database.is_sqlite:
        path = f"{make_url(database.url).database}.{name}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield _locked(descriptor)
        finally:
            os.close(descriptor)
        return
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    engine = database.writer.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        has_turn = await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
        try:
            yield bool(has_turn)
        finally:
            if has_turn:
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
