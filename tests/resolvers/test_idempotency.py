"""The same key and body lead to the first result and to nothing more (G3)."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from models.clock import ManualClock
from models.enums import Channel
from models.leads import Lead
from models.workspace import Idempotency
from resolvers import conversations, events, leads, notes, visits
from resolvers.actors import StaffActor
from resolvers.conversations import NewMessage
from resolvers.errors import Conflict, ConflictReason, InvalidInput
from resolvers.events import NewEvent
from resolvers.leads import NewLead, PropertyEdit
from resolvers.services import Services
from tests.factories import make_lead, make_staff, make_visit
from tests.resolvers.verify import act, head_of

DAY = 24 * 3600


@pytest.fixture
async def admin(services: Services) -> StaffActor:
    return await make_staff(services)


async def count(services: Services, table: Any) -> int:
    async with services.database.read_session() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def key_reused(run: Any) -> None:
    with pytest.raises(Conflict) as caught:
        await run
    assert caught.value.reason is ConflictReason.KEY_REUSED


NEW = NewLead(
    {"first_name": "Lena"},
    ["lena@mail.example"],
    properties=[PropertyEdit("rooms", {"number": "3"})],
    tags=["VIP"],
)


async def test_a_repeated_creation_answers_the_first_lead(
    services: Services, admin: StaffActor
) -> None:
    first = await act(services, admin, leads.create_lead, NEW, "key")
    assert await act(services, admin, leads.create_lead, NEW, "key") == first
    assert await count(services, Lead) == 1
    assert await head_of(services, first) == 1


async def test_a_key_with_another_body_is_refused(services: Services, admin: StaffActor) -> None:
    await act(services, admin, leads.create_lead, NEW, "key")
    for other in (replace(NEW, tags=["vip"]), replace(NEW, properties=()), NewLead()):
        await key_reused(act(services, admin, leads.create_lead, other, "key"))
    assert await count(services, Lead) == 1


async def test_a_key_for_another_act_is_refused(services: Services, admin: StaffActor) -> None:
    lead_id = await act(services, admin, leads.create_lead, NEW, "key")
    await key_reused(act(services, admin, events.add_event, lead_id, NewEvent("Call"), "key"))


async def test_a_key_is_free_again_after_a_day(
    services: Services, admin: StaffActor, clock: ManualClock
) -> None:
    first = await act(services, admin, leads.create_lead, NEW, "key")
    clock.advance(DAY)
    assert await act(services, admin, leads.create_lead, NEW, "key") == first
    clock.advance(1)
    assert await act(services, admin, leads.create_lead, NEW, "key") != first
    assert await count(services, Idempotency) == 1


async def test_a_key_belongs_to_its_caller(services: Services, admin: StaffActor) -> None:
    other = await make_staff(services, name="Ada Ames")
    first = await act(services, admin, leads.create_lead, NEW, "key")
    assert await act(services, other, leads.create_lead, NEW, "key") != first


async def test_every_act_that_creates_can_be_repeated(
    services: Services, admin: StaffActor
) -> None:
    visit = await make_visit(services)
    lead_id: UUID = visit.actor.lead_id
    for use_case, *given in (
        (events.add_event, lead_id, NewEvent("Call"), "event"),
        (notes.add_note, lead_id, "<p>a</p>", None, False, "note"),
        (conversations.send_message, lead_id, NewMessage(Channel.CHAT, "Hi"), "message"),
    ):
        first = await act(services, admin, use_case, *given)
        head = await head_of(services, lead_id)
        assert await act(services, admin, use_case, *given) == first
        assert await head_of(services, lead_id) == head
    await key_reused(act(services, admin, notes.add_note, lead_id, "<p>a</p>", None, True, "note"))
    await key_reused(
        act(services, admin, events.add_event, await make_lead(services), NewEvent("Call"), "event")
    )


async def test_a_visitors_message_can_be_repeated(services: Services) -> None:
    visitor = (await make_visit(services)).actor
    first = await visits.send_visitor_message(services, visitor, "Hello", "key")
    assert await visits.send_visitor_message(services, visitor, "Hello", "key") == first
    await key_reused(visits.send_visitor_message(services, visitor, "Hello!", "key"))
    other = (await make_visit(services)).actor
    assert await visits.send_visitor_message(services, other, "Hello", "key") != first
    assert await head_of(services, visitor.lead_id) == 2


async def test_a_refused_act_leaves_its_key_free(services: Services, admin: StaffActor) -> None:
    bad = replace(NEW, phone_numbers=["12"])
    with pytest.raises(InvalidInput):
        await act(services, admin, leads.create_lead, bad, "key")
    await act(services, admin, leads.create_lead, NEW, "key")


async def test_an_odd_key_is_refused(services: Services, admin: StaffActor) -> None:
    for key in ("", "k" * 65, "schlüssel", "a\nb", "a\x00"):
        with pytest.raises(InvalidInput) as caught:
            await act(services, admin, leads.create_lead, NEW, key)
        assert caught.value.problems[0].path == ("idempotencyKey",)
    await act(services, admin, leads.create_lead, NEW, "k" * 64)


async def test_calls_at_once_with_one_key_have_one_result(
    services: Services, admin: StaffActor
) -> None:
    made = await asyncio.gather(
        *(act(services, admin, leads.create_lead, NEW, "key") for _ in range(16))
    )
    assert len(set(made)) == 1
    assert await count(services, Lead) == 1
    visitor = (await make_visit(services)).actor
    told = await asyncio.gather(
        *(visits.send_visitor_message(services, visitor, "Hello", "key") for _ in range(16))
    )
    assert len(set(told)) == 1
    assert await head_of(services, visitor.lead_id) == 2
