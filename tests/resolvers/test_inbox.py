"""The inbox: who answers, what comes back when, and what each person has read."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.conversations import Conversation, Message
from models.enums import ActorKind, Channel, ConversationState, NotificationKind, StaffRole
from models.jobs import Job
from models.notifications import Notification
from resolvers import conversations, inbox, leads, visits
from resolvers.actors import StaffActor
from resolvers.conversations import NewMessage
from resolvers.errors import Conflict, ProblemCode
from resolvers.history import summary_of
from resolvers.inbox import ConversationFilter
from resolvers.services import Services
from resolvers.views import View
from resolvers.visits import StartedVisit
from resolvers.worker import run_due_jobs
from tests.factories import make_staff, make_visit
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, assert_log_holds, changes_of

OPEN, SNOOZED, CLOSED = ConversationState
pytestmark = pytest.mark.behaviour("B29")


class Desk:
    """A lead that wrote in its chat; Ada is ADMIN, Bo another one."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services, self.clock = services, clock

    async def set_up(self) -> "Desk":
        self.ada: StaffActor = await make_staff(self.services)
        self.bo: StaffActor = await make_staff(self.services, name="Bo Brandt")
        self.visit: StartedVisit = await make_visit(self.services)
        self.lead_id: UUID = self.visit.actor.lead_id
        await self.hear("Is it in stock?")
        self.id: UUID = (await self.row()).id
        return self

    async def hear(self, text: str) -> UUID:
        return await visits.send_visitor_message(self.services, self.visit.actor, text, uuid4().hex)

    async def row(self) -> Conversation:
        async with self.services.database.read_session() as session:
            statement = select(Conversation).where(col(Conversation.lead_id) == self.lead_id)
            return (await session.scalars(statement)).one()

    async def give(self, by: StaffActor, to: StaffActor | None, seen: int | None = None) -> None:
        await act(
            self.services, by, conversations.assign_conversation, self.lead_id, self.id,
            to.id if to else None, seen,
        )  # fmt: skip

    async def turn(self, state: ConversationState, until: Any = None) -> None:
        await act(
            self.services, self.ada, conversations.change_conversation_state, self.lead_id,
            self.id, state, until,
        )  # fmt: skip

    async def told(self, person: StaffActor) -> list[tuple[NotificationKind, str]]:
        async with self.services.database.read_session() as session:
            rows = await session.scalars(
                select(Notification)
                .where(col(Notification.staff_id) == person.id)
                .order_by(col(Notification.revision))
            )
            return [(row.kind, row.text) for row in rows]

    async def jobs(self) -> int:
        async with self.services.database.read_session() as session:
            rows = await session.scalars(select(Job).where(col(Job.key) == self.id.hex))
            return len(rows.all())

    async def found(self, person: StaffActor, **wanted: Any) -> list[UUID]:
        view = View(self.services, person)
        try:
            given = ConversationFilter(**wanted)
            page = await inbox.conversations_page(view, given, 100, None)
            assert await inbox.count_conversations(view, given) == len(page.rows)
            return [row.id for row in page.rows]
        finally:
            await view.close()

    async def numbers(self, person: StaffActor) -> tuple[int, ...]:
        view = View(self.services, person)
        try:
            return (
                *vars(await inbox.inbox_counts(view)).values(),
                *await inbox.unread_by_conversation(view, [self.id]),
                await inbox.count_waiting(view),
            )
        finally:
            await view.close()

    async def history(self) -> list[str]:
        changes = await changes_of(self.services, self.lead_id)
        return [summary_of(each) for each in changes if each.subject_kind == "conversation"]


@pytest.fixture
async def desk(services: Services, clock: ManualClock) -> Desk:
    return await Desk(services, clock).set_up()


