"""Presence from the visitor's heartbeat to the card and to the stored intervals."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from app import background, open_services, presence_timing
from models.clock import ManualClock, SystemClock
from models.engine import Database
from models.visits import PresenceInterval
from realtime.presence import PAGES_PER_LEAD, PresenceState, Reading, run_sweeper
from realtime.tasks import end
from resolvers import presence, visits
from resolvers.actors import StaffActor, VisitorActor
from resolvers.errors import InvalidInput, LimitReached
from resolvers.lead_card import PresenceTold, Snapshot
from resolvers.presence import note_alive, store_intervals, take_up_intervals
from resolvers.services import Services
from settings import Settings
from tests.conftest import make_settings
from tests.factories import make_site, make_staff, make_visit
from tests.live.following import Follower, following, tag
from tests.servers import RedisServer

pytestmark = pytest.mark.behaviour("B6")

PAGE = "page-0001"
BEAT = 30  # seconds between the heartbeats of a visible page
ONLINE, SLEEPING, OFFLINE = PresenceState.ONLINE, PresenceState.SLEEPING, PresenceState.OFFLINE


@pytest.fixture
async def admin(services: Services) -> StaffActor:
    return await make_staff(services)


@pytest.fixture
async def visitor(services: Services) -> VisitorActor:
    return (await make_visit(services)).actor


async def beat(
    services: Services, actor: VisitorActor, idle: float | None = None, page: str = PAGE
) -> None:
    idle_ms = None if idle is None else round(idle * 1000)
    await visits.heartbeat(services, actor, page, is_visible=True, idle_ms=idle_ms)


class Time:
    """Passes in quarters of a second, as the sweeper looks; pages that are open go on beating."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services, self.clock = services, clock
        self.open: set[tuple[VisitorActor, str]] = set()

    async def pass_by(self, seconds: float) -> None:
        for step in range(1, round(seconds * 4) + 1):
            self.clock.advance(0.25)
            if step % (BEAT * 4) == 0:
                for actor, page in self.open:
                    await beat(self.services, actor, page=page)
            await self.services.presence.sweep()


@pytest.fixture
def time(services: Services, clock: ManualClock) -> Time:
    return Time(services, clock)


def states(card: Follower) -> list[PresenceState]:
    """Each that the card was told, in order: first with the snapshot, then one by one."""
    told = {(each.epoch, each.version): each.state for each in readings(card)}
    return list(told.values())


def readings(card: Follower) -> list[Reading]:
    """Also those that tell of other pages in the same state."""
    return [item.presence for item in card.items if isinstance(item, Snapshot | PresenceTold)]


async def last_told(card: Follower, state: PresenceState) -> Reading:
    await card.until(lambda: states(card) and states(card)[-1] is state)
    told: Reading = next(
        item.presence for item in reversed(card.items) if isinstance(item, Snapshot | PresenceTold)
    )
    return told


# --- the card --------------------------------------------------------------------------------


async def test_a_visitor_is_online_then_sleeping_at_120_seconds_then_offline_10_after_leaving(
    services: Services, admin: StaffActor, visitor: VisitorActor, clock: ManualClock, time: Time
) -> None:
    async with following(services, admin, visitor.lead_id) as card:
        await card.of(Snapshot)
        began = clock.now()
        await beat(services, visitor, idle=0)
        await last_told(card, ONLINE)
        time.open.add((visitor, PAGE))
        await time.pass_by(119.75)
        (now,) = (await services.presence.read([visitor.lead_id])).values()
        assert now.state is ONLINE, "too early"
        await time.pass_by(0.25)
        asleep = await last_told(card, SLEEPING)
        assert asleep.since == began + timedelta(seconds=120)
        left = clock.now()
        await visits.leave(services, visitor, PAGE)
        time.open.clear()
        await time.pass_by(9.75)
        assert (await services.presence.read([visitor.lead_id]))[visitor.lead_id].state is SLEEPING
        await time.pass_by(0.25)
        gone = await last_told(card, OFFLINE)
        assert gone.since == left + timedelta(seconds=10)
        assert states(card) == [OFFLINE, ONLINE, SLEEPING, OFFLINE]


