"""Two leads made one and two again: nothing is lost on the way, and what came later is sorted."""

import random
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.enums import CallOutcome, ChangeKind, MessageDirection, StaffRole
from models.leads import Lead
from models.search import SearchEntry
from models.visits import Visit
from resolvers import calls, conversations, leads, merging, notes, phone_numbers, visits
from resolvers.access import surviving_lead
from resolvers.calls import NewCall
from resolvers.card_state import CardState
from resolvers.erasing.rows import rows_of
from resolvers.errors import DomainError, NotFound, Precondition, PreconditionReason
from resolvers.leads import PropertyEdit
from resolvers.phone_numbers import NumberEdit
from resolvers.services import Services
from resolvers.upserts import table_of
from resolvers.visits import Page, Told
from resolvers.worker import store_all
from tests.client import lead, staff_client
from tests.factories import ORIGIN, make_lead, make_staff, make_visit
from tests.resolvers.test_card_state import Stage, random_act, stage
from tests.resolvers.verify import (
    assert_folds,
    assert_log_holds,
    card_of,
    changes_of,
    kinds_of,
)

__all__ = ["stage"]  # the fixture

NOT_COMPARED = {"property", "lead_alias"}
"""Values of fields are compared as the card has them: an emptied one leaves a row."""


async def state_of(services: Services, lead_id: UUID) -> dict[str, Any]:
    """The card, and every row of the lead's."""
    found: dict[str, Any] = {"card": await card_of(services, lead_id)}
    async with services.database.read_session() as session:
        lead_row = table_of(Lead)
        places = [*rows_of([lead_id]), (lead_row, lead_row.c.id == lead_id)]
        for table, where in places:
            if table.name not in NOT_COMPARED:
                # the search index numbers its rows anew whenever it writes them
                columns = [each for each in table.c if each is not table_of(SearchEntry).c.number]
                rows = await session.execute(select(*columns).where(where))
                found[table.name] = sorted(repr(row) for row in rows)
    return found


async def fold_of(services: Services, lead_id: UUID) -> None:
    """Fails unless the whole log leads to the card, and holds."""
    assert_folds(CardState(), await changes_of(services, lead_id), await card_of(services, lead_id))
    await assert_log_holds(services, lead_id)


async def live(stage: Stage, dice: random.Random, number: int) -> None:
    """Some random acts on the stage's lead."""
    page = Page(f"{ORIGIN}/lamps", "Lamps")
    seen = Told("Page view", "page-0001", number % 2, page=page)  # the same page key on both
    await visits.record(stage.services, stage.visit.actor, seen)
    await visits.heartbeat(
        stage.services, stage.visit.actor, "page-0001", is_visible=True, idle_ms=0, page=page
    )
    await store_all(stage.services)
    for _ in range(12):
        with suppress(DomainError):  # an act on a thing of the other lead
            await random_act(stage, dice, [stage.admin.id])


@pytest.mark.parametrize("seed", range(8))
async def test_unmerging_gives_back_both_leads_as_they_were(stage: Stage, seed: int) -> None:
    dice, services = random.Random(seed), stage.services
    other_visit = await make_visit(services, stage.site)
    other = replace(stage, visit=other_visit, lead_id=other_visit.actor.lead_id)
    for number, each in enumerate((stage, other, stage)):
        await live(each, dice, number)
    into, gone = stage.lead_id, other.lead_id
    before = [await state_of(services, each) for each in (into, gone)]
    stage.clock.advance(60)
    keys = ["first_name", "last_name", "company", "remark", "priority", "title"]
    take = dice.sample(keys, dice.randrange(len(keys)))
    take = [each for each in take if each != "remark" or await _is_field(stage, "remark")]
    await stage.by_admin(merging.merge_leads, into, gone, take)
    await fold_of(services, into)
    await fold_of(services, gone)
    merged = await state_of(services, into)
    for name in ("event", "note", "message", "conversation", "visit", "task", "call"):
        assert len(merged[name]) == sum(len(each[name]) for each in before), name
    stage.clock.advance(60)
    await stage.by_admin(merging.unmerge_lead, gone)
    after = [await state_of(services, each) for each in (into, gone)]
    for was, now in zip(before, after, strict=True):
        for name, content in was.items():
            assert now[name] == content, name
    await fold_of(services, into)
    await fold_of(services, gone)


async def _is_field(stage: Stage, key: str) -> bool:
    from models.fields import FieldDefinition

    found = await stage.first(select(FieldDefinition).where(col(FieldDefinition.key) == key))
    return found is not None


