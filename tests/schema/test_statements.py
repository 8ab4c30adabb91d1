"""Statements are counted: a card and a list cost the same number however much they hold."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from models.clock import ManualClock
from models.enums import (
    AppointmentKind,
    CallOutcome,
    Channel,
    MessageDirection,
    NoteVisibility,
)
from models.ids import new_id
from resolvers import (
    appointments,
    calls,
    conversations,
    event_texts,
    events,
    leads,
    notes,
    tags,
    visits,
)
from resolvers.actors import SYSTEM
from resolvers.appointments import NewAppointment
from resolvers.calls import NewCall
from resolvers.conversations import NewMessage
from resolvers.events import NewEvent
from resolvers.leads import PropertyEdit
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, key, lead, staff_client
from tests.factories import ORIGIN, make_site, make_visit

CARD = """query Card($id: ID!) { lead(id: $id) {
  id displayName title isAnonymous version createdAt lastActivityAt priority
  person { firstName lastName company } source { channel detail referrer }
  state { id name pipeline { name } } stateBar { state { name } isCurrent isPassed }
  assignee { id name } assignment { current { name } since past { staff { name } from to } }
  presence { state lastSeenAt } viewers { staff { name } } viewerCount
  emailAddresses { address subscription { subscriptionStatus } } phoneNumbers { number }
  primaryEmailAddress { address } emailSubscription { subscriptionStatus }
  properties { key value { display } field { type } updatedBy { name staff { name } } version }
  tags { id name } summary { key value { display } } avatar { initials } sales { remarks }
  pinnedProperties { key isPinned } location { timeZone utcOffsetSeconds source }
  notes(first: 20) { totalCount nodes {
    html text author { name staff { name } } versions { body } } }
  appointments(first: 20, when: ALL) { totalCount nodes { title body outcomeNote
    assignee { name } overlaps { id } lead { id } createdBy { staff { name } } } }
  calls(first: 20) { totalCount nodes { note author { staff { name } } } }
  conversations(first: 10) { totalCount { value } nodes {
    id state lastMessage { text author { name staff { name } } } lead { id }
    messages(first: 2) { totalCount nodes { text conversation { id } } } } }
  messages(first: 20) { totalCount nodes { text author { staff { name } } conversation { id } } }
  events(first: 20) { totalCount { value } nodes { name eventKind { name } actor { name }
    annotation { body former { body } } } }
  eventGroups { name count eventKind { name } }
  presenceIntervals(first: 5) { nodes { from } }
  timeline(first: 20) { nodes { kind actor { name staff { name } } subject {
    ... on Note { text } ... on Message { text conversation { id } }
    ... on Call { note } ... on Appointment { title body overlaps { id } }
    ... on Event { name annotation { body } } ... on HistoryEntry { summary } } } }
  history(first: 20) { totalCount nodes { summary actor { staff { name } }
    diffs { path after { display } }
    change { __typename lead { id }
      ... on EventRecorded { event { name } group { count } }
      ... on NoteChanged { note { text } }
      ... on AppointmentChanged { appointment { body } } ... on CallChanged { call { note } }
      ... on MessageAdded { message { text } conversation { id } }
      ... on PropertiesChanged { properties { key } }
      ... on TagsChanged { added { name } } } } } } }"""

LIST = """query List($first: Int!) { leads(first: $first) { totalCount { value } nodes {
  id displayName version person { firstName } state { name pipeline { name } }
  stateBar { isCurrent } assignee { name } assignment { past { staff { name } } }
  presence { state lastSeenAt } viewerCount
  emailAddresses { address } phoneNumbers { number } emailSubscription { subscriptionStatus }
  properties { key value { display } } tags { name } eventGroups { name }
  summary { value { display } } pinnedProperties { key } location { source } sales { remarks }
  notes(first: 2) { totalCount nodes { text author { staff { name } } } }
  conversations(first: 2) { totalCount { value } nodes { lastMessage { text } lead { id }
    messages(first: 2) { nodes { text } } } }
  messages(first: 2) { totalCount nodes { conversation { id } } }
  events(first: 2) { totalCount { value } nodes { eventKind { name } } }
  presenceIntervals(first: 2) { nodes { from } }
  appointments(first: 2, when: ALL) { totalCount nodes { body overlaps { id } } }
  calls(first: 2) { totalCount nodes { note } }
  timeline(first: 2, kinds: [NOTE, EVENT]) { nodes { subject {
    ... on Note { text } ... on Event { name } } } }
  history(first: 2) { totalCount nodes { summary change { lead { id }
    ... on EventRecorded { event { name } } ... on MessageAdded { message { text } } } } } } } }"""


class Statements:
    """What was sent to the database while it listened."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    @property
    def count(self) -> int:
        return len(self.sent)

    def beyond(self, other: "Statements") -> str:
        """What was sent more often than there, for the message of a failure."""
        more = Counter(_short(each) for each in self.sent)
        more.subtract(_short(each) for each in other.sent)
        return "\n".join(f"{number:+} {each}" for each, number in more.items() if number > 0)


def _short(statement: str) -> str:
    """The statement without its columns and the lengths of its lists."""
    return re.sub(r"IN \([^)]*\)", "IN (...)", statement.partition("FROM")[2])[:160]


@contextmanager
def counting(services: Services) -> Iterator[Statements]:
    """Statements of both engines; a dialect's own begin is none."""
    database, found = services.database, Statements()
    engines = [database.writer.sync_engine]
    if database.is_sqlite:  # elsewhere the reader is a view of the writer and shares its events
        engines.append(database.reader.sync_engine)

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            found.sent.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


