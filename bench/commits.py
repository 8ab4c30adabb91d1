"""Units of work a second, beside what the same driver does with nothing but an INSERT."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID, uuid4

import aiosqlite
import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bench.report import Report
from bench.seeding import FIELD
from bench.setups import Setup
from bench.sizes import Size
from resolvers.actors import Actor
from resolvers.leads import PropertyEdit, set_properties
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work

WRITERS = (1, 8, 16)
MOST_ACTS = 1_000_000
Act = Callable[[int], Awaitable[None]]


async def measure(
    report: Report,
    setup: Setup,
    size: Size,
    services: Services,
    actor: Actor,
    lead_ids: Sequence[UUID],
) -> None:
    """One round of writers in this process, without servers beside them."""
    for writers in WRITERS:
        name = f"{writers} writers" if writers > 1 else "1 writer"
        async with _raw_writers(setup, services, writers) as insert:
            raw, _ = await _rate(insert, writers, size.writing_seconds)
        report.add(setup.name, f"bare INSERT, {name}", "commits/s", raw)
        for where, leads in (("one lead", lead_ids[:1]), ("many leads", lead_ids)):
            act = _unit_of_work(services, actor, leads, writers)
            rate, failed = await _rate(act, writers, size.writing_seconds)
            label = f"unit of work, {where}, {name}"
            report.add(setup.name, label, "commits/s", rate)
            report.add(setup.name, f"{label}, of bare INSERT", "%", 100 * rate / raw)
            if failed:
                report.add(setup.name, f"{label}, failed", "commits", failed)


async def _rate(act: Act, writers: int, seconds: float) -> tuple[float, int]:
    """Acts a second by so many writers at once, and how many failed."""
    done = failed = 0
    started = time.perf_counter()

    async def write(number: int) -> None:
        nonlocal done, failed
        for _ in range(MOST_ACTS):
            if time.perf_counter() - started >= seconds:
                return
            try:
                await act(number)
                done += 1
            except (DBAPIError, PoolTimeoutError):
                failed += 1

    async with asyncio.TaskGroup() as group:
        for number in range(writers):
            group.create_task(write(number))
    return done / (time.perf_counter() - started), failed


def _unit_of_work(services: Services, actor: Actor, leads: Sequence[UUID], writers: int) -> Act:
    """Sets a property to a text that is always another one; writers keep to their own leads."""
    counters = [itertools.count(number, writers) for number in range(writers)]

    async def act(number: int) -> None:
        lead_id = leads[next(counters[number]) % len(leads)]
        async with unit_of_work(services, actor) as work:
            await set_properties(work, lead_id, [PropertyEdit(FIELD, {"text": uuid4().hex})])

    return act


@asynccontextmanager
async def _raw_writers(setup: Setup, services: Services, writers: int) -> AsyncIterator[Act]:
    """Transactions of one INSERT, each writer on its own connection of the driver."""
    async with services.database.writer.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS bench_raw (value TEXT)")
    async with AsyncExitStack() as stack:
        if services.database.is_sqlite:
            path = setup.settings.database_url.partition(":///")[2]
            yield await _sqlite_writers(stack, path, writers)
        else:
            url = setup.settings.database_url.replace("+asyncpg", "")
            yield await _postgres_writers(stack, url, writers)


async def _sqlite_writers(stack: AsyncExitStack, path: str, writers: int) -> Act:
    connections = []
    for _ in range(writers):
        opened = aiosqlite.connect(path, isolation_level=None)
        connections.append(await stack.enter_async_context(opened))
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"):
            await connections[-1].execute(f"PRAGMA {pragma}")

    async def act(number: int) -> None:
        connection = connections[number]
        await connection.execute("BEGIN IMMEDIATE")
        await connection.execute("INSERT INTO bench_raw VALUES (?)", (uuid4().hex,))
        await connection.execute("COMMIT")

    return act


async def _postgres_writers(stack: AsyncExitStack, url: str, writers: int) -> Act:
    connections = []
    for _ in range(writers):
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        connections.append(connection)

    async def act(number: int) -> None:
        async with connections[number].transaction():
            await connections[number].execute("INSERT INTO bench_raw VALUES ($1)", uuid4().hex)

    return act
