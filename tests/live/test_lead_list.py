"""A live list: what a front end that applies its items shows is what a fresh reading gives."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.enums import NoteVisibility, Priority, StaffRole
from models.pipelines import PipelineState
from realtime.bus.feed import Feed
from resolvers import (
    hiding,
    lead_list,
    leads,
    live_list,
    notes,
    saved_views_feed,
    staff,
    tags,
    visits,
)
from resolvers.actors import StaffActor
from resolvers.errors import BadArgument
from resolvers.filters import Filter
from resolvers.filters.tree import All, AssigneeIsMe, HasTags, StateIn
from resolvers.lead_card import ResetReason
from resolvers.lead_list import (
    LeadCollection,
    ListChanged,
    ListSnapshot,
    Watched,
    follow_lead_list,
)
from resolvers.leads_list import Chosen
from resolvers.leads_order import Sort, SortKey
from resolvers.live_list import ListReset
from resolvers.saved_views import ViewEdit, save_view
from resolvers.saved_views_feed import follow_saved_views
from resolvers.services import Services
from resolvers.staff import StaffEdit
from resolvers.views import View
from tests.factories import make_lead, make_staff, make_visit
from tests.live.following import Follower, in_task
from tests.resolvers.verify import act
from tests.schema.test_statements import counting

pytestmark = pytest.mark.realtime
BY_NAME = Sort(SortKey.NAME, descending=False)


@pytest.fixture(autouse=True)
def only_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that waits for time instead of its hint fails by the test's patience."""
    monkeypatch.setattr(lead_list, "LOOK_SECONDS", 60.0)
    monkeypatch.setattr(live_list, "APART_SECONDS", 0.02)
    monkeypatch.setattr(saved_views_feed, "APART_SECONDS", 0.02)


def listening(
    services: Services,
    person: StaffActor,
    filter: Filter | None = None,
    *,
    sort: Sort = BY_NAME,
    first: int = 10,
    collection: LeadCollection = LeadCollection.LEADS,
    after: str | None = None,
) -> AbstractAsyncContextManager[Follower]:
    watched = Watched(collection, Chosen(filter), sort, first)
    make_view = lambda actor: View(services, actor)  # noqa: E731  # shorter than a function here
    return in_task(services, follow_lead_list(services, person, watched, after, make_view))


def following_views(
    services: Services, person: StaffActor
) -> AbstractAsyncContextManager[Follower]:
    make_view = lambda actor: View(services, actor)  # noqa: E731  # shorter than a function here
    return in_task(services, follow_saved_views(services, person, None, make_view))


def shown(items: Sequence[Any]) -> list[UUID]:
    """The rows of a front end that has applied the items as their description says."""
    rows: list[UUID] = []
    for item in items:
        if isinstance(item, ListSnapshot):
            rows = [row.lead.id for row in item.rows]
        elif isinstance(item, ListChanged):
            gone = {*item.left, *(row.lead.id for row in item.rows)}
            rows = [each for each in rows if each not in gone]
            for row in sorted(item.rows, key=lambda row: row.position):
                rows.insert(row.position, row.lead.id)
    return rows


async def tagged(services: Services, tag: str, *names: str) -> list[UUID]:
    return [await make_lead(services, first_name=name, tags=[tag]) for name in names]


async def states(services: Services) -> Sequence[PipelineState]:
    """Of the default pipeline, in order."""
    async with services.database.read_session() as session:
        rows = await session.scalars(select(PipelineState).order_by(col(PipelineState.position)))
        return rows.all()


def having(tag: str) -> Filter:
    return HasTags((tag,))