class Warehouse:
    """Makes leads that hold `size` of everything."""

    def __init__(self, services: Services, clock: ManualClock, client: Client) -> None:
        self.services, self.clock, self.client = services, clock, client

    async def lead(self, size: int) -> UUID:
        """A visitor's lead with that many of each."""
        actor = self.client.actor
        assert actor
        site, _ = await make_site(self.services)
        lead_id = (await make_visit(self.services, site)).actor.lead_id
        self.clock.advance(1)
        for number in range(size):
            await self._round(lead_id, number)
        async with unit_of_work(self.services, actor) as work:
            await leads.assign(work, lead_id, actor.id, None)
        return lead_id

    async def _round(self, lead_id: UUID, number: int) -> None:
        actor = self.client.actor
        assert actor
        pop_up = NewMessage(
            Channel.POPUP, "Hello", f"No {number}", expires_at=self.clock.now() + timedelta(days=1)
        )
        value = PropertyEdit(f"field_{number}", {"number": str(number)})
        async with unit_of_work(self.services, actor) as work:
            await notes.add_note(work, lead_id, "<p>a</p>", NoteVisibility.TEAM, False, key())
            event_id = await events.add_event(work, lead_id, NewEvent(f"Event {number}"), key())
            await work.session.flush()
            await event_texts.annotate_event(work, lead_id, event_id, "Call back", None)
            await conversations.send_message(work, lead_id, pop_up, key())
            await leads.set_properties(work, lead_id, [value])
            await tags.add_tags(work, lead_id, [f"tag {number}"])
            start = self.clock.now() + timedelta(days=1)
            planned = NewAppointment(
                AppointmentKind.MEETING, start, start + timedelta(hours=1), body=f"No {number}"
            )
            await appointments.schedule(work, lead_id, planned, key())
            call = NewCall(MessageDirection.TO_LEAD, CallOutcome.BUSY, note="Later")
            await calls.log_call(work, lead_id, call, key())
        self.clock.advance(1)


@pytest.fixture
async def warehouse(services: Services, clock: ManualClock) -> Warehouse:
    """Its fields are there already: how many there are is not what is compared."""
    client = await staff_client(services)
    async with unit_of_work(services, SYSTEM) as work:
        for number in range(20):
            await leads.property_edits(
                work, [PropertyEdit(f"field_{number}", {"number": "1"})], new_id()
            )
    return Warehouse(services, clock, client)


async def test_a_card_costs_the_same_for_one_row_and_for_twenty_in_each_list(
    warehouse: Warehouse,
) -> None:
    client, services = warehouse.client, warehouse.services
    small, large = await warehouse.lead(1), await warehouse.lead(20)
    counts: dict[UUID, Statements] = {}
    for lead_id in (small, large):
        with counting(services) as counts[lead_id]:
            data = await client.read(CARD, id=lead(lead_id))
    assert len(data["lead"]["conversations"]["nodes"]) == 10
    assert len(data["lead"]["events"]["nodes"]) == 20
    one, many = counts[small], counts[large]
    assert one.count == many.count, f"{one.count} became {many.count}: {many.beyond(one)}"
    assert one.count <= 60, f"a card costs {one.count} statements"


async def test_a_list_of_leads_costs_the_same_for_one_lead_and_for_twenty(
    warehouse: Warehouse,
) -> None:
    for _ in range(20):
        await warehouse.lead(2)
    counts: dict[int, Statements] = {}
    for first in (1, 20):
        with counting(warehouse.services) as counts[first]:
            data = await warehouse.client.read(LIST, first=first)
        nodes = data["leads"]["nodes"]
        assert len(nodes) == first
        assert all(len(each["history"]["nodes"]) == 2 for each in nodes)
    one, many = counts[1], counts[20]
    assert one.count == many.count, f"{one.count} became {many.count}: {many.beyond(one)}"


@pytest.mark.behaviour("B6")
async def test_open_pages_cost_the_same_for_one_lead_and_for_twenty(
    services: Services,
) -> None:
    client = await staff_client(services)
    site, _ = await make_site(services)
    for number in range(20):
        visitor = (await make_visit(services, site)).actor
        for page_key in ("page-0001", "page-0002"):
            page = visits.Page(f"{ORIGIN}/lamps/{number}", f"Lamp {number}")
            await visits.heartbeat(
                services, visitor, page_key, is_visible=True, idle_ms=0, page=page
            )
    document = """query($first: Int!) { leads(first: $first) { nodes { presence { state
      sessions { id site { name } pageUrl pageTitle referrer startedAt device } } } } }"""
    counts: dict[int, Statements] = {}
    for first in (1, 20):
        with counting(services) as counts[first]:
            data = await client.read(document, first=first)
        found = [each["presence"]["sessions"] for each in data["leads"]["nodes"]]
        assert [len(each) for each in found] == [2] * first
        assert {page["site"]["name"] for each in found for page in each} == {"Shop"}
        assert len({page["pageUrl"] for each in found for page in each}) == first
    one, many = counts[1], counts[20]
    assert one.count == many.count, f"{one.count} became {many.count}: {many.beyond(one)}"


async def test_a_field_that_is_not_asked_for_costs_nothing(warehouse: Warehouse) -> None:
    lead_id = await warehouse.lead(1)
    document = "query($id: ID!) { lead(id: $id) { id displayName createdAt } }"
    with counting(warehouse.services) as counted:
        await warehouse.client.read(document, id=lead(lead_id))
    assert counted.count <= 3, f"{counted.count} statements: {counted.sent}"
