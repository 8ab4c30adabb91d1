"""Who looks at a card: one suite for both engines, under a clock that the tests move."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from models.clock import ManualClock
from realtime import topics
from realtime.presence.reading import to_ms
from realtime.store import Store
from realtime.viewers import MemoryViewers, RedisViewers, ViewerList, Viewers
from tests.servers import RedisServer

pytestmark = pytest.mark.behaviour("B6")

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANN, BOB = UUID(int=1), UUID(int=2)
WAIT = 10.0


class Card:
    """One lead's card and what is announced about its viewers."""

    def __init__(self, viewers: Viewers, clock: ManualClock, lead: UUID) -> None:
        self.viewers = viewers
        self.clock = clock
        self.lead = lead
        self.announced = 0
        self.told_to_lists = 0

    async def announcements(self) -> int:
        """How many came since the last call; each was told to lists too."""
        assert self.announced == self.told_to_lists
        count, self.announced, self.told_to_lists = self.announced, 0, 0
        return count

    async def names(self) -> list[str]:
        return [viewer.name for viewer in (await self.viewers.read(self.lead)).viewers]


class RedisCard(Card):
    def __init__(self, url: str, client: Redis, clock: ManualClock, lead: UUID) -> None:
        self.store = Store.open(url)
        super().__init__(RedisViewers(self.store, now=lambda: to_ms(clock.now())), clock, lead)
        self.client = client
        self.listener = client.pubsub()

    async def announcements(self) -> int:
        await self.client.publish("drained", "")
        async with asyncio.timeout(WAIT):
            async for message in self.listener.listen():
                if message["type"] == "message" and message["channel"] == "drained":
                    return await super().announcements()
                if message["type"] == "message":
                    assert json.loads(message["data"])["at"] <= to_ms(self.clock.now())
                    self.announced += 1 if message["channel"] == topics.viewers(self.lead) else 0
                    self.told_to_lists += 1 if message["channel"] == topics.viewers_all() else 0
        raise AssertionError("the listener ended")


@pytest.fixture(params=["memory", "redis"])
async def card(request: pytest.FixtureRequest) -> AsyncIterator[Card]:
    clock, lead = ManualClock(START), uuid4()
    if request.param == "memory":

        async def announce(channel: str, message: str) -> None:
            assert json.loads(message)["at"] == to_ms(clock.now())
            alone.announced += 1 if channel == topics.viewers(lead) else 0
            alone.told_to_lists += 1 if channel == topics.viewers_all() else 0

        alone = Card(MemoryViewers(clock, announce), clock, lead)
        yield alone
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    async with Redis.from_url(server.url, decode_responses=True) as client:
        shared = RedisCard(server.url, client, clock, lead)
        async with shared.listener:
            await shared.listener.subscribe(topics.viewers(lead), topics.viewers_all(), "drained")
            yield shared
        await shared.store.close()


async def test_who_joins_is_listed_until_they_leave(card: Card) -> None:
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    listed = await card.viewers.read(card.lead)
    assert listed.count == 1
    (viewer,) = listed.viewers
    assert (viewer.staff_id, viewer.name, viewer.since) == (ANN, "Ann", START)
    await card.viewers.leave(card.lead, "s1")
    assert await card.viewers.read(card.lead) == ViewerList([], 0)


async def test_joining_and_leaving_are_announced_and_renewing_is_not(card: Card) -> None:
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    assert await card.announcements() == 1
    card.clock.advance(20)
    await card.viewers.refresh(card.lead, "s1")
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    await card.viewers.read(card.lead)
    assert await card.announcements() == 0
    await card.viewers.leave(card.lead, "s1")
    assert await card.announcements() == 1
    await card.viewers.leave(card.lead, "s1")
    await card.viewers.leave(card.lead, "never joined")
    assert await card.announcements() == 0


async def test_several_streams_of_one_person_are_one_viewer_since_the_earliest(
    card: Card,
) -> None:
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    card.clock.advance(5)
    await card.viewers.join(card.lead, "s2", ANN, "Ann")
    await card.viewers.join(card.lead, "s3", BOB, "Bob")
    listed = await card.viewers.read(card.lead)
    assert listed.count == 2
    assert [(viewer.name, viewer.since) for viewer in listed.viewers] == [
        ("Ann", START),
        ("Bob", START + timedelta(seconds=5)),
    ]
    await card.viewers.leave(card.lead, "s1")
    listed = await card.viewers.read(card.lead)
    assert {viewer.name: viewer.since for viewer in listed.viewers} == dict.fromkeys(
        ("Ann", "Bob"), START + timedelta(seconds=5)
    )


