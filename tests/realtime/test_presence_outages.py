"""Presence when processes or clocks fail: nobody flaps because of us."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.realtime.presence_worlds import (
    OFFLINE,
    ONLINE,
    SLEEPING,
    START,
    World,
    all_transitions,
    names,
)

pytestmark = pytest.mark.behaviour("B6")


# --- outages --------------------------------------------------------------------------------------


async def test_nobody_flaps_when_all_our_processes_are_away_for_thirty_seconds(
    world: World,
) -> None:
    await world.beat()
    await world.advance(30)
    await world.heard()
    await world.silence(30)
    await world.presence.sweep()
    await world.beat("a", idle=None)
    await world.advance(50)
    assert await world.drain() == []


async def test_after_an_outage_nobody_is_demoted_until_the_grace_ends(world: World) -> None:
    await world.beat()
    await world.heard()
    await world.silence(300)
    await world.presence.sweep()
    reading = await world.read()
    assert reading.state is ONLINE
    assert reading.provisional
    assert reading.lease_until == world.clock.now() + timedelta(seconds=75)
    await world.advance(74.999)
    assert await world.state() is ONLINE
    assert await world.drain() == []
    await world.advance(0.001)
    assert await world.heard_states() == [OFFLINE]
    assert not (await world.read()).provisional


@pytest.mark.parametrize("first", ["read", "beat", "leave", "present"])
async def test_whoever_comes_first_after_an_outage_begins_the_grace(
    world: World, first: str
) -> None:
    other = uuid4()
    await world.beat()
    await world.silence(300)
    act = {
        "read": lambda: world.presence.read([world.lead]),
        "beat": lambda: world.beat(lead=other),
        "leave": lambda: world.leave(),
        "present": lambda: world.presence.present(10),
    }
    await act[first]()
    assert await world.state() is ONLINE
    assert await world.heard_states() == [ONLINE]


async def test_promotions_pass_during_grace(world: World) -> None:
    await world.beat(idle=None, is_visible=False)
    await world.silence(11)
    await world.presence.sweep()
    reading = await world.beat("b")
    assert reading.state is ONLINE
    assert reading.provisional
    heard = await world.heard()
    assert [reading.state for reading in heard] == [SLEEPING, ONLINE]
    assert heard[1].provisional


async def test_ten_seconds_without_a_sweep_are_no_outage(world: World) -> None:
    await world.beat()
    await world.leave()
    await world.silence(10)
    assert await world.state() is OFFLINE


async def test_a_clock_that_steps_back_stands_still(world: World) -> None:
    await world.beat()
    await world.advance(50)
    before = await world.read()
    world.clock.advance(-3600)
    await world.presence.sweep()
    assert await world.read() == before
    again = await world.beat("b", idle=0)
    assert again.at == before.at
    world.clock.advance(3600)
    await world.advance(1)
    assert (await world.read()).at == before.at + timedelta(seconds=1)
    await world.heard()
    await world.advance(130)
    assert await world.heard_states() == [OFFLINE]


async def test_versions_rise_even_when_the_clock_stands_still(world: World) -> None:
    sleeping = await world.beat(idle=None)
    online = await world.beat(idle=0)
    assert sleeping.at == online.at
    assert sleeping.version < online.version


async def test_a_lead_that_returns_is_told_under_a_higher_version(world: World) -> None:
    first = await world.beat()
    await world.leave()
    await world.advance(700, step=5)
    second = await world.beat()
    assert second.version > first.version
    assert second.epoch == first.epoch


# --- restart in process ---------------------------------------------------------------------------


async def test_restored_leads_are_present_and_provisional_without_an_announcement(
    alone: World,
) -> None:
    sleeping = uuid4()
    active_at = START - timedelta(seconds=20)
    await alone.presence.restore({alone.lead: active_at, sleeping: START - timedelta(seconds=300)})
    reading = await alone.read()
    assert (reading.state, reading.active_at, reading.provisional) == (ONLINE, active_at, True)
    assert (await alone.read(sleeping)).state is SLEEPING
    assert set(await alone.presence.present(10)) == {alone.lead, sleeping}
    await alone.advance(74.999)
    assert await alone.drain() == []


async def test_a_restored_lead_that_came_back_never_flaps(alone: World) -> None:
    await alone.presence.restore({alone.lead: START - timedelta(seconds=100)})
    await alone.advance(10)
    await alone.beat("a", idle=None)
    await alone.advance(30)
    await alone.beat("a", idle=12)
    await alone.advance(60)
    reading = await alone.read()
    assert (reading.state, reading.provisional) == (ONLINE, False)
    (back,) = await alone.heard_all()
    assert (back.state, back.version, names(back)) == (ONLINE, reading.version, "a")


async def test_a_restored_lead_that_stays_away_is_offline_at_the_end_of_the_grace(
    alone: World,
) -> None:
    await alone.presence.restore({alone.lead: START - timedelta(seconds=100)})
    await alone.advance(75)
    (heard,) = await alone.heard()
    assert heard.state is OFFLINE
    assert heard.active_at == START - timedelta(seconds=100)
    assert [one.state for one in await all_transitions(alone.presence, None, 9)] == [OFFLINE]


async def test_restoring_gives_grace_to_nobody_else(alone: World) -> None:
    await alone.presence.restore({uuid4(): START})
    assert not (await alone.beat()).provisional
    await alone.leave()
    await alone.advance(10)
    assert await alone.state() is OFFLINE


async def test_a_lead_that_was_quicker_than_the_restore_keeps_its_own_state(alone: World) -> None:
    before = await alone.beat()
    await alone.presence.restore({alone.lead: START - timedelta(hours=1)})
    assert await alone.read() == before


async def test_an_offline_lead_is_dropped_after_its_linger(alone: World) -> None:
    await alone.beat()
    await alone.leave()
    await alone.advance(10)
    assert (await alone.read()).since is not None
    await alone.advance(600, step=5)
    assert (await alone.read()).version == 0
