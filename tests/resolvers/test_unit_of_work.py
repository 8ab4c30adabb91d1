"""One transaction, one commit: whole or not at all, numbered without gaps, told afterwards."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.changes import Change
from models.clock import ManualClock
from models.enums import (
    AutomationActionKind,
    ChangeKind,
    Channel,
    ConversationState,
    FieldType,
    HistoryType,
    NoteVisibility,
    Priority,
    StaffRole,
    TriggerKind,
)
from models.notes import Note
from models.tables import metadata
from realtime import topics
from resolvers import (
    conversations,
    deliveries,
    event_kinds,
    event_texts,
    events,
    fields,
    leads,
    notes,
    sites,
    staff,
    tags,
    visits,
)
from resolvers.actors import SYSTEM
from resolvers.automations.saving import GivenAction, RuleEdit, RuleTrigger, save_automation
from resolvers.conversations import NewMessage
from resolvers.event_kinds import KindEdit
from resolvers.events import NewEvent
from resolvers.fields import NewField
from resolvers.leads import NewLead, PropertyEdit
from resolvers.notes import NoteEdit
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.visits import Claim, Told
from resolvers.webhooks.saving import WebhookEdit, save_webhook
from tests.factories import ORIGIN, PASSWORD, make_lead, make_staff, make_visit
from tests.resolvers.scene import Scene
from tests.resolvers.verify import act, assert_log_holds, changes_of, head_of

PATIENCE = 20.0
Dump = dict[str, set[tuple[Any, ...]]]


class Broken(Exception):
    pass


async def dump(services: Services) -> Dump:
    """Every row of every table."""
    found = {}
    async with services.database.read_session() as session:
        for table in metadata.sorted_tables:
            rows = await session.execute(select(table))
            found[table.name] = {tuple(map(repr, row)) for row in rows}
    return found


# --- whole or not at all -----------------------------------------------------------------------


async def _write_and_break(work: UnitOfWork, lead_id: UUID) -> None:
    await tags.add_tags(work, lead_id, ["VIP"])
    await leads.create_lead(work, NewLead(tags=["VIP"]), "k")
    work.record_workspace("odd", {}, access=True)
    raise Broken


async def test_an_exception_leaves_no_row_and_tells_nobody(services: Services) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services, admin)
    before = await dump(services)
    async with services.bus.subscribe(topics.lead(lead_id), topics.access()) as feed:
        with pytest.raises(Broken):
            await act(services, admin, _write_and_break, lead_id)
        assert await dump(services) == before
        await act(services, admin, tags.add_tags, lead_id, ["Brass"])
        async with asyncio.timeout(PATIENCE):
            first = await anext(aiter(feed))
        assert "Brass" in str(first)


async def test_a_change_is_told_after_it_can_be_read(services: Services) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services, admin)
    async with services.bus.subscribe(topics.lead(lead_id)) as feed:
        await act(services, admin, tags.add_tags, lead_id, ["Brass"])
        async with asyncio.timeout(PATIENCE):
            told = await anext(aiter(feed))
    assert "tags_changed" in str(told)


async def test_a_unit_that_records_nothing_leaves_no_rows(services: Services) -> None:
    before = await dump(services)
    async with unit_of_work(services, SYSTEM) as work:
        await fields.definitions(work.session)
    assert work.committed == {}
    assert await dump(services) == before


# --- what every act leaves behind ----------------------------------------------------------------


@pytest.fixture
async def scene(services: Services, clock: ManualClock) -> Scene:
    return await Scene(services, clock).build()


def _message(scene: Scene, text: str, key: str) -> Awaitable[Any]:
    return scene.by(conversations.send_message, scene.lead_id, NewMessage(Channel.CHAT, text), key)


async def _expire(scene: Scene) -> None:
    scene.clock.advance(3_600)
    await deliveries.expire_pop_ups(scene.services)


WRITES: dict[str, Callable[[Scene], Awaitable[Any]]] = {
    "create_lead": lambda s: s.by(
        leads.create_lead,
        NewLead({"first_name": "A"}, ["a@mail.example"], ["030 901820"], tags=["New tag"],
                assignee_id=s.admin.id),
        "w1",
    ),
    "change_person": lambda s: s.by(
        leads.change_person, s.lead_id, {"first_name": "Bo"}, {"time_zone": "UTC"}, None
    ),
    "change_priority": lambda s: s.by(leads.change_priority, s.lead_id, Priority.HIGH, None),
    "set_properties": lambda s: s.by(
        leads.set_properties, s.lead_id, [PropertyEdit("new_key", {"text": "a"})]
    ),
    "clear_property": lambda s: s.by(
        leads.set_properties, s.lead_id, [PropertyEdit("rooms", None)]
    ),
    "change_state": lambda s: s.by(leads.change_state, s.lead_id, s.states["Lost"], None),
    "assign": lambda s: s.by(leads.assign, s.lead_id, s.admin.id, None),
    "add_tags": lambda s: s.by(tags.add_tags, s.lead_id, ["Brass"]),
    "remove_tags": lambda s: s.by(tags.remove_tags, s.lead_id, ["VIP"]),
    "add_note": lambda s: s.by(notes.add_note, s.lead_id, "<p>b</p>", None, True, "w2"),
    "edit_note": lambda s: s.by(notes.edit_note, s.lead_id, s.note_id, NoteEdit("<p>c</p>")),
    "remove_note": lambda s: s.by(notes.remove_note, s.lead_id, s.note_id),
    "add_event": lambda s: s.by(events.add_event, s.lead_id, NewEvent("Phone call"), "w3"),
    "log_quick_event": lambda s: s.by(events.log_quick_event, s.lead_id, s.kind_id, "w6"),
    "annotate_event": lambda s: s.by(
        event_texts.annotate_event, s.lead_id, s.event_id, "Call back", None
    ),
    "save_event_kind": lambda s: s.by(
        event_kinds.save_event_kind, None, KindEdit("Tour", "home", is_quick=True, position=0)
    ),
    "send_message": lambda s: _message(s, "Hi", "w4"),
    "mark_messages": lambda s: visits.mark_messages(
        s.services, s.visit.actor, s.pop_up_id, is_seen=False, is_clicked=False
    ),
    "expire_pop_ups": lambda s: _expire(s),
    "change_conversation_state": lambda s: s.by(
        conversations.change_conversation_state, s.lead_id, s.conversation_id,
        ConversationState.CLOSED,
    ),
    "create_field": lambda s: s.by(
        fields.create_field, NewField("floors", "Floors", FieldType.NUMBER)
    ),
    "save_automation": lambda s: s.by(
        save_automation,
        None,
        RuleEdit(
            "Greet",
            RuleTrigger(TriggerKind.LEAD_CREATED),
            [GivenAction(AutomationActionKind.ADD_TAGS, ("New here",))],
        ),
    ),
    "save_webhook": lambda s: s.by(save_webhook, None, WebhookEdit("https://hooks.example/in")),
    "save_site": lambda s: s.by(sites.save_site, None, "Second", ["https://b.example"], ""),
    "change_site": lambda s: s.by(sites.save_site, s.site.id, "Other", [ORIGIN], ""),
    "create_staff": lambda s: s.by(
        staff.create_staff, "Bo", "bo@team.example", StaffRole.AGENT, PASSWORD
    ),
    "start_visit": lambda s: make_visit(s.services, s.site),
    "record": lambda s: visits.record(
        s.services, s.visit.actor, Told("Signed up", "page-0001", 2)
    ),
    "record_page_view": lambda s: visits.record(
        s.services, s.visit.actor,
        Told("page view", "page-0002", 1, page=visits.Page(f"{ORIGIN}/lamps")),
    ),
    "send_visitor_message": lambda s: visits.send_visitor_message(
        s.services, s.visit.actor, "And?", "w5"
    ),
    "identify": lambda s: visits.identify(
        s.services, s.visit.actor, Claim(email_address="v@mail.example", name="Vi")
    ),
    "identify_proven": lambda s: visits.identify(s.services, s.visit.actor, s.claim("customer-1")),
    "identify_another": lambda s: visits.identify(s.services, s.known.actor, s.claim("customer-2")),
    "sign_out": lambda s: staff.sign_out(s.services, s.admin),
}  # fmt: skip

SHARED = {"tag", "email_address"}
"""Rows that belong to no lead; an act that makes one also changes a lead."""
OF_WORKSPACE = {
    "automation", "webhook",
    "site", "staff", "event_kind", "field_definition", "field_group", "pipeline", "pipeline_state"
}  # fmt: skip
QUIET = {"visit", "idempotency", "staff_session", "presence_interval"}
"""No change of a lead: who is there, and what protects repeats and sign-ins."""
LOG = {"change", "lead_feed", "workspace", "workspace_change"}


def touched(before: Dump, after: Dump) -> dict[str, list[dict[str, str]]]:
    """Rows that came, went or changed, by table, as texts by column."""
    found = {}
    for table in metadata.sorted_tables:
        rows = before[table.name] ^ after[table.name]
        if rows:
            names = [column.name for column in table.columns]
            found[table.name] = [dict(zip(names, row, strict=True)) for row in rows]
    return found


def leads_of(rows: dict[str, list[dict[str, str]]], notes_of: dict[str, str]) -> set[str]:
    """The leads whose own rows these are, apart from the instant of their last activity."""
    found = set()
    for name, changed in rows.items():
        for row in changed:
            if name in QUIET | LOG:
                continue
            if name == "note_text":
                found.add(notes_of[row["note_id"]])
            elif name == "lead":
                rest = {**row, "last_activity_at": ""}
                if [{**each, "last_activity_at": ""} for each in changed].count(rest) == 1:
                    found.add(row["id"])
            elif name == "lead_alias":
                found |= {row["lead_id"], row["alias_id"]}
            elif "lead_id" in row:
                found.add(row["lead_id"])
    return found


def faults(before: Dump, after: Dump) -> list[str]:
    """What is wrong with the rows that one act changed."""
    rows = touched(before, after)
    columns = [column.name for column in metadata.tables["note"].columns]
    notes_of = {
        row[columns.index("id")]: row[columns.index("lead_id")]
        for row in before["note"] | after["note"]
    }
    logged = {row["lead_id"] for row in rows.get("change", [])}
    found = [f"no change of {lead}" for lead in leads_of(rows, notes_of) - logged]
    if rows.keys() & SHARED and not logged:
        found.append("a shared row without any change of a lead")
    if rows.keys() & OF_WORKSPACE and "workspace_change" not in rows:
        found.append("a row of the workspace without its change")
    if not rows.keys() & {"change", "workspace_change"}:
        found.append("nothing was recorded")
    return found


@pytest.mark.behaviour("C42")
async def test_no_act_changes_rows_without_its_log(scene: Scene) -> None:
    before = await dump(scene.services)
    found = {}
    for name, write in WRITES.items():
        await write(scene)
        after = await dump(scene.services)
        found[name] = faults(before, after)
        before = after
    assert {name: each for name, each in found.items() if each} == {}


async def test_rows_changed_behind_the_log_are_found(scene: Scene) -> None:
    before = await dump(scene.services)
    async with unit_of_work(scene.services, scene.admin) as work:
        note = await work.session.get_one(Note, scene.note_id)
        note.is_pinned = True
    after = await dump(scene.services)
    assert len(faults(before, after)) == 2


@pytest.mark.behaviour("C42")
async def test_repeated_page_views_are_the_one_act_that_counts_silently(scene: Scene) -> None:
    again = Told("Page view", "page-0003", 1, page=visits.Page(f"{ORIGIN}/lamps"))
    scene.clock.advance(-59)
    before = await dump(scene.services)
    await visits.record(scene.services, scene.visit.actor, again)
    assert touched(before, await dump(scene.services)).keys() == {"lead", "event", "event_group"}


NOTHING: dict[str, Callable[[Scene], Awaitable[Any]]] = {
    "change_person": lambda s: s.by(
        leads.change_person, s.lead_id, {"first_name": " Lena "}, {"title": "T"}, None
    ),
    "clear_nothing": lambda s: s.by(
        leads.change_person, s.lead_id, {"company": None}, {"time_zone": None}, None
    ),
    "change_priority": lambda s: s.by(leads.change_priority, s.lead_id, Priority.NORMAL, 1),
    "set_properties": lambda s: s.by(
        leads.set_properties, s.lead_id, [PropertyEdit("rooms", {"number": "3.000"}, 1)]
    ),
    "change_state": lambda s: s.by(leads.change_state, s.lead_id, s.states["New"], 1),
    "assign": lambda s: s.by(leads.assign, s.lead_id, None, 1),
    "add_tags": lambda s: s.by(tags.add_tags, s.lead_id, ["vip"]),
    "remove_tags": lambda s: s.by(tags.remove_tags, s.lead_id, ["Unknown"]),
    "edit_note": lambda s: s.by(
        notes.edit_note, s.lead_id, s.note_id,
        NoteEdit("<p>a</p>", NoteVisibility.PRIVATE, False, 1),
    ),
    "edit_nothing": lambda s: s.by(notes.edit_note, s.lead_id, s.note_id, NoteEdit()),
    "change_conversation_state": lambda s: s.by(
        conversations.change_conversation_state, s.lead_id, s.conversation_id,
        ConversationState.OPEN,
    ),
    "save_site": lambda s: s.by(sites.save_site, s.site.id, "Shop", [ORIGIN], "Hello"),
    "add_note_again": lambda s: s.by(notes.add_note, s.lead_id, "<p>a</p>", None, False, "k1"),
    "message_again": lambda s: visits.send_visitor_message(
        s.services, s.visit.actor, "Hello", "k2"
    ),
    "record_again": lambda s: visits.record(
        s.services, s.visit.actor, Told("Page view", "page-0001", 1)
    ),
    "start_visit_again": lambda s: visits.start_visit(
        s.services,
        visits.NewVisit(s.site.site_key, visits.Page(ORIGIN), token=s.visit.token),
    ),
}  # fmt: skip


@pytest.mark.behaviour("A55", "C5")
async def test_a_write_that_changes_nothing_writes_nothing(scene: Scene) -> None:
    before = await dump(scene.services)
    for name, write in NOTHING.items():
        await write(scene)
        assert touched(before, await dump(scene.services)) == {}, name


async def test_signing_out_twice_changes_nothing(scene: Scene) -> None:
    await staff.sign_out(scene.services, scene.admin)
    before = await dump(scene.services)
    await staff.sign_out(scene.services, scene.admin)
    assert await dump(scene.services) == before


# --- many at once ------------------------------------------------------------------------------


async def test_writers_of_one_lead_make_one_chain(services: Services) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services, admin)

    async def write(number: int) -> None:
        await act(
            services, admin, leads.set_properties, lead_id,
            [PropertyEdit("count", {"number": str(number)})],
        )  # fmt: skip

    await asyncio.gather(*(write(number) for number in range(16)))
    changes = await changes_of(services, lead_id)
    assert [change.revision for change in changes] == list(range(1, 18))
    diffs = [change.data["diffs"][0] for change in changes[1:] if change.data]
    assert [each["before"] for each in diffs] == [None, *(each["after"] for each in diffs[:-1])]
    await assert_log_holds(services, lead_id)


async def test_an_act_of_many_changes_takes_a_range_of_numbers(services: Services) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services, admin)
    async with unit_of_work(services, admin) as work:
        await tags.add_tags(work, lead_id, ["VIP"])
        await leads.change_priority(work, lead_id, Priority.HIGH, None)
        await leads.change_person(work, lead_id, {"company": "Lo"}, {}, None)
    assert [change.revision for change in work.committed[lead_id]] == [2, 3, 4]
    await assert_log_holds(services, lead_id)


async def test_many_leads_are_written_at_once(services: Services) -> None:
    admin = await make_staff(services)
    addresses = [f"{number}@mail.example" for number in range(8)]
    keys = [PropertyEdit(f"key_{number}", {"text": "a"}) for number in range(8)]

    async def create(number: int) -> UUID:
        dealt = slice(None, None, -1 if number % 2 else 1)
        new = NewLead(
            email_addresses=addresses[dealt], properties=keys[dealt], tags=["A", "B", "C"][dealt]
        )
        return await act(services, admin, leads.create_lead, new, f"k{number}")

    async with asyncio.timeout(PATIENCE):
        made = await asyncio.gather(*(create(number) for number in range(12)))
    for lead_id in made:
        assert await head_of(services, lead_id) == 1
        await assert_log_holds(services, lead_id)


async def test_acts_that_make_the_same_fields_do_not_wait_for_each_other(
    services: Services,
) -> None:
    admin = await make_staff(services)
    keys = [PropertyEdit(f"key_{number}", {"text": "a"}) for number in range(12)]
    made = [await make_lead(services) for _ in range(8)]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(
            *(
                act(services, admin, leads.set_properties, lead_id, keys[:: -1 if odd % 2 else 1])
                for odd, lead_id in enumerate(made)
            )
        )
    async with services.database.read_session() as session:
        assert len(await fields.definitions(session, *(each.key for each in keys))) == 12


async def test_units_that_record_two_leads_in_opposite_orders_both_commit(
    services: Services,
) -> None:
    first, second = await make_lead(services), await make_lead(services)

    async def write(*lead_ids: UUID) -> None:
        async with unit_of_work(services, SYSTEM) as work:
            for lead_id in lead_ids:
                _record(work, lead_id)

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(
            *(write(first, second) for _ in range(5)), *(write(second, first) for _ in range(5))
        )
    for lead_id in (first, second):
        assert [c.revision for c in await changes_of(services, lead_id)] == list(range(1, 12))
        await assert_log_holds(services, lead_id)


def _record(work: UnitOfWork, lead_id: UUID) -> None:
    work.record(
        lead_id, ChangeKind.TAGS_CHANGED, HistoryType.FIELD_CHANGE, {"added": [], "removed": []}
    )


async def test_two_visitors_who_claim_each_others_person_both_get_through(
    scene: Scene, services: Services
) -> None:
    other = await make_visit(services, scene.site)
    await visits.identify(services, other.actor, scene.claim("customer-2"))

    async def swap(number: int) -> None:
        external_id = f"customer-{number}"
        visitor = (await make_visit(services, scene.site)).actor
        visitor = (await visits.identify(services, visitor, scene.claim(external_id))).actor
        await visits.identify(services, visitor, scene.claim(f"customer-{3 - number}"))

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(swap(number) for number in (1, 2) * 4))


async def test_browsers_that_identify_a_new_person_at_once_share_one_card(
    scene: Scene, services: Services
) -> None:
    visitors = [(await make_visit(services, scene.site)).actor for _ in range(6)]
    async with asyncio.timeout(PATIENCE):
        started = await asyncio.gather(
            *(visits.identify(services, visitor, scene.claim("new")) for visitor in visitors)
        )
    assert len({each.actor.lead_id for each in started}) == 1
    await assert_log_holds(services, started[0].actor.lead_id)


# --- a process that dies -----------------------------------------------------------------------

DYING = """
import asyncio, os, sys
from pathlib import Path
from uuid import UUID
from app import open_services
from resolvers import tags
from resolvers.actors import SYSTEM
from resolvers.unit_of_work import unit_of_work
from tests.conftest import make_settings