async def test_input_in_any_page_keeps_the_visitor_awake(
    services: Services, admin: StaffActor, visitor: VisitorActor, time: Time
) -> None:
    async with following(services, admin, visitor.lead_id) as card:
        await beat(services, visitor, idle=0)
        await beat(services, visitor, idle=0, page="page-0002")
        time.open = {(visitor, PAGE), (visitor, "page-0002")}
        for _ in range(4):
            await time.pass_by(90)
            await beat(services, visitor, idle=5, page="page-0002")
        await last_told(card, ONLINE)
        assert states(card)[-1] is ONLINE
        assert SLEEPING not in states(card)


async def test_a_page_change_is_no_change_of_state(
    services: Services, admin: StaffActor, visitor: VisitorActor, time: Time
) -> None:
    async with following(services, admin, visitor.lead_id) as card:
        await card.of(Snapshot)
        await beat(services, visitor, idle=0)
        await last_told(card, ONLINE)
        await visits.leave(services, visitor, PAGE)
        await time.pass_by(8)
        await beat(services, visitor, idle=0, page="page-0002")
        await time.pass_by(20)
        await tag(services, admin, visitor.lead_id, "afterwards")
        await card.told(2)
        assert states(card) == [OFFLINE, ONLINE]


async def test_coming_back_idle_is_told_as_sleeping_at_once(
    services: Services, admin: StaffActor, visitor: VisitorActor
) -> None:
    async with following(services, admin, visitor.lead_id) as card:
        await card.of(Snapshot)
        await beat(services, visitor, idle=3600)
        await last_told(card, SLEEPING)
        assert states(card) == [OFFLINE, SLEEPING]


async def test_page_keys_of_others_are_of_no_use(
    services: Services, admin: StaffActor, visitor: VisitorActor, time: Time
) -> None:
    stranger = (await make_visit(services)).actor
    await beat(services, visitor, idle=0)
    await beat(services, stranger, idle=0)
    await visits.leave(services, stranger, PAGE)
    await time.pass_by(15)
    found = await services.presence.read([visitor.lead_id, stranger.lead_id])
    assert found[visitor.lead_id].state is ONLINE
    assert found[stranger.lead_id].state is OFFLINE


@pytest.mark.parametrize(
    "key", ["", "short", "a" * 65, "with space", "p\x00:restored", "ключ-ключ"]
)
async def test_malformed_page_keys_are_refused(
    services: Services, visitor: VisitorActor, key: str
) -> None:
    with pytest.raises(InvalidInput):
        await beat(services, visitor, page=key)
    with pytest.raises(InvalidInput):
        await visits.leave(services, visitor, key)


async def test_the_33rd_page_is_refused_and_the_others_go_on(
    services: Services, visitor: VisitorActor, time: Time
) -> None:
    for number in range(PAGES_PER_LEAD):
        await beat(services, visitor, idle=0, page=f"page-{number:04}")
    with pytest.raises(LimitReached) as refused:
        await beat(services, visitor, idle=0, page="page-more")
    assert refused.value.limit == PAGES_PER_LEAD
    await beat(services, visitor, idle=0, page="page-0000")
    await visits.leave(services, visitor, "page-0001")
    await time.pass_by(10)
    await beat(services, visitor, idle=0, page="page-more")


# --- stored intervals ------------------------------------------------------------------------


async def intervals(services: Services, lead_id: UUID) -> list[PresenceInterval]:
    async with services.database.read_session() as session:
        rows = await session.scalars(
            select(PresenceInterval)
            .where(col(PresenceInterval.lead_id) == lead_id)
            .order_by(col(PresenceInterval.from_at))
        )
        return list(rows)


async def _three_intervals(services: Services, visitor: VisitorActor, time: Time) -> list[int]:
    """Lives through them; answers the active seconds of each."""
    for minutes in (1, 3, 5):
        await beat(services, visitor, idle=0)
        time.open.add((visitor, PAGE))
        await time.pass_by(minutes * 60)
        await visits.leave(services, visitor, PAGE)
        time.open.clear()
        await time.pass_by(30)
    return [70, 120, 120]


