import asyncio
import contextlib
import json
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime import topics
from realtime.bus import Bus, BusTiming
from realtime.hub import Head, Hub, HubClosed, NoLongerKept, Reconciled, Topic, encode_hint
from realtime.hub.hints import decode_hint
from tests.servers import RedisServer

pytestmark = pytest.mark.realtime

QUICK = BusTiming(ping=0.1, silence=0.5, most_delay=0.2)
OWN_CHANNELS = {topics.access(), topics.card_settings()}
GARBAGE = [
    "",
    "nonsense",
    "[]",
    "null",
    '{"e":1}',
    "[" * 50_000,
    '{"e":"one","first":' + "9" * 5000 + "}",
    '{"e":"one","first":true,"last":true}',
    '{"e":"one","first":5,"last":4,"changes":null}',
    "x" * 1_000_000,
]


@dataclass(frozen=True)
class Note:
    revision: int
    text: str


class Log:
    """A database in a list, which can fail, be slow, and count what is asked of it."""

    def __init__(self) -> None:
        self.epoch = "one"
        self.notes: dict[UUID, list[Note]] = {}
        self.floors: dict[UUID, int] = {}
        self.is_failing = False
        self.failures_left = 0
        self.can_answer = asyncio.Event()
        self.can_answer.set()
        self.can_read = asyncio.Event()
        self.can_read.set()
        self.asked: list[dict[UUID, int]] = []
        self.reads: list[tuple[int, int]] = []
        self.reading_now = 0
        self.most_at_once = 0

    def new_lead(self) -> UUID:
        lead_id = uuid4()
        self.notes[lead_id] = []
        return lead_id

    def write(self, lead_id: UUID, count: int = 1) -> list[Note]:
        notes = self.notes[lead_id]
        new = [Note(len(notes) + n, f"note {len(notes) + n}") for n in range(1, count + 1)]
        notes.extend(new)
        return new

    def hint(self, notes: Sequence[Note], with_bodies: bool = True) -> str:
        bodies = [{"revision": n.revision, "text": n.text} for n in notes] if with_bodies else None
        return encode_hint(self.epoch, notes[0].revision, notes[-1].revision, bodies)

    async def reconcile(self, known: Mapping[UUID, int]) -> Reconciled:
        self.asked.append(dict(known))
        epoch = self.epoch
        heads = {
            lead_id: self._head(lead_id)
            for lead_id, revision in known.items()
            if self._head(lead_id).revision != revision
        }
        await self._answer()
        if self.failures_left:
            self.failures_left -= 1
            raise ConnectionError("the database was away for a moment")
        return Reconciled(epoch, heads)

    async def changes_after(self, lead_id: UUID, revision: int, limit: int) -> Sequence[Note]:
        self.reads.append((revision, limit))
        found = [n for n in self.notes[lead_id] if n.revision > revision][:limit]
        self.reading_now += 1
        self.most_at_once = max(self.most_at_once, self.reading_now)
        try:
            await self.can_read.wait()
            await self._answer()
        finally:
            self.reading_now -= 1
        return found

    def decode(self, body: object) -> Note:
        assert isinstance(body, dict)
        return Note(body["revision"], body["text"])

    def _head(self, lead_id: UUID) -> Head:
        notes = self.notes.get(lead_id)
        if notes is None:
            return Head(-1, -1)
        return Head(len(notes), self.floors.get(lead_id, 0))

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        await self.can_answer.wait()
        if self.is_failing:
            raise ConnectionError("the database is gone")


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture(params=["memory", "redis"])
def url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "memory":
        return None
    server: RedisServer = request.getfixturevalue("redis_server")
    return server.url


@contextlib.asynccontextmanager
async def running_hub(
    url: str | None, log: Log, reconcile_seconds: float = 0.1, linger_seconds: float = 30
) -> AsyncIterator[tuple[Bus, Hub[Note]]]:
    """A bus and a hub; at the end neither has left anything behind."""
    before = asyncio.all_tasks()
    async with (
        Bus.open(url, timing=QUICK) as bus,
        Hub(bus, log, reconcile_seconds=reconcile_seconds, linger_seconds=linger_seconds) as hub,
    ):
        yield bus, hub
        await hub.close()
        assert hub.open_leads == []
        assert bus.channels == []
    assert asyncio.all_tasks() <= before


