"""Open pages: which there are, which is in front, and when a change of them is told."""

from datetime import timedelta

import pytest

from realtime import topics
from realtime.presence import PAGES_PER_LEAD, OpenPage
from tests.realtime.presence_worlds import ONLINE, SLEEPING, START, World, all_transitions, names

pytestmark = pytest.mark.behaviour("B6")

OPENED = START + timedelta(seconds=75)


async def test_a_reading_lists_the_open_pages_with_their_last_input(world: World) -> None:
    await world.beat("b", idle=None, is_visible=False)
    await world.advance(2)
    await world.beat("a")
    await world.advance(2)
    reading = await world.beat("a", idle=1)
    assert reading.pages == (
        OpenPage("a", OPENED + timedelta(seconds=2), OPENED + timedelta(seconds=3), True),
        OpenPage("b", OPENED, None, False),
    )
    assert await world.read() == reading


async def test_the_page_in_front_comes_first_and_then_the_one_with_the_last_input(
    world: World,
) -> None:
    for page in "abc":
        await world.beat(page, is_visible=False)
        await world.advance(1)
    assert names(await world.read()) == "(c) (b) (a)"
    assert names(await world.beat("a", idle=None)) == "a (c) (b)"


async def test_a_page_opened_turned_hidden_or_closed_is_told_once(world: World) -> None:
    await world.beat("a", shows="fern")
    await world.advance(2)
    await world.beat("b")
    await world.advance(2)
    await world.beat("a", idle=None, is_visible=False)
    await world.advance(2)
    await world.beat("b", shows="ivy")
    await world.advance(2)
    await world.beat("b", shows="moss")
    await world.advance(2)
    await world.leave("b")
    await world.advance(5)
    assert await world.heard_pages() == [
        "a", "b a", "b (a)", "b (a)", "b (a)", "(a)",
    ]  # fmt: skip


async def test_a_heartbeat_that_repeats_what_is_known_is_silent(world: World) -> None:
    await world.beat("a", shows="fern")
    await world.beat("b", idle=None, is_visible=False, shows="ivy")
    await world.advance(2)
    await world.drain()
    for _ in range(4):
        await world.advance(10)
        await world.beat("a", idle=3, shows="fern")
        await world.beat("a", idle=None)
        await world.beat("b", idle=None, is_visible=False, shows="ivy")
    assert await world.drain() == []


async def test_a_page_that_stops_answering_is_told_as_closed_while_others_live_on(
    world: World,
) -> None:
    await world.beat("a")
    await world.beat("b")
    await world.advance(30)
    await world.beat("b")
    await world.drain()
    await world.advance(44.999)
    assert await world.drain() == []
    await world.advance(0.001)
    (told,) = await world.heard_all()
    assert (names(told), told.state) == ("b", ONLINE)
    assert told.at == OPENED + timedelta(seconds=75)


async def test_changes_of_pages_are_told_at_most_once_a_second_and_the_last_one_is(
    world: World,
) -> None:
    await world.beat("a")
    for number in range(20):
        await world.beat("b", is_visible=number % 2 == 0, shows=f"{number}")
        await world.advance(0.25, step=0.25)
    await world.advance(1, step=0.25)
    said = await world.heard_all()
    gaps = [after.at - before.at for before, after in zip(said, said[1:], strict=False)]
    assert min(gaps) >= timedelta(seconds=1)
    assert len(said) == 6
    assert names(said[-1]) == "a (b)"
    assert said[-1] == await world.read() or said[-1].at < (await world.read()).at
    assert [one.pages_version for one in said] == sorted({one.pages_version for one in said})


async def test_a_change_of_pages_is_no_change_of_state(world: World) -> None:
    await world.beat("a", idle=None)
    await world.advance(2)
    await world.drain()
    await world.beat("b", idle=None)
    await world.advance(2)
    channels = {channel for channel, _ in await world.drain()}
    assert channels == {topics.presence(world.lead)}
    assert [one.state for one in await all_transitions(world.presence, None, 9)] == [SLEEPING]


async def test_the_last_page_stays_listed_until_its_goodbye_is_sure(world: World) -> None:
    await world.beat("a")
    await world.beat("b")
    await world.advance(2)
    await world.leave("a")
    assert names(await world.leave("b")) == "b"
    await world.advance(9.999)
    assert names(await world.read()) == "b"
    await world.advance(0.001)
    assert names(await world.read()) == ""
    assert await world.heard_pages() == ["a", "a b", "b", ""]


async def test_a_page_that_comes_back_is_the_same_page(world: World) -> None:
    opened = await world.beat("a", shows="fern")
    await world.leave("a")
    await world.advance(5)
    back = await world.beat("a", idle=None)
    assert back.pages == opened.pages
    await world.advance(5)
    assert await world.heard_pages() == ["a"]


async def test_all_32_pages_are_listed(world: World) -> None:
    for number in range(PAGES_PER_LEAD):
        await world.beat(f"page-{number}")
    assert len((await world.read()).pages) == PAGES_PER_LEAD


async def test_an_outage_closes_no_page_before_the_grace_ends(world: World) -> None:
    await world.beat("a")
    await world.beat("b")
    await world.advance(2)
    await world.drain()
    await world.silence(200)
    await world.presence.sweep()
    assert names(await world.read()) == "a b"
    await world.beat("b", idle=None)
    await world.advance(40)
    await world.beat("b", idle=None)
    await world.advance(34.999)
    assert await world.drain() == []
    await world.advance(0.001)
    assert await world.heard_pages() == ["b"]


async def test_a_page_left_during_grace_is_closed_in_time(world: World) -> None:
    await world.beat("a")
    await world.beat("b")
    await world.advance(2)
    await world.silence(11)
    await world.presence.sweep()
    await world.drain()
    await world.leave("a")
    await world.advance(1)
    assert await world.heard_pages() == ["b"]


async def test_a_lead_restored_after_a_restart_has_the_pages_that_came_back(alone: World) -> None:
    await alone.presence.restore({alone.lead: START})
    assert (await alone.read()).pages == ()
    await alone.beat("a", idle=None)
    assert await alone.heard_pages() == ["a"]
