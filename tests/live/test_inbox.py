"""The live inbox: what a front end that applies its items shows is what a fresh reading gives."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.conversations import Conversation
from models.enums import Channel, ConversationState, StaffRole
from realtime.viewers import EDITING, ViewerList
from resolvers import conversations, leads, live_list, visits
from resolvers.actors import StaffActor
from resolvers.conversations import NewMessage
from resolvers.erasing import erase_lead
from resolvers.errors import BadArgument
from resolvers.inbox import (
    ConversationFilter,
    InboxChanged,
    InboxSnapshot,
    WatchedInbox,
    follow_inbox,
    live,
    mark_read,
)
from resolvers.lead_card import TypingTold, follow_lead_card
from resolvers.live_list import ListReset
from resolvers.services import Services
from resolvers.staff import StaffEdit, update_staff
from resolvers.viewing import set_editing, typed_in
from resolvers.views import View
from resolvers.visitor_feed import FeedStaff, follow_visitor_feed
from resolvers.visits import StartedVisit
from resolvers.worker import run_due_jobs
from tests.client import nothing_written
from tests.factories import make_staff, make_visit
from tests.live.following import Follower, in_task
from tests.resolvers.verify import act

pytestmark = [pytest.mark.realtime, pytest.mark.behaviour("B29")]
SNOOZED, CLOSED = ConversationState.SNOOZED, ConversationState.CLOSED


@pytest.fixture(autouse=True)
def only_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that waits for time instead of its hint fails by the test's patience."""
    monkeypatch.setattr(live, "LOOK_SECONDS", 60.0)
    monkeypatch.setattr(live_list, "APART_SECONDS", 0.02)


class Talk:
    """A visitor that wrote."""

    def __init__(self, services: Services, visit: StartedVisit) -> None:
        self.services, self.visit = services, visit
        self.lead_id = visit.actor.lead_id

    async def begin(self) -> "Talk":
        await self.hear("Hello")
        async with self.services.database.read_session() as session:
            statement = select(col(Conversation.id)).where(
                col(Conversation.lead_id) == self.lead_id
            )
            self.id: UUID = (await session.scalars(statement)).one()
        return self

    async def hear(self, text: str) -> UUID:
        return await visits.send_visitor_message(self.services, self.visit.actor, text, uuid4().hex)

    async def by(self, person: StaffActor, use_case: Any, *given: Any) -> None:
        await act(self.services, person, use_case, self.lead_id, self.id, *given)


async def talk(services: Services) -> Talk:
    return await Talk(services, await make_visit(services)).begin()


def listening(
    services: Services, person: StaffActor, first: int = 10, after: str | None = None,
    **wanted: Any,
) -> AbstractAsyncContextManager[Follower]:  # fmt: skip
    watched = WatchedInbox(ConversationFilter(**wanted), first)
    make_view = lambda actor: View(services, actor)  # noqa: E731  # shorter than a function here
    return in_task(services, follow_inbox(services, person, watched, after, make_view))


def shown(items: Sequence[Any]) -> list[UUID]:
    """The rows of a front end that has applied the items as their description says."""
    known: set[UUID] = set()
    order: list[UUID] = []
    for item in items:
        if isinstance(item, InboxSnapshot):
            order = [row.id for row in item.now.rows]
            known = set(order)
        elif isinstance(item, InboxChanged):
            known = (known - set(item.left)) | {row.id for row in item.rows}
            order = [row.id for row in item.now.rows]
            assert known == set(order)
    return order


def told_of(items: Sequence[Any], one: Talk) -> Conversation:
    """The row as it was told last."""
    rows = [
        row
        for item in items
        for row in (item.now.rows if isinstance(item, InboxSnapshot) else item.rows)
        if row.id == one.id
    ]
    return rows[-1]


async def test_a_day_at_the_inbox_is_told_as_it_happens(
    pair: tuple[Services, Services], clock: ManualClock
) -> None:
    here, there = pair
    ada, bo = await make_staff(here), await make_staff(here, name="Bo Brandt")
    first = await talk(here)
    async with (
        listening(there, ada) as all_open,
        listening(there, bo, assignee=("is_me", True)) as bos,
    ):
        (begun,) = await all_open.count(1)
        await bos.count(1)
        assert (shown([begun]), begun.now.count, begun.now.counts.unassigned) == ([first.id], 1, 1)
        clock.advance(5)
        second = await talk(here)
        await all_open.until(lambda: shown(all_open.items) == [first.id, second.id])
        assert all_open.items[-1].now.unread[second.id] == 1

        await second.by(ada, conversations.assign_conversation, bo.id, None)
        await bos.until(lambda: shown(bos.items) == [second.id])
        assert told_of(bos.items, second).assignee_id == bo.id
        await all_open.until(lambda: told_of(all_open.items, second).assignee_id == bo.id)
        counts = all_open.items[-1].now.counts
        assert (counts.unassigned, counts.mine, counts.open) == (1, 0, 2)

        until = clock.now() + timedelta(hours=1)
        await second.by(bo, conversations.change_conversation_state, SNOOZED, until)
        await bos.until(lambda: shown(bos.items) == [])
        assert second.id in bos.items[-1].left
        assert bos.items[-1].now.counts.snoozed == 1
        clock.advance(3600)
        await run_due_jobs(here)
        await bos.until(lambda: shown(bos.items) == [second.id])

        await act(
            here, ada, conversations.send_message, first.lead_id,
            NewMessage(Channel.CHAT, "Hello!"), uuid4().hex,
        )  # fmt: skip
        # who does not wait any more stands behind who does
        await all_open.until(lambda: shown(all_open.items) == [second.id, first.id])
        await first.by(ada, conversations.change_conversation_state, CLOSED)
        await all_open.until(lambda: shown(all_open.items) == [second.id])
        assert all_open.items[-1].now.counts.closed == 1