async def follow(topic: Topic[Note], until: int, pause: int = 0) -> list[int]:
    """The revisions that a stream beginning at 0 delivers up to `until`."""
    seen: list[int] = []
    cursor = 0
    while cursor < until:
        marks = topic.marks()
        if topic.revision <= cursor:
            await topic.wait(marks)
            continue
        try:
            changes = await topic.changes_after(cursor)
        except ConnectionError:
            await topic.wait(topic.marks(), 0.02)
            continue
        for change in changes:
            assert change.text == f"note {change.revision}"
            seen.append(change.revision)
            cursor = change.revision
            for _ in range(pause):
                await asyncio.sleep(0)
    return seen


async def eventually(is_true: Callable[[], bool], seconds: float = 10) -> None:
    """For what nobody announces; `until` for what a topic does."""
    async with asyncio.timeout(seconds):
        while not is_true():  # noqa: ASYNC110 (see above)
            await asyncio.sleep(0.001)


async def until(topic: Topic[Note], is_true: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while True:
            marks = topic.marks()
            if is_true():
                return
            await topic.wait(marks)


def exactly(count: int) -> list[int]:
    return list(range(1, count + 1))


async def test_followers_see_each_change_once_in_order(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    async with (
        running_hub(url, log, reconcile_seconds=60) as (bus, hub),
        hub.open(lead_id) as topic,
    ):
        await until(topic, lambda: hub.epoch == "one")
        followers = [asyncio.create_task(follow(topic, 50, pause=n % 3)) for n in range(10)]
        for _ in range(50):
            await bus.publish(topics.lead(lead_id), log.hint(log.write(lead_id)))
        async with asyncio.timeout(10):
            assert await asyncio.gather(*followers) == [exactly(50)] * 10
        assert log.reads == []


async def test_a_change_that_lands_while_the_topic_opens_is_not_missed(
    url: str | None, log: Log
) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log, reconcile_seconds=60) as (bus, hub):
        log.can_answer.clear()
        opened = asyncio.Event()

        async def open_and_follow() -> list[int]:
            async with hub.open(lead_id) as topic:
                opened.set()
                return await follow(topic, 1)

        follower = asyncio.create_task(open_and_follow())
        async with asyncio.timeout(10):
            await eventually(lambda: bool(log.asked))
            await bus.publish(topics.lead(lead_id), log.hint(log.write(lead_id)))
            log.can_answer.set()
            assert await follower == [1]
        assert opened.is_set()


async def test_lost_hints_are_found_by_looking(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log) as (_, hub), hub.open(lead_id) as topic:
        log.write(lead_id, 3)
        async with asyncio.timeout(10):
            assert await follow(topic, 3) == exactly(3)


async def test_repeated_and_reordered_hints_change_nothing(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log) as (bus, hub), hub.open(lead_id) as topic:
        follower = asyncio.create_task(follow(topic, 60))
        for _ in range(20):
            hints = [log.hint(log.write(lead_id), with_bodies=n != 1) for n in range(3)]
            for hint in (*reversed(hints), *hints):
                await bus.publish(topics.lead(lead_id), hint)
        async with asyncio.timeout(10):
            assert await follower == exactly(60)


async def test_forged_hints_are_only_a_reason_to_look(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()

    def forged(n: int) -> list[str]:
        return [
            encode_hint("another", n, n, [{"revision": n, "text": "forged"}]),
            encode_hint("one", n + 6, n + 6, [{"revision": n + 6, "text": "forged"}]),
            encode_hint("one", n, n, [{"revision": n + 8, "text": "forged"}]),
            encode_hint("one", n, n, ["not a note"]),
            encode_hint("one", n, 10**15, None),
            encode_hint("one", n, n, [{"revision": n, "text": "x" * 200_000}]),
            *GARBAGE,
        ]

    count = len(forged(1))
    async with (
        running_hub(url, log, reconcile_seconds=60) as (bus, hub),
        hub.open(lead_id) as topic,
    ):
        for number in range(1, count + 1):
            log.write(lead_id)
            await bus.publish(topics.lead(lead_id), forged(number)[number - 1])
            await until(topic, lambda number=number: topic.revision == number)  # type: ignore[misc]
        async with asyncio.timeout(10):
            assert await follow(topic, count) == exactly(count)


async def test_streams_outlive_a_source_that_fails_for_a_while(
    url: str | None, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    lead_id = log.new_lead()
    async with running_hub(url, log, 0.02) as (bus, hub), hub.open(lead_id) as topic:
        followers = [asyncio.create_task(follow(topic, 100)) for _ in range(5)]
        log.is_failing = True
        notes = log.write(lead_id, 100)
        await bus.publish(topics.lead(lead_id), log.hint(notes, with_bodies=False))
        async with asyncio.timeout(10):
            failed = len(log.asked) + 5
            while len(log.asked) < failed:
                await topic.wait(topic.marks(), 0.01)
            log.is_failing = False
            assert await asyncio.gather(*followers) == [exactly(100)] * 5
    assert caplog.text.count("reconciling failed") == 1


async def test_what_a_hint_brings_while_the_log_is_read_is_not_told_twice(
    url: str | None, log: Log
) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log, 60) as (bus, hub), hub.open(lead_id) as topic:
        log.can_read.clear()
        notes = log.write(lead_id, 3)
        await bus.publish(topics.lead(lead_id), log.hint(notes, with_bodies=False))
        await eventually(lambda: log.reading_now == 1)
        await bus.publish(topics.lead(lead_id), log.hint(notes))
        await until(topic, lambda: topic.revision == 3)
        log.can_read.set()
        await eventually(lambda: log.reading_now == 0)
        await bus.publish(topics.lead(lead_id), log.hint(log.write(lead_id)))
        async with asyncio.timeout(10):
            assert await follow(topic, 4) == exactly(4)


async def test_what_was_read_before_a_reset_is_thrown_away(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log, 0.05) as (bus, hub), hub.open(lead_id) as topic:
        log.can_read.clear()
        hint = log.hint(log.write(lead_id, 3), with_bodies=False)
        await bus.publish(topics.lead(lead_id), hint)
        await eventually(lambda: log.reading_now == 1)
        log.epoch = "two"
        log.notes[lead_id].clear()
        await eventually(lambda: topic.resets == 1 and topic.is_known)
        log.can_read.set()
        await eventually(lambda: log.reading_now == 0)
        rounds = len(log.asked)
        await eventually(lambda: len(log.asked) > rounds + 2)
        assert (topic.revision, topic.resets) == (0, 1)


async def test_a_floor_that_no_hint_told_is_learnt_although_the_database_failed(
    url: str | None, log: Log
) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log, 0.05) as (bus, hub), hub.open(lead_id) as topic:
        log.failures_left = 2
        log.floors[lead_id] = 3
        hint = log.hint(log.write(lead_id, 3), with_bodies=False)
        await bus.publish(topics.lead(lead_id), hint)
        await until(topic, lambda: topic.revision == 3)
        await eventually(lambda: topic.floor == 3)


async def test_a_slow_follower_is_served_from_the_source(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    async with (
        running_hub(url, log, reconcile_seconds=60) as (bus, hub),
        hub.open(lead_id) as topic,
    ):
        for _ in range(12):
            await bus.publish(topics.lead(lead_id), log.hint(log.write(lead_id, 100)))
        await until(topic, lambda: topic.revision == 1200)
        assert log.reads == []
        assert [n.revision for n in await topic.changes_after(1136)] == list(range(1137, 1201))
        assert log.reads == []
        async with asyncio.timeout(10):
            together = await asyncio.gather(*(follow(topic, 1200) for _ in range(200)))
        assert together == [exactly(1200)] * 200
        assert log.reads == [(0, 500), (500, 500), (1000, 500)]


async def test_many_leads_read_at_most_four_at_once(url: str | None, log: Log) -> None:
    async with contextlib.AsyncExitStack() as stack:
        bus, hub = await stack.enter_async_context(running_hub(url, log, 60))
        open_topics = []
        for _ in range(20):
            open_topics.append(await stack.enter_async_context(hub.open(log.new_lead())))
        log.can_answer.clear()
        for topic in open_topics:
            notes = log.write(topic.lead_id, 3)
            await bus.publish(topics.lead(topic.lead_id), log.hint(notes, with_bodies=False))
        await eventually(lambda: log.reading_now >= 4)
        log.can_answer.set()
        for topic in open_topics:
            await until(topic, lambda topic=topic: topic.revision == 3)  # type: ignore[misc]
        assert log.most_at_once == 4


async def test_a_topic_lingers_and_is_found_again_then_goes(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log, 0.05, linger_seconds=0.2) as (bus, hub):
        async with hub.open(lead_id) as first, hub.open(lead_id) as second:
            assert first is second
        assert hub.open_leads == [lead_id]
        async with hub.open(lead_id) as third:
            assert third is first
        marks = first.marks()
        async with asyncio.timeout(10):
            await first.wait(marks)
            assert first.is_closed
            assert hub.open_leads == []
            await eventually(lambda: set(bus.channels) == OWN_CHANNELS)
        async with hub.open(lead_id) as fourth:
            assert fourth is not first


async def test_presence_viewers_and_access_are_marked(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log) as (bus, hub), hub.open(lead_id) as topic:
        before = topic.marks()
        await bus.publish(topics.presence(lead_id), json.dumps({"state": "ONLINE"}))
        await until(topic, lambda: topic.presence_mark == before.presence + 1)
        assert topic.presence == {"state": "ONLINE"}
        await bus.publish(topics.presence(lead_id), "nonsense")
        await until(topic, lambda: topic.presence_mark == before.presence + 2)
        assert topic.presence == {"state": "ONLINE"}
        await bus.publish(topics.viewers(lead_id), "")
        await until(topic, lambda: topic.viewers_mark == before.viewers + 1)
        await bus.publish(topics.access(), "")
        await until(topic, lambda: hub.access_mark == before.access + 1)


async def test_another_epoch_resets_every_open_topic(url: str | None, log: Log) -> None:
    leads = [log.new_lead() for _ in range(2)]
    for lead_id in leads:
        log.write(lead_id, 5)
    async with (
        running_hub(url, log, 0.05) as (bus, hub),
        hub.open(leads[0]) as shorter,
        hub.open(leads[1]) as same,
    ):
        before = shorter.marks()
        log.epoch = "two"
        del log.notes[leads[0]][3:]
        await until(shorter, lambda: shorter.revision == 3)
        await eventually(lambda: same.revision == 5 and same.is_known)
        assert (shorter.resets, same.resets, hub.epoch) == (1, 1, "two")
        assert hub.access_mark == before.access + 1
        await bus.publish(topics.lead(leads[0]), log.hint(log.write(leads[0])))
        await until(shorter, lambda: shorter.revision == 4)
        assert await shorter.changes_after(3) == (Note(4, "note 4"),)


async def test_a_log_that_became_shorter_is_told_as_a_reset(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    log.write(lead_id, 5)
    async with running_hub(url, log, 0.05) as (_, hub), hub.open(lead_id) as topic:
        del log.notes[lead_id][2:]
        await until(topic, lambda: topic.resets == 1)
        assert topic.revision == 2
        del log.notes[lead_id]
        await until(topic, lambda: topic.revision == -1)
        assert await topic.changes_after(2) == ()


async def test_a_raised_floor_forgets_what_lies_below(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log, 60) as (bus, hub), hub.open(lead_id) as topic:
        await bus.publish(topics.lead(lead_id), log.hint(log.write(lead_id, 5)))
        await until(topic, lambda: topic.revision == 5)
        log.write(lead_id)
        log.floors[lead_id] = 6
        body = {"revision": 6, "text": "note 6"}
        await bus.publish(topics.lead(lead_id), encode_hint("one", 6, 6, [body], floor=6))
        await until(topic, lambda: topic.revision == 6)
        assert topic.floor == 6
        assert await topic.changes_after(5) == (Note(6, "note 6"),)
        with pytest.raises(NoLongerKept):
            await topic.changes_after(4)


async def test_a_pruned_log_is_told_and_never_silent(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    log.write(lead_id, 90)
    async with running_hub(url, log, 60) as (bus, hub), hub.open(lead_id) as topic:
        del log.notes[lead_id][:50]
        with pytest.raises(NoLongerKept):
            await topic.changes_after(10)


async def test_closing_the_hub_ends_whoever_waits(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log) as (_, hub), hub.open(lead_id) as topic:
        waiter = asyncio.create_task(topic.wait(topic.marks()))
        log.can_answer.clear()
        opener = asyncio.create_task(hub.open(log.new_lead()).__aenter__())
        await eventually(lambda: len(hub.open_leads) == 2)
        async with asyncio.timeout(10):
            await hub.close()
            await waiter
            with pytest.raises(HubClosed):
                await opener
        assert topic.is_closed
        with pytest.raises(HubClosed):
            async with hub.open(lead_id):
                pass


async def test_a_head_that_cannot_be_read_fails_only_this_opening(
    url: str | None, log: Log
) -> None:
    lead_id = log.new_lead()
    async with running_hub(url, log, 60) as (_, hub):
        log.is_failing = True
        with pytest.raises(ConnectionError):
            async with hub.open(lead_id):
                pass
        assert hub.open_leads == []
        log.is_failing = False
        async with hub.open(lead_id) as topic:
            assert topic.revision == 0


async def test_openings_that_are_cancelled_leave_nothing(url: str | None, log: Log) -> None:
    lead_id = log.new_lead()

    async def stay() -> None:
        async with hub.open(lead_id) as topic:
            await topic.wait(topic.marks())

    async with running_hub(url, log, 60, linger_seconds=0) as (bus, hub):
        for turns in range(40):
            tasks = [asyncio.create_task(stay()) for _ in range(3)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await eventually(lambda: not hub.open_leads and set(bus.channels) == OWN_CHANNELS)


async def test_two_thousand_waiters_lose_no_wake_up(log: Log) -> None:
    lead_id = log.new_lead()
    async with running_hub(None, log, 60) as (bus, hub), hub.open(lead_id) as topic:
        followers = [asyncio.create_task(follow(topic, 20, pause=n % 2)) for n in range(2000)]
        for _ in range(20):
            await bus.publish(topics.lead(lead_id), log.hint(log.write(lead_id)))
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            assert await asyncio.gather(*followers) == [exactly(20)] * 2000


async def test_waiting_ends_with_its_timeout(log: Log) -> None:
    async with running_hub(None, log, 60) as (_, hub), hub.open(log.new_lead()) as topic:
        async with asyncio.timeout(5):
            await topic.wait(topic.marks(), 0.01)


async def test_each_round_calls_the_hook_whatever_it_raises(log: Log) -> None:
    calls = asyncio.Semaphore(0)

    async def hook() -> None:
        calls.release()
        raise RuntimeError("sessions could not be read")

    async with (
        Bus.open(None) as bus,
        Hub(bus, log, reconcile_seconds=0.02, on_reconcile=hook) as hub,
        hub.open(log.new_lead()) as topic,
        asyncio.timeout(10),
    ):
        for _ in range(5):
            await calls.acquire()
        log.write(topic.lead_id)
        assert await follow(topic, 1) == [1]


async def test_an_unmoved_lead_is_not_asked_for_again(log: Log) -> None:
    lead_id = log.new_lead()
    log.write(lead_id, 4)
    async with running_hub(None, log, 0.02) as (_, hub), hub.open(lead_id) as topic:
        async with asyncio.timeout(10):
            while len(log.asked) < 5:
                await topic.wait(topic.marks(), 0.01)
    assert log.asked[0] == {lead_id: -2}
    assert log.asked[-1] == {lead_id: 4}


async def test_a_card_goes_on_when_redis_dies_and_returns(
    redis_server: RedisServer, log: Log
) -> None:
    lead_id = log.new_lead()
    async with running_hub(redis_server.url, log, 0.2) as (bus, hub), hub.open(lead_id) as topic:
        follower = asyncio.create_task(follow(topic, 40))
        presence_before = topic.presence_mark
        for number in range(40):
            if number == 10:
                redis_server.kill()
            if number == 30:
                redis_server.start()
            await bus.publish(topics.lead(lead_id), log.hint(log.write(lead_id)))
            if number in (20, 39):
                await until(topic, lambda number=number: topic.revision == number + 1)  # type: ignore[misc]
        async with asyncio.timeout(10):
            assert await follower == exactly(40)
        await until(topic, lambda: topic.presence_mark > presence_before)


@st.composite
def mutated_hints(draw: st.DrawFn) -> list[tuple[int, str]]:
    """Steps: so many changes are written, and then what happens to their hint."""
    fates = ["sent", "bare", "lost", "twice", "late", "forged", "garbage", "other epoch"]
    step = st.tuples(st.integers(1, 80), st.sampled_from(fates))
    return draw(st.lists(step, min_size=1, max_size=15))


async def live_through(url: str | None, steps: list[tuple[int, str]], seed: int) -> None:
    log = Log()
    lead_id = log.new_lead()
    chance = random.Random(seed)
    late: list[str] = []
    total = sum(count for count, _ in steps)
    async with running_hub(url, log, 0.02) as (bus, hub), hub.open(lead_id) as topic:
        followers = [asyncio.create_task(follow(topic, total, pause=n)) for n in range(3)]
        for count, fate in steps:
            hint = log.hint(log.write(lead_id, count), with_bodies=fate != "bare")
            sent = {
                "lost": [],
                "late": [],
                "twice": [hint, hint],
                "forged": [encode_hint("one", 1, chance.randrange(1, 10**6), None)],
                "garbage": [chance.choice(GARBAGE[:5])],
                "other epoch": [encode_hint("two", 1, 1, [{"revision": 1, "text": "forged"}])],
            }.get(fate, [hint])
            if fate == "late":
                late.append(hint)
            elif late and chance.random() < 0.5:
                sent.append(late.pop(chance.randrange(len(late))))
            for message in sent:
                await bus.publish(topics.lead(lead_id), message)
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)
        async with asyncio.timeout(20):
            assert await asyncio.gather(*followers) == [exactly(total)] * 3


@settings(max_examples=150, deadline=None, derandomize=True)
@given(steps=mutated_hints(), seed=st.integers(0, 2**16))
def test_whatever_happens_to_hints_followers_see_all_once_in_order(
    steps: list[tuple[int, str]], seed: int
) -> None:
    asyncio.run(live_through(None, steps, seed))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(steps=mutated_hints(), seed=st.integers(0, 2**16))
def test_whatever_happens_to_hints_in_redis_followers_see_all_once_in_order(
    redis_process: RedisServer, steps: list[tuple[int, str]], seed: int
) -> None:
    redis_process.start()
    asyncio.run(live_through(redis_process.url, steps, seed))


def test_a_hint_above_32_kb_carries_no_body() -> None:
    small = decode_hint(encode_hint("e", 1, 1, [{"text": "é" * 100}]))
    large = decode_hint(encode_hint("e", 1, 1, [{"text": "é" * 20_000}], floor=1))
    assert small is not None
    assert small.changes == [{"text": "é" * 100}]
    assert large is not None
    assert (large.changes, large.floor) == (None, 1)


@pytest.mark.parametrize("message", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_no_hint(message: str) -> None:
    assert decode_hint(message) is None
