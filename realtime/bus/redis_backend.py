"""The bus through Redis or Valkey."""

import asyncio
import logging
import math
import random
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from broadcaster import BroadcastBackend
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from realtime import topics
from realtime.bus.feed import Event, Gap
from realtime.tasks import end

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BusTiming:
    """Times of the Redis link, in seconds."""

    ping: float = 2.0
    """From one ping through Redis to the next."""
    silence: float = 5.0
    """Without an echo for so long, the connection is given up."""
    acknowledge: float = 1.0
    """The longest wait for Redis to confirm a subscription, or for the first connection."""
    publish: float = 1.0
    """The longest wait for a publication; a tenth of it while the link is down."""
    least_delay: float = 0.05
    most_delay: float = 5.0


class RedisBackend(BroadcastBackend):
    """Publish and subscribe through Redis, over one supervised connection for all channels.

    A half-open connection looks like a quiet one, so a message of our own must keep coming round.
    """

    def __init__(self, url: str, timing: BusTiming) -> None:
        self.is_up = False
        self.on_change: Callable[[bool], None] = lambda is_up: None
        self._url = url
        self._timing = timing
        self._own_channel = topics.echo(secrets.token_hex(8))
        self._nonce = ""
        self._queue: asyncio.Queue[Event | Gap] = asyncio.Queue()
        self._wanted = {self._own_channel}
        self._pending: set[str] = set()  # channels that the writer has to look at
        self._asked: set[str] = set()  # subscribed as far as this connection was told
        self._unconfirmed: Counter[str] = Counter()
        self._acknowledgements: dict[str, asyncio.Future[None]] = {}
        self._has_wishes = asyncio.Event()
        self._is_listening = asyncio.Event()
        self._was_up = asyncio.Event()
        self._is_closing = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Begin to hold a connection; returns when it is up, or late without one."""
        seconds = self._timing.publish
        self._publisher = Redis.from_pool(
            BlockingConnectionPool.from_url(
                self._url,
                max_connections=8,
                timeout=seconds,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=seconds,
                socket_connect_timeout=seconds,
            )
        )
        self._connections = ConnectionPool.from_url(
            self._url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=self._timing.silence,
            socket_connect_timeout=seconds,
        )
        self._is_closing.clear()
        self._supervisor = asyncio.create_task(self._supervise(), name="bus supervisor")
        await _within(self._timing.acknowledge, self._was_up.wait())

    async def disconnect(self) -> None:
        if self._supervisor is None:
            return
        self._is_closing.set()
        await end([self._supervisor], patience=1.0)
        self._supervisor = None
        await self._publisher.aclose()

    async def subscribe(self, group: str) -> None:
        """Return when Redis confirmed it, or after a while with a gap in the feed."""
        self._wish(group, is_wanted=True)
        if group in self._asked and not self._unconfirmed[group]:
            return
        if not self.is_up:
            self._queue.put_nowait(Gap(group))
            return
        acknowledgement = asyncio.get_running_loop().create_future()
        self._acknowledgements[group] = acknowledgement
        try:
            if not await _within(self._timing.acknowledge, acknowledgement):
                self._queue.put_nowait(Gap(group))
        finally:
            self._acknowledgements.pop(group, None)

    async def unsubscribe(self, group: str) -> None:
        self._wish(group, is_wanted=False)

    async def publish(self, channel: str, message: Any) -> None:
        share = 1.0 if self.is_up else 0.1
        async with asyncio.timeout(self._timing.publish * share):
            await self._publisher.publish(channel, message)

    async def next_published(self) -> Event | Gap:  # type: ignore[override]  # gaps travel along
        return await self._queue.get()

    def _wish(self, channel: str, *, is_wanted: bool) -> None:
        (self._wanted.add if is_wanted else self._wanted.discard)(channel)
        self._pending.add(channel)
        self._has_wishes.set()

    async def _supervise(self) -> None:
        delay = self._timing.least_delay
        while not self._is_closing.is_set():
            self._was_up.clear()
            try:
                await self._hold_connection()
            except Exception as error:
                # Whatever it was, the bus must come back; the address may hold a password.
                logger.warning("bus link lost: %s", type(error).__name__)
            if self._was_up.is_set():
                delay = self._timing.least_delay
            jitter = random.uniform(0.5, 1.0)  # nosec B311  # spreads retries, guards nothing
            await _within(delay * jitter, self._is_closing.wait())
            delay = min(delay * 2, self._timing.most_delay)

    async def _hold_connection(self) -> None:
        # Not redis-py's PubSub: it reconnects by itself, in whichever task uses it.
        connection = self._connections.make_connection()  # type: ignore[no-untyped-call]  # redis-py
        self._asked.clear()
        self._unconfirmed.clear()
        self._pending = set(self._wanted)
        self._is_listening.clear()
        tasks: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(self._timing.silence) as patience:
                await connection.connect()
                work = self._write(connection), self._read(connection, patience), self._ping()
                tasks = [asyncio.create_task(part) for part in work]
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            self._tell(is_up=False)
            try:
                await end(tasks)
            finally:
                await connection.disconnect(nowait=True)

    async def _write(self, connection: AbstractConnection) -> None:
        # The only task that sends: a subscriber that is cancelled in the middle of a command would
        # take the connection of all the others with it.
        while True:
            self._has_wishes.clear()
            pending, self._pending = self._pending, set()
            joined = [c for c in pending if c in self._wanted and c not in self._asked]
            left = [c for c in pending if c in self._asked and c not in self._wanted]
            self._asked.difference_update(left)
            if left:
                await self._send(connection, "UNSUBSCRIBE", *left)
            for start in range(0, len(joined), 500):
                some = joined[start : start + 500]
                self._asked.update(some)
                self._unconfirmed.update(some)
                await self._send(connection, "SUBSCRIBE", *some)
            await self._has_wishes.wait()

    async def _read(self, connection: AbstractConnection, patience: asyncio.Timeout) -> None:
        while True:
            received = await connection.read_response(
                timeout=math.inf, disconnect_on_error=False, push_request=True
            )
            kind, name, body = received
            channel = name.decode(errors="replace")
            if kind == b"subscribe":
                self._confirm(channel)
            elif kind == b"message":
                message = body.decode(errors="replace")
                if channel != self._own_channel:
                    self._queue.put_nowait(Event(channel, message))
                elif message == self._nonce:
                    now = asyncio.get_running_loop().time()
                    patience.reschedule(now + self._timing.silence)
                    self._tell(is_up=True)

    async def _send(self, connection: AbstractConnection, *command: str) -> None:
        if not connection.is_connected:  # sending would connect anew without a word
            raise ConnectionError
        await connection.send_command(*command, check_health=False)

    async def _ping(self) -> None:
        await self._is_listening.wait()
        while True:
            self._nonce = secrets.token_hex(8)
            try:
                await self.publish(self._own_channel, self._nonce)
            except Exception as error:
                logger.debug("ping not sent: %s", type(error).__name__)
            await asyncio.sleep(self._timing.ping)

    def _confirm(self, channel: str) -> None:
        self._unconfirmed[channel] -= 1
        if self._unconfirmed[channel]:
            return
        del self._unconfirmed[channel]
        acknowledgement = self._acknowledgements.get(channel)
        if channel == self._own_channel:
            self._is_listening.set()
        elif acknowledgement and not acknowledgement.done():
            acknowledgement.set_result(None)
        else:
            # Nobody waits for it, so subscribers already listen and were deaf until now.
            self._queue.put_nowait(Gap(channel))

    def _tell(self, *, is_up: bool) -> None:
        if is_up:
            self._was_up.set()
        if is_up != self.is_up:
            self.is_up = is_up
            self.on_change(is_up)


async def _within(seconds: float, awaitable: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await awaitable
    except TimeoutError:
        return False
    return True