@pytest.mark.behaviour("A12")
async def test_a_state_change_reaches_every_open_list_and_takes_the_lead_out_of_its_filter(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    admin = await make_staff(here)
    anna, bert = await tagged(here, "states", "Anna", "Bert")
    new, second, *_ = await states(here)
    among = All((having("states"), StateIn((new.id,))))
    async with (
        listening(there, admin, having("states")) as every,
        listening(there, admin, among) as fresh,
    ):
        await every.count(1)
        await fresh.count(1)
        await act(here, admin, leads.change_state, anna, second.id, None)
        (_, all_of_them), (_, narrowed) = await every.count(2), await fresh.count(2)
        assert [row.lead.id for row in all_of_them.rows] == [anna]
        assert all_of_them.rows[0].lead.state_id == second.id
        assert narrowed.left == [anna]
        assert (narrowed.count, shown(fresh.items)) == (1, [bert])
        await act(here, admin, leads.change_state, anna, new.id, None)
        await fresh.count(3)
        assert shown(fresh.items) == [anna, bert]
    assert len(every.items) <= 3


@pytest.mark.behaviour("A12")
async def test_many_who_watch_one_list_or_view_read_it_once(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    admin, other = await make_staff(here), await make_staff(here)
    hot = ViewEdit("Hot", {"priority": ["HIGH"]}, columns=["name"], is_shared=True)
    await act(here, admin, save_view, admin, None, hot)
    (anna,) = await tagged(here, "shared", "Anna")
    elsewhere = await make_lead(here)
    own = having("shared"), All((having("shared"), AssigneeIsMe(False)))
    async with AsyncExitStack() as stack:
        watching = [
            await stack.enter_async_context(listening(there, person, own[0]))
            for person in [admin, other] * 25
        ]
        views = [
            await stack.enter_async_context(following_views(there, person))
            for person in [admin, other] * 10
        ]
        mine = await stack.enter_async_context(listening(there, admin, own[1]))
        for follower in (*watching, *views, mine):
            await follower.count(1)
        with counting(there) as statements:
            await act(here, admin, leads.change_person, elsewhere, {"first_name": "Ed"}, {}, None)
            await act(here, admin, leads.change_person, anna, {"first_name": "Zoe"}, {}, None)
            for follower in (*watching, mine):
                (*_, item) = await follower.count(2)
                assert [row.lead.display_name for row in item.rows] == ["Zoe Lorenz"]
        with counting(there) as counted:
            await act(here, admin, leads.change_priority, anna, Priority.HIGH, None)
            for follower in views:
                (begun, told) = await follower.count(2)
                assert [reading.views[0].count for reading in (begun, told)] == [0, 1]
    counts = [each for each in counted.sent if "lead.priority IN" in each]
    assert 1 <= len(counts) <= 10, len(counts)  # of 20 who were told
    windows = [each for each in statements.sent if "lead_tag" in each and "ORDER BY" in each]
    assert 2 <= len(windows) <= 10, len(windows)  # two lists, each read after each of two hints
    assert {shown(follower.items)[0] for follower in watching} == {anna}


@pytest.mark.behaviour("A12")
async def test_rows_enter_move_and_leave_the_watched_window(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    admin = await make_staff(here)
    berta, dora, emma = await tagged(here, "window", "Berta", "Dora", "Emma")
    async with listening(there, admin, having("window"), first=3) as follower:
        await follower.count(1)
        (anna,) = await tagged(here, "window", "Anna")
        (_, entered) = await follower.count(2)
        assert [(row.lead.id, row.position) for row in entered.rows] == [(anna, 0)]
        assert (list(entered.left), entered.count) == ([emma], 4)
        await act(here, admin, leads.change_person, dora, {"first_name": "Aaron"}, {}, None)
        (*_, moved) = await follower.count(3)
        assert [(row.lead.id, row.position) for row in moved.rows] == [(dora, 0)]
        assert shown(follower.items) == [dora, anna, berta]
        await act(here, admin, tags.remove_tags, anna, ["window"])
        await follower.count(4)
        assert shown(follower.items) == [dora, berta, emma]


async def test_many_changes_of_one_lead_become_few_items(pair: tuple[Services, Services]) -> None:
    here, there = pair
    admin = await make_staff(here)
    (anna,) = await tagged(here, "busy", "Anna")
    async with listening(there, admin, having("busy")) as follower:
        await follower.count(1)
        for number in range(12):
            wanted = (Priority.HIGH, Priority.LOW)[number % 2]
            await act(here, admin, leads.change_priority, anna, wanted, None)
        await follower.until(
            lambda: (
                follower.items[-1].rows[0].lead.priority is Priority.LOW
                if len(follower.items) > 1
                else False
            )
        )
    assert all(len(item.rows) == 1 for item in follower.items[1:])


async def test_what_is_hidden_makes_no_item(pair: tuple[Services, Services]) -> None:
    here, there = pair
    admin = await make_staff(here)
    agent = await make_staff(here, StaffRole.AGENT, "Bo Brandt")
    lead = await make_lead(here, tags=["quiet"], assignee_id=agent.id)
    async with listening(there, agent, having("quiet")) as follower:
        await follower.count(1)
        await act(
            here, admin, notes.add_note, lead, "<p>For me</p>", NoteVisibility.PRIVATE, False, "k"
        )
        await act(
            here, admin, notes.add_note, lead, "<p>For all</p>", NoteVisibility.TEAM, False, "l"
        )
        (_, told) = await follower.count(2)
        assert [row.lead.id for row in told.rows] == [lead]
        await act(here, admin, leads.assign, lead, None, None)
        (*_, last) = await follower.count(3)
    assert (list(last.left), last.count) == ([lead], 0)
    assert len(follower.items) == 3


async def test_rights_that_change_begin_anew_and_a_sign_out_ends(
    pair: tuple[Services, Services],
) -> None:
    here, there = pair
    admin = await make_staff(here)
    agent = await make_staff(here, StaffRole.AGENT, "Bo Brandt")
    await tagged(here, "rights", "Anna")
    async with listening(there, agent, having("rights")) as follower:
        (begun,) = await follower.count(1)
        assert begun.rows == []
        await act(here, admin, staff.update_staff, agent.id, StaffEdit(role=StaffRole.MANAGER))
        (_, reset, snapshot) = await follower.count(3)
        assert isinstance(reset, ListReset)
        assert reset.reason is ResetReason.ACCESS_CHANGED
        assert len(snapshot.rows) == 1
        await act(here, admin, staff.update_staff, agent.id, StaffEdit(is_active=False))
        assert len(await follower.end()) == 3


async def test_a_list_is_taken_up_without_a_snapshot_while_nothing_moved(
    pair: tuple[Services, Services], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, moved = asyncio.Event(), Feed.moved

    async def wait(feed: Feed, seconds: float) -> bool:
        waits.set()  # it has looked: what comes from now on is a change
        return await moved(feed, seconds)

    monkeypatch.setattr(Feed, "moved", wait)
    here, there = pair
    admin = await make_staff(here)
    (anna,) = await tagged(here, "again", "Anna")
    async with listening(there, admin, having("again")) as follower:
        (first,) = await follower.count(1)
    waits.clear()
    async with listening(here, admin, having("again"), after=first.cursor) as follower:
        await asyncio.wait_for(waits.wait(), 10)
        await act(there, admin, tags.add_tags, anna, ["more"])
        (told,) = await follower.count(1)
        assert isinstance(told, ListChanged)
        assert [row.lead.id for row in told.rows] == [anna]
    async with listening(here, admin, having("again"), after=first.cursor) as follower:
        (told,) = await follower.count(1)
        assert isinstance(told, ListSnapshot)
    for other in (having("others"), None):
        with pytest.raises(BadArgument):
            async with listening(here, admin, other, after=first.cursor) as follower:
                await follower.end()


@pytest.mark.behaviour("A12", "B27", "B43")
async def test_visitors_come_to_the_top_and_go(
    pair: tuple[Services, Services], clock: ManualClock
) -> None:
    here, there = pair
    admin = await make_staff(here)
    async with listening(
        there, admin, collection=LeadCollection.VISITORS, sort=Sort(), first=5
    ) as follower:
        await follower.count(1)
        visitor = (await make_visit(here)).actor
        await follower.until(lambda: visitor.lead_id in shown(follower.items))
        assert shown(follower.items)[0] == visitor.lead_id
        await act(here, admin, hiding.hide_lead, visitor.lead_id)
        await follower.until(lambda: visitor.lead_id not in shown(follower.items))
        await visits.send_visitor_message(here, visitor, "Me again", uuid4().hex)
        await follower.until(lambda: visitor.lead_id in shown(follower.items))


@given(
    st.lists(st.integers(0, 12), unique=True, max_size=9),
    st.lists(st.integers(0, 12), unique=True, max_size=9),
)
def test_applying_an_item_gives_the_new_order_with_as_few_moves_as_can_be(
    before: list[int], after: list[int]
) -> None:
    staying = [each for each in before if each in after]
    keeping = lead_list._longest_rise([after.index(each) for each in staying])
    gone = {each for each in before if each not in after or after.index(each) not in keeping}
    rows = [each for each in before if each not in gone]
    for place, each in enumerate(after):
        if each not in rows:
            rows.insert(place, each)
    assert rows == after