async def test_of_two_who_take_a_conversation_at_once_the_second_is_told_who_has_it(
    desk: Desk,
) -> None:
    outcomes = await asyncio.gather(
        desk.give(desk.ada, desk.ada), desk.give(desk.bo, desk.bo), return_exceptions=True
    )
    (refused,) = [each for each in outcomes if each is not None]
    assert isinstance(refused, Conflict)
    has = await desk.row()
    first, second = (desk.ada, desk.bo) if has.assignee_id == desk.ada.id else (desk.bo, desk.ada)
    assert refused.message == f"{first.name} has this conversation."
    (clash,) = refused.clashes
    assert (clash.current["name"], clash.attempted["name"]) == (first.name, second.name)
    assert (clash.changed_by, clash.changed_at) == (first.name, desk.clock.now())
    assert (refused.version, has.version) == (1, 1)
    with pytest.raises(Conflict):
        await desk.give(second, second, 0)
    await desk.give(second, second, 1)  # knowing who has it, one may take it over
    assert (await desk.row()).assignee_id == second.id
    await desk.give(second, second)
    await desk.give(second, None)
    assert (await desk.row()).version == 3
    assert await desk.history() == [
        "Took a conversation.",
        "Took a conversation.",
        "Gave a conversation to nobody.",
    ]


async def test_who_is_given_a_conversation_is_told_and_sees_the_lead(desk: Desk) -> None:
    agent = await make_staff(desk.services, StaffRole.AGENT, "Cleo Cass")
    refused = await problem_of(desk.give(desk.ada, agent))
    assert refused == ("staffId", ProblemCode.CONTRADICTION)
    await desk.give(desk.ada, desk.bo)
    name = desk.visit.actor.name
    given = (
        NotificationKind.CONVERSATION_ASSIGNED,
        f"The conversation with {name} is yours to answer.",
    )
    assert await desk.told(desk.bo) == [given]
    await desk.hear("Anybody?")  # the lead waits already: nothing new
    assert await desk.told(desk.bo) == [given]
    await act(
        desk.services, desk.bo, conversations.send_message, desk.lead_id,
        NewMessage(Channel.CHAT, "Yes"), uuid4().hex,
    )  # fmt: skip
    await desk.hear("Thank\nyou")
    assert (await desk.told(desk.bo))[1:] == [
        (NotificationKind.MESSAGE_RECEIVED, f"{name}: Thank you")
    ]
    # with the lead goes what only its new assignee may answer
    await act(desk.services, desk.ada, leads.assign, desk.lead_id, agent.id, None)
    assert (await desk.row()).assignee_id == desk.bo.id
    await desk.give(desk.bo, agent)
    await act(desk.services, desk.ada, leads.assign, desk.lead_id, desk.bo.id, None)
    assert (await desk.row()).assignee_id == desk.bo.id
    assert (await desk.history())[-1] == "Handed a conversation on to Bo Brandt."
    await assert_log_holds(desk.services, desk.lead_id)


async def test_a_snoozed_conversation_comes_back_at_its_instant_or_when_the_lead_writes(
    desk: Desk,
) -> None:
    await desk.give(desk.ada, desk.bo)
    until = desk.clock.now() + timedelta(hours=2)
    await desk.turn(SNOOZED, until)
    await desk.turn(SNOOZED, until)
    row = await desk.row()
    assert (row.state, row.snoozed_until, await desk.jobs()) == (SNOOZED, until, 1)
    later = until + timedelta(hours=1)
    await desk.turn(SNOOZED, later)
    desk.clock.advance(2 * 3600)
    await run_due_jobs(desk.services)
    assert (await desk.row()).state is SNOOZED
    desk.clock.advance(3600)
    await run_due_jobs(desk.services)
    row = await desk.row()
    assert (row.state, row.snoozed_until, await desk.jobs()) == (OPEN, None, 0)
    (*_, back) = await desk.told(desk.bo)
    assert back == (
        NotificationKind.CONVERSATION_WOKEN,
        f"The conversation with {desk.visit.actor.name} is back.",
    )
    (*_, woken) = await changes_of(desk.services, desk.lead_id)
    assert woken.actor_kind is ActorKind.SYSTEM
    await desk.turn(SNOOZED, desk.clock.now() + timedelta(days=1))
    await act(
        desk.services, desk.ada, conversations.send_message, desk.lead_id,
        NewMessage(Channel.CHAT, "We look into it."), uuid4().hex,
    )  # fmt: skip
    assert (await desk.row()).state is SNOOZED
    await desk.hear("Never mind")
    row = await desk.row()
    assert (row.state, row.snoozed_until, await desk.jobs()) == (OPEN, None, 0)
    await desk.turn(SNOOZED, desk.clock.now() + timedelta(days=1))
    await desk.turn(CLOSED)
    assert await desk.jobs() == 0
    assert await desk.history() == [
        "Gave a conversation to Bo Brandt.",
        "Put off a conversation.",
        "Put off a conversation.",
        "Took up a conversation again.",
        "Put off a conversation.",
        "Put off a conversation.",
        "Closed a conversation.",
    ]
    await assert_log_holds(desk.services, desk.lead_id)


