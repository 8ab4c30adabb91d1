"""The WebSocket side of the server, over real connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from realtime.sockets import MAX_MESSAGE_BYTES, SocketProtocol, server_config
from tests.schema.toy import ToyGraphQL
from tests.serving import PATIENCE, Served, open_socket, serving

pytestmark = pytest.mark.realtime


class ImpatientProtocol(SocketProtocol):
    stall_seconds = 0.2


@asynccontextmanager
async def serving_toy(**options: object) -> AsyncIterator[tuple[Served, ToyGraphQL]]:
    app = ToyGraphQL()
    async with serving(app, **options) as served:
        yield served, app


async def test_a_reader_that_stalls_is_cut_and_its_subscription_ended() -> None:
    async with (
        serving_toy(protocol=ImpatientProtocol) as (served, app),
        open_socket(served.ws, max_queue=1, max_size=None) as socket,
    ):
        await socket.sign_in()
        await socket.subscribe("1", "subscription { torrent(size: 200000) }")
        async with asyncio.timeout(PATIENCE):
            await app.journal.closed.wait()
        assert (await socket.closed())[0] == 1006
        # what was not read did not pile up in the server: it stopped asking for more
        assert app.journal.lines.count("send next") < 500


async def test_a_reader_that_keeps_up_is_not_cut() -> None:
    async with (
        serving_toy(protocol=ImpatientProtocol) as (served, app),
        open_socket(served.ws, max_queue=1, max_size=None) as socket,
    ):
        await socket.sign_in()
        await socket.subscribe("1", "subscription { torrent(size: 200000) }")
        loop = asyncio.get_running_loop()
        end = loop.time() + 3 * ImpatientProtocol.stall_seconds
        while loop.time() < end:
            assert (await socket.receive())["type"] == "next"
        assert not app.journal.closed.is_set()


async def test_a_silent_peer_is_cut_without_a_close_frame() -> None:
    async with serving_toy(ws_ping_interval=0.05, ws_ping_timeout=0.05) as (served, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        )
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            rest = await reader.read()
        writer.close()
        assert head.startswith(b"HTTP/1.1 101")
        assert b"permessage-deflate" not in head
        assert rest[:2] == b"\x89\x04"  # one ping of four bytes
        assert len(rest) == 6


async def test_a_message_above_the_limit_is_refused_and_one_below_is_read() -> None:
    async with serving_toy() as (served, _), open_socket(served.ws) as socket:
        await socket.sign_in()
        frame = '{"type": "ping"' + " " * (MAX_MESSAGE_BYTES - 100) + "}"
        await socket.send_raw(frame)
        assert await socket.receive() == {"type": "pong"}
        await socket.send_raw(frame + " " * 200)
        assert (await socket.closed())[0] == 1009


async def test_compression_is_not_offered() -> None:
    async with (
        serving_toy() as (served, _),
        open_socket(served.ws, compression="deflate") as socket,
    ):
        assert socket.connection.protocol.extensions == []


async def test_a_server_that_stops_closes_every_socket_with_1012() -> None:
    async with serving_toy() as (served, app):
        async with open_socket(served.ws) as first, open_socket(served.ws) as second:
            for socket in (first, second):
                await socket.sign_in()
                await socket.subscribe("1", "subscription { forever }")
                await socket.receive()
            await served.stop()
            assert [(await socket.closed())[0] for socket in (first, second)] == [1012, 1012]
        assert app.journal.closed.is_set()


async def test_a_server_drains_its_sockets_before_it_stops() -> None:
    app = ToyGraphQL()
    told = []

    async def drain() -> None:
        told.append(len(app.sockets))
        await app.sockets.close_all(reason="Draining")

    async with serving(app, drain=drain) as served, open_socket(served.ws) as socket:
        await socket.sign_in()
        await served.stop()
        assert await socket.closed() == (1012, "Draining")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", served.port)
    assert told == [1]


async def test_a_stalled_reader_does_not_hold_up_a_server_that_stops() -> None:
    stalled = asyncio.Event()

    class TellingProtocol(SocketProtocol):
        def pause_writing(self) -> None:
            super().pause_writing()
            stalled.set()

    async with (
        serving_toy(protocol=TellingProtocol, shutdown_seconds=int(PATIENCE)) as (served, app),
        open_socket(served.ws, max_queue=1, max_size=None) as socket,
    ):
        await socket.sign_in()
        await socket.subscribe("1", "subscription { torrent(size: 200000) }")
        async with asyncio.timeout(PATIENCE):
            await stalled.wait()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await served.stop()
        assert loop.time() - began < PATIENCE / 2
        assert app.journal.closed.is_set()


def test_what_uvicorn_must_still_have_for_the_overrides_to_work() -> None:
    config = server_config(lambda: None, "0.0.0.0", 1234, ws_max_size=1)
    assert (config.host, config.port, config.ws_max_size) == ("0.0.0.0", 1234, 1)
    assert config.ws is SocketProtocol
    for name in ("pause_writing", "resume_writing", "keepalive_timeout", "connection_lost"):
        assert name in vars(SocketProtocol.__mro__[1])
