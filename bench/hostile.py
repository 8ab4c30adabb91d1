"""What one who means harm costs the others: readers that don't read, floods, storms of sign-ins."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.client import HOST, Http
from bench.documents import LIVE_CARD
from bench.report import Report
from bench.setups import Server, Setup
from bench.sizes import Size
from resolvers.services import Services
from tests.factories import PASSWORD

ASKED = "{ leads(first: 10) { nodes { id displayName } } }"
WRITE = """mutation ($lead: ID!, $key: IdempotencyKey!, $text: String!) {
  sendMessage(input: {leadId: $lead, idempotencyKey: $key, channel: CHAT, text: $text}) {
    __typename } }"""
SIGN_IN = "mutation ($i: SignInInput!) { signIn(input: $i) { __typename } }"
STORM = 8
"""Connections that sign in, each one after the other."""
LONG = 9_000
"""Characters of a message, so that what is not read fills the buffers of the system."""
TAKES = 500


async def measure(
    report: Report,
    setup: Setup,
    size: Size,
    services: Services,
    tokens: Sequence[str],
    lead_id: str,
    address: str,
) -> None:
    """One round; `address` is that of an account whose password is PASSWORD."""
    server = setup.servers[0]
    await _limiter(report, setup, services)
    async with Http.open(server, tokens[0]) as http:
        await http.post(ASKED)
        alone = await _times(http, size)
    report.add_times(setup.name, "a page of leads, alone", alone)
    before = server.resident_kib
    async with _deaf(server, tokens[1], lead_id) as deaf:
        await _write(server, tokens[2], lead_id, size.requests)
        report.add(
            setup.name, "one reader that never reads, memory", "KiB", server.resident_kib - before
        )
        report.add(setup.name, "... still connected", "", deaf.close_code is None)
        async with Http.open(server, tokens[0]) as http:
            times = await _times(http, size)
        report.add_times(setup.name, "a page of leads, beside a reader that never reads", times)
    times, floods = await _beside(server, tokens[0], size, lambda: _flood(server, tokens[3]))
    report.add_times(setup.name, "a page of leads, beside a flooding socket", times)
    report.add(setup.name, "flooding socket, closed and back", "1/s", sum(floods) / sum(times))
    times, counts = await _beside(
        server, tokens[0], size, *(lambda: _sign_in(server, address) for _ in range(STORM))
    )
    report.add_times(setup.name, f"a page of leads, beside {STORM} who sign in", times)
    report.add(setup.name, f"sign-ins of {STORM} at once", "1/s", sum(counts) / sum(times))


async def _limiter(report: Report, setup: Setup, services: Services) -> None:
    """What it takes to charge one document, from this process."""
    started = time.perf_counter()
    for _ in range(TAKES):
        await services.buckets.take("bench", 1, 10**9)
    seconds = (time.perf_counter() - started) / TAKES
    report.add(setup.name, "charging one document", "us", seconds * 1e6)


async def _times(http: Http, size: Size) -> list[float]:
    """Seconds of each request, one after the other, for as long as an attack goes on."""
    times = []
    end = time.perf_counter() + size.attack_seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        await http.post(ASKED)
        times.append(time.perf_counter() - started)
    return times


async def _beside(
    server: Server, token: str, size: Size, *works: Callable[[], Awaitable[int]]
) -> tuple[list[float], list[int]]:
    """Times of requests while others work again and again, and how often each of them did."""
    counts = [0] * len(works)

    async def again(place: int, work: Callable[[], Awaitable[int]]) -> None:
        while True:
            counts[place] += await work()

    tasks = [asyncio.create_task(again(*each)) for each in enumerate(works)]
    try:
        async with Http.open(server, token) as http:
            times = await _times(http, size)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    broken = [each for each in ended if not isinstance(each, asyncio.CancelledError)]
    if broken:
        raise RuntimeError(f"an attack ended by itself: {broken[0]!r}")
    return times, counts


@asynccontextmanager
async def _deaf(server: Server, token: str, lead_id: str) -> AsyncIterator[ClientConnection]:
    """A client that follows a card and reads nothing of it."""
    channel = socket.socket()
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    channel.connect((HOST, server.port))
    channel.setblocking(False)
    async with _socket(server, sock=channel, max_queue=1) as connection:
        await _greet(connection, token)
        payload = {"query": LIVE_CARD, "variables": {"id": lead_id}}
        await connection.send(_frame({"id": "1", "type": "subscribe", "payload": payload}))
        yield connection
        connection.transport.abort()


async def _write(server: Server, token: str, lead_id: str, count: int) -> None:
    async with Http.open(server, token) as http:
        for _ in range(count):
            given = {"lead": lead_id, "key": uuid4().hex, "text": "x" * LONG}
            await http.post(WRITE, given)


async def _flood(server: Server, token: str) -> int:
    """Sends as fast as it can until it is closed; one flood."""
    async with _socket(server) as connection:
        await _greet(connection, token)
        ping = _frame({"type": "ping"})
        try:
            for _ in range(100_000):
                await connection.send(ping)
        except ConnectionClosed:
            return 1
    return 1


async def _sign_in(server: Server, address: str) -> int:
    async with Http.open(server, "") as http:
        await http.post(SIGN_IN, {"i": {"emailAddress": address, "password": PASSWORD}})
    return 1


def _socket(server: Server, **options: object) -> connect:
    return connect(
        f"ws://{HOST}:{server.port}/graphql",
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]  # a str at run time
        compression=None,
        ping_interval=None,
        close_timeout=1,
        proxy=None,
        **options,  # type: ignore[arg-type]  # options of connect
    )


async def _greet(connection: ClientConnection, token: str) -> None:
    await connection.send(_frame({"type": "connection_init", "payload": {"token": token}}))
    await connection.recv()


def _frame(message: dict[str, object]) -> str:
    return orjson.dumps(message).decode()