async def test_each_interval_is_stored_once_with_its_active_seconds(
    services: Services, visitor: VisitorActor, time: Time, clock: ManualClock
) -> None:
    began = clock.now()
    active = await _three_intervals(services, visitor, time)
    assert await store_intervals(services) == 2 + 3 + 3
    assert await store_intervals(services) == 0
    stored = await intervals(services, visitor.lead_id)
    assert [row.active_seconds for row in stored] == active
    seconds = [
        ((row.from_at - began).total_seconds(), row.to_at and (row.to_at - began).total_seconds())
        for row in stored
    ]
    assert seconds == [(0, 70), (90, 280), (300, 610)]


async def test_a_reader_stopped_anywhere_stores_everything_once(
    services: Services, visitor: VisitorActor, time: Time
) -> None:
    active = await _three_intervals(services, visitor, time)
    for steps in range(0, 60, 3):
        reading = asyncio.create_task(store_intervals(services))
        for _ in range(steps):
            await asyncio.sleep(0)
        await end([reading])
    await store_intervals(services)
    stored = await intervals(services, visitor.lead_id)
    assert [row.active_seconds for row in stored] == active


async def test_two_readers_at_once_store_everything_once(
    services: Services, settings: Settings, visitor: VisitorActor, time: Time
) -> None:
    active = await _three_intervals(services, visitor, time)
    other = replace(services, database=Database(settings.database_url))
    try:
        await asyncio.gather(
            *(store_intervals(each) for _ in range(4) for each in (services, other))
        )
        await store_intervals(services)
    finally:
        await other.database.dispose()
    stored = await intervals(services, visitor.lead_id)
    assert [row.active_seconds for row in stored] == active


