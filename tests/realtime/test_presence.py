"""Presence, row by row: what is promised about ONLINE, SLEEPING and OFFLINE, on both engines."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from realtime import topics
from realtime.presence import (
    PAGES_PER_LEAD,
    PresenceState,
    Reading,
    Timing,
    TooManyPages,
)
from tests.realtime.presence_worlds import (
    OFFLINE,
    ONLINE,
    SLEEPING,
    START,
    World,
    names,
)

pytestmark = pytest.mark.behaviour("B6")


# --- activity and sleep ---------------------------------------------------------------------------


async def test_an_opened_page_is_announced_as_online_once(world: World) -> None:
    reading = await world.beat()
    await world.advance(5)
    messages = await world.drain()
    assert [channel for channel, _ in messages] == [
        topics.presence(world.lead),
        topics.presence_all(),
    ]
    assert [Reading.decode(body) for _, body in messages] == [reading, reading]
    now = START + timedelta(seconds=75)
    assert reading.state is ONLINE
    assert reading.at == reading.since == reading.active_at == now
    assert reading.active_until == now + timedelta(seconds=120)
    assert reading.lease_until == now + timedelta(seconds=75)
    assert not reading.provisional


async def test_a_trailing_report_dates_the_activity_back_to_the_input(world: World) -> None:
    await world.beat()
    await world.advance(10)
    reading = await world.beat(idle=3.2)
    assert reading.active_at == world.clock.now() - timedelta(seconds=3.2)


async def test_an_older_input_reported_late_does_not_take_activity_back(world: World) -> None:
    first = await world.beat("a", idle=1)
    second = await world.beat("b", idle=60)
    assert second.active_at == first.active_at


@pytest.mark.parametrize(("after", "state"), [(119.999, ONLINE), (120.0, SLEEPING)])
async def test_sleep_begins_at_exactly_120_seconds(
    world: World, after: float, state: PresenceState
) -> None:
    await world.beat(is_visible=False)
    await world.advance(after)
    assert await world.state() is state
    assert await world.heard_states() == [ONLINE, SLEEPING][: 1 if state is ONLINE else 2]


async def test_sleep_is_announced_by_the_sweep_alone(world: World) -> None:
    await world.beat(is_visible=False)
    await world.heard()
    await world.advance(121, step=0.25)
    (sleeping,) = await world.heard()
    assert sleeping.state is SLEEPING
    assert sleeping.at == sleeping.since == START + timedelta(seconds=75 + 120)
    assert sleeping.active_at == START + timedelta(seconds=75)


async def test_input_wakes_a_sleeping_lead(world: World) -> None:
    await world.beat(is_visible=False)
    await world.advance(130)
    reading = await world.beat()
    assert reading.state is ONLINE
    assert await world.heard_states() == [ONLINE, SLEEPING, ONLINE]


async def test_a_heartbeat_renews_the_lease_but_is_never_activity(world: World) -> None:
    opened = await world.beat()
    for _ in range(6):
        await world.advance(30)
        reading = await world.beat(idle=None)
    assert reading.state is SLEEPING
    assert reading.active_at == opened.active_at
    assert reading.lease_until == world.clock.now() + timedelta(seconds=75)
    assert await world.heard_states() == [ONLINE, SLEEPING]


async def test_heartbeats_announce_nothing(world: World) -> None:
    await world.beat()
    await world.heard()
    for _ in range(3):
        await world.advance(30)
        await world.beat(idle=None)
    assert await world.drain() == []


async def test_a_reconnect_without_input_is_not_activity(world: World) -> None:
    await world.beat()
    await world.leave()
    await world.advance(130)
    assert (await world.beat("a", idle=None)).state is SLEEPING


async def test_a_first_page_without_input_is_a_sleeping_one(world: World) -> None:
    reading = await world.beat(idle=None)
    assert reading.state is SLEEPING
    assert reading.active_at is None
    assert reading.active_until is None


async def test_a_page_back_from_the_cache_after_two_minutes_is_sleeping_at_once(
    world: World,
) -> None:
    await world.beat()
    await world.leave()
    await world.advance(125)
    await world.heard()
    reading = await world.beat(idle=120)
    assert reading.state is SLEEPING
    assert await world.heard_states() == [SLEEPING]


async def test_idle_times_beyond_reason_are_clamped(world: World) -> None:
    assert (await world.beat("a", idle=-50)).active_at == world.clock.now()
    other = uuid4()
    reading = await world.beat("a", idle=10**9, lead=other)
    assert reading.active_at == world.clock.now() - timedelta(days=1)


# --- leases ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("is_visible", "lease"), [(True, 75), (False, 150)])
async def test_a_page_that_stops_answering_is_gone_at_the_end_of_its_lease(
    world: World, is_visible: bool, lease: int
) -> None:
    await world.beat(is_visible=is_visible)
    await world.advance(lease - 0.001)
    assert await world.state() is not OFFLINE
    await world.advance(0.001)
    reading = await world.read()
    assert reading.state is OFFLINE
    assert reading.lease_until is None
    assert reading.active_until is None
    assert reading.active_at == START + timedelta(seconds=75)
    assert reading.since == START + timedelta(seconds=75 + lease)


async def test_a_page_that_said_goodbye_is_gone_after_ten_seconds(world: World) -> None:
    await world.beat()
    await world.leave()
    await world.advance(9.999)
    assert await world.state() is ONLINE
    await world.advance(0.001)
    assert await world.state() is OFFLINE
    assert await world.heard_states() == [ONLINE, OFFLINE]


async def test_a_page_change_within_ten_seconds_is_no_change_of_state(world: World) -> None:
    await world.beat("a")
    await world.drain()
    for page in "bcdefg":
        await world.leave(chr(ord(page) - 1))
        await world.advance(9)
        await world.beat(page)
    await world.advance(30)
    messages = await world.drain()
    said = [Reading.decode(body) for _, body in messages]
    assert {channel for channel, _ in messages} == {topics.presence(world.lead)}
    assert {(reading.state, reading.since) for reading in said} == {
        (ONLINE, START + timedelta(seconds=75))
    }
    assert [names(reading) for reading in said] == list("bcdefg")


async def test_the_same_page_may_come_back_after_its_goodbye(world: World) -> None:
    await world.beat()
    await world.leave()
    await world.advance(5)
    await world.beat()
    await world.advance(60)
    assert await world.state() is ONLINE


async def test_a_goodbye_never_lengthens_a_lease(world: World) -> None:
    await world.beat()
    await world.advance(72)
    reading = await world.leave()
    assert reading.lease_until == START + timedelta(seconds=75 + 75)


async def test_a_goodbye_of_an_unknown_page_or_lead_changes_nothing(world: World) -> None:
    assert (await world.leave()).version == 0
    opened = await world.beat("a")
    assert (await world.leave("b")).lease_until == opened.lease_until
    assert (await world.presence.leave(uuid4(), "a")).state is OFFLINE


async def test_of_several_pages_the_best_state_wins(world: World) -> None:
    await world.beat("phone", idle=None, is_visible=False)
    assert await world.state() is SLEEPING
    await world.beat("laptop")
    assert await world.state() is ONLINE
    await world.leave("laptop")
    await world.advance(60)
    assert await world.state() is ONLINE
    await world.advance(60)
    assert await world.state() is SLEEPING
    await world.leave("phone")
    await world.advance(10)
    assert await world.state() is OFFLINE
    assert await world.heard_states() == [SLEEPING, ONLINE, SLEEPING, OFFLINE]


async def test_the_33rd_page_is_refused_and_the_others_live_on(world: World) -> None:
    for number in range(PAGES_PER_LEAD):
        await world.beat(f"page {number}")
    with pytest.raises(TooManyPages):
        await world.beat("one more")
    assert (await world.beat("page 7")).state is ONLINE
    assert (await world.beat("one more", lead=uuid4())).state is ONLINE


async def test_ended_pages_make_room_for_new_ones(world: World) -> None:
    for number in range(PAGES_PER_LEAD):
        await world.beat(f"page {number}")
    await world.leave("page 0")
    await world.advance(10)
    assert (await world.beat("one more")).state is ONLINE
    with pytest.raises(TooManyPages):
        await world.beat("page 0")


async def test_ended_pages_make_room_during_grace_too(world: World) -> None:
    await world.beat()
    await world.silence(11)
    await world.presence.sweep()
    for number in range(70):
        await world.beat(f"page {number}")
        await world.leave(f"page {number}")
        await world.advance(1)
    assert (await world.read()).provisional


async def test_who_flaps_is_announced_at_most_twice_in_ten_seconds(world: World) -> None:
    for second in range(120):
        if second % 12 in (0, 1):
            await world.beat(f"page {second}")
        await world.leave(f"page {second - second % 12}")
        await world.leave(f"page {second}")
        await world.advance(1)
    heard = [reading.at for reading in await world.heard()]
    assert len(heard) >= 18
    for at in heard:
        assert sum(at <= other < at + timedelta(seconds=10) for other in heard) <= 2


# --- reading --------------------------------------------------------------------------------------


async def test_an_unknown_lead_is_offline_with_version_zero(world: World) -> None:
    reading = await world.read()
    assert (reading.state, reading.version) == (OFFLINE, 0)
    assert reading.since is None
    assert reading.active_at is None
    assert await world.drain() == []


async def test_a_read_settles_what_no_sweep_has_announced_yet(world: World) -> None:
    await world.beat()
    await world.leave()
    await world.silence(10)
    assert await world.state() is OFFLINE
    assert await world.heard_states() == [ONLINE, OFFLINE]
    assert await world.presence.sweep() == 0


async def test_many_leads_are_read_at_once(world: World) -> None:
    leads = [uuid4() for _ in range(1_200)]
    for lead in leads[::100]:
        await world.beat(lead=lead)
    readings = await world.presence.read([*leads, leads[0]])
    assert readings.keys() == set(leads)
    assert [lead for lead in leads if readings[lead].state is ONLINE] == leads[::100]


async def test_those_present_now_are_listed(world: World) -> None:
    online, sleeping, gone = uuid4(), uuid4(), uuid4()
    await world.beat(lead=online)
    await world.beat(lead=sleeping, idle=None)
    await world.beat(lead=gone)
    await world.presence.leave(gone, "a")
    await world.silence(10)
    assert set(await world.presence.present(10)) == {online, sleeping}
    assert len(await world.presence.present(1)) == 1


async def test_a_sweep_announces_everyone_who_is_due(world: World) -> None:
    leads = [uuid4() for _ in range(900)]
    for lead in leads:
        await world.beat(lead=lead)
    await world.silence(0)
    await world.drain()
    await world.advance(66, step=6)
    world.clock.advance(9)
    assert await world.presence.sweep() == 900
    said = [Reading.decode(body) for _, body in await world.drain()]
    assert {reading.lead_id for reading in said} == set(leads)
    assert len(said) == 2 * len(leads)


async def test_a_reading_survives_the_bus(world: World) -> None:
    reading = await world.beat(idle=1.234)
    assert Reading.decode(json.loads(json.dumps(reading.encode()))) == reading
    offline = await world.read(uuid4())
    assert Reading.decode(offline.encode()) == offline


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"lead": 7},
        {"lead": "no id", "state": "ONLINE"},
        {"lead": uuid4().hex, "state": "BUSY", "version": 1, "epoch": "", "at": 0},
        {**Reading.unknown(uuid4(), START, "e", False).encode(), "pages": ["a"]},
        {**Reading.unknown(uuid4(), START, "e", False).encode(), "pages": [7]},
        {**Reading.unknown(uuid4(), START, "e", False).encode(), "pages": 7},
        None,
        [],
        "ONLINE",
    ],
)
async def test_a_forged_announcement_is_refused(body: Any) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Reading.decode(body)


def test_an_announcement_with_an_impossible_instant_is_refused() -> None:
    body = Reading.unknown(uuid4(), START, "e", False).encode()
    with pytest.raises(ValueError, match="not a presence reading"):
        Reading.decode(body | {"at": 10**20})


@pytest.mark.parametrize(
    "wrong",
    [{"sleep": 0.0}, {"leave": -1.0}, {"leave": 80.0}, {"hidden_lease": 60.0}, {"grace": 0.0}],
)
def test_durations_that_contradict_each_other_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"presence|must hold"):
        Timing(**wrong)
