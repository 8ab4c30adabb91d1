"""Conversations: who wrote last, what is waited for, and which channel can be used."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from models.clock import ManualClock
from models.conversations import Conversation, Message
from models.enums import Channel, ConversationState, MessageDirection, PresenceState
from models.visits import Visit
from resolvers import conversations, visits
from resolvers.actors import SYSTEM, StaffActor
from resolvers.conversations import NewMessage
from resolvers.errors import (
    ChannelUnavailable,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
)
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.visits import StartedVisit
from tests.factories import make_lead, make_staff, make_visit
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, head_of

CHAT = NewMessage(Channel.CHAT, "Hello")


class Desk:
    def __init__(self, services: Services, admin: StaffActor, visit: StartedVisit) -> None:
        self.services, self.admin, self.visit = services, admin, visit
        self.lead_id = visit.actor.lead_id

    async def send(self, new: NewMessage, lead_id: UUID | None = None) -> UUID:
        message_id: UUID = await act(
            self.services, self.admin, conversations.send_message, lead_id or self.lead_id, new,
            uuid4().hex,
        )  # fmt: skip
        return message_id

    async def hear(self, text: str) -> UUID:
        return await visits.send_visitor_message(self.services, self.visit.actor, text, uuid4().hex)

    async def all(self, table: Any) -> list[Any]:
        async with self.services.database.read_session() as session:
            return list(await session.scalars(select(table).order_by(table.id)))

    async def turn(self, conversation_id: UUID, state: ConversationState) -> None:
        await act(
            self.services, self.admin, conversations.change_conversation_state, self.lead_id,
            conversation_id, state,
        )  # fmt: skip


@pytest.fixture
async def desk(services: Services) -> Desk:
    return Desk(services, await make_staff(services), await make_visit(services))


@pytest.mark.behaviour("B21", "B29")
async def test_both_sides_write_into_one_chat(desk: Desk, clock: ManualClock) -> None:
    asked_at = clock.now()
    await desk.hear("Is it in stock?")
    clock.advance(60)
    await desk.hear("Anybody?")
    (conversation,) = await desk.all(Conversation)
    assert (conversation.waiting_since, conversation.last_message_at) == (asked_at, clock.now())
    answer = await desk.send(CHAT)
    (conversation,) = await desk.all(Conversation)
    assert (conversation.waiting_since, conversation.last_message_id) == (None, answer)
    messages = await desk.all(Message)
    assert [message.direction for message in messages] == [
        MessageDirection.FROM_LEAD,
        MessageDirection.FROM_LEAD,
        MessageDirection.TO_LEAD,
    ]
    assert messages[2].lead_presence is PresenceState.OFFLINE
    assert (messages[0].author_name, messages[2].author_name) == (
        desk.visit.actor.name,
        "Ada Ames",
    )


@pytest.mark.behaviour("B30")
async def test_a_closed_conversation_opens_when_somebody_writes(desk: Desk) -> None:
    await desk.hear("Hello")
    (conversation,) = await desk.all(Conversation)
    for write in (lambda: desk.send(CHAT), lambda: desk.hear("Again")):
        await desk.turn(conversation.id, ConversationState.CLOSED)
        (closed,) = await desk.all(Conversation)
        assert (closed.state, closed.waiting_since) == (ConversationState.CLOSED, None)
        await write()
        (opened,) = await desk.all(Conversation)
        assert opened.state is ConversationState.OPEN


@pytest.mark.behaviour("B30")
async def test_a_lead_without_a_visit_can_not_be_written_to(desk: Desk) -> None:
    await desk.send(CHAT)
    other = await make_lead(desk.services)
    with pytest.raises(ChannelUnavailable) as caught:
        await desk.send(CHAT, other)
    assert (caught.value.channel, caught.value.alternatives) == (Channel.CHAT, ())
    async with unit_of_work(desk.services, SYSTEM) as work:
        await work.session.execute(update(Visit).values(ended_at=work.at))
    with pytest.raises(ChannelUnavailable):
        await desk.send(CHAT)


@pytest.mark.behaviour("B21")
async def test_a_pop_up_needs_a_title_and_somebody_to_see_it(
    desk: Desk, clock: ManualClock
) -> None:
    until = clock.now() + timedelta(hours=1)
    pop_up = NewMessage(Channel.POPUP, "Ten off", "Today", expires_at=until)
    await desk.send(pop_up)
    for new, path, code in (
        (replace(pop_up, subject=" "), "subject", ProblemCode.REQUIRED),
        (replace(pop_up, subject=None), "subject", ProblemCode.REQUIRED),
        (replace(pop_up, subject="x" * 201), "subject", ProblemCode.TOO_LARGE),
        (replace(pop_up, expires_at=clock.now()), "expiresAt", ProblemCode.TOO_SMALL),
    ):
        assert await problem_of(desk.send(new)) == (path, code)
    now = replace(pop_up, expires_at=None)
    with pytest.raises(Precondition) as caught:
        await desk.send(now)
    assert caught.value.reason is PreconditionReason.LEAD_OFFLINE
    await visits.heartbeat(desk.services, desk.visit.actor, "page-0001", is_visible=True, idle_ms=0)
    await desk.send(now)
    messages = await desk.all(Message)
    assert [message.lead_presence for message in messages] == [
        PresenceState.OFFLINE,
        PresenceState.ONLINE,
    ]
    assert len(await desk.all(Conversation)) == 2


async def test_odd_messages_are_refused(desk: Desk) -> None:
    await desk.hear("Hello")
    (conversation,) = await desk.all(Conversation)
    head = await head_of(desk.services, desk.lead_id)
    for new, path, code in (
        (replace(CHAT, text=" \n"), "text", ProblemCode.REQUIRED),
        (replace(CHAT, text="x" * 20_001), "text", ProblemCode.TOO_LARGE),
        (replace(CHAT, text="a\x00"), "text", ProblemCode.MALFORMED),
        (NewMessage(Channel.POPUP, "a", "b", conversation.id, conversation.created_at
                    + timedelta(days=1)), "channel", ProblemCode.CONTRADICTION),
    ):  # fmt: skip
        assert await problem_of(desk.send(new)) == (path, code)
    for conversation_id in (uuid4(), await _of_another_lead(desk)):
        with pytest.raises(NotFound):
            await desk.send(replace(CHAT, conversation_id=conversation_id))
        with pytest.raises(NotFound):
            await desk.turn(conversation_id, ConversationState.CLOSED)
    assert await head_of(desk.services, desk.lead_id) == head
    await desk.send(replace(CHAT, conversation_id=conversation.id))


async def _of_another_lead(desk: Desk) -> UUID:
    other = (await make_visit(desk.services)).actor
    await visits.send_visitor_message(desk.services, other, "Hello", "k")
    (found,) = [row for row in await desk.all(Conversation) if row.lead_id == other.lead_id]
    found_id: UUID = found.id
    return found_id
