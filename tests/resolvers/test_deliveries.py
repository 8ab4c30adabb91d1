"""What becomes of messages to leads: forward only, each step once, and an end in time."""

from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.changes import RecordedChange
from models.clock import ManualClock
from models.conversations import Message
from models.enums import ActorKind, ChangeKind, Channel, DeliveryState
from models.leads import Lead
from resolvers import conversations, deliveries, visits, worker
from resolvers.access import lock_leads
from resolvers.actors import SYSTEM, StaffActor
from resolvers.conversations import NewMessage
from resolvers.errors import LimitReached, NotFound, ProblemCode
from resolvers.history import summary_of
from resolvers.merging import absorb
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.views import View
from resolvers.visits import StartedVisit
from tests.factories import make_site, make_staff, make_visit
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, changes_of, head_of

QUEUED, DELIVERED, OPENED, CLICKED, EXPIRED = DeliveryState
ALLOWED = {
    (QUEUED, DELIVERED), (QUEUED, OPENED), (QUEUED, CLICKED), (QUEUED, EXPIRED),
    (DELIVERED, OPENED), (DELIVERED, CLICKED), (DELIVERED, EXPIRED), (OPENED, CLICKED),
}  # fmt: skip
LINK = ("See it", "https://shop.example/lamps")


class Desk:
    def __init__(
        self, services: Services, clock: ManualClock, admin: StaffActor, visit: StartedVisit
    ) -> None:
        self.services, self.clock, self.admin, self.visit = services, clock, admin, visit
        self.lead_id = visit.actor.lead_id

    async def send(self, new: NewMessage) -> UUID:
        self.clock.advance(1)
        message_id: UUID = await act(
            self.services, self.admin, conversations.send_message, self.lead_id, new, uuid4().hex
        )
        return message_id

    async def pop_up(self, minutes: float = 60, **more: Any) -> UUID:
        until = self.clock.now() + timedelta(minutes=minutes)
        new = NewMessage(Channel.POPUP, "Today", "Ten off", expires_at=until, **more)
        return await self.send(new)

    async def chat(self, text: str = "Hello") -> UUID:
        return await self.send(NewMessage(Channel.CHAT, text))

    async def mark(
        self, message_id: UUID, *, is_seen: bool = True, is_clicked: bool = False
    ) -> None:
        self.clock.advance(1)
        await visits.mark_messages(
            self.services, self.visit.actor, message_id, is_seen=is_seen, is_clicked=is_clicked
        )

    async def message(self, message_id: UUID) -> Message:
        async with self.services.database.read_session() as session:
            return await session.get_one(Message, message_id)

    async def state(self, message_id: UUID) -> DeliveryState | None:
        return (await self.message(message_id)).delivery

    async def told(self) -> list[RecordedChange]:
        return [
            change
            for change in await changes_of(self.services, self.lead_id)
            if change.kind is ChangeKind.MESSAGE_DELIVERY_CHANGED
        ]


@pytest.fixture
async def desk(services: Services, clock: ManualClock) -> Desk:
    return Desk(services, clock, await make_staff(services), await make_visit(services))


@pytest.mark.behaviour("B20")
async def test_a_state_is_only_ever_followed_by_a_later_one(desk: Desk) -> None:
    message_id = await desk.pop_up()
    for before, after in product(DeliveryState, repeat=2):
        async with unit_of_work(desk.services, SYSTEM) as work:
            await work.session.execute(update(Message).values(delivery=before))
            message = await work.session.get_one(Message, message_id, populate_existing=True)
            head = len(work.committed)
            has_moved = deliveries.advance(work, message, after)
            assert has_moved is ((before, after) in ALLOWED), (before, after)
            assert len(work.committed) - head == int(has_moved)
            assert message.delivery is (after if has_moved else before)