async def test_a_reader_that_reads_in_parts_stores_the_same(
    services: Services, visitor: VisitorActor, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    active = await _three_intervals(services, visitor, time)
    monkeypatch.setattr(presence, "BATCH", 1)
    while await store_intervals(services):
        pass
    assert [row.active_seconds for row in await intervals(services, visitor.lead_id)] == active


# --- an embedded restart ---------------------------------------------------------------------


@asynccontextmanager
async def restarted(settings: Settings, clock: ManualClock) -> AsyncIterator[Services]:
    """The next process on the same database."""
    async with open_services(settings, clock) as opened:
        await take_up_intervals(opened, presence_timing(settings))
        yield opened


async def _live_until_the_stop(
    settings: Settings, clock: ManualClock
) -> tuple[StaffActor, VisitorActor, VisitorActor]:
    """A process in which one visitor is awake and one asleep when it stops."""
    async with open_services(settings, clock) as first:
        site, _ = await make_site(first)
        admin = await make_staff(first)
        awake, asleep = [(await make_visit(first, site)).actor for _ in range(2)]
        time = Time(first, clock)
        await beat(first, awake, idle=0)
        await beat(first, asleep, idle=0)
        time.open = {(awake, PAGE), (asleep, PAGE)}
        for _ in range(3):
            await time.pass_by(60)
            await beat(first, awake, idle=0)
        await store_intervals(first)
        await note_alive(first)
        await first.presence.sweep()
    return admin, awake, asleep


async def test_a_restart_is_told_as_provisional_and_then_as_sure_without_flapping(
    settings: Settings, clock: ManualClock
) -> None:
    admin, awake, asleep = await _live_until_the_stop(settings, clock)
    clock.advance(20)
    async with restarted(settings, clock) as second:
        async with (
            following(second, admin, awake.lead_id) as busy,
            following(second, admin, asleep.lead_id) as quiet,
        ):
            assert (await busy.of(Snapshot)).presence.provisional
            assert (await quiet.of(Snapshot)).presence.provisional
            time = Time(second, clock)
            await time.pass_by(10)
            time.open = {(awake, PAGE), (asleep, PAGE)}
            await beat(second, awake, idle=2)
            await beat(second, asleep)
            await time.pass_by(70)
            await busy.until(lambda: not _newest(busy).provisional)
            await quiet.until(lambda: not _newest(quiet).provisional)
            assert set(states(busy)) == {ONLINE}
            assert set(states(quiet)) == {SLEEPING}
        await store_intervals(second)
        assert [row.to_at for row in await intervals(second, awake.lead_id)] == [None]
        assert [row.active_seconds for row in await intervals(second, asleep.lead_id)] == [120]


def _newest(card: Follower) -> Reading:
    return readings(card)[-1]


async def test_who_does_not_come_back_after_a_restart_is_offline_when_the_grace_ends(
    settings: Settings, clock: ManualClock
) -> None:
    admin, awake, _ = await _live_until_the_stop(settings, clock)
    async with (
        restarted(settings, clock) as second,
        following(second, admin, awake.lead_id) as card,
    ):
        await card.of(Snapshot)
        await Time(second, clock).pass_by(75)
        await last_told(card, OFFLINE)
        assert states(card) == [ONLINE, OFFLINE]
        await store_intervals(second)
        (stored,) = await intervals(second, awake.lead_id)
        assert stored.to_at == clock.now()


async def test_after_a_long_stop_nobody_is_taken_up_and_intervals_end_with_the_stop(
    settings: Settings, clock: ManualClock
) -> None:
    admin, awake, asleep = await _live_until_the_stop(settings, clock)
    stopped = clock.now()
    clock.advance(12 * 3600)
    async with restarted(settings, clock) as second:
        async with following(second, admin, awake.lead_id) as card:
            assert (await card.of(Snapshot)).presence.state is OFFLINE
        for actor, active in ((awake, 180), (asleep, 120)):
            (stored,) = await intervals(second, actor.lead_id)
            assert (stored.to_at, stored.active_seconds) == (stopped, active)


async def test_a_stop_stores_what_was_told_last(settings: Settings, clock: ManualClock) -> None:
    async with open_services(settings, clock) as first:
        embedded = settings.model_copy(update={"worker_inside": True})
        async with background(embedded, first):
            actor = (await make_visit(first)).actor
            await beat(first, actor, idle=0)
        (stored,) = await intervals(first, actor.lead_id)
        assert stored.to_at is None


# --- at scale, in real time ------------------------------------------------------------------


@pytest.mark.realtime
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_at_scale_a_visitor_sleeps_and_leaves_in_time(
    database_url: str, tmp_path: Path, redis_server: RedisServer
) -> None:
    if redis_server.is_ours:
        # Tests before may have left it a grace as long as their longest lease.
        redis_server.kill()
        redis_server.start()
    settings = make_settings(
        database_url,
        tmp_path,
        redis_url=redis_server.url,
        presence_sleep_seconds=1.0,
        presence_activity_seconds=0.2,
        presence_leave_seconds=0.5,
        presence_visible_lease_seconds=3.0,
        presence_visible_beat_seconds=1.0,
        presence_hidden_lease_seconds=4.0,
        presence_hidden_beat_seconds=1.5,
    )
    async with (
        open_services(settings, SystemClock()) as here,
        open_services(settings, SystemClock()) as there,
    ):
        sweeping = [asyncio.create_task(run_sweeper(each.presence)) for each in (here, there)]
        admin, actor = await make_staff(here), (await make_visit(here)).actor
        await _until_sure(here)
        async with following(there, admin, actor.lead_id) as card:
            await card.of(Snapshot)
            await beat(here, actor, idle=0)
            online = await last_told(card, ONLINE)
            asleep = await last_told(card, SLEEPING)
            assert asleep.since is not None
            assert online.active_at is not None
            assert 0 <= _late(asleep.since, online.active_at, 1.0) < 1
            await visits.leave(here, actor, PAGE)
            await last_told(card, OFFLINE)
            assert states(card) == [OFFLINE, ONLINE, SLEEPING, OFFLINE]
        await end(sweeping)
        await asyncio.gather(*(store_intervals(each) for each in (here, there) for _ in range(2)))
        (stored,) = await intervals(here, actor.lead_id)
        assert stored.to_at is not None
        assert stored.active_seconds == 1


def _late(at: Any, since: Any, seconds: float) -> float:
    late: float = (at - since).total_seconds() - seconds
    return late


async def _until_sure(services: Services) -> None:
    """Until the sweepers have made up for the time when nobody swept.

    Other tests share the server and may have left it a grace as long as their longest lease.
    """
    nobody: Callable[[], UUID] = uuid4
    async with asyncio.timeout(60):
        for _ in iter(int, 1):
            found = await services.presence.read([nobody() for _ in range(16)])
            if not any(reading.provisional for reading in found.values()):
                return
            await asyncio.sleep(0.05)
