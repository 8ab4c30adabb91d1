import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from realtime.bus import Bus, BusTiming, Event, Feed, Gap
from tests.servers import RedisServer

pytestmark = pytest.mark.realtime

QUICK = BusTiming(ping=0.1, silence=0.5, most_delay=0.2)


@pytest.fixture(params=["memory", "redis"])
def url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "memory":
        return None
    server: RedisServer = request.getfixturevalue("redis_server")
    return server.url


@pytest.fixture
async def bus(url: str | None) -> AsyncIterator[Bus]:
    before = asyncio.all_tasks()
    async with Bus.open(url, timing=QUICK) as bus:
        yield bus
    assert asyncio.all_tasks() - {asyncio.current_task()} <= before


@pytest.fixture
def channel() -> str:
    return f"test:{uuid4().hex}"


async def take(feed: Feed, count: int, seconds: float = 10) -> list[Event | Gap]:
    async with asyncio.timeout(seconds):
        return [await anext(feed) for _ in range(count)]


async def take_message(feed: Feed, seconds: float = 10) -> str:
    """The next message, whatever gaps come before it."""
    async with asyncio.timeout(seconds):
        async for item in feed:
            if isinstance(item, Event):
                return item.message
    raise AssertionError("the feed ended")


async def until_state(bus: Bus, is_up: bool, seconds: float = 10) -> None:
    changed = asyncio.Event()
    forget = bus.on_state(lambda now: changed.set())
    try:
        async with asyncio.timeout(seconds):
            while bus.is_up != is_up:
                await changed.wait()
                changed.clear()
    finally:
        forget()


async def test_a_lone_first_subscriber_hears_what_is_published_right_after(bus: Bus) -> None:
    for number in range(20):
        channel = f"test:{uuid4().hex}"
        async with bus.subscribe(channel) as feed:
            await bus.publish(channel, str(number))
            assert await take(feed, 1) == [Event(channel, str(number))]


async def test_ten_simultaneous_first_subscribers_hear_everything(bus: Bus, channel: str) -> None:
    everyone = asyncio.Barrier(11)

    async def listen() -> list[Event | Gap]:
        async with bus.subscribe(channel) as feed:
            await everyone.wait()
            return await take(feed, 5)

    listeners = [asyncio.create_task(listen()) for _ in range(10)]
    await everyone.wait()
    for number in range(5):
        await bus.publish(channel, str(number))
    for heard in await asyncio.gather(*listeners):
        assert heard == [Event(channel, str(number)) for number in range(5)]


async def test_one_feed_carries_several_channels(bus: Bus, channel: str) -> None:
    async with bus.subscribe(f"{channel}:a", f"{channel}:b") as feed:
        await bus.publish(f"{channel}:b", "1")
        await bus.publish(f"{channel}:a", "2")
        assert await take(feed, 2) == [Event(f"{channel}:b", "1"), Event(f"{channel}:a", "2")]


async def test_subscribers_that_come_and_go_lose_nothing_and_leave_nothing(bus: Bus) -> None:
    channels = [f"test:{uuid4().hex}" for _ in range(5)]

    async def visit(number: int) -> None:
        channel = channels[number % 5]
        async with bus.subscribe(channel) as feed:
            await bus.publish(channel, str(number))
            async with asyncio.timeout(10):
                while await anext(feed) != Event(channel, str(number)):
                    pass

    async def walk(first: int) -> None:
        for number in range(first, 500, 10):
            await visit(number)

    async with asyncio.TaskGroup() as group:
        for first in range(10):
            group.create_task(walk(first))
    assert bus.channels == []


