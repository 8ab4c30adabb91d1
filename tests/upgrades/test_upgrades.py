"""What a release wrote is there, whole and alive after every migration since."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from app import open_services
from models.changes import Change
from models.clock import ManualClock
from models.engine import Database
from models.enums import ChangeKind
from models.ids import decode_id, encode_id
from models.leads import Lead, LeadAlias
from models.migrations import NewerDatabase, configuration, migrate
from models.tables import metadata
from models.workspace import Erasing
from resolvers.card_state import CardState
from resolvers.services import Services
from resolvers.staff import sign_in
from tests.client import Client
from tests.conftest import make_settings
from tests.factories import PASSWORD
from tests.live.test_cli import refused
from tests.processes import free_port
from tests.resolvers.verify import (
    assert_folds,
    assert_log_holds,
    card_of,
    changes_of,
    head_of,
)
from tests.upgrades.rows import Recorded, encode, read, record, write
from tests.upgrades.workspace import Workspace

RELEASES = {"0.1.0": "0001"}
"""The last migration of each release whose rows are kept."""

CARD = """query ($id: ID!) { lead(id: $id) {
  id displayName priority
  person { firstName lastName }
  state { name }
  assignee { name }
  emailAddresses { asTyped }
  phoneNumbers { number }
  properties { key value { display } }
  tags { name }
  notes(first: 9) { nodes { text isPinned } }
  events(first: 9) { nodes { name count } }
  messages(first: 9) { nodes { text } }
  history(first: 100) { totalCount nodes { summary } }
} }"""

PAST = """query ($id: ID!) { lead(id: $id, asOf: {at: "2026-01-12T08:31:05Z"}) {
  displayName priority tags { name } emailAddresses { asTyped }
} }"""


def recorded_rows(release: str) -> Recorded:
    found: Recorded = orjson.loads(Path(__file__).with_name(f"{release}.json").read_bytes())
    return found


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rows(release: str) -> Recorded:
    return recorded_rows(release)


@pytest.fixture
async def old_url(empty_url: str, release: str, rows: Recorded) -> str:
    """A database as the release left it."""
    database = Database(empty_url)

    def fill(connection: Connection) -> None:
        command.upgrade(configuration(connection), RELEASES[release])
        write(connection, rows)

    try:
        async with database.writer.begin() as connection:
            await connection.run_sync(fill)
    finally:
        await database.dispose()
    return empty_url


@pytest.fixture
async def upgraded(old_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Services]:
    """The present program, started on it."""
    async with open_services(make_settings(old_url, tmp_path), clock) as services:
        yield services


@pytest.fixture
async def admin(upgraded: Services) -> Client:
    """Somebody who joined before the upgrade, signing in with the password of then."""
    signed_in = await sign_in(
        upgraded, "ada@oriel.example", PASSWORD, device="Browser", client="127.0.0.1"
    )
    return Client(upgraded, signed_in.token, actor=signed_in.actor)


async def lead_named(services: Services, name: str) -> UUID:
    async with services.database.read_session() as session:
        found = await session.scalar(select(col(Lead.id)).where(col(Lead.display_name) == name))
    assert found is not None
    return found


async def lead_ids(services: Services) -> list[UUID]:
    async with services.database.read_session() as session:
        return list(await session.scalars(select(col(Lead.id))))


async def assert_card_is_the_fold(services: Services, lead_id: UUID) -> None:
    """Fails unless the whole log leads to the card, but for what 0.1.0 did not log: how an address
    or number was typed. Of that time the canonical form is shown."""
    changes = await changes_of(services, lead_id)
    card = await card_of(services, lead_id)
    logged = orjson.dumps([change.data for change in changes]).decode()
    for entry in (*card.email_addresses, *card.phone_numbers):
        if entry.get("as_typed", "") not in logged:
            del entry["as_typed"]
    assert_folds(CardState(), changes, card)


# --- what was written ------------------------------------------------------------------------


async def test_every_recorded_value_is_as_it_was(upgraded: Services, rows: Recorded) -> None:
    async with upgraded.database.writer.begin() as connection:
        for name, content in rows.items():
            found = await connection.run_sync(read, name, content["columns"], [])
            present = {orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in found}
            before = {orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in content["rows"]}
            assert before - present == set(), name


ADDED_BY_MIGRATIONS = {"field_definition": 8}
"""Rows that a migration adds to a workspace that has begun."""


async def test_no_table_lost_or_doubled_a_row(upgraded: Services, rows: Recorded) -> None:
    async with upgraded.database.writer.begin() as connection:
        found = {
            name: await connection.scalar(select(func.count()).select_from(text(name)))
            for name in rows
        }
    assert found == {
        name: len(content["rows"]) + ADDED_BY_MIGRATIONS.get(name, 0)
        for name, content in rows.items()
    }


async def test_every_log_holds_and_folds_to_the_card(upgraded: Services) -> None:
    for lead_id in await lead_ids(upgraded):
        await assert_log_holds(upgraded, lead_id)
        await assert_card_is_the_fold(upgraded, lead_id)


async def test_a_row_of_then_that_was_tampered_with_is_noticed(upgraded: Services) -> None:
    lead_id = await lead_named(upgraded, "Lena Lorenz")
    async with upgraded.database.writer.begin() as connection:
        # only a row of a lead that is being erased can be changed at all
        await connection.execute(insert(Erasing).values(lead_id=lead_id))
        await connection.execute(
            update(Change)
            .where(col(Change.lead_id) == lead_id, col(Change.revision) == 2)
            .values(actor_name="Somebody else")
        )
    with pytest.raises(AssertionError):
        await assert_log_holds(upgraded, lead_id)


# --- the program on it -----------------------------------------------------------------------


async def test_a_card_of_then_answers(upgraded: Services, admin: Client) -> None:
    lead_id = await lead_named(upgraded, "Lena Lorenz")
    card = (await admin.read(CARD, id=encode_id("lead", lead_id)))["lead"]
    assert (card["priority"], card["assignee"]["name"]) == ("HIGH", "Moritz Mann")
    assert [each["name"] for each in card["tags"]] == ["VIP"]
    values = {each["key"]: each["value"] for each in card["properties"]}
    assert (values["budget"]["display"], values["rooms"]["display"]) == ("1,250,000.50 CHF", "4")
    assert values["website"] is None
    assert [each["text"] for each in card["notes"]["nodes"]] == ["Wants a view of the lake."]
    assert [each["name"] for each in card["events"]["nodes"]] == ["Viewing", "Viewing"]
    assert card["history"]["totalCount"] == len(await changes_of(upgraded, lead_id))


async def test_the_past_before_the_upgrade_answers(upgraded: Services, admin: Client) -> None:
    lead_id = await lead_named(upgraded, "Lena Lorenz")
    then = (await admin.read(PAST, id=encode_id("lead", lead_id)))["lead"]
    assert (then["displayName"], then["priority"]) == ("Lena Lörenz", "NORMAL")
    assert [each["name"] for each in then["tags"]] == ["Seefeld", "VIP"]
    assert then["emailAddresses"][0]["asTyped"] == "lena.lorenz@mail.example"


async def test_a_merged_lead_leads_to_its_survivor(upgraded: Services, admin: Client) -> None:
    async with upgraded.database.read_session() as session:
        alias = (await session.scalars(select(LeadAlias))).one()
    card = (await admin.read(CARD, id=encode_id("lead", alias.alias_id)))["lead"]
    assert card["id"] == encode_id("lead", alias.lead_id)
    assert "Is it still free?\n👋" in [each["text"] for each in card["messages"]["nodes"]]
    assert [each["asTyped"] for each in card["emailAddresses"]] == ["kim@mail.example"]


async def test_acts_go_on_where_the_log_ended(upgraded: Services, admin: Client) -> None:
    listed = (await admin.read("{ leads(first: 9) { nodes { id } } }"))["leads"]["nodes"]
    assert len(listed) == 2
    for lead in listed:
        lead_id = decode_id("lead", lead["id"])
        head = await head_of(upgraded, lead_id)
        await admin.done("addTags", leadId=lead["id"], tags=["upgraded"])
        changes = await changes_of(upgraded, lead_id)
        assert (changes[-1].revision, changes[-1].kind) == (head + 1, ChangeKind.TAGS_CHANGED)
        await assert_card_is_the_fold(upgraded, lead_id)
        await assert_log_holds(upgraded, lead_id)


WRITTEN_ONCE = (
    "UPDATE change SET actor_name = 'x'",
    "DELETE FROM change",
    "UPDATE workspace_change SET actor_name = 'x'",
    "DELETE FROM workspace_change",
    "UPDATE note_text SET text = 'x'",
    "DELETE FROM note_text",
    "UPDATE message SET text = 'x'",
)


async def test_what_is_written_once_still_refuses_to_change(upgraded: Services) -> None:
    for statement in WRITTEN_ONCE:
        with pytest.raises(DBAPIError, match="append-only|never change"):
            async with upgraded.database.writer.begin() as connection:
                await connection.execute(text(statement))


# --- migrations ------------------------------------------------------------------------------


async def test_rows_are_kept_of_every_table_of_the_release(old_url: str, rows: Recorded) -> None:
    database = Database(old_url)
    try:
        async with database.writer.begin() as connection:
            tables = await connection.run_sync(lambda each: set(inspect(each).get_table_names()))
    finally:
        await database.dispose()
    partitions = {name for name in tables if re.search(r"_p\d+$", name)}
    passing = {"erasing"}  # holds a row only while a lead is being erased
    assert tables - partitions - passing - {"alembic_version"} == set(rows)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_next_release_can_be_recorded(services: Services, clock: ManualClock) -> None:
    await Workspace(services, clock).build()
    async with services.database.writer.begin() as connection:
        recorded = await connection.run_sync(record, metadata)
    assert orjson.loads(encode(recorded)) == recorded
    assert set(recorded) >= set(recorded_rows("0.1.0"))


def test_migrations_go_forward_only() -> None:
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    assert [each.revision for each in scripts if hasattr(each.module, "downgrade")] == []


async def test_a_newer_database_is_refused_and_left_alone(empty_url: str) -> None:
    database = Database(empty_url)
    try:
        await make_newer(database)
        with pytest.raises(NewerDatabase, match="revision 9999"):
            await migrate(database)
        async with database.writer.begin() as connection:
            assert (
                await connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
            )
    finally:
        await database.dispose()


async def test_commands_refuse_a_newer_database_in_one_line(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'leadlight.db'}")
    try:
        await make_newer(database)
    finally:
        await database.dispose()
    for name in ("migrate", "serve"):
        (line,) = await asyncio.to_thread(refused, tmp_path, name, PORT=free_port())
        assert line.startswith("The database is at revision 9999, which this release does not know")


async def make_newer(database: Database) -> None:
    """Leaves the database as a release that is yet to come would."""
    await migrate(database)
    async with database.writer.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
