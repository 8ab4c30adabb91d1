"""What takes too long is ended, and leaves nothing behind: no row, no connection, no lock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from strawberry.types import ExecutionResult

from models.enums import StaffRole
from resolvers.services import Services
from schema.build import build_schema
from schema.operations import LeadlightSchema
from tests.client import Client, everything, lead, staff_client, write_document
from tests.factories import make_lead
from tests.schema.toy import ToyContext, toy_schema

LEAD = """query ($id: ID!) { lead(id: $id) {
  displayName tags { name } emailAddresses { address } notes(first: 5) { nodes { id } }
} }"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
OPEN = """SELECT count(*) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"""


@pytest.fixture
def impatient() -> LeadlightSchema:
    return build_schema(execution_seconds=0.5)


@asynccontextmanager
async def lock(services: Services, *statements: str) -> AsyncIterator[asyncpg.Connection]:
    """Another client of the database that holds locks until the block ends."""
    url = services.database.url.replace("postgresql+asyncpg", "postgresql")
    connection = await asyncpg.connect(url)
    transaction = connection.transaction()
    await transaction.start()
    for statement in statements:
        await connection.execute(statement)
    try:
        yield connection
    finally:
        await transaction.rollback()
        await connection.close()


async def becomes(connection: asyncpg.Connection, query: str, wanted: int) -> None:
    async with asyncio.timeout(10):
        while await connection.fetchval(query) != wanted:
            await connection.execute("SELECT pg_sleep(0.02)")


def checked_out(services: Services) -> int:
    pool: Any = services.database.writer.sync_engine.pool
    count: int = pool.checkedout()
    return count


async def ended(run: Any) -> None:
    result = await run
    (error,) = result.errors
    assert result.data is None
    assert error.extensions == {"code": "TIMEOUT"}


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["lead", "tag", "email_address"])
async def test_a_query_that_waits_for_a_lock_is_ended_and_its_connection_comes_back(
    services: Services, impatient: LeadlightSchema, table: str
) -> None:
    """The lead is read by the field itself, the rest by loaders in tasks of their own."""
    admin = await staff_client(services, StaffRole.ADMIN)
    lead_id = await make_lead(services, tags=["vip"])
    variables = {"id": lead(lead_id)}
    async with lock(services, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE") as other:
        await asyncio.gather(
            *(ended(impatient.execute(LEAD, variables, admin.context())) for _ in range(5))
        )
        await becomes(other, WAITING, 0)
        assert checked_out(services) == 0
    assert (await admin.read(LEAD, **variables))["lead"]["tags"] == [{"name": "vip"}]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_mutation_that_waits_for_a_lock_is_ended_and_writes_nothing(
    services: Services, impatient: LeadlightSchema
) -> None:
    admin = await staff_client(services, StaffRole.ADMIN)
    lead_id = await make_lead(services)
    before = await everything(services)
    document, variables = write_document("addTags"), {"leadId": lead(lead_id), "tags": ["vip"]}
    async with lock(services, f"SELECT * FROM lead_feed WHERE lead_id = '{lead_id}' FOR UPDATE"):
        await asyncio.gather(
            *(
                ended(impatient.execute(document, {"input": variables}, admin.context()))
                for _ in range(5)
            )
        )
        assert checked_out(services) == 0
    assert await everything(services) == before
    async with lock(services) as other:
        await becomes(other, OPEN, 0)
    await admin.done("addTags", **variables)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_query_over_a_socket_is_ended_as_well(
    services: Services, impatient: LeadlightSchema
) -> None:
    admin = await staff_client(services, StaffRole.ADMIN)
    lead_id = await make_lead(services)
    variables = {"id": lead(lead_id)}
    async with lock(services, "LOCK TABLE lead IN ACCESS EXCLUSIVE MODE"):
        results = await impatient.stream(LEAD, variables, admin.context())
        (result,) = [answer async for answer in results]
        assert isinstance(result, ExecutionResult)
        assert result.errors
        assert result.errors[0].extensions == {"code": "TIMEOUT"}
        assert checked_out(services) == 0


async def test_what_is_in_time_is_answered() -> None:
    schema = toy_schema()
    schema.execution_seconds = 5
    result = await schema.execute("{ hello }", context_value=ToyContext())
    assert result.data == {"hello": "hello"}


async def test_a_client_that_leaves_a_stream_while_it_reads_leaves_no_connection(
    services: Services,
) -> None:
    admin: Client = await staff_client(services)
    lead_id = await make_lead(services)
    query = """subscription ($id: ID!) { leadCard(id: $id) { ... on LeadCardSnapshot {
      lead { displayName tags { name } history(first: 9) { totalCount } }
    } } }"""
    for patience in (0, 1, 2, 3, 5, 8, 13):
        results = await build_schema().stream(query, {"id": lead(lead_id)}, admin.context())
        reading = asyncio.ensure_future(anext(results))
        for _ in range(patience):  # leaves at another point of its reading each time
            await asyncio.sleep(0.003)
        reading.cancel()
        await asyncio.wait([reading])
        await results.aclose()
    for engine in (services.database.writer, services.database.reader):
        pool: Any = engine.sync_engine.pool
        assert pool.checkedout() == 0
