"""The log can't be changed, and a changed one is found out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from models.clock import ManualClock
from models.enums import Channel, Priority
from models.workspace import Erasing
from resolvers import conversations, event_texts, events, leads, log, notes, staff, tags
from resolvers.actors import SYSTEM
from resolvers.conversations import NewMessage
from resolvers.events import NewEvent
from resolvers.leads import PropertyEdit
from resolvers.log import HistoryProblem, Verification
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_lead, make_staff, make_visit
from tests.resolvers.verify import act, changes_of

GUARDS = {
    "sqlite": ("DROP TRIGGER change_no_update", "DROP TRIGGER change_no_delete"),
    "postgresql": ("ALTER TABLE change DISABLE TRIGGER USER",),
}


@asynccontextmanager
async def writing(services: Services) -> AsyncIterator[AsyncConnection]:
    """A connection past every use-case, as somebody with the database's password has it."""
    async with services.database.writer.begin() as connection:
        yield connection


async def check(services: Services, lead_id: UUID) -> Verification:
    async with services.database.read_session() as session:
        return await log.verify(session, lead_id)


async def tampered(
    services: Services, dialect: str, lead_id: UUID, *statements: str
) -> Verification:
    """The outcome of a check after statements past the guards; nothing of it stays."""
    values = {"lead": as_stored(dialect, lead_id)}
    async with services.database.write_session() as session:
        for statement in (*GUARDS[dialect], *statements):
            await session.execute(text(statement), values if ":lead" in statement else {})
        outcome = await log.verify(session, lead_id)
        session.expunge_all()
        await session.rollback()
    return outcome


def as_stored(dialect: str, lead_id: UUID) -> Any:
    return lead_id.hex if dialect == "sqlite" else lead_id


@pytest.fixture
async def lead_id(services: Services) -> UUID:
    """A lead with six changes, the first by the program and the rest by a person."""
    lead_id = await make_lead(services)
    admin = await make_staff(services)
    for number in range(5):
        await act(
            services,
            admin,
            leads.set_properties,
            lead_id,
            [PropertyEdit("rooms", {"number": str(number)})],
        )
    return lead_id


@pytest.mark.behaviour("C46")
async def test_an_untouched_log_holds(services: Services, lead_id: UUID) -> None:
    outcome = await check(services, lead_id)
    assert (outcome.checked, outcome.erased, outcome.problem) == (6, 0, None)
    assert outcome.bad is None
    assert len(outcome.head) == 32


ALTERED = [
    "data = '{\"diffs\": []}'",
    "salt = commitment",
    "commitment = digest",
    "digest = commitment",
    "actor_name = 'Somebody else'",
    "actor_id = lead_id",
    "actor_kind = 'BOT'",
    "via = 'IMPORT'",
    "kind = 'tags_changed'",
    "category = 'EVENT'",
    "subject_kind = 'note'",
    "id = lead_id",
    "access_version = 0",
    "cause_id = lead_id",
]


@pytest.mark.behaviour("C46")
async def test_an_altered_row_is_found(services: Services, dialect: str, lead_id: UUID) -> None:
    later = "datetime(at, '+1 day')" if dialect == "sqlite" else "at + interval '1 day'"
    for setting in (*ALTERED, f"at = {later}"):
        outcome = await tampered(
            services,
            dialect,
            lead_id,
            f"UPDATE change SET {setting} WHERE lead_id = :lead AND revision = 3",
        )
        assert outcome.problem is HistoryProblem.ALTERED, setting
        assert outcome.bad is not None
        assert (outcome.bad.revision, outcome.checked) == (3, 2), setting


@pytest.mark.behaviour("C46")
async def test_a_dropped_row_is_missing(services: Services, dialect: str, lead_id: UUID) -> None:
    for revision in (1, 3):
        outcome = await tampered(
            services,
            dialect,
            lead_id,
            f"DELETE FROM change WHERE lead_id = :lead AND revision = {revision}",
        )
        assert outcome.problem is HistoryProblem.MISSING
        assert outcome.bad is not None
        assert (outcome.bad.revision, outcome.checked) == (revision + 1, revision - 1)


@pytest.mark.behaviour("C46")
async def test_a_shortened_end_is_missing(services: Services, dialect: str, lead_id: UUID) -> None:
    for kept in (4, 0):
        statement = f"DELETE FROM change WHERE lead_id = :lead AND revision > {kept}"
        outcome = await tampered(services, dialect, lead_id, statement)
        assert outcome.problem is HistoryProblem.MISSING
        assert (outcome.bad, outcome.checked) == (None, kept)


MOVES = {
    "neighbours": {3: 4, 4: 3},
    "first and second": {1: 2, 2: 1},
    "far apart": {2: 6, 6: 2},
    "one to a later place": {2: 5, 3: 2, 4: 3, 5: 4},
    "one to an earlier place": {5: 2, 2: 3, 3: 4, 4: 5},
}


@pytest.mark.behaviour("C46")
async def test_rows_that_changed_places_are_found(
    services: Services, dialect: str, lead_id: UUID
) -> None:
    for name, moves in MOVES.items():
        whens = " ".join(f"WHEN {was + 100} THEN {now}" for was, now in moves.items())
        numbers = ", ".join(str(was) for was in moves)
        outcome = await tampered(
            services,
            dialect,
            lead_id,
            f"UPDATE change SET revision = revision + 100 "
            f"WHERE lead_id = :lead AND revision IN ({numbers})",
            f"UPDATE change SET revision = CASE revision {whens} END "
            f"WHERE lead_id = :lead AND revision > 100",
        )
        assert outcome.problem is HistoryProblem.REORDERED, name
        assert outcome.bad is not None
        assert outcome.bad.revision == min(moves.values()), name


