"""Searching leads by words: what is looked for is data, and what is found is what one may see."""

from typing import Any

import pytest
from sqlalchemy import func, select, text

from models.enums import Channel, StaffRole
from models.search import SearchEntry
from resolvers import conversations, leads, merging, notes, tags
from resolvers.conversations import NewMessage
from resolvers.leads import PropertyEdit
from resolvers.services import Services
from resolvers.worker import run_due_jobs
from tests.client import Client, key, lead, staff_client, visitor_client
from tests.factories import make_lead
from tests.resolvers.verify import act
from tests.schema.test_statements import counting

LEADS = """query($search: String, $filter: LeadFilter) {
  leads(first: 50, search: $search, filter: $filter) { nodes { id } totalCount { value } } }"""


async def found(client: Client, search: str, **more: Any) -> set[str]:
    data = (await client.read(LEADS, search=search, **more))["leads"]
    assert data["totalCount"]["value"] == len(data["nodes"])
    return {each["id"] for each in data["nodes"]}


@pytest.mark.behaviour("B3")
async def test_words_find_leads_and_are_never_a_pattern(services: Services, admin: Client) -> None:
    anna = await make_lead(
        services, first_name="Änna", last_name="O'Hara-Łuk", tags=["Lake View", "100%"],
        email_addresses=["anna.b@shop.example"],
    )  # fmt: skip
    other = await make_lead(
        services, first_name="😀 Zaza", last_name="אביגיל zz", tags=['"quo"ted']
    )
    await admin.done("savePhoneNumber", leadId=lead(anna), number="+49 30 1234567")
    for search, expected in {
        "anna": {anna}, "ANN": {anna}, "hara": {anna}, "łuk lake": {anna}, "view änna": {anna},
        "anna.b@shop.example": {anna}, "shop": {anna}, "100%": {anna}, "nna": set(),
        "030 / 123 45-67": {anna}, "+49 (30) 1234567": {anna}, "1234567": {anna}, "4567": set(),
        "😀": {other}, "😁": set(), "אבי": {other}, "\u200fאבי\u202c": {other}, "zaza zz": {other},
        "zb": set(), '"quo"': {other}, '"': set(), "*": set(), "a*": {anna}, "' OR 1=1 --": set(),
        "anna & !anna": {anna}, "NEAR(anna, hara)": set(), "anna zaza": set(), "%": set(),
        "words:anna": set(), "": {anna, other}, "  ": {anna, other}, "\x00": set(),
        "anna:*": {anna}, "'": set(), "\\": set(), "^anna": {anna}, "-anna": {anna},
    }.items():  # fmt: skip
        assert await found(admin, search) == {lead(each) for each in expected}, search
    rule = {"tags": {"any": ["lake view"]}}
    assert await found(admin, "a", filter=rule) == {lead(anna)}
    assert await found(admin, "zaza", filter=rule) == set()
    for search in ("x" * 201, " ".join(f"w{number}" for number in range(21))):
        assert await admin.refused(LEADS, search=search) == "BAD_USER_INPUT"


@pytest.mark.behaviour("B3", "G8")
async def test_the_index_follows_each_change_and_holds_nothing_that_is_hidden(
    services: Services, admin: Client
) -> None:
    _, lead_id = await visitor_client(services)
    assert admin.actor
    who = admin.actor
    await act(services, who, leads.set_properties, lead_id, [
        PropertyEdit("first_name", {"text": "Berta"}),
        PropertyEdit("company", {"text": "Hiddenco"}),
    ])  # fmt: skip
    await act(services, who, tags.add_tags, lead_id, ["Fresh"])
    await act(services, who, notes.add_note, lead_id, "A secretword", None, False, key())
    sent = NewMessage(Channel.CHAT, "Your appraisal, ready")
    await act(services, who, conversations.send_message, lead_id, sent, key())
    for search in ("berta", "fresh", "appraisal berta"):
        assert await found(admin, search) == {lead(lead_id)}, search
    assert await found(admin, "secretword") == await found(admin, "hiddenco") == set()
    await act(services, who, tags.remove_tags, lead_id, ["Fresh"])
    await act(services, who, leads.set_properties, lead_id, [PropertyEdit("first_name", None)])
    assert await found(admin, "fresh") == await found(admin, "berta") == set()
    agent = await staff_client(services, StaffRole.AGENT)
    assert agent.actor is not None
    into = await make_lead(services, first_name="Emma", assignee_id=agent.actor.id)
    await act(services, who, merging.merge_leads, into, lead_id)
    assert await found(admin, "appraisal emma") == {lead(into)}
    await act(services, who, merging.unmerge_lead, lead_id)
    assert await found(admin, "appraisal hiddenco") == {lead(lead_id)}
    assert await found(admin, "emma") == {lead(into)}
    await act(services, who, merging.merge_leads, into, lead_id)
    for search in ("appraisal emma", "hiddenco"):
        expected = {lead(into)} if search != "hiddenco" else set()
        assert await found(admin, search) == expected
    await admin.done("eraseLead", leadId=lead(into), confirmLeadId=lead(into))
    async with services.database.read_session() as session:
        assert await session.scalar(select(func.count()).select_from(SearchEntry)) == 0
    if services.database.is_sqlite:
        marked = text("SELECT count(*) FROM search_words_data WHERE instr(block, :word)")
        async with services.database.read_session() as session:
            assert await session.scalar(marked, {"word": b"apprais"})
        await run_due_jobs(services)
        async with services.database.read_session() as session:
            assert not await session.scalar(marked, {"word": b"apprais"})


async def test_a_search_is_one_statement_and_a_change_keeps_the_index_with_two(
    services: Services, admin: Client
) -> None:
    lead_id = await make_lead(services)
    assert admin.actor
    document = "query($search: String) { leads(first: 9, search: $search) { nodes { id } } }"
    with counting(services) as plain:
        await admin.read(document)
    with counting(services) as searching:
        await admin.read(document, search="lena lorenz of the lake")
    assert searching.count == plain.count
    with counting(services) as tagged:
        await act(services, admin.actor, tags.add_tags, lead_id, ["One"])
    kept = [each for each in tagged.sent if "search_entry" in each]
    assert len(kept) == 1