async def test_what_came_while_merged_goes_with_its_channel(stage: Stage) -> None:
    services, clock = stage.services, stage.clock
    other = await make_visit(services, stage.site)
    into, gone = stage.lead_id, other.actor.lead_id
    await stage.by_admin(phone_numbers.save_phone_number, gone, None, NumberEdit("030 901820"))
    await visits.send_visitor_message(services, other.actor, "Hello", uuid4().hex)
    await stage.by_admin(merging.merge_leads, into, gone)

    both = await visits.actor_for_token(services, other.token)
    assert both is not None
    assert both.lead_id == into
    clock.advance(40)
    page = Page(f"{ORIGIN}/chairs")
    theirs = await visits.record(services, both, Told("View", "page-0009", 1, page=page))
    own = await visits.record(services, stage.visit.actor, Told("View", "page-0008", 1, page=page))
    await visits.send_visitor_message(services, both, "Again", uuid4().hex)
    call = NewCall(
        MessageDirection.FROM_LEAD, CallOutcome.ANSWERED, duration_seconds=3, number="030 901820"
    )
    call_id = await stage.by_admin(calls.log_call, into, call, uuid4().hex)
    note_id = await stage.by_admin(notes.add_note, into, "<p>a</p>", None, False, uuid4().hex)
    await stage.by_admin(leads.set_properties, into, [PropertyEdit("rooms", {"number": "3"})])
    activity = clock.now()
    await stage.by_admin(merging.unmerge_lead, gone)

    kept, back = [await card_of(services, each) for each in (into, gone)]
    assert theirs.hex in back.events
    assert own.hex in kept.events
    assert len(back.messages) == 2
    assert not kept.messages
    assert call_id.hex in back.calls
    assert note_id.hex in kept.notes
    assert kept.properties
    assert not back.properties
    async with services.database.read_session() as session:
        row = await session.get_one(Lead, gone)
        assert row.merged_at is None
        assert row.last_activity_at is not None
        assert row.last_activity_at > clock.now().replace(minute=0, second=0)
        assert row.last_activity_at <= activity
        assert await surviving_lead(session, gone) == gone
        assert (
            await session.scalar(
                select(col(Visit.lead_id)).where(col(Visit.id) == other.actor.visit_id)
            )
            == gone
        )
    for each in (into, gone):
        await fold_of(services, each)
    assert (await kinds_of(services, into))[-1] is ChangeKind.LEAD_UNMERGED
    assert (await kinds_of(services, gone))[-1] is ChangeKind.LEAD_RESTORED
    with pytest.raises(Precondition) as twice:
        await stage.by_admin(merging.unmerge_lead, gone)
    assert twice.value.reason is PreconditionReason.ALREADY_UNMERGED
    with pytest.raises(NotFound):
        await stage.by_admin(merging.unmerge_lead, into)


async def test_a_merge_below_another_is_undone_last(stage: Stage) -> None:
    first, second, third = [await make_lead(stage.services, stage.admin) for _ in range(3)]
    await stage.by_admin(merging.merge_leads, second, first)
    await stage.by_admin(merging.merge_leads, third, second)
    with pytest.raises(Precondition) as refused:
        await stage.by_admin(merging.unmerge_lead, first)
    assert refused.value.reason is PreconditionReason.NEWER_MERGE
    await stage.by_admin(merging.unmerge_lead, second)
    await stage.by_admin(merging.unmerge_lead, first)
    for each in (first, second, third):
        await fold_of(stage.services, each)


async def test_a_conversation_goes_to_who_sees_the_lead_that_stays_and_back(stage: Stage) -> None:
    services = stage.services
    agents = [await make_staff(services, StaffRole.AGENT, name) for name in ("Bo Berg", "Cy Cole")]
    into = await make_lead(services, stage.admin, assignee_id=agents[0].id)
    gone, conversation = stage.lead_id, await stage.conversation()
    await stage.by_admin(leads.assign, gone, agents[1].id, None)
    give = conversations.assign_conversation
    await stage.by_admin(give, gone, conversation, agents[1].id, None)
    before = [await state_of(services, each) for each in (into, gone)]

    async def holder(lead_id: UUID) -> tuple[str, int]:
        found = (await card_of(services, lead_id)).conversations[conversation.hex]
        return found["assignee"], found["version"]

    stage.clock.advance(60)
    await stage.by_admin(merging.merge_leads, into, gone)
    had = before[1]["card"].conversations[conversation.hex]
    assert await holder(into) == (agents[0].id.hex, had["version"] + 1)
    kinds = await kinds_of(services, into)
    assert kinds[-2:] == [ChangeKind.LEAD_ABSORBED, ChangeKind.CONVERSATION_CHANGED]
    await fold_of(services, into)
    await stage.by_admin(merging.unmerge_lead, gone)
    after = [await state_of(services, each) for each in (into, gone)]
    for was, now in zip(before, after, strict=True):
        for name, content in was.items():
            if name != "notification":  # who was told stays told
                assert now[name] == content, name
    for each in (into, gone):
        await fold_of(services, each)

    # one that changed hands since stays as it is
    await stage.by_admin(merging.merge_leads, into, gone)
    await stage.by_admin(give, into, conversation, stage.admin.id, had["version"] + 1)
    await stage.by_admin(merging.unmerge_lead, gone)
    assert await holder(gone) == (stage.admin.id.hex, had["version"] + 2)
    await fold_of(services, gone)