@pytest.mark.behaviour("C46")
async def test_erased_rows_keep_the_chain(services: Services, dialect: str, lead_id: UUID) -> None:
    async with writing(services) as connection:
        lead = {"lead": as_stored(dialect, lead_id)}
        await connection.execute(text("INSERT INTO erasing (lead_id) VALUES (:lead)"), lead)
        await connection.execute(
            text(
                "UPDATE change SET data = NULL, salt = NULL, actor_name = '' "
                "WHERE lead_id = :lead AND revision IN (2, 3)"
            ),
            lead,
        )
        await connection.execute(text("DELETE FROM erasing"))
    outcome = await check(services, lead_id)
    assert (outcome.checked, outcome.erased, outcome.problem) == (6, 2, None)
    await act(services, await make_staff(services), tags.add_tags, lead_id, ["VIP"])
    assert (await check(services, lead_id)).problem is None


@pytest.mark.behaviour("C46")
async def test_an_altered_erased_row_is_found(
    services: Services, dialect: str, lead_id: UUID
) -> None:
    outcome = await tampered(
        services,
        dialect,
        lead_id,
        "UPDATE change SET data = NULL, salt = NULL, via = 'IMPORT' "
        "WHERE lead_id = :lead AND revision = 3",
    )
    assert (outcome.problem, outcome.erased) == (HistoryProblem.ALTERED, 1)


async def test_only_rows_of_the_lead_being_erased_pass(
    services: Services, dialect: str, lead_id: UUID
) -> None:
    other = await make_lead(services)
    for statement in (
        "UPDATE change SET data = NULL WHERE lead_id = :lead",
        "DELETE FROM change WHERE lead_id = :lead",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            await _while_erasing(services, other, statement, as_stored(dialect, lead_id))


async def _while_erasing(services: Services, erased: UUID, statement: str, lead: Any) -> None:
    async with services.database.write_session() as session, session.begin():
        session.add(Erasing(lead_id=erased))
        await session.flush()
        await session.execute(text(statement), {"lead": lead})


FIXED = [
    "UPDATE change SET actor_name = ''",
    "UPDATE change SET data = NULL, salt = NULL",
    "DELETE FROM change",
    "UPDATE workspace_change SET kind = ''",
    "DELETE FROM workspace_change",
    "UPDATE note_text SET html = ''",
    "DELETE FROM note_text",
    "UPDATE event_text SET body = ''",
    "DELETE FROM event_text",
    "UPDATE message SET text = ''",
    "UPDATE message SET author_name = ''",
    "UPDATE message SET at = at",
    "UPDATE message SET link_url = 'https://elsewhere.example'",
]
TRUNCATED = ["change", "change_p0", "change_p15", "workspace_change", "note_text", "event_text"]


@pytest.mark.behaviour("C42")
async def test_what_was_written_once_stays(services: Services, dialect: str) -> None:
    admin = await make_staff(services)
    visit = await make_visit(services)
    lead_id = visit.actor.lead_id
    await act(services, admin, notes.add_note, lead_id, "<p>a</p>", None, False, uuid4().hex)
    await act(
        services, admin, conversations.send_message, lead_id, NewMessage(Channel.CHAT, "Hello"), "k"
    )
    event_id = await act(services, admin, events.add_event, lead_id, NewEvent("Called"), "k2")
    await act(services, admin, event_texts.annotate_event, lead_id, event_id, "Call back", None)
    await staff.sign_out(services, admin)
    truncate = [f"TRUNCATE {table}" for table in TRUNCATED] if dialect == "postgresql" else []
    for statement in [*FIXED, *truncate]:
        with pytest.raises(DBAPIError, match=r"append-only|never change"):
            await _execute(services, statement)
    assert (await check(services, lead_id)).checked == 5


async def _execute(services: Services, statement: str) -> None:
    async with writing(services) as connection:
        await connection.execute(text(statement))


async def test_data_comes_back_as_it_was_hashed(services: Services) -> None:
    """JSON columns reorder keys and rewrite numbers; what is hashed must survive that."""
    lead_id = await make_lead(services, first_name="Ünïcode \u2028 🙂", last_name="\\u0041 'x'")
    admin = await make_staff(services)
    value = {"text": "a\tb\n{}[]\"'\\"}
    await act(services, admin, leads.set_properties, lead_id, [PropertyEdit("remark", value)])
    number = {"number": "123456789012.000001"}
    await act(services, admin, leads.set_properties, lead_id, [PropertyEdit("size", number)])
    outcome = await check(services, lead_id)
    assert (outcome.checked, outcome.problem) == (3, None)


def test_equal_data_of_two_changes_has_two_commitments() -> None:
    made = [log.commit_to(salt, "Ada", {"a": 1}) for salt in (b"1" * 16, b"2" * 16)]
    assert made[0] != made[1]
    assert log.commit_to(b"1" * 16, "Bo", {"a": 1}) != made[0]


async def test_instants_rise_with_the_numbers_although_acts_begin_before_the_lock(
    services: Services, clock: ManualClock
) -> None:
    lead_id = await make_lead(services)
    async with unit_of_work(services, SYSTEM) as earlier:
        earlier.at -= timedelta(seconds=5)
        await leads.change_priority(earlier, lead_id, Priority.HIGH, None)
    first, second = await changes_of(services, lead_id)
    assert second.at == first.at == clock.now()