@pytest.mark.behaviour("B20")
async def test_a_pop_up_arrives_is_seen_and_followed_each_once_and_in_order(desk: Desk) -> None:
    message_id = await desk.pop_up(link=LINK)
    sent = desk.clock.now()
    receipts: list[dict[str, bool]] = [{"is_seen": False}, {}, {"is_clicked": True}]
    for receipt in (*receipts, *receipts):
        await desk.mark(message_id, **receipt)
    message = await desk.message(message_id)
    assert message.delivery_steps == [
        {"state": state, "at": (sent + timedelta(seconds=second)).isoformat()}
        for second, state in enumerate((QUEUED, DELIVERED, OPENED, CLICKED))
    ]
    assert deliveries.seen_at(message) == sent + timedelta(seconds=2)
    told = await desk.told()
    assert [summary_of(change) for change in told] == [
        "Received a pop-up.",
        "Saw a pop-up.",
        "Followed the button of a pop-up.",
    ]
    assert {(change.actor_kind, change.subject_id) for change in told} == {
        (ActorKind.LEAD, message_id)
    }


@pytest.mark.behaviour("B20")
async def test_following_a_button_is_activity_of_the_lead_and_seeing_is_not(desk: Desk) -> None:
    async def last_activity() -> Any:
        async with desk.services.database.read_session() as session:
            return (await session.get_one(Lead, desk.lead_id)).last_activity_at

    began = await last_activity()
    message_id = await desk.pop_up(link=LINK)
    await desk.mark(message_id)
    assert await last_activity() == began
    await desk.mark(message_id, is_clicked=True)
    followed = desk.clock.now()
    await desk.mark(message_id, is_clicked=True)
    assert await last_activity() == followed


@pytest.mark.behaviour("B20")
async def test_seeing_one_chat_message_is_seeing_all_before_it(desk: Desk) -> None:
    ids = [await desk.chat(f"answer {number}") for number in range(4)]
    pop_up = await desk.pop_up()
    await desk.mark(ids[2])
    assert [await desk.state(each) for each in ids] == [OPENED, OPENED, OPENED, QUEUED]
    assert await desk.state(pop_up) is QUEUED
    assert [change.subject_id for change in await desk.told()] == ids[:3]
    view = View(desk.services, desk.visit.actor)
    assert await deliveries.unread_of(view, desk.lead_id) == 1
    await view.close()
    head = await head_of(desk.services, desk.lead_id)
    for receipt in (ids[2], ids[0]):
        await desk.mark(receipt)
        await desk.mark(receipt, is_seen=False)
    assert await head_of(desk.services, desk.lead_id) == head
    assert summary_of((await desk.told())[0]) == "Saw a chat message."


@pytest.mark.behaviour("B20")
async def test_odd_receipts_are_refused(desk: Desk) -> None:
    plain, chat = await desk.pop_up(), await desk.chat()
    for message_id, receipt in (
        (plain, {"is_clicked": True, "is_seen": False}),
        (plain, {"is_clicked": True}),
        (chat, {"is_clicked": True}),
    ):
        found = await problem_of(desk.mark(message_id, **receipt))
        assert found == ("isClicked", ProblemCode.CONTRADICTION)
    own = await visits.send_visitor_message(desk.services, desk.visit.actor, "Mine", "k")
    other = (await make_visit(desk.services)).actor
    for message_id, actor in ((own, desk.visit.actor), (uuid4(), desk.visit.actor), (chat, other)):
        with pytest.raises(NotFound):
            await visits.mark_messages(
                desk.services, actor, message_id, is_seen=True, is_clicked=False
            )
    assert await desk.told() == []


async def test_a_page_tells_at_most_120_times_a_minute(desk: Desk) -> None:
    message_id = await desk.pop_up()
    page = desk.visit.actor

    async def tell() -> None:
        await visits.mark_messages(desk.services, page, message_id, is_seen=False, is_clicked=False)

    for _ in range(120):
        await tell()
    with pytest.raises(LimitReached):
        await tell()


# --- the end -------------------------------------------------------------------------------------