async def test_twenty_are_shown_and_all_are_counted(card: Card) -> None:
    for number in range(23):
        await card.viewers.join(card.lead, f"s{number}", UUID(int=100 - number), f"n{number}")
        card.clock.advance(0.1)
    listed = await card.viewers.read(card.lead)
    assert listed.count == 23
    assert [viewer.name for viewer in listed.viewers] == [f"n{number}" for number in range(20)]


async def test_a_lease_that_is_renewed_every_twenty_seconds_never_ends(card: Card) -> None:
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    for _ in range(9):
        card.clock.advance(20)
        await card.viewers.refresh(card.lead, "s1")
    listed = await card.viewers.read(card.lead)
    assert [viewer.since for viewer in listed.viewers] == [START]


async def test_a_dead_holder_is_gone_with_its_lease(card: Card) -> None:
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    card.clock.advance(59.999)
    assert await card.names() == ["Ann"]
    await card.announcements()
    card.clock.advance(0.001)
    assert await card.names() == []
    assert await card.announcements() == 1


async def test_the_renewal_of_another_tells_that_a_lease_has_ended(card: Card) -> None:
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    await card.viewers.join(card.lead, "s2", BOB, "Bob")
    card.clock.advance(40)
    await card.viewers.refresh(card.lead, "s2")
    await card.announcements()
    card.clock.advance(20)
    await card.viewers.refresh(card.lead, "s2")
    assert await card.announcements() == 1
    assert await card.names() == ["Bob"]


async def test_a_holder_that_was_paused_takes_its_place_again(card: Card) -> None:
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    card.clock.advance(300)
    assert await card.names() == []
    await card.announcements()
    await card.viewers.refresh(card.lead, "s1")
    assert await card.announcements() == 1
    listed = await card.viewers.read(card.lead)
    assert [viewer.since for viewer in listed.viewers] == [START]


async def test_renewing_what_was_never_joined_or_was_left_does_nothing(card: Card) -> None:
    await card.viewers.refresh(card.lead, "s1")
    await card.viewers.join(card.lead, "s2", ANN, "Ann")
    await card.viewers.leave(card.lead, "s2")
    await card.viewers.refresh(card.lead, "s2")
    assert await card.names() == []


async def test_cards_do_not_share_viewers(card: Card) -> None:
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    assert (await card.viewers.read(uuid4())).count == 0


async def test_names_in_any_script_survive(card: Card) -> None:
    name = 'Ζωή "Zoë" \\ 😀'
    await card.viewers.join(card.lead, "s1", ANN, name)
    assert await card.names() == [name]


async def test_two_processes_see_each_others_viewers(redis_server: RedisServer) -> None:
    lead = uuid4()
    stores = [Store.open(redis_server.url) for _ in range(2)]
    one, other = (RedisViewers(store) for store in stores)
    await one.join(lead, "s1", ANN, "Ann")
    await other.join(lead, "s2", BOB, "Bob")
    assert await one.read(lead) == await other.read(lead)
    listed = await one.read(lead)
    assert {viewer.name for viewer in listed.viewers} == {"Ann", "Bob"}
    assert abs(listed.viewers[0].since - datetime.now(UTC)) < timedelta(seconds=WAIT)
    for store in stores:
        await store.close()


async def test_the_key_of_a_card_that_nobody_looks_at_expires(redis_server: RedisServer) -> None:
    lead = uuid4()
    store = Store.open(redis_server.url)
    await RedisViewers(store).join(lead, "s1", ANN, "Ann")
    async with Redis.from_url(redis_server.url) as client:
        assert 0 < await client.pttl(topics.viewers_of(lead)) <= 60_000
    await store.close()


async def test_a_leave_during_a_renewal_leaves_nobody_behind(redis_server: RedisServer) -> None:
    store = Store.open(redis_server.url)
    viewers = RedisViewers(store)
    for _ in range(50):
        lead = uuid4()
        await viewers.join(lead, "s1", ANN, "Ann")
        await asyncio.gather(viewers.refresh(lead, "s1"), viewers.leave(lead, "s1"))
        assert (await viewers.read(lead)).count == 0
    await store.close()


