"""The live card as a use-case: what a viewer is told, in which order, and when it ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update
from sqlmodel import col

from app import open_services
from models.changes import LeadFeed
from models.clock import ManualClock
from models.enums import ChangeKind, NoteVisibility, StaffRole
from models.staff import Staff
from models.tags import Tag
from models.workspace import Workspace
from resolvers import leads, notes, staff
from resolvers.actors import SYSTEM, Actor, StaffActor
from resolvers.errors import AccessEndReason, BadArgument
from resolvers.lead_card import (
    MAX_BEHIND,
    VIEWERS_APART,
    Changed,
    Ended,
    Merged,
    PresenceTold,
    Reset,
    ResetReason,
    Snapshot,
    ViewersTold,
    follow_lead_card,
)
from resolvers.notes import NoteEdit
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.views import View
from tests.conftest import make_settings
from tests.factories import make_lead, make_staff, make_visit
from tests.live.following import (
    PATIENCE,
    assert_nothing_is_held,
    eventually,
    execute,
    following,
    merge,
    tag,
)
from tests.resolvers.verify import act, changes_of


@pytest.fixture
async def admin(services: Services) -> StaffActor:
    return await make_staff(services)


@pytest.fixture
async def lead_id(services: Services, admin: StaffActor) -> UUID:
    return await make_lead(services, admin)


class HookedView(View):
    """Calls `before` ahead of its first statement and `after` behind its end."""

    def __init__(
        self, services: Services, actor: Actor, before: Callable[[], Any], after: Callable[[], Any]
    ) -> None:
        super().__init__(services, actor)
        self._before: Callable[[], Any] | None = before
        self._after: Callable[[], Any] | None = after

    async def _run(self, reader: Any, arguments: tuple[Any, ...]) -> Any:
        before, self._before = self._before, None
        if before:
            await before()
        return await super()._run(reader, arguments)

    async def close(self) -> None:
        await super().close()
        after, self._after = self._after, None
        if after:
            await after()


# --- once and in order -----------------------------------------------------------------------


async def test_what_commits_between_listening_reading_and_waiting_is_told_exactly_once(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    names = iter(range(1000))

    async def commit() -> None:
        number = next(names)
        if number < 12:
            await tag(services, admin, lead_id, f"between {number}")

    def make_view(actor: Actor) -> View:
        return HookedView(services, actor, commit, commit)

    async with following(services, admin, lead_id, None, make_view) as card:
        snapshot = await card.of(Snapshot)
        await card.until(lambda: 13 in card.revisions)
        assert snapshot.position.revision > 1, "nothing was committed before the read"
        assert card.revisions == list(range(snapshot.position.revision + 1, 14))


async def test_changes_of_many_writers_come_once_and_in_order(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    async with following(services, admin, lead_id) as card, asyncio.TaskGroup() as writers:
        await card.of(Snapshot)
        for writer in range(4):
            names = [f"{writer} {number}" for number in range(8)]
            writers.create_task(tag(services, admin, lead_id, *names))
        await card.told(33)
        assert card.revisions == list(range(2, 34))
        ids = [item.change.id for item in card.all_of(Changed)]
    assert ids == [change.id for change in await changes_of(services, lead_id, 1)]


async def test_a_reader_that_pauses_misses_nothing(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    stream = follow_lead_card(services, admin, lead_id, None, lambda a: View(services, a))
    async with aclosing(stream), asyncio.timeout(PATIENCE):
        assert isinstance(await anext(stream), Snapshot)
        names = [f"later {number}" for number in range(90)]  # more than the hub keeps in memory
        await tag(services, admin, lead_id, *names)
        told: list[int] = []
        while len(told) < len(names):
            item = await anext(stream)
            if isinstance(item, Changed):
                told.append(item.position.revision)
    assert told == list(range(2, 92))


async def test_every_position_of_a_log_gives_exactly_the_rest(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    await tag(services, admin, lead_id, *(f"tag {number}" for number in range(29)))
    epoch = (await services.hub.source.reconcile({})).epoch
    for revision in range(31):
        after = services.secrets.seal("feed", lead_id, epoch, revision)
        async with following(services, admin, lead_id, after) as card:
            await card.of(ViewersTold)  # stands behind the log
            assert card.revisions == list(range(revision + 1, 31))
            assert not card.all_of(Snapshot)
            assert not card.all_of(Reset)


async def test_equal_positions_give_equal_cursors(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    async with (
        following(services, admin, lead_id) as first,
        following(services, SYSTEM, lead_id) as second,
    ):
        await asyncio.gather(first.of(Snapshot), second.of(Snapshot))
        await tag(services, admin, lead_id, "a", "b")
        await asyncio.gather(first.told(3), second.told(3))
        cursors = [
            [card.cursor(item) for item in (*card.all_of(Snapshot), *card.all_of(Changed))]
            for card in (first, second)
        ]
    assert cursors[0] == cursors[1]
    assert len(set(cursors[0])) == 3


async def test_views_are_closed_before_the_next_item_comes(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    stream = follow_lead_card(services, admin, lead_id, None, lambda a: View(services, a))
    async with aclosing(stream), asyncio.timeout(PATIENCE):
        before: Any = await anext(stream)
        await tag(services, admin, lead_id, "a", "b")
        for _ in range(2):
            assert not before.view.is_closed
            item: Any = await anext(stream)
            assert before.view.is_closed
            before = item
    assert before.view.is_closed, "the last one is closed with the stream"


# --- cursors that can't be met ---------------------------------------------------------------


@pytest.mark.parametrize("garbage", ["", "!", "AAAA", "A" * 22, "Ä" * 22, "A" * 600])
async def test_garbage_is_no_cursor(
    services: Services, admin: StaffActor, lead_id: UUID, garbage: str
) -> None:
    async with following(services, admin, lead_id, garbage) as card:
        with pytest.raises(BadArgument):
            await card.end()


async def test_another_leads_cursor_is_refused(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    other = await make_lead(services, admin)
    async with following(services, admin, other) as card:
        foreign = card.cursor(await card.of(Snapshot))
    async with following(services, admin, lead_id, foreign) as card:
        with pytest.raises(BadArgument):
            await card.end()
    await assert_nothing_is_held(services, [lead_id, other])


async def _snapshot_cursor(services: Services, actor: Actor, lead_id: UUID) -> str:
    async with following(services, actor, lead_id) as card:
        return card.cursor(await card.of(Snapshot))


async def _assert_reset(
    services: Services, actor: Actor, lead_id: UUID, after: str, reason: ResetReason
) -> None:
    async with following(services, actor, lead_id, after) as card:
        reset = await card.of(Reset)
        await card.of(Snapshot)
        assert reset.reason is reason
        assert card.kinds[:2] == ["Reset", "Snapshot"]
        await tag(services, actor, lead_id, "goes on")
        await card.of(Changed)
        assert card.all_of(Changed)[-1].change.kind is ChangeKind.TAGS_CHANGED


async def test_a_cursor_ahead_of_the_log_gives_a_reset(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    epoch = (await services.hub.source.reconcile({})).epoch
    after = services.secrets.seal("feed", lead_id, epoch, 99)
    await _assert_reset(services, admin, lead_id, after, ResetReason.FROM_THE_FUTURE)


async def test_a_cursor_of_another_epoch_gives_a_reset(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    after = services.secrets.seal("feed", lead_id, "another", 1)
    await _assert_reset(services, admin, lead_id, after, ResetReason.OTHER_EPOCH)


async def test_a_cursor_below_the_floor_gives_a_reset(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    after = await _snapshot_cursor(services, admin, lead_id)
    await tag(services, admin, lead_id, "a", "b", "c")
    await execute(services, update(LeadFeed).values(floor=3))
    await _assert_reset(services, admin, lead_id, after, ResetReason.TOO_OLD)


async def test_a_cursor_too_far_behind_gives_a_reset(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    after = await _snapshot_cursor(services, admin, lead_id)
    await execute(services, update(LeadFeed).values(revision=MAX_BEHIND + 2))
    await _assert_reset(services, admin, lead_id, after, ResetReason.TOO_FAR_BEHIND)


async def test_a_new_epoch_resets_open_streams(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    async with following(services, admin, lead_id) as card:
        before = card.cursor(await card.of(Snapshot))
        await execute(services, update(Workspace).values(epoch=uuid4().hex))
        assert (await card.of(Reset)).reason is ResetReason.OTHER_EPOCH
        after = card.cursor(await card.of(Snapshot, 2))
        assert before != after
    await _assert_reset(services, admin, lead_id, before, ResetReason.OTHER_EPOCH)


# --- rights ----------------------------------------------------------------------------------


async def _agent_with_lead(services: Services, admin: StaffActor) -> tuple[StaffActor, UUID]:
    agent = await make_staff(services, StaffRole.AGENT, "Ines Imani")
    return agent, await make_lead(services, admin, assignee_id=agent.id)


async def test_a_lead_taken_away_ends_the_stream_in_place_of_that_change(
    services: Services, admin: StaffActor
) -> None:
    agent, lead_id = await _agent_with_lead(services, admin)
    async with following(services, agent, lead_id) as card:
        await card.of(Snapshot)
        await tag(services, admin, lead_id, "before")
        await card.told(2)
        await act(services, admin, leads.assign, lead_id, admin.id, None)
        await tag(services, admin, lead_id, "after")
        last = (await card.end())[-1]
        assert isinstance(last, Ended)
        assert last.reason is AccessEndReason.REASSIGNED
        assert card.revisions == [2]
    await assert_nothing_is_held(services, [lead_id])


async def test_nothing_from_after_the_loss_is_read_for_a_reader_that_pauses(
    services: Services, admin: StaffActor
) -> None:
    agent, lead_id = await _agent_with_lead(services, admin)
    stream = follow_lead_card(services, agent, lead_id, None, lambda a: View(services, a))
    async with aclosing(stream), asyncio.timeout(PATIENCE):
        assert isinstance(await anext(stream), Snapshot)
        await tag(services, admin, lead_id, "while it was theirs")
        await act(services, admin, leads.assign, lead_id, None, None)
        await tag(services, admin, lead_id, "secret")
        # The first change would be read as of now, where the lead is not theirs any more.
        assert [type(item) async for item in stream] == [Ended]


async def test_a_lead_taken_away_and_given_back_gives_a_reset(
    services: Services, admin: StaffActor
) -> None:
    agent, lead_id = await _agent_with_lead(services, admin)
    after = await _snapshot_cursor(services, agent, lead_id)
    await act(services, admin, leads.assign, lead_id, None, None)
    await act(services, admin, leads.assign, lead_id, agent.id, None)
    await _assert_reset(services, agent, lead_id, after, ResetReason.ACCESS_CHANGED)


async def test_a_manager_keeps_the_stream_when_a_lead_changes_hands(
    services: Services, admin: StaffActor
) -> None:
    manager = await make_staff(services, StaffRole.MANAGER)
    _, lead_id = await _agent_with_lead(services, admin)
    async with following(services, manager, lead_id) as card:
        await card.of(Snapshot)
        await act(services, admin, leads.assign, lead_id, None, None)
        assert (await card.told(2)).change.kind is ChangeKind.LEAD_ASSIGNEE_CHANGED


async def _give_role(services: Services, person: StaffActor, role: StaffRole) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(Staff).where(col(Staff.id) == person.id).values(role=role)
        )
        work.record_workspace("role_changed", {"staff": person.id.hex}, access=True)


async def test_a_role_that_no_longer_sees_the_lead_ends_the_stream(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    manager = await make_staff(services, StaffRole.MANAGER)
    async with following(services, manager, lead_id) as card:
        await card.of(Snapshot)
        await _give_role(services, manager, StaffRole.AGENT)
        last = (await card.end())[-1]
        assert isinstance(last, Ended)
        assert last.reason is AccessEndReason.RIGHTS_CHANGED


async def test_another_role_that_still_sees_the_lead_gives_a_reset(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    manager = await make_staff(services, StaffRole.MANAGER)
    note_id = await act(services, admin, notes.add_note, lead_id, "<p>x</p>", None, False, "k")
    async with following(services, manager, lead_id) as card:
        assert (await card.of(Snapshot)).view.actor == manager
        await _give_role(services, manager, StaffRole.ADMIN)
        assert (await card.of(Reset)).reason is ResetReason.ACCESS_CHANGED
        promoted = (await card.of(Snapshot, 2)).view.actor
        assert isinstance(promoted, StaffActor)
        assert promoted.role is StaffRole.ADMIN
        await act(services, admin, notes.edit_note, lead_id, note_id, NoteEdit("<p>y</p>"))
        await card.told(3)


async def test_rights_that_change_just_before_the_stream_begins_count(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    manager = await make_staff(services, StaffRole.MANAGER)
    await _give_role(services, manager, StaffRole.AGENT)
    async with following(services, manager, lead_id) as card:
        (only,) = await card.end()
        assert only == Ended(only.at, AccessEndReason.NOT_FOUND)


async def test_signing_out_ends_streams_within_a_second(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    person = await make_staff(services)
    async with following(services, person, lead_id) as card:
        await card.of(Snapshot)
        async with asyncio.timeout(1):
            await staff.sign_out(services, person)
            last = (await card.end())[-1]
        assert isinstance(last, Ended)
        assert last.reason is AccessEndReason.SIGNED_OUT
    async with following(services, person, lead_id) as card:
        assert [type(item) for item in await card.end()] == [Ended]


async def test_an_unknown_lead_is_told_as_not_found(services: Services, admin: StaffActor) -> None:
    unknown = uuid4()
    async with following(services, admin, unknown) as card:
        (only,) = await card.end()
        assert only == Ended(only.at, AccessEndReason.NOT_FOUND)
    await assert_nothing_is_held(services, [])


async def test_somebody_elses_lead_looks_unknown(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    agent = await make_staff(services, StaffRole.AGENT)
    async with following(services, agent, lead_id) as card:
        (only,) = await card.end()
        assert only == Ended(only.at, AccessEndReason.NOT_FOUND)
        assert (await services.viewers.read(lead_id)).count == 0


# --- notes -----------------------------------------------------------------------------------


@pytest.mark.behaviour("A19")
async def test_hidden_notes_leave_no_item_and_no_gap(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    manager = await make_staff(services, StaffRole.MANAGER)
    async with following(services, manager, lead_id) as card:
        await card.of(Snapshot)
        for number in range(3):
            await act(
                services, admin, notes.add_note, lead_id, "<p>x</p>", None, False, f"k{number}"
            )
            await tag(services, admin, lead_id, f"between {number}")
        await card.told(7)
        assert card.revisions == [3, 5, 7]
        cursors = [card.cursor(item) for item in card.all_of(Changed)]
    for place, after in enumerate(cursors):
        async with following(services, manager, lead_id, after) as again:
            await again.of(ViewersTold)
            assert again.revisions == [3, 5, 7][place + 1 :]


@pytest.mark.behaviour("A19")
async def test_a_note_that_is_opened_to_the_team_appears_and_one_that_is_closed_goes(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    manager = await make_staff(services, StaffRole.MANAGER)
    note_id = await act(services, admin, notes.add_note, lead_id, "<p>x</p>", None, False, "k")

    async def show(visibility: NoteVisibility) -> None:
        edit = NoteEdit(visibility=visibility)
        await act(services, admin, notes.edit_note, lead_id, note_id, edit)

    async with following(services, manager, lead_id) as card:
        await card.of(Snapshot)
        await show(NoteVisibility.TEAM)
        assert (await card.told(3)).change.subject_id == note_id
        await show(NoteVisibility.PRIVATE)
        assert (await card.of(Reset)).reason is ResetReason.ACCESS_CHANGED
        assert (await card.of(Snapshot, 2)).position.revision == 4
        await act(services, admin, notes.edit_note, lead_id, note_id, NoteEdit("<p>y</p>"))
        await tag(services, admin, lead_id, "goes on")
        await card.told(6)
        assert card.revisions == [3, 6]
        assert len(card.all_of(Reset)) == 1


# --- merges ----------------------------------------------------------------------------------


async def test_a_merge_ends_one_stream_and_resets_the_other(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    gone = await make_lead(services, admin, first_name="Gone")
    async with (
        following(services, admin, lead_id) as survivor,
        following(services, admin, gone) as alias,
    ):
        await asyncio.gather(survivor.of(Snapshot), alias.of(Snapshot))
        await merge(services, lead_id, gone)
        last = (await alias.end())[-1]
        assert isinstance(last, Merged)
        assert (last.lead_id, last.into and last.into.id) == (gone, lead_id)
        absorbed = await survivor.of(Changed)
        assert absorbed.change.kind is ChangeKind.LEAD_ABSORBED
        reset, snapshot = await survivor.of(Reset), await survivor.of(Snapshot, 2)
        assert reset.reason is ResetReason.MERGE
        assert survivor.items.index(absorbed) + 1 == survivor.items.index(reset)
        assert survivor.items.index(reset) + 1 == survivor.items.index(snapshot)
        await tag(services, admin, lead_id, "goes on")
        await survivor.told(snapshot.position.revision + 1)
    await assert_nothing_is_held(services, [lead_id])


async def test_a_merged_id_answers_with_the_survivor_only_to_those_who_may_see_it(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    agent, gone = await _agent_with_lead(services, admin)
    after = await _snapshot_cursor(services, agent, gone)
    await merge(services, lead_id, gone)
    for cursor in (None, after):
        async with following(services, admin, gone, cursor) as card:
            (only,) = await card.end()
            assert isinstance(only, Merged)
            assert only.into
            assert only.into.id == lead_id
        async with following(services, agent, gone, cursor) as card:
            (only,) = await card.end()
            assert only == Ended(only.at, AccessEndReason.NOT_FOUND)


async def test_a_merge_between_listening_and_reading_is_told(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    gone = await make_lead(services, admin)
    steps = iter(["refusal", "snapshot"])

    async def merge_before_the_snapshot() -> None:
        if next(steps, None) == "snapshot":
            await merge(services, lead_id, gone)

    async def nothing() -> None: ...

    def make_view(actor: Actor) -> View:
        return HookedView(services, actor, merge_before_the_snapshot, nothing)

    async with following(services, admin, gone, None, make_view) as card:
        (only,) = await card.end()
        assert isinstance(only, Merged)
    await assert_nothing_is_held(services, [lead_id])


# --- presence and viewers --------------------------------------------------------------------


async def test_presence_is_told_as_it_is_now(
    services: Services, admin: StaffActor, clock: ManualClock
) -> None:
    visit = await make_visit(services)
    lead_id = visit.actor.lead_id
    stream = follow_lead_card(services, admin, lead_id, None, lambda a: View(services, a))
    async with aclosing(stream), asyncio.timeout(PATIENCE):
        snapshot = await anext(stream)
        assert isinstance(snapshot, Snapshot)
        assert snapshot.presence.state == "OFFLINE"
        for idle, leave in ((200_000, True), (0, False)):
            await services.presence.beat(lead_id, "p", idle_ms=idle, is_visible=True)
            if leave:
                await services.presence.leave(lead_id, "p")
                for _ in range(10):
                    clock.advance(1)
                    await services.presence.sweep()
        told = await anext(stream)
        # SLEEPING and OFFLINE came and went while nobody read.
        assert isinstance(told, PresenceTold)
        assert told.presence.state == "ONLINE"
        await tag(services, admin, lead_id, "next")
        assert isinstance(await anext(stream), Changed)


async def test_viewers_are_told_by_name_and_at_most_once_a_second(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    loop = asyncio.get_running_loop()
    others = [await make_staff(services, name=f"Person {number}") for number in range(3)]
    async with following(services, admin, lead_id) as card:
        snapshot = await card.of(Snapshot)
        assert [viewer.name for viewer in snapshot.viewers.viewers] == ["Ada Ames"]
        began = loop.time()
        for other in others:
            async with following(services, other, lead_id) as second:
                await second.of(Snapshot)
        async with following(services, others[0], lead_id):
            await card.until(
                lambda: (
                    card.all_of(ViewersTold)
                    and len(card.all_of(ViewersTold)[-1].viewers.viewers) == 2
                )
            )
        names = [viewer.name for viewer in card.all_of(ViewersTold)[-1].viewers.viewers]
        assert names == ["Ada Ames", "Person 0"]
        await card.until(lambda: card.all_of(ViewersTold)[-1].viewers.count == 1)
        took = loop.time() - began
        assert len(card.all_of(ViewersTold)) <= 1 + took / VIEWERS_APART


# --- what is left behind ---------------------------------------------------------------------


async def test_opening_and_closing_leaves_nothing_behind(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    for _ in range(10):
        stream = follow_lead_card(services, admin, lead_id, None, lambda a: View(services, a))
        async with asyncio.timeout(PATIENCE):
            item: Any = await anext(stream)
            await stream.aclose()
        assert item.view.is_closed
    await assert_nothing_is_held(services, [lead_id])


@pytest.mark.parametrize("stuck_at", ["rights", "snapshot", "change"])
async def test_a_stream_cancelled_while_it_reads_leaves_nothing_behind(
    services: Services, admin: StaffActor, stuck_at: str
) -> None:
    agent, lead_id = await _agent_with_lead(services, admin)
    views = iter(["rights", "snapshot", "change"])
    is_stuck = asyncio.Event()

    async def stick() -> None:
        if next(views, None) == stuck_at:
            is_stuck.set()
            await asyncio.Event().wait()

    async def nothing() -> None: ...

    def make_view(actor: Actor) -> View:
        return HookedView(services, actor, stick, nothing)

    async with following(services, agent, lead_id, None, make_view) as card:
        if stuck_at == "change":
            await card.of(Snapshot)
            await tag(services, admin, lead_id, "a")
        async with asyncio.timeout(PATIENCE):
            await is_stuck.wait()
    await assert_nothing_is_held(services, [lead_id])


async def test_a_stream_cancelled_in_the_queue_for_reading_leaves_nothing_behind(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    async with services.hub.open(lead_id):
        pass  # so that opening it needs no place for reading
    for _ in range(4):
        await services.hub.reading.acquire()
    async with following(services, admin, lead_id) as card:
        await eventually(lambda: services.hub.reading._waiters)
        assert not card.items
    for _ in range(4):
        services.hub.reading.release()
    await assert_nothing_is_held(services, [lead_id])


# --- without a bus between writer and reader -------------------------------------------------


@pytest.fixture
async def quick(database_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Services]:
    settings = make_settings(database_url, tmp_path, reconcile_seconds=0.3)
    async with open_services(settings, clock) as opened:
        yield opened


async def test_what_another_process_writes_without_a_common_bus_is_found(
    services: Services, quick: Services
) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services, admin)
    async with following(quick, admin, lead_id) as card:
        await card.of(Snapshot)
        for number in range(3):
            await tag(services, admin, lead_id, f"silent {number}")
            async with asyncio.timeout(1.5):
                await card.told(number + 2)
        assert card.revisions == [2, 3, 4]


async def test_signing_out_in_another_process_without_a_common_bus_ends_the_stream(
    services: Services, quick: Services
) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services, admin)
    async with following(quick, admin, lead_id) as card:
        await card.of(Snapshot)
        await staff.sign_out(services, admin)
        async with asyncio.timeout(1.5):
            last = (await card.end())[-1]
        assert isinstance(last, Ended)
        assert last.reason is AccessEndReason.SIGNED_OUT


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_stream_outlives_the_loss_of_all_connections_to_the_database(
    services: Services, quick: Services
) -> None:
    admin = await make_staff(services)
    lead_id = await make_lead(services, admin)
    async with following(quick, admin, lead_id) as card:
        await card.of(Snapshot)
        await _cut_others(services)
        await tag(services, admin, lead_id, "afterwards")
        await card.told(2)


async def _cut_others(services: Services) -> None:
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with services.database.write_session() as session, session.begin():
        await session.execute(cut)
        await session.execute(update(Tag).values(name=Tag.name))
    await services.database.dispose()