@pytest.mark.behaviour("B20")
async def test_a_pop_up_that_nobody_saw_expires_by_the_worker(desk: Desk) -> None:
    queued, arrived, seen = [await desk.pop_up(10) for _ in range(3)]
    later, chat = await desk.pop_up(20), await desk.chat()
    await desk.mark(arrived, is_seen=False)
    await desk.mark(seen)
    first = (await desk.message(queued)).expires_at
    assert first is not None
    desk.clock.advance((first - desk.clock.now()).total_seconds() - 0.001)
    assert await deliveries.expire_pop_ups(desk.services) == 0
    desk.clock.advance(0.001)
    assert await deliveries.expire_pop_ups(desk.services) == 1
    assert [await desk.state(each) for each in (queued, arrived)] == [EXPIRED, DELIVERED]
    desk.clock.advance(5)
    await worker.expire_all(desk.services)
    ids = (queued, arrived, seen, later, chat)
    assert [await desk.state(each) for each in ids] == [EXPIRED, EXPIRED, OPENED, QUEUED, QUEUED]
    assert await deliveries.expire_pop_ups(desk.services) == 0
    ended = [change for change in await desk.told() if change.actor_kind is ActorKind.SYSTEM]
    assert [change.subject_id for change in ended] == [queued, arrived]
    assert summary_of(ended[0]) == "Ended a pop-up that was not seen in time."


@pytest.mark.behaviour("B20")
async def test_what_a_page_tells_after_the_end_changes_nothing(desk: Desk) -> None:
    message_id = await desk.pop_up(1, link=LINK)
    desk.clock.advance(61)
    await deliveries.expire_pop_ups(desk.services)
    head = await head_of(desk.services, desk.lead_id)
    await desk.mark(message_id)
    await desk.mark(message_id, is_clicked=True)
    assert await desk.state(message_id) is EXPIRED
    assert await head_of(desk.services, desk.lead_id) == head


@pytest.mark.behaviour("B20")
async def test_a_pop_up_for_somebody_who_is_here_lasts_a_minute(desk: Desk) -> None:
    await visits.heartbeat(desk.services, desk.visit.actor, "page-0001", is_visible=True, idle_ms=0)
    message_id = await desk.send(NewMessage(Channel.POPUP, "Today", "Ten off"))
    message = await desk.message(message_id)
    assert message.expires_at == desk.clock.now() + timedelta(seconds=60)
    desk.clock.advance(60)
    assert await deliveries.expire_pop_ups(desk.services) == 1


async def test_any_number_of_pop_ups_ends_in_batches(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "BATCH", 2)
    ids = [await desk.pop_up(1) for _ in range(5)]
    desk.clock.advance(120)
    await worker.expire_all(desk.services)
    assert [await desk.state(each) for each in ids] == [EXPIRED] * 5


async def test_the_five_oldest_pop_ups_are_to_be_shown(desk: Desk) -> None:
    over = await desk.pop_up(1)
    ids = [await desk.pop_up() for _ in range(8)]
    desk.clock.advance(60)
    await desk.mark(ids[0])
    await desk.mark(ids[1], is_seen=False)
    view = View(desk.services, desk.visit.actor)
    shown = [row.id for row in await deliveries.pop_ups_of(view, desk.lead_id)]
    await view.close()
    assert shown == ids[1:6]
    assert over not in shown


async def test_a_lead_takes_its_messages_and_their_states_into_another(
    desk: Desk, services: Services, clock: ManualClock
) -> None:
    site, _ = await make_site(services)
    known = (await make_visit(services, site)).actor
    message_id = await desk.pop_up(1)
    async with unit_of_work(services, SYSTEM) as work:
        into, gone = await lock_leads(work.session, known.lead_id, desk.lead_id)
        await absorb(work, into, gone)
    clock.advance(61)
    assert await deliveries.expire_pop_ups(services) == 1
    async with services.database.read_session() as session:
        row = (await session.scalars(select(Message).where(col(Message.id) == message_id))).one()
    assert (row.lead_id, row.delivery) == (known.lead_id, EXPIRED)