async def test_subscribers_that_are_cancelled_at_any_point_leave_nothing(
    bus: Bus, channel: str
) -> None:
    async def listen() -> None:
        async with bus.subscribe(channel) as feed:
            await anext(feed)

    for turns in range(60):
        listeners = [asyncio.create_task(listen()) for _ in range(3)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    assert bus.channels == []
    async with bus.subscribe(channel) as feed:
        await bus.publish(channel, "still works")
        assert await take_message(feed) == "still works"


async def test_a_slow_reader_is_bounded_and_finds_a_gap(url: str | None, channel: str) -> None:
    async with (
        Bus.open(url, queue_size=8) as bus,
        bus.subscribe(channel) as slow,
        bus.subscribe(channel) as quick,
    ):
        for number in range(100):
            await bus.publish(channel, str(number))
            assert await take_message(quick) == str(number)
            assert len(slow) <= 8
        assert await take(slow, 1) == [Gap(channel)]
        await bus.publish(channel, "last")
        while await take_message(slow) != "last":
            pass


async def test_subscribers_end_cleanly_with_the_bus(url: str | None, channel: str) -> None:
    bus = Bus.open(url)
    await bus.connect()
    heard: list[Event | Gap] = []
    is_listening = asyncio.Event()

    async def listen() -> None:
        async with bus.subscribe(channel) as feed:
            is_listening.set()
            async for item in feed:
                heard.append(item)

    listener = asyncio.create_task(listen())
    await is_listening.wait()
    async with asyncio.timeout(5):
        await bus.disconnect()
        await listener
    assert heard == []
    assert bus.channels == []
    async with asyncio.timeout(5), bus.subscribe(channel) as feed:
        assert [item async for item in feed if isinstance(item, Event)] == []
    await bus.publish(channel, "nobody is there")


async def test_a_restart_of_redis_is_told_as_a_gap_and_then_events_go_on(
    redis_server: RedisServer, channel: str
) -> None:
    async with Bus.open(redis_server.url, timing=QUICK) as bus, bus.subscribe(channel) as feed:
        for _ in range(2):
            await bus.publish(channel, "before")
            assert await take(feed, 1) == [Event(channel, "before")]
            redis_server.kill()
            await until_state(bus, is_up=False)
            await bus.publish(channel, "lost")
            redis_server.start()
            assert await take(feed, 1) == [Gap(channel)]
            await until_state(bus, is_up=True)
            await bus.publish(channel, "after")
            assert await take(feed, 1) == [Event(channel, "after")]


async def test_whoever_subscribes_while_redis_is_gone_hears_once_it_is_back(
    redis_server: RedisServer, channel: str
) -> None:
    redis_server.kill()
    async with Bus.open(redis_server.url, timing=QUICK) as bus:
        assert not bus.is_up
        started = time.monotonic()
        async with bus.subscribe(channel) as feed:
            assert time.monotonic() - started < 0.5
            assert await take(feed, 1) == [Gap(channel)]
            redis_server.start()
            await until_state(bus, is_up=True)
            assert await take(feed, 1) == [Gap(channel)]
            await bus.publish(channel, "back")
            assert await take_message(feed) == "back"


async def test_publishing_without_redis_is_quick_logged_and_harmless(
    redis_server: RedisServer, channel: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with Bus.open(redis_server.url, timing=QUICK) as bus:
        redis_server.kill()
        started = time.monotonic()
        for _ in range(10):
            await bus.publish(channel, "a secret")
        assert time.monotonic() - started < 1
    assert channel in caplog.text
    assert "a secret" not in caplog.text


async def test_a_severed_subscription_is_made_again_and_told(
    redis_server: RedisServer, channel: str
) -> None:
    async with (
        Bus.open(redis_server.url, timing=QUICK) as bus,
        Bus.open(redis_server.url, timing=QUICK) as other,
        bus.subscribe(channel) as feed,
    ):
        killer = other._backend._publisher  # type: ignore[attr-defined]
        await killer.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        assert await take(feed, 1) == [Gap(channel)]
        await until_state(other, is_up=True)
        await other.publish(channel, "after")
        assert await take_message(feed) == "after"


class Wire:
    """A TCP way to the server that can go silent without closing."""

    def __init__(self, server_url: str) -> None:
        self._target = urlsplit(server_url)
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"redis://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._target.scheme == "unix":
            there = await asyncio.open_unix_connection(self._target.path)
        else:
            there = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers += [writer, there[1]]
        for way in ((reader, there[1]), (there[0], writer)):
            self._tasks.add(asyncio.create_task(self._pass_on(*way)))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self.is_open.is_set():  # else the bytes are swallowed
                    writer.write(data)
            writer.close()


async def test_a_connection_gone_silent_is_noticed_in_the_configured_time(
    redis_server: RedisServer, channel: str
) -> None:
    async with (
        Wire(redis_server.url) as wire,
        Bus.open(wire.url, timing=QUICK) as bus,
        bus.subscribe(channel) as feed,
    ):
        await bus.publish(channel, "before")
        assert await take(feed, 1) == [Event(channel, "before")]
        wire.is_open.clear()
        started = time.monotonic()
        await until_state(bus, is_up=False, seconds=5)
        assert time.monotonic() - started < QUICK.silence + 1
        wire.is_open.set()
        assert await take(feed, 1) == [Gap(channel)]
        await until_state(bus, is_up=True)
        await bus.publish(channel, "after")
        assert await take_message(feed) == "after"


async def test_a_thousand_subscribers_hear_twenty_messages(bus: Bus, channel: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        feeds = [await stack.enter_async_context(bus.subscribe(channel)) for _ in range(1000)]
        for number in range(20):
            await bus.publish(channel, str(number))
        expected = [Event(channel, str(number)) for number in range(20)]
        for feed in feeds:
            assert await take(feed, 20) == expected
    assert bus.channels == []


async def test_many_reasons_to_look_are_one_and_a_closed_bus_gives_none(channel: str) -> None:
    feed = Feed((channel,), 8)
    assert await feed.moved(0.01), "nothing came, but the time is over"
    for number in range(3):
        feed.put(Event(channel, str(number)))
    assert await feed.moved(10)
    assert len(feed) == 0
    feed.end()
    assert not await feed.moved(10)
