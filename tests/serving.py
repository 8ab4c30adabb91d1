"""A real server on a free port of the loopback, in the loop of the test, and a small client."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from socket import socket
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect

from realtime.sockets import GracefulServer, server_config

PATIENCE = 10.0  # seconds that a test waits for what must come


class _ReadyServer(GracefulServer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@dataclass
class Served:
    """Where it listens, and how to stop it."""

    server: _ReadyServer
    task: asyncio.Task[None]
    port: int = field(default=0)

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        self.server.should_exit = True
        async with asyncio.timeout(PATIENCE):
            await self.task


@asynccontextmanager
async def serving(app: Any, *, drain: Any = None, **options: Any) -> AsyncIterator[Served]:
    """Serves an ASGI application until the block ends."""
    config = server_config(app, port=0, lifespan="off", **options)
    server = _ReadyServer(config, drain)
    served = Served(server, asyncio.create_task(server._serve()))
    async with asyncio.timeout(PATIENCE):
        await server.ready.wait()
    served.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        await served.stop()


class Socket:
    """One connection that speaks JSON frames."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, *messages: object) -> None:
        for message in messages:
            await self.connection.send(json.dumps(message))

    async def send_raw(self, frame: str | bytes) -> None:
        await self.connection.send(frame)

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            text = await self.connection.recv()
        assert isinstance(text, str)
        message: dict[str, Any] = json.loads(text)
        return message

    async def sign_in(self, **parameters: object) -> None:
        await self.send({"type": "connection_init", "payload": parameters})
        assert (await self.receive())["type"] == "connection_ack"

    async def subscribe(self, id: str, query: str, **payload: object) -> None:
        await self.send({"type": "subscribe", "id": id, "payload": {"query": query, **payload}})

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the close that comes, whatever comes before it."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self.connection.recv()
            except websockets.ConnectionClosed as closed:
                frame = closed.rcvd
        return (frame.code, frame.reason) if frame else (1006, "")


@asynccontextmanager
async def open_socket(
    url: str, *, subprotocol: str | None = "graphql-transport-ws", **options: Any
) -> AsyncIterator[Socket]:
    """A connection with the subprotocol of GraphQL clients."""
    subprotocols: Any = [subprotocol] if subprotocol else None
    async with connect(
        url, subprotocols=subprotocols, ping_interval=None, close_timeout=1, **options
    ) as connection:
        yield Socket(connection)
