"""What every request passes first: the host that it names, and the headers of its answer."""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from schema.operation_errors import log_defect
from settings import Settings

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; "
    "form-action 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
ONE_YEAR = 31_536_000
FOR_OTHER_SITES = "/site/"
"""Where the visitor script is, which pages of other sites load."""
ANY_HOST = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines that name the process by its address."""


class Edge:
    """The outermost part: nothing is answered without the headers, no defect is told."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._hosts = known_hosts(settings) if settings.check_host else None
        self._headers = dict(HEADERS)
        if settings.public_url.startswith("https://"):
            self._headers["strict-transport-security"] = f"max-age={ONE_YEAR}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif not self._is_known(scope):
            refused: Any = WebSocketClose(1008)
            if scope["type"] == "http":
                refused = PlainTextResponse("This host is not served here.\n", 421)
            await refused(scope, receive, self._with_headers(scope, send))
        elif scope["type"] == "http":
            await self._answer(scope, receive, self._with_headers(scope, send))
        else:
            await self.app(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        if self._hosts is None or scope["path"] in ANY_HOST:
            return True
        named = Headers(scope=scope).getlist("host")
        return len(named) == 1 and host_of(named[0]) in self._hosts

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(FOR_OTHER_SITES):
                    headers["cross-origin-resource-policy"] = "cross-origin"
            await send(message)

        return add

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_started = False

        async def note(message: Message) -> None:
            nonlocal is_started
            is_started = True
            await send(message)

        try:
            await self.app(scope, receive, note)
        except Exception as defect:
            request_id = scope.get("state", {}).get("request_id") or uuid4().hex
            log_defect("request failed", defect, request_id)
            if is_started:
                raise
            answer = PlainTextResponse(f"Unexpected error. Request {request_id}\n", 500)
            await answer(scope, receive, send)


def known_hosts(settings: Settings) -> Collection[str]:
    """Names by which people and machines reach the server."""
    named = {urlsplit(settings.public_url).hostname or "", host_of(settings.host)}
    return frozenset(named | {"localhost", "127.0.0.1", "::1"})


def host_of(header: str) -> str:
    """The name in a `Host` header, without port, in lower case; empty for a malformed one."""
    try:
        ip_address(header)
        return header.lower()
    except ValueError:
        pass
    try:
        parts = urlsplit(f"//{header}")
        has_more = parts.username is not None or parts.path or parts.query or parts.fragment
        return "" if has_more or parts.port == 0 else (parts.hostname or "")
    except ValueError:
        return ""
