"""Presence as a memory: each transition is readable once, and an erased lead is gone."""

from uuid import uuid4

import pytest

from realtime.presence import (
    Transition,
)
from tests.realtime.presence_worlds import OFFLINE, ONLINE, SLEEPING, World, all_transitions

pytestmark = pytest.mark.behaviour("B6")


async def test_each_transition_is_readable_once_in_order(world: World) -> None:
    leads = [uuid4() for _ in range(7)]
    for lead in leads:
        await world.beat(lead=lead)
        await world.advance(1)
    await world.advance(80)
    found = await all_transitions(world.presence, None, 3)
    assert [(one.lead_id, one.state) for one in found] == [
        *((lead, ONLINE) for lead in leads),
        *((lead, OFFLINE) for lead in leads),
    ]
    assert found == sorted(found, key=lambda one: one.at)
    assert len({(one.lead_id, one.epoch, one.version) for one in found}) == 14


async def test_transitions_equal_what_was_announced(world: World) -> None:
    await world.beat(is_visible=False)
    await world.advance(130)
    await world.beat("b")
    await world.advance(160)
    found = await all_transitions(world.presence, None, 100)
    assert found == [
        Transition(one.lead_id, one.state, one.version, one.at, one.epoch, one.active_at)
        for one in await world.heard()
    ]
    assert [one.state for one in found] == [ONLINE, SLEEPING, ONLINE, OFFLINE]


async def test_a_position_leads_on_to_what_comes_later(world: World) -> None:
    await world.beat()
    first, position = await world.presence.transitions(None, 10)
    assert len(first) == 1
    nothing, position = await world.presence.transitions(position, 10)
    assert nothing == []
    await world.beat("a", lead=(other := uuid4()))
    later, _ = await world.presence.transitions(position, 10)
    assert [one.lead_id for one in later] == [other]


@pytest.mark.parametrize("position", ["", "nonsense", "gone/7", "a/1-0,b/1-0,c/1-0,d/1-0"])
async def test_a_position_of_another_memory_means_the_start(world: World, position: str) -> None:
    await world.beat()
    found, _ = await world.presence.transitions(position, 10)
    assert [one.lead_id for one in found] == [world.lead]


async def test_forgetting_erases_the_lead_and_says_nothing(world: World) -> None:
    other = uuid4()
    await world.beat()
    await world.beat(lead=other)
    await world.drain()
    await world.presence.forget(world.lead)
    assert (await world.read()).version == 0
    assert await world.presence.present(10) == [other]
    found, _ = await world.presence.transitions(None, 10)
    assert [one.lead_id for one in found] == [other]
    await world.advance(5)
    assert await world.drain() == []
    assert (await world.beat()).state is ONLINE