@pytest.mark.behaviour("B2", "B28")
async def test_a_conversation_goes_with_its_erased_lead(pair: tuple[Services, Services]) -> None:
    here, there = pair
    ada = await make_staff(here)
    one, other = await talk(here), await talk(here)
    await one.by(ada, conversations.assign_conversation, ada.id, None)
    async with here.database.read_session() as session:
        row = await session.get_one(Conversation, one.id)
    assert row.last_message_id
    await act(here, ada, mark_read, ada, one.id, row.last_message_id)
    async with listening(there, ada) as follower:
        await follower.count(1)
        await act(here, ada, erase_lead, one.lead_id, one.lead_id)
        await follower.until(lambda: shown(follower.items) == [other.id])
        assert list(follower.items[-1].left) == [one.id]
        assert follower.items[-1].now.counts.mine == 0


async def test_a_row_tells_who_looks_and_types_and_what_one_read_elsewhere(
    pair: tuple[Services, Services], clock: ManualClock
) -> None:
    here, there = pair
    ada, bo = await make_staff(here), await make_staff(here, name="Bo Brandt")
    one = await talk(here)

    def looking() -> list[tuple[str, bool]]:
        listed = follower.items[-1].now.viewers[one.lead_id].viewers
        return [(each.name, typed_in(each) == one.id) for each in listed]

    def is_lead_typing() -> bool:
        listed: ViewerList = follower.items[-1].now.viewers[one.lead_id]
        return listed.is_lead_typing

    make_view = lambda actor: View(here, actor)  # noqa: E731  # shorter than a function here
    make_feed_view = lambda actor: View(there, actor)  # noqa: E731
    async with AsyncExitStack() as stack:
        follower = await stack.enter_async_context(listening(there, ada))
        await follower.count(1)
        assert looking() == []
        card = follow_lead_card(here, bo, one.lead_id, None, make_view)
        async with in_task(here, card) as open_card:
            await open_card.count(1)
            await follower.until(lambda: looking() == [("Bo Brandt", False)])
            await set_editing(here, bo, one.lead_id, None, one.id)
            await follower.until(lambda: looking() == [("Bo Brandt", True)])
            feed = follow_visitor_feed(there, one.visit.actor, None, make_feed_view)
            async with in_task(there, feed) as page:
                assert (await page.of(FeedStaff)).typing == "Bo Brandt"
                await set_editing(here, bo, one.lead_id, None)
                assert (await page.of(FeedStaff, 2)).typing is None
            await set_editing(here, bo, one.lead_id, None, one.id)
            await follower.until(lambda: looking() == [("Bo Brandt", True)])
            async with nothing_written(here):
                await visits.set_typing(there, one.visit.actor, True)
                typing = await open_card.of(TypingTold)
                await follower.until(is_lead_typing)
                await visits.set_typing(there, one.visit.actor, False)
                ceased = await open_card.of(TypingTold, 2)
                await follower.until(lambda: not is_lead_typing())
            assert [typing.is_typing, ceased.is_typing] == [True, False]
            assert typing.conversation_id == one.id
            clock.advance(EDITING + 1)
            await set_editing(here, ada, one.lead_id, None)
            if here is there:  # the shared server has a clock of its own
                await follower.until(lambda: looking() == [("Bo Brandt", False)])
        await follower.until(lambda: looking() == [])
        assert follower.items[-1].now.unread[one.id] == 1
        message = follower.items[-1].now.rows[0].last_message_id
        await act(here, ada, mark_read, ada, one.id, message)
        await follower.until(lambda: follower.items[-1].now.unread[one.id] == 0)
        assert follower.items[-1].now.counts.unread == 0


async def test_who_loses_a_lead_sees_its_conversation_leave(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    ada = await make_staff(here)
    agent = await make_staff(here, StaffRole.AGENT, "Cleo Cass")
    one, other = await talk(here), await talk(here)
    for each in (one, other):
        await act(here, ada, leads.assign, each.lead_id, agent.id, None)
    async with listening(there, agent) as follower:
        await follower.count(1)
        assert set(shown(follower.items)) == {one.id, other.id}
        await act(here, ada, leads.assign, one.lead_id, ada.id, None)
        await follower.until(lambda: shown(follower.items) == [other.id])
        went = follower.items[-1]
        assert (list(went.left), went.now.count, went.rows) == ([one.id], 1, [])
        promoted = StaffEdit(role=StaffRole.MANAGER)
        await act(here, ada, update_staff, agent.id, promoted)
        reset = await follower.of(ListReset)
        again = await follower.of(InboxSnapshot, 2)
        assert reset.reason == "ACCESS_CHANGED"
        assert {row.id for row in again.now.rows} == {one.id, other.id}
        cursor = again.cursor
    async with listening(there, agent, after=cursor) as resumed:
        await one.hear("Anybody?")
        await resumed.count(1)
        assert isinstance(resumed.items[0], InboxSnapshot | InboxChanged)
    with pytest.raises(BadArgument):
        async with listening(there, agent, first=3, after=cursor) as refused:
            await refused.end()