async def test_without_redis_the_last_known_are_shown_and_the_present_come_back(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    lead = uuid4()
    store = Store.open(redis_server.url)
    viewers = RedisViewers(store)
    await viewers.join(lead, "s1", ANN, "Ann")
    known = await viewers.read(lead)
    redis_server.kill()
    with caplog.at_level(logging.WARNING):
        await viewers.refresh(lead, "s1")
        await viewers.join(lead, "s2", BOB, "Bob")
        await viewers.leave(lead, "never joined")
        assert await viewers.read(lead) == known
        assert await viewers.read(uuid4()) == ViewerList([], 0)
    assert len(caplog.records) == 1
    redis_server.start()
    async with asyncio.timeout(WAIT):
        while await viewers.read(lead) == known:  # noqa: ASYNC110 - Redis does not say
            await asyncio.sleep(0.02)
    await viewers.refresh(lead, "s1")
    await viewers.refresh(lead, "s2")
    listed = await viewers.read(lead)
    assert [viewer.name for viewer in listed.viewers] == ["Ann", "Bob"]
    assert listed.viewers[0] == known.viewers[0]
    await store.close()


# --- what they edit ------------------------------------------------------------------------------


async def edited(card: Card) -> dict[str, str | None]:
    listed = await card.viewers.read(card.lead)
    return {viewer.name: viewer.editing for viewer in listed.viewers}


async def test_what_a_viewer_edits_is_told_until_they_are_done(card: Card) -> None:
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    await card.viewers.join(card.lead, "s2", BOB, "Bob")
    await card.announcements()
    await card.viewers.edit(card.lead, ANN, "property:budget")
    assert await edited(card) == {"Ann": "property:budget", "Bob": None}
    assert await card.announcements() == 1
    await card.viewers.edit(card.lead, ANN, "title")
    await card.viewers.edit(card.lead, BOB, "title")
    assert await edited(card) == {"Ann": "title", "Bob": "title"}
    assert await card.announcements() == 2
    await card.viewers.edit(card.lead, ANN, None)
    assert await edited(card) == {"Ann": None, "Bob": "title"}
    assert await card.announcements() == 1


async def test_a_mark_fades_unless_it_is_repeated_and_repeating_is_silent(card: Card) -> None:
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    await card.viewers.edit(card.lead, ANN, "title")
    await card.announcements()
    for _ in range(3):
        card.clock.advance(10)
        await card.viewers.edit(card.lead, ANN, "title")
    assert await card.announcements() == 0
    card.clock.advance(14)
    assert await edited(card) == {"Ann": "title"}
    card.clock.advance(1)
    assert await edited(card) == {"Ann": None}
    assert await card.announcements() == 1


async def test_who_does_not_look_at_the_card_marks_nothing_on_it(card: Card) -> None:
    await card.viewers.edit(card.lead, ANN, "title")
    assert await edited(card) == {}
    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    assert await edited(card) == {"Ann": "title"}
    await card.viewers.leave(card.lead, "s1")
    assert await edited(card) == {}
    await card.viewers.edit(card.lead, ANN, None)
    await card.viewers.edit(card.lead, ANN, None)


async def test_a_mark_on_a_card_that_nobody_reads_is_forgotten_with_the_next_one() -> None:
    clock, told, left, typed = ManualClock(START), list[str](), uuid4(), uuid4()

    async def announce(channel: str, message: str) -> None:
        told.append(channel)

    viewers = MemoryViewers(clock, announce)
    await viewers.type(left, True)
    clock.advance(10)
    await viewers.type(typed, True)
    assert list(viewers._editing) == [typed]
    assert told.count(topics.viewers(left)) == 2


@pytest.mark.behaviour("B29")
async def test_that_the_lead_types_is_told_whoever_looks_and_ends_by_itself(card: Card) -> None:
    async def types() -> bool:
        return (await card.viewers.read(card.lead)).is_lead_typing

    await card.viewers.join(card.lead, "s1", ANN, "Ann")
    await card.viewers.edit(card.lead, ANN, "title")
    await card.announcements()
    await card.viewers.type(card.lead, True)
    assert await types()
    card.clock.advance(9)
    await card.viewers.type(card.lead, True)
    assert await card.announcements() == 1
    assert await edited(card) == {"Ann": "title"}
    card.clock.advance(9)
    assert await types()
    card.clock.advance(1)
    assert not await types()
    await card.viewers.type(card.lead, True)
    await card.viewers.type(card.lead, False)
    assert not await types()

    other = uuid4()
    await card.viewers.type(other, True)
    found = await card.viewers.read_many([other, card.lead, uuid4()])
    assert [(each.count, each.is_lead_typing) for each in found] == [
        (0, True), (1, False), (0, False)
    ]  # fmt: skip
    assert await card.viewers.read_many([]) == []
