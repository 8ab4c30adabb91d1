"""Clients that cost little, since they run on the machine that they measure. Loopback only."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import orjson
from websockets.asyncio.client import ClientConnection, connect

from bench.documents import LIVE_CARD
from bench.setups import Server

HOST = "127.0.0.1"
PATIENCE = 30.0
"""Seconds after which an answer or a frame counts as missing, which ends the run."""
SOCKETS_PER_SESSION = 20
OPENING_AT_ONCE = 8


class WrongAnswer(Exception):
    """The server answered something else than what was measured."""


class Http:
    """One kept connection that posts GraphQL, one request at a time."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str
    ) -> None:
        self._reader, self._writer, self._head = reader, writer, head

    @classmethod
    @asynccontextmanager
    async def open(cls, server: Server, token: str) -> AsyncIterator[Self]:
        """A connection of the session with this token. The server ends it after 5 idle seconds."""
        reader, writer = await asyncio.open_connection(HOST, server.port)
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: {HOST}:{server.port}\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        )
        try:
            yield cls(reader, writer, head)
        finally:
            writer.close()

    async def post(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer's data; WrongAnswer when there are errors."""
        body = orjson.dumps({"query": query, "variables": variables or {}})
        self._writer.write(f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        async with asyncio.timeout(PATIENCE):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            )
            text = await self._reader.readexactly(length)
        answer = orjson.loads(text)
        if answer.get("errors") or not answer.get("data"):
            raise WrongAnswer(text[:2_000].decode())
        data: dict[str, Any] = answer["data"]
        return data


@dataclass(frozen=True)
class Arrival:
    """An item of a live card; `monotonic` and `wall` are when it was read, in seconds."""

    item: dict[str, Any]
    monotonic: float
    wall: float


class Subscriptions:
    """A signed-in socket, and what is subscribed to on it."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def open(cls, server: Server, token: str) -> AsyncIterator[Self]:
        async with connect(
            f"ws://{HOST}:{server.port}/graphql",
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]  # a str at run time
            compression=None,
            ping_interval=None,
            close_timeout=1,
            max_size=None,
            max_queue=None,
            proxy=None,
        ) as connection:
            opened = cls(connection)
            await opened._send({"type": "connection_init", "payload": {"token": token}})
            await opened._expect("connection_ack")
            yield opened

    async def subscribe(self, name: str, query: str, variables: Mapping[str, Any]) -> None:
        """Its first item is still to be read; `name` stands beside each of them."""
        payload = {"query": query, "variables": variables}
        await self._send({"id": name, "type": "subscribe", "payload": payload})

    @property
    def is_open(self) -> bool:
        return self._connection.close_code is None

    async def item(self, patience: float = PATIENCE) -> tuple[str, dict[str, Any]]:
        """Whose the next item is, and its data."""
        message = await self._expect("next", patience)
        payload = message["payload"]
        if payload.get("errors"):
            raise WrongAnswer(str(payload))
        return message["id"], payload["data"]

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self._connection.send(orjson.dumps(message).decode())

    async def _expect(self, kind: str, patience: float = PATIENCE) -> dict[str, Any]:
        for _ in range(1_000):
            async with asyncio.timeout(patience):
                text = await self._connection.recv()
            message: dict[str, Any] = orjson.loads(text)
            if message["type"] == kind:
                return message
            if message["type"] != "ping":
                raise WrongAnswer(str(message)[:2_000])
        raise WrongAnswer(f"a thousand pings and no {kind}")


class Card:
    """An open live card on a socket of its own."""

    def __init__(self, socket: Subscriptions) -> None:
        self._socket = socket

    @classmethod
    @asynccontextmanager
    async def open(
        cls, server: Server, token: str, lead_id: str, after: str | None = None
    ) -> AsyncIterator[Self]:
        """Signs in and subscribes; the first item is still to be read."""
        async with Subscriptions.open(server, token) as socket:
            await socket.subscribe("1", LIVE_CARD, {"id": lead_id, "after": after})
            yield cls(socket)

    @property
    def is_open(self) -> bool:
        return self._socket.is_open

    async def item(self, patience: float = PATIENCE) -> Arrival:
        """The next item, whatever it is."""
        _, data = await self._socket.item(patience)
        return Arrival(data["leadCard"], time.perf_counter(), time.time())

    async def snapshot(self) -> Arrival:
        """The first item of a card that was opened without a cursor."""
        arrival = await self.item()
        if arrival.item["__typename"] != "LeadCardSnapshot":
            raise WrongAnswer(str(arrival.item)[:2_000])
        return arrival

    async def change(self, patience: float = PATIENCE) -> Arrival:
        """The next item of the lead's log; what stands beside the log is passed over."""
        for _ in range(1_000):
            arrival = await self.item(patience)
            if "entry" in arrival.item:
                return arrival
        raise WrongAnswer("a thousand items and no change")


@asynccontextmanager
async def open_cards(
    server: Server, tokens: Sequence[str], lead_ids: Sequence[str]
) -> AsyncIterator[list[Card]]:
    """A card with its snapshot read for each lead; sessions share the sockets evenly filled."""
    gate = asyncio.Semaphore(OPENING_AT_ONCE)

    async def open_one(stack: AsyncExitStack, number: int, lead_id: str) -> Card:
        async with gate:
            token = tokens[number // SOCKETS_PER_SESSION]
            card = await stack.enter_async_context(Card.open(server, token, lead_id))
            await card.snapshot()
            return card

    async with AsyncExitStack() as stack:
        opening = [open_one(stack, number, each) for number, each in enumerate(lead_ids)]
        yield await asyncio.gather(*opening)