CARD_THEN = """query ($id: ID!, $at: DateTime!) { lead(id: $id, asOf: {at: $at}) { displayName
  notes(first: 5) { nodes { text } totalCount } conversations(first: 5) { nodes { id } }
  messages(first: 5) { nodes { text } } events(first: 5) { nodes { name } }
  eventGroups { name count } tags { name } emailAddresses { address }
  history(first: 20) { nodes { summary } } timeline(first: 5) { nodes { __typename } } } }"""
DUPLICATES = """query ($id: ID!) { duplicates(leadId: $id) {
  lead { id } other { id displayName } score reasons } merges(leadId: $id) {
  id mergedLeadId mergedName at actor { name } } }"""
FIELDS = """lead { id displayName company: property(key: "company") { value { display } }
  title emailAddresses { address isPrimary } }"""


async def test_people_choose_what_a_merged_card_says_and_undo_it(
    services: Services, clock: ManualClock
) -> None:
    admin = await staff_client(services)
    agent = await staff_client(services, StaffRole.AGENT)
    assert admin.actor
    both = ["lena@mail.example", "work@mail.example"]
    one = await make_lead(services, admin.actor, email_addresses=both[:1])
    two = await make_lead(services, admin.actor, last_name="Lorentz", email_addresses=both)
    far = await make_lead(services, admin.actor, first_name="Bo", last_name="Lorenz")
    like = await make_lead(services, admin.actor, first_name="Lenna")
    company = {"leadId": lead(two), "person": {"company": "Brass & Co", "firstName": "Helena"}}
    await admin.done("changePersonInfo", title="Dr.", **company)

    found = (await admin.read(DUPLICATES, id=lead(one)))["duplicates"]
    assert [(each["other"]["id"], each["score"]) for each in found] == [
        (lead(two), 100),
        (lead(like), 86),
    ]
    assert found[0]["reasons"] == ["Has the same address, lena@mail.example."]
    assert found[1]["reasons"] == ["Has a name that is much alike, Lenna Lorenz."]
    assert lead(far) not in str(found)
    assert (await agent.read(DUPLICATES, id=lead(one)))["duplicates"] == []

    clock.advance(60)
    given = {"leadId": lead(one), "mergedLeadId": lead(two), "takeFields": ["first_name"]}
    made = await admin.done("mergeLeads", FIELDS, **given)
    assert made["lead"] == {
        "id": lead(one),
        "displayName": "Helena Lorenz",
        "company": {"value": {"display": "Brass & Co"}},
        "title": "Dr.",
        "emailAddresses": [
            {"address": both[0], "isPrimary": True},
            {"address": both[1], "isPrimary": False},
        ],
    }
    during = clock.now()
    read = "query ($id: ID!) { lead(id: $id) { id } }"
    assert (await admin.read(read, id=lead(two)))["lead"]["id"] == lead(one)
    (merge,) = (await admin.read(DUPLICATES, id=lead(one)))["merges"]
    assert (merge["mergedLeadId"], merge["mergedName"]) == (lead(two), "Helena Lorentz")
    assert merge["actor"]["name"] == admin.actor.name

    clock.advance(60)
    await admin.done("changePersonInfo", leadId=lead(one), title="Prof.")
    clock.advance(60)
    undone = await admin.done(
        "unmergeLead", f"restoredLead {{ id displayName }} {FIELDS}", mergeId=merge["id"]
    )
    assert undone["restoredLead"] == {"id": lead(two), "displayName": "Helena Lorentz"}
    assert undone["lead"] == {
        "id": lead(one),
        "displayName": "Lena Lorenz",
        "company": {"value": None},
        "title": "Prof.",
        "emailAddresses": [{"address": both[0], "isPrimary": True}],
    }
    assert (await admin.read(DUPLICATES, id=lead(one)))["merges"] == []
    then = (await admin.read(CARD_THEN, id=lead(one), at=during.isoformat()))["lead"]
    assert then["displayName"] == "Helena Lorenz"
    assert [each["address"] for each in then["emailAddresses"]] == both

    clock.advance(60)
    await admin.done("eraseLead", leadId=lead(two), confirmLeadId=lead(two))
    rows = str([(each.data, each.actor_name) for each in await changes_of(services, one)])
    for word in ("Helena", "work@mail", "Brass", two.hex + "'}"):
        assert word not in rows, word
    await assert_log_holds(services, one)
    gone = await admin.read(CARD_THEN, id=lead(one), at=during.isoformat())
    assert gone["lead"] is None
    now = (await admin.read(CARD_THEN, id=lead(one), at=clock.now().isoformat()))["lead"]
    assert now["displayName"] == "Lena Lorenz"