@pytest.mark.parametrize(
    ("state", "seconds", "code"),
    [
        (SNOOZED, None, ProblemCode.REQUIRED),
        (SNOOZED, 0, ProblemCode.TOO_SMALL),
        (SNOOZED, 400 * 86_400, ProblemCode.TOO_LARGE),
        (SNOOZED, 86_400 * 400_000, ProblemCode.TOO_LARGE),
        (CLOSED, 60, ProblemCode.CONTRADICTION),
    ],
)
async def test_only_an_instant_to_come_ends_a_snooze(
    desk: Desk, state: ConversationState, seconds: int | None, code: ProblemCode
) -> None:
    until = None if seconds is None else desk.clock.now() + timedelta(seconds=seconds)
    assert await problem_of(desk.turn(state, until)) == ("snoozedUntil", code)
    assert (await desk.row()).state is OPEN


async def test_each_person_has_their_own_unread_messages(desk: Desk) -> None:
    async def read(person: StaffActor, message: UUID) -> None:
        await act(desk.services, person, inbox.mark_read, person, desk.id, message)

    async with desk.services.database.read_session() as session:
        (first,) = (await session.scalars(select(col(Message.id)))).all()
    desk.clock.advance(5)
    second = await desk.hear("Hello?")
    #      mine, nobody's, open, snoozed, closed, unread; of this one; waiting
    assert await desk.numbers(desk.ada) == (0, 1, 1, 0, 0, 2, 2, 1)
    await read(desk.ada, first)
    assert await desk.numbers(desk.ada) == (0, 1, 1, 0, 0, 1, 1, 1)
    await read(desk.ada, second)
    await read(desk.ada, first)
    assert await desk.numbers(desk.ada) == (0, 1, 1, 0, 0, 0, 0, 1)
    assert await desk.found(desk.ada, is_unread=True) == []
    assert await desk.found(desk.bo, is_unread=True) == [desk.id]
    desk.clock.advance(5)
    await act(
        desk.services, desk.ada, conversations.send_message, desk.lead_id,
        NewMessage(Channel.CHAT, "Here I am"), uuid4().hex,
    )  # fmt: skip
    # Bo never looked, and somebody has answered
    assert await desk.numbers(desk.bo) == (0, 1, 1, 0, 0, 0, 0, 0)
    await desk.turn(CLOSED)
    await desk.give(desk.ada, desk.ada)
    assert await desk.numbers(desk.ada) == (0, 0, 0, 0, 1, 0, 0, 0)


async def test_the_inbox_begins_with_who_waits_longest_and_shows_only_own_leads(
    desk: Desk,
) -> None:
    desk.clock.advance(60)
    other = await Desk(desk.services, desk.clock).set_up()
    desk.clock.advance(60)
    answered = await Desk(desk.services, desk.clock).set_up()
    await act(
        desk.services, desk.ada, conversations.send_message, answered.lead_id,
        NewMessage(Channel.CHAT, "Yes"), uuid4().hex,
    )  # fmt: skip
    assert await desk.found(desk.ada) == [desk.id, other.id, answered.id]
    assert await desk.found(desk.ada, waiting_for=100) == [desk.id]
    assert await desk.found(desk.ada, channels=(Channel.SMS,)) == []
    await desk.give(desk.ada, desk.bo)
    assert await desk.found(desk.ada, assignee=("is_nobody", True)) == [other.id, answered.id]
    assert await desk.found(desk.bo, assignee=("is_me", True)) == [desk.id]
    assert await desk.found(desk.ada, assignee=("is_me", False)) == [
        desk.id, other.id, answered.id,
    ]  # fmt: skip
    assert await desk.found(desk.ada, assignee=("in", (desk.bo.id,))) == [desk.id]
    agent = await make_staff(desk.services, StaffRole.AGENT, "Cleo Cass")
    assert await desk.found(agent, states=tuple(ConversationState)) == []
    await act(desk.services, desk.ada, leads.assign, other.lead_id, agent.id, None)
    assert await desk.found(agent) == [other.id]
    assert (await desk.numbers(agent))[:6] == (0, 1, 1, 0, 0, 1)