async def main():
    url, folder, lead_id = sys.argv[1:]
    async with open_services(make_settings(url, Path(folder))) as services:
        async with unit_of_work(services, SYSTEM) as work:
            await tags.add_tags(work, UUID(lead_id), ["VIP"])
            await work.seal()
            print("sealed", flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_process_killed_before_its_commit_leaves_no_gap(
    services: Services, tmp_path: Path
) -> None:
    lead_id = await make_lead(services)
    before = await dump(services)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", DYING, services.database.url, str(tmp_path), str(lead_id)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert await process.stdout.readline() == b"sealed\n"
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert await dump(services) == before
    async with asyncio.timeout(PATIENCE):
        await act(services, SYSTEM, tags.add_tags, lead_id, ["Brass"])
    assert [change.revision for change in await changes_of(services, lead_id)] == [1, 2]
    await assert_log_holds(services, lead_id)


async def test_versions_are_the_revisions_that_wrote_them(services: Services) -> None:
    lead_id = await make_lead(services)
    await act(services, SYSTEM, tags.add_tags, lead_id, ["VIP"])
    await act(
        services, SYSTEM, leads.set_properties, lead_id, [PropertyEdit("rooms", {"number": "1"})]
    )
    async with services.database.read_session() as session:
        field = (await fields.definitions(session, "rooms"))["rooms"]
        rows = await fields.property_rows(session, lead_id, [field.id])
        last = await session.scalar(
            select(col(Change.revision)).order_by(col(Change.revision).desc()).limit(1)
        )
    assert rows[field.id].version == last == 3
