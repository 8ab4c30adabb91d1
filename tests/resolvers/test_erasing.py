"""Erasing a lead: what goes with it, what is remembered, and what it answers afterwards."""

from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.accounts import LeadAccount
from models.appointments import Appointment
from models.calls import Call
from models.changes import Change
from models.contact_points import EmailAddress, ErasedAddress
from models.enums import ChangeKind, Consent, StaffRole, SubscriptionStatus
from models.events import Event
from models.leads import LeadAlias
from models.notes import Note
from models.tables import metadata
from models.tasks import Task
from models.visits import Visit
from resolvers import access, erasing, event_texts, notes, visits
from resolvers.actors import SYSTEM
from resolvers.contact_points import shown_status
from resolvers.erasing.rows import OTHERWISE, OWN, PARTS, UNTOUCHED
from resolvers.errors import Gone, NotFound
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.upserts import table_of
from resolvers.visits import Page, Told
from tests.client import lead, staff_client
from tests.factories import ORIGIN, make_lead, make_site, make_staff, make_visit
from tests.live.following import merge
from tests.resolvers.verify import act, assert_log_holds, changes_of

VERIFY = "query ($id: ID!) { verifyHistory(leadId: $id) { isIntact erasedCount checkedCount } }"
CARD = "query ($id: ID!) { lead(id: $id) { id viewerCan { erase } } }"


def test_every_table_is_thought_of() -> None:
    named = [table_of(each).name for each in (*OWN, *PARTS)]
    assert sorted([*named, *OTHERWISE, *UNTOUCHED]) == sorted(metadata.tables)


def test_every_row_that_names_a_lead_goes_with_it() -> None:
    own = {table_of(each).name for each in OWN} | set(OTHERWISE)
    parts = {table_of(each).name for each in PARTS}
    for table in metadata.sorted_tables:
        if "lead_id" in table.c:
            assert table.name in own | parts, table.name
        owners = {key.column.table.name for key in table.foreign_keys}
        if owners & (own - {"email_address", "upload"}):
            assert table.name in own | parts, f"{table.name} hangs on {owners}"


@pytest.mark.behaviour("B28", "A2", "B22")
async def test_an_erased_lead_says_so_to_who_may_know(services: Services) -> None:
    admin = await staff_client(services)
    manager = await staff_client(services, StaffRole.MANAGER)
    agent = await staff_client(services, StaffRole.AGENT)
    assert admin.actor
    assert agent.actor
    lead_id = await make_lead(services, admin.actor, assignee_id=agent.actor.id)
    on = {"id": lead(lead_id)}
    shown = [(await each.read(CARD, **on))["lead"]["viewerCan"] for each in (admin, manager, agent)]
    assert shown == [{"erase": True}, {"erase": False}, {"erase": False}]

    given = {"leadId": lead(lead_id), "confirmLeadId": lead(lead_id)}
    done = await admin.done("eraseLead", "leadId erasedAt destroyedCount", **given)
    assert done["leadId"] == lead(lead_id)
    assert done["destroyedCount"] > 3
    for each in (admin, manager):
        gone = await each.run(CARD, **on)
        assert (gone.data, gone.codes) == ({"lead": None}, ["GONE"])
        assert gone.errors[0]["extensions"]["erasedAt"].startswith("2026-03-02T09:00:00")
    hidden = await agent.run(CARD, **on)
    assert (hidden.data, hidden.errors) == ({"lead": None}, [])

    checked = (await admin.read(VERIFY, **on))["verifyHistory"]
    assert checked["isIntact"]
    assert checked["erasedCount"] == checked["checkedCount"] - 1
    assert (await manager.read(VERIFY, **on))["verifyHistory"] is None
    with pytest.raises(Gone):
        await act(services, admin.actor, erasing.erase_lead, lead_id, lead_id)


@pytest.mark.behaviour("B28")
async def test_what_is_left_of_the_log_tells_nothing_and_can_not_be_forged(
    services: Services,
) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services, admin, email_addresses=["lena@mail.example"])
    before = await changes_of(services, lead_id)
    await act(services, admin, erasing.erase_lead, lead_id, lead_id)
    *emptied, last = await changes_of(services, lead_id)
    assert last.data == {}
    assert last.actor_name == admin.name
    assert [(each.data, each.salt, each.actor_name) for each in emptied] == [(None, None, "")]
    assert [each.digest for each in emptied] == [each.digest for each in before]
    await assert_log_holds(services, lead_id)
    with pytest.raises(NotFound):  # an act that was under way and comes too late
        async with unit_of_work(services, SYSTEM) as work:
            work.record(lead_id, ChangeKind.TAGS_CHANGED, last.category, {})
    async with services.database.writer.begin() as connection:
        with pytest.raises(Exception, match="append-only"):
            await connection.execute(
                update(table_of(Change)).where(col(Change.lead_id) == lead_id).values(data={"a": 1})
            )


@pytest.mark.behaviour("B28")
async def test_who_did_not_want_letters_gets_none_after_erasure(services: Services) -> None:
    admin = await make_staff(services)
    mails = ["lena@mail.example", "new@mail.example", "both@mail.example"]
    lead_id = await make_lead(services, admin, email_addresses=mails)
    await make_lead(services, admin, email_addresses=["both@mail.example"])
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(EmailAddress)
            .where(col(EmailAddress.key).in_(("lena@mail.example", "both@mail.example")))
            .values(consent=Consent.UNSUBSCRIBED)
        )
    await act(services, admin, erasing.erase_lead, lead_id, lead_id)
    async with services.database.read_session() as session:
        assert [*await session.scalars(select(col(EmailAddress.key)))] == ["both@mail.example"]
        (kept,) = await session.scalars(select(ErasedAddress))
    assert len(kept.digest) == 32
    await make_lead(services, admin, email_addresses=["Lena@mail.example", "new@mail.example"])
    async with services.database.read_session() as session:
        found = {
            each.key: shown_status(each) for each in await session.scalars(select(EmailAddress))
        }
    assert found == {
        "lena@mail.example": SubscriptionStatus.UNSUBSCRIBED,
        "both@mail.example": SubscriptionStatus.UNSUBSCRIBED,
        "new@mail.example": SubscriptionStatus.SUBSCRIBED,
    }


@pytest.mark.behaviour("B28")
async def test_leads_that_went_into_it_are_erased_too_and_a_visitor_is_nobody(
    services: Services,
) -> None:
    admin = await make_staff(services)
    site, _ = await make_site(services)
    visit = await make_visit(services, site)
    first = visit.actor.lead_id
    page = Page(f"{ORIGIN}/lamps")
    event_id = await visits.record(services, visit.actor, Told("View", "page-0001", 1, page=page))
    await act(services, admin, event_texts.annotate_event, first, event_id, "Before", None)
    await act(services, admin, notes.add_note, first, "<p>a</p>", None, False, uuid4().hex)
    second, third, other = [await make_lead(services, admin) for _ in range(3)]
    await merge(services, second, first)
    await act(services, admin, event_texts.annotate_event, second, event_id, "After", 1)
    await merge(services, third, second)
    await act(services, admin, erasing.erase_lead, first, first)
    for each in (first, second, third):
        await assert_log_holds(services, each)
        with pytest.raises(Gone):
            await act(services, admin, erasing.erase_lead, each, each)
    async with services.database.read_session() as session:
        for table in (LeadAlias, Visit, Event, Note, Task, Call, Appointment, LeadAccount):
            assert (await session.scalars(select(table))).all() == []
        assert await access.find_lead(session, admin, other) is not None
    assert await visits.actor_for_token(services, visit.token) is None
