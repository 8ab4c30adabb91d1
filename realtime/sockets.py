"""The WebSocket side of uvicorn: a peer that does not read is cut, one that is silent too.

uvicorn alone keeps a peer that stops reading for minutes, and closes a silent one with 1011, which
GraphQL clients take as final. Both are aborted here instead: the client sees 1006 and returns.
"""

from asyncio import TimerHandle
from asyncio.transports import BaseTransport
from collections.abc import Awaitable, Callable
from socket import socket
from typing import Any, cast

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HIGH_WATER_BYTES = 64 * 1024
MAX_MESSAGE_BYTES = 64 * 1024


class SocketProtocol(WebSocketsSansIOProtocol):
    """One connection, with a short write buffer and a timer on it.

    It overrides methods that uvicorn does not promise to keep; the tests guard them.
    """

    high_water = HIGH_WATER_BYTES
    stall_seconds = 10.0
    _stall_timer: TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn.debug = False  # at that level every frame would be logged, tokens and all

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=self.high_water)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stall_timer is None:
            self._stall_timer = self.loop.call_later(self.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_stall_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_stall_timer()
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        self.pong_timer = None
        self.pending_ping_payload = None
        self.transport.abort()

    def shutdown(self) -> None:
        if self._stall_timer is not None:
            self.transport.abort()  # a close frame would wait behind what is not read
            return
        super().shutdown()

    def _stop_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None


class GracefulServer(uvicorn.Server):
    """A server that lets the application part from its sockets before it closes what is left.

    `drain` runs once no new connection is accepted, for instance to spread the close frames over
    some seconds. Sockets that remain get 1012 at once.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        drain: Callable[[], Awaitable[None]] | None = None,
        on_started: Callable[[], None] | None = None,
    ) -> None:
        """`on_started` is called once the server accepts connections."""
        super().__init__(config)
        self._drain = drain
        self._on_started = on_started

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._on_started is not None:
            self._on_started()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        try:
            if self._drain is not None:
                await self._drain()
        finally:
            await super().shutdown(sockets)


def server_config(
    app: Any,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    protocol: type[SocketProtocol] = SocketProtocol,
    shutdown_seconds: int = 5,
    trusted_proxies: str | list[str] = "127.0.0.1",
    **options: Any,
) -> uvicorn.Config:
    """How the server runs: messages of at most 64 KiB, no compression, our protocol.

    `shutdown_seconds` bounds what is left of requests after the sockets were closed. `options` are
    handed to `uvicorn.Config` and win over what is set here.
    """
    settings: dict[str, Any] = {
        "ws": protocol,
        "ws_max_size": MAX_MESSAGE_BYTES,
        "ws_per_message_deflate": False,
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
        "timeout_keep_alive": 5,
        "timeout_graceful_shutdown": shutdown_seconds,
        "forwarded_allow_ips": trusted_proxies,
        "server_header": False,
        "access_log": False,
        "log_config": None,
    }
    return uvicorn.Config(cast(Any, app), host, port, **{**settings, **options})
