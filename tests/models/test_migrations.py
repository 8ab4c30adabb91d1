"""The migrations make exactly the tables that the models describe, on both databases."""

import asyncio
from uuid import uuid4

from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Connection, Uuid, column, insert, inspect, table, text

from models.changes import PARTITIONS
from models.engine import Database
from models.migrations import configuration, migrate
from models.search import INDEX_TABLES
from models.tables import metadata
from resolvers.workspace import DEAL, SALES

PATIENCE = 30.0


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
    assert tables == expected | (partitions if dialect == "postgresql" else INDEX_TABLES)


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


async def test_a_workspace_that_began_earlier_gets_the_newer_fields_once(empty_url: str) -> None:
    database = Database(empty_url)
    try:
        async with database.writer.begin() as connection:
            await connection.run_sync(_began_at_0001)
        await migrate(database)
        async with database.writer.begin() as connection:
            rows = (
                await connection.execute(
                    text(
                        "SELECT key, is_built_in, position FROM field_definition ORDER BY position"
                    )
                )
            ).all()
    finally:
        await database.dispose()
    assert [row.key for row in rows] == [
        "sales_remarks_own",
        "value_own",
        *(key for key, _, _, _ in SALES + DEAL),
    ]
    assert [bool(row.is_built_in) for row in rows] == [False] * 2 + [True] * len(SALES + DEAL)


def _began_at_0001(connection: Connection) -> None:
    command.upgrade(configuration(connection), "0001")
    group = uuid4()
    for number, name in enumerate(("Contact info", "Deal details")):
        identity = group if number else uuid4()
        connection.execute(
            insert(table("field_group", column("id", Uuid), column("name"), column("position"))),
            {"id": identity, "name": name, "position": number},
        )
    for position, (key, kind) in enumerate((("sales_remarks", "TEXT"), ("value", "NUMBER"))):
        connection.execute(
            insert(
                table(
                    "field_definition",
                    column("id", Uuid),
                    column("group_id", Uuid),
                    *(column(name, Boolean) for name in FLAGS),
                    *(column(name) for name in ("key", "label", "type", "visibility", "position")),
                )
            ),
            {
                "id": uuid4(),
                "group_id": group,
                **dict.fromkeys(FLAGS, False),
                "key": key,
                "label": "Ours",
                "type": kind,
                "visibility": "ALL",
                "position": position,
            },
        )


FLAGS = ("is_built_in", "is_listed", "is_required", "is_personal_data")


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
