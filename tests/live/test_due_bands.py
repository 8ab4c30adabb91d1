"""Due bands in an open card: they change at the viewer's midnight and at the due instant, without
any write, on both buses."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app import open_services
from models.changes import Change
from models.clock import ManualClock, SystemClock
from models.due_bands import band_of
from models.enums import DueBand
from realtime import topics
from resolvers import tasks
from resolvers.actors import Actor, StaffActor
from resolvers.lead_card import BandsTold, Changed, Reset, Snapshot
from resolvers.readers import tasks_by_id
from resolvers.services import Services
from resolvers.staff import PreferencesEdit, change_preferences
from resolvers.tasks import NewTask
from resolvers.views import View
from tests.client import Client, lead
from tests.conftest import make_settings
from tests.factories import actor_of, make_lead, make_staff, sign_in_again
from tests.live.following import Follower, following, tag
from tests.resolvers.verify import act

pytestmark = pytest.mark.realtime


async def add(services: Services, actor: Actor, lead_id: UUID, **due: Any) -> UUID:
    made: UUID = await act(
        services, actor, tasks.create_task, lead_id, NewTask("Call back", **due), uuid4().hex
    )
    return made


async def live_in(services: Services, person: StaffActor, zone: str) -> StaffActor:
    await act(services, person, change_preferences, person, PreferencesEdit(time_zone=zone))
    return await actor_of(services, person.session_id)


async def look(services: Services, lead_id: UUID) -> None:
    """Wakes the streams of a card, as time itself does: a test does not wait for it."""
    await services.bus.publish(topics.viewers(lead_id), "")


async def bands(services: Services, actor: Actor, told: BandsTold[View]) -> dict[UUID, DueBand]:
    """What the tasks of an item show now."""
    view = View(services, actor)
    try:
        rows = await tasks_by_id(view, told.task_ids)
        return {row.id: band_of(row.due, view.moment) for row in rows if row}
    finally:
        await view.close()


async def nothing_yet(services: Services, actor: Actor, lead_id: UUID, follower: Follower) -> None:
    """Fails if bands were told by the time that the next change came."""
    before = len(follower.all_of(BandsTold))
    await look(services, lead_id)
    changes = len(follower.all_of(Changed))
    await tag(services, actor, lead_id, uuid4().hex)
    await follower.of(Changed, changes + 1)
    assert len(follower.all_of(BandsTold)) == before


async def size_of_log(services: Services) -> int | None:
    async with services.database.read_session() as session:
        return await session.scalar(select(func.count()).select_from(Change))


@pytest.mark.behaviour("A42")
async def test_bands_change_at_the_viewers_midnight_also_when_the_clocks_go_forward(
    pair: tuple[Services, Services], clock: ManualClock
) -> None:
    here, there = pair
    actor = await make_staff(here)
    viewer = await live_in(here, await make_staff(here), "America/New_York")
    lead_id = await make_lead(here)
    clock.advance((datetime(2026, 3, 7, 12, tzinfo=UTC) - clock.now()).total_seconds())
    short = await add(here, actor, lead_id, due_on=date(2026, 3, 8))  # 23 hours long there
    after = await add(here, actor, lead_id, due_on=date(2026, 3, 9))
    await add(here, actor, lead_id)
    async with following(there, viewer, lead_id) as follower:
        await follower.of(Snapshot)
        size = await size_of_log(here)
        clock.advance((datetime(2026, 3, 8, 5, tzinfo=UTC) - clock.now()).total_seconds())
        await look(here, lead_id)
        told = await follower.of(BandsTold)
        assert await bands(there, viewer, told) == {short: DueBand.TODAY}
        assert await size_of_log(here) == size, "a band changed by a write"
        clock.advance(23 * 3600 - 1)
        await nothing_yet(here, actor, lead_id, follower)
        clock.advance(1)
        await look(here, lead_id)
        told = await follower.of(BandsTold, 2)
        assert await bands(there, viewer, told) == {short: DueBand.OVERDUE, after: DueBand.TODAY}


@pytest.mark.behaviour("A42")
async def test_two_viewers_of_one_card_have_their_own_midnights(
    pair: tuple[Services, Services], clock: ManualClock
) -> None:
    here, there = pair
    east = await live_in(here, await make_staff(here, name="Kiri Kora"), "Pacific/Auckland")
    west = await live_in(here, await make_staff(here, name="Will West"), "America/Los_Angeles")
    lead_id = await make_lead(here)
    await add(here, east, lead_id, due_on=date(2026, 3, 3))
    clock.advance(0.5 * 3600)
    async with (
        following(there, east, lead_id) as eastern,
        following(there, west, lead_id) as western,
    ):
        await eastern.of(Snapshot)
        await western.of(Snapshot)
        clock.advance(1.5 * 3600)  # 11:00 UTC: the third begins in Auckland
        await look(here, lead_id)
        told = await eastern.of(BandsTold)
        assert set((await bands(there, east, told)).values()) == {DueBand.TODAY}
        await nothing_yet(here, west, lead_id, western)


@pytest.mark.behaviour("A42")
async def test_a_changed_task_tells_its_band_itself_and_a_done_one_flips_no_more(
    pair: tuple[Services, Services], clock: ManualClock
) -> None:
    here, there = pair
    actor = await make_staff(here)
    lead_id = await make_lead(here)
    async with following(there, actor, lead_id) as follower:
        await follower.of(Snapshot)
        task_id = await add(here, actor, lead_id, due_at=clock.now() + timedelta(hours=1))
        other = await add(here, actor, lead_id, due_at=clock.now() + timedelta(hours=1))
        await follower.of(Changed, 2)
        await nothing_yet(here, actor, lead_id, follower)
        await act(here, actor, tasks.complete_task, lead_id, other, None)
        await follower.of(Changed, 4)
        clock.advance(3600)
        await look(here, lead_id)
        told = await follower.of(BandsTold)
        assert await bands(there, actor, told) == {task_id: DueBand.OVERDUE}


@pytest.mark.behaviour("A42")
async def test_after_a_resume_all_bands_that_time_can_change_are_told_once(
    pair: tuple[Services, Services], clock: ManualClock
) -> None:
    here, there = pair
    actor = await make_staff(here)
    lead_id = await make_lead(here)
    dated = await add(here, actor, lead_id, due_on=date(2026, 3, 3))
    await add(here, actor, lead_id)
    async with following(there, actor, lead_id) as follower:
        cursor = follower.cursor(await follower.of(Snapshot))
    clock.advance(86_400)
    async with following(there, actor, lead_id, after=cursor) as follower:
        told = await follower.of(BandsTold)
        assert await bands(there, actor, told) == {dated: DueBand.TODAY}
        await nothing_yet(here, actor, lead_id, follower)
        assert follower.all_of(Reset) == []


@pytest.mark.behaviour("A42")
async def test_who_moves_to_another_zone_is_told_the_bands_there(
    pair: tuple[Services, Services], clock: ManualClock
) -> None:
    here, there = pair
    viewer = await make_staff(here)
    lead_id = await make_lead(here)
    task_id = await add(here, viewer, lead_id, due_on=date(2026, 3, 2))
    clock.advance(3 * 3600)  # 12:00 UTC
    async with following(there, viewer, lead_id) as follower:
        await follower.of(Snapshot)
        moved = await live_in(here, viewer, "Pacific/Auckland")
        told = await follower.of(BandsTold)
        assert await bands(there, moved, told) == {task_id: DueBand.OVERDUE}


@pytest.fixture
async def by_the_real_clock(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with open_services(make_settings(database_url, tmp_path), SystemClock()) as opened:
        yield opened


BANDS = """subscription ($id: ID!) { leadCard(id: $id) { __typename
  ... on LeadCardSnapshot { lead { tasks(first: 9) { nodes { id dueBand } } } }
  ... on DueBandsChanged { cursor tasks { id title dueBand } } } }"""


@pytest.mark.behaviour("A42")
async def test_an_open_card_is_told_when_a_task_falls_due(by_the_real_clock: Services) -> None:
    services = by_the_real_clock
    actor = await make_staff(services)
    lead_id = await make_lead(services)
    due = services.clock.now() + timedelta(seconds=1.5)
    await add(services, actor, lead_id, due_at=due)
    client = Client(services, (await sign_in_again(services, actor.id)).token, actor=actor)
    stream = client.stream(BANDS, id=lead(lead_id))
    try:
        items: list[Any] = []
        while not items or items[-1]["__typename"] != "DueBandsChanged":
            answer = await anext(stream)
            assert answer.data, answer.errors
            items.append(answer.data["leadCard"])
    finally:
        await stream.aclose()
    assert items[-1]["tasks"][0]["dueBand"] == "OVERDUE"
    assert 0 <= (services.clock.now() - due).total_seconds() < 5
