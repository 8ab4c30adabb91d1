"""graphql-transport-ws as this server speaks it: strict about frames, bounded, closable.

Close codes: 4401 wrong or revoked credentials, 4403 credentials that the client can renew, 1013
flood or overload, 1012 shutdown; 4400, 4406, 4408, 4409 and 4429 as the protocol says.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import uuid4

from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types.unset import UnsetType

from schema.operation_errors import Code, log_defect, operation_error
from schema.trusted import is_document_id

Close = Callable[[int, str], Awaitable[None]]


class CredentialsExpired(ConnectionRejectionError):
    """Raised by `on_ws_connect` for credentials that the client can renew: closes with 4403, which
    clients retry. Any other `ConnectionRejectionError` closes with 4401, which they do not."""


class CredentialsRefused(ConnectionRejectionError):
    """Raised by `on_ws_connect` for credentials that do not stand: closes with 4401."""


class Sockets:
    """The open sockets of this process: by the session that opened them, and by whose they are,
    a caller who may have several sessions."""

    def __init__(self, *, close_seconds: float = 5.0) -> None:
        """`close_seconds`: how long a close frame may wait behind what a slow client has not
        read."""
        self._close_seconds = close_seconds
        self._open: dict[object, tuple[str | None, str | None, Close]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def register(
        self, key: str | None, close: Close, caller: str | None = None
    ) -> Callable[[], None]:
        """Adds a socket; the answer removes it again. `key` is None without a session."""
        ticket = object()
        self._open[ticket] = (key, caller, close)

        def forget() -> None:
            self._open.pop(ticket, None)

        return forget

    def sessions(self) -> set[str]:
        """Sessions with open sockets."""
        return {owner for owner, _, _ in self._open.values() if owner is not None}

    def count(self, caller: str) -> int:
        """How many sockets of a caller are open."""
        return sum(each == caller for _, each, _ in self._open.values())

    async def close_session(
        self, key: str, code: int = 4401, reason: str = "The session ended"
    ) -> None:
        """Closes every socket of a session and returns when the close frames are sent."""
        await asyncio.gather(
            *(self._close(close, code, reason) for owner, close in self._all() if owner == key)
        )

    async def close_all(
        self, code: int = 1012, reason: str = "The server restarts", *, over: float = 0.0
    ) -> None:
        """Closes every socket, spread over `over` seconds so that clients return spread out."""
        sockets = self._all()
        pause = over / len(sockets) if sockets else 0.0
        async with asyncio.TaskGroup() as closing:
            for _, close in sockets:
                closing.create_task(self._close(close, code, reason))
                if pause:
                    await asyncio.sleep(pause)

    def _all(self) -> list[tuple[str | None, Close]]:
        return [(owner, close) for owner, _, close in self._open.values()]

    async def _close(self, close: Close, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(self._close_seconds):
                await close(code, reason)
        except TimeoutError:
            pass  # it does not read; the server's stall timer cuts it
        except Exception as defect:
            log_defect("socket could not be closed", defect, uuid4().hex)


@dataclass(frozen=True)
class Flood:
    """How fast one socket may send: `rate` messages a second, `burst` at once.

    The burst lets an honest client open all its subscriptions at once, and again right after.
    """

    rate: float = 20.0
    burst: int = 100


class Bucket:
    """A token bucket over a clock in seconds."""

    def __init__(self, flood: Flood, clock: Callable[[], float] = time.monotonic) -> None:
        self._flood = flood
        self._clock = clock
        self._tokens = float(flood.burst)
        self._filled_at = clock()

    def take(self) -> bool:
        """Whether one more message is allowed now."""
        now = self._clock()
        gained = (now - self._filled_at) * self._flood.rate
        self._tokens = min(self._tokens + gained, float(self._flood.burst))
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def opening(address: str) -> str:
    """Whose sockets are that come from this address and have not signed in yet."""
    return f"opening:{address}"


class SocketView(Protocol):
    """What the handler needs of the transport that made it."""

    sockets: Sockets
    flood: Flood
    max_sockets_per_caller: int | None

    async def on_ws_connect(self, context: Any) -> UnsetType | dict[str, object] | None: ...


class SocketHandler(BaseGraphQLTransportWSHandler[Any, Any]):
    """One socket. The context may have `session_key`, which names the socket in `Sockets`,
    `caller`, who may have so many of them, and `client`, the address that it comes from."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._owner = cast(SocketView, self.view)
        self._bucket = Bucket(self._owner.flood)
        self._forget = self._owner.sockets.register(
            None, self.websocket.close, opening(getattr(self.context, "client", ""))
        )

    async def shutdown(self) -> None:
        self._forget()
        await super().shutdown()

    async def handle_message(self, message: Message) -> None:
        if not self._bucket.take():
            await self.websocket.close(1013, "Too many messages")
            return
        await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        if self.connection_timed_out:
            return
        if self.connection_init_received:
            await self.websocket.close(4429, "Too many initialisation requests")
            return
        self.connection_init_received = True
        if self.connection_init_timeout_task:
            self.connection_init_timeout_task.cancel()
        self._keep_parameters(message.get("payload") or {})
        try:
            payload = await self._owner.on_ws_connect(self.context)
        except CredentialsExpired:
            await self.websocket.close(4403, "Credentials expired")
        except ConnectionRejectionError:
            await self.websocket.close(4401, "Unauthorized")
        except Exception as defect:
            log_defect("socket could not sign in", defect, self._request_id())
            await self.websocket.close(1013, "Try again later")
        else:
            await self._acknowledge(payload)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        maximum = self.max_subscriptions_per_connection
        is_new = self.connection_acknowledged and message["id"] not in self.operations
        if is_new and maximum is not None and len(self.operations) >= maximum:
            error = operation_error(
                Code.RATE_LIMITED, f"More than {maximum} operations on one connection."
            )
            await self.send_message(
                {"id": message["id"], "type": "error", "payload": [error.formatted]}
            )
            return
        await super().handle_subscribe(message)

    async def handle_task_exception(self, error: Exception) -> None:
        if not isinstance(error, WebSocketDisconnected):  # else the client left, as clients do
            log_defect("operation task failed", error, self._request_id())

    @staticmethod
    def _get_pre_execution_close_reason(error: Exception) -> str | None:
        return None  # a document that cannot run ends its operation, not the socket

    def _keep_parameters(self, payload: dict[str, Any]) -> None:
        if isinstance(self.context, dict):
            self.context["connection_params"] = payload
        elif hasattr(self.context, "connection_params"):
            self.context.connection_params = payload

    async def _acknowledge(self, payload: UnsetType | dict[str, object] | None) -> None:
        key: str | None = getattr(self.context, "session_key", None)
        caller: str | None = getattr(self.context, "caller", None)
        maximum = self._owner.max_sockets_per_caller
        count = 0 if caller is None else self._owner.sockets.count(caller)
        if maximum is not None and count >= maximum:
            await self.websocket.close(1013, "Too many sockets")
            return
        self._forget()
        self._forget = self._owner.sockets.register(key, self.websocket.close, caller)
        self.connection_acknowledged = True
        if isinstance(payload, dict):
            await self.send_message({"type": "connection_ack", "payload": payload})
        else:
            await self.send_message({"type": "connection_ack"})

    def _request_id(self) -> str:
        return str(getattr(self.context, "request_id", None) or uuid4().hex)


def is_well_formed(message: object) -> bool:
    """Whether a decoded frame has the shape that the protocol gives its type."""
    if not isinstance(message, dict):
        return False
    payload = message.get("payload")
    match message.get("type"):
        case "connection_init" | "ping" | "pong":
            return payload is None or isinstance(payload, dict)
        case "complete":
            return isinstance(message.get("id"), str)
        case "subscribe":
            return _is_id(message.get("id")) and _is_operation(payload)
    return False


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_operation(payload: object) -> bool:
    return (
        isinstance(payload, dict)
        and (
            is_document_id(payload["documentId"]) and "query" not in payload
            if "documentId" in payload
            else isinstance(payload.get("query"), str)
        )
        and isinstance(payload.get("operationName"), str | None)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("extensions"), dict | None)
    )
