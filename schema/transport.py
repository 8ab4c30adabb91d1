"""GraphQL over HTTP and over WebSocket, as strict as the protocols allow.

HTTP is POST with a JSON object and nothing else: no GET, no forms, no batches, no page. Request
errors are 400 for clients that accept `application/graphql-response+json`, and 200 for the rest.
"""

import json
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any
from uuid import uuid4

import orjson
from cross_web import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.http.exceptions import (
    NonJsonMessageReceived,
    NonTextMessageReceived,
    WebSocketDisconnected,
)
from strawberry.http.typevars import Context, RootValue
from strawberry.http.websocket_origin import normalize_origin
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult

from schema.bodies import (
    DRAINED_BYTES,
    GRAPHQL_RESPONSE,
    JSON,
    Body,
    announced_length,
    decode,
    is_json,
    name_document,
    names_one_document,
    negotiated,
    too_large,
)
from schema.operation_errors import UNEXPECTED, Code, log_defect, operation_error
from schema.sockets import Flood, SocketHandler, Sockets, is_well_formed, opening

_BODY_SECONDS = 30.0
_MAX_OPENING = 100  # sockets from one address that have not signed in yet
_MAX_REASON_BYTES = 123  # what a close frame holds beside its code
_STATUS_CODES = {
    401: Code.UNAUTHENTICATED,
    403: Code.UNAUTHENTICATED,
    429: Code.RATE_LIMITED,
    500: Code.INTERNAL_SERVER_ERROR,
}
# Statuses of request errors whose code is not simply the caller's mistake.
_CODE_STATUSES = {
    Code.INTERNAL_SERVER_ERROR: 500,
    Code.RATE_LIMITED: 429,
    Code.TIMEOUT: 503,
}
# Refused while the body was on its way: of a long one the rest is not waited for.
_UNREAD = frozenset({408, 413, 415})
# What sending raises once a peer left: RuntimeError when the server itself has begun to close.
_GONE = (WebSocketDisconnect, RuntimeError)


class SocketAdapter(ASGIWebSocketAdapter):
    """Reads frames of the right shape only; sends text; may be closed twice."""

    async def iter_json(
        self, *, ignore_parsing_errors: bool = False
    ) -> AsyncGenerator[object, None]:
        while self.ws.application_state != WebSocketState.DISCONNECTED:
            try:
                message = self.view.decode_json(await self.ws.receive_text())
            except KeyError as error:
                raise NonTextMessageReceived from error
            except json.JSONDecodeError as error:
                raise NonJsonMessageReceived from error
            except WebSocketDisconnect:
                return
            if not isinstance(message, dict) or not is_well_formed(message):
                raise NonJsonMessageReceived
            if message.get("payload", message) is None:
                del message["payload"]
            if message["type"] == "subscribe":
                name_document(message["payload"])
            yield message

    async def send_json(self, message: Mapping[str, object]) -> None:
        text = orjson.dumps(message).decode()
        if self.ws.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnected
        try:
            await self.ws.send_text(text)
        except _GONE as error:
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state is not WebSocketState.CONNECTED:
            return
        fitting = reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
        try:
            await self.ws.close(code, fitting)
        except _GONE:
            return


class LeadlightGraphQL(GraphQL[Context, RootValue]):
    """The ASGI application at `/graphql`. Mount it as a `Route` and a `WebSocketRoute`.

    Override `get_context`, and `on_ws_connect` for the parameters of `connection_init`. A context
    that reads a cookie must ask `trusts_cookies` first.
    """

    websocket_adapter_class = SocketAdapter
    graphql_transport_ws_handler_class = SocketHandler

    def __init__(
        self,
        schema: BaseSchema,
        *,
        public_url: str,
        allowed_origins: Collection[str] = (),
        sockets: Sockets | None = None,
        flood: Flood | None = None,
        max_body_bytes: int = 65_536,
        max_operations_per_socket: int = 50,
        max_sockets_per_caller: int | None = 20,
        init_timeout: float = 10.0,
        body_seconds: float = _BODY_SECONDS,
    ) -> None:
        """`allowed_origins` may open sockets but are not trusted with cookies; `init_timeout` and
        `body_seconds`, which a body has to arrive, are in seconds."""
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=init_timeout),
            multipart_uploads_enabled=False,
            max_subscriptions_per_connection=max_operations_per_socket,
            allowed_origins=[*allowed_origins],
        )
        self.sockets = Sockets() if sockets is None else sockets
        self.flood = flood or Flood()
        self.max_sockets_per_caller = max_sockets_per_caller
        self._public_origin = normalize_origin(public_url)
        self._max_body_bytes = max_body_bytes
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._serve_socket(WebSocket(scope, receive, send))
            return
        body = Body(receive, self._max_body_bytes, self._body_seconds)
        request = Request(scope, body.receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        if response.status_code in _UNREAD:
            is_small = announced_length(request.headers.get("content-length", "")) < DRAINED_BYTES
            if not is_small or not await body.drain():
                response.headers["connection"] = "close"
        await response(scope, receive, send)

    def trusts_cookies(self, connection: HTTPConnection) -> bool:
        """Whether the page that sent this is ours, so that its cookies count.

        A socket must name our origin; a request may have `Sec-Fetch-Site` say so instead.
        """
        headers = connection.headers
        origin = headers.get("origin")
        if origin is not None and self._is_ours(origin, connection):
            return True
        is_request = connection.scope["type"] == "http"
        return is_request and headers.get("sec-fetch-site") in ("same-origin", "none")

    def carries_cookie(self, request: Request) -> bool:
        """Whether a request would act by a cookie; a caller with a token of its own does not."""
        return bool(request.cookies) and "authorization" not in request.headers

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        return self._is_ours(origin, request) or super().is_websocket_origin_allowed(
            request, origin
        )

    def decode_json(self, data: str | bytes) -> object:
        return decode(data)

    def parse_json(self, data: str | bytes) -> Any:
        decoded = super().parse_json(data)
        if not isinstance(decoded, dict):
            raise HTTPException(400, "The request body must be a JSON object.")
        if not names_one_document(decoded):
            raise HTTPException(400, "Send `query`, or a `documentId` of the form sha256:<hex>.")
        name_document(decoded)
        return decoded

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def parse_http_body(self, request: Any) -> GraphQLRequestData | list[GraphQLRequestData]:
        data = await super().parse_http_body(request)
        if isinstance(data, GraphQLRequestData) and not isinstance(data.operation_name, str | None):
            raise HTTPException(400, "`operationName` must be a string or null, if provided.")
        return data

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        response = await super().get_sub_response(request)
        response.media_type = negotiated(request.headers.get("accept", ""))
        return response

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        response = process_result(result)
        if result.data is None and result.errors and not any(e.path for e in result.errors):
            del response["data"]  # nothing was executed: a request error
        return response

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        status = 200
        if sub_response.media_type == GRAPHQL_RESPONSE and "data" not in response_data:
            status = _status(response_data)
        response = Response(
            self.encode_json(response_data),
            status_code=sub_response.status_code or status,
            media_type=sub_response.media_type,
        )
        response.headers.raw.extend(sub_response.headers.raw)
        if status == 429:
            response.headers["retry-after"] = str(_retry_after(response_data))
        response.background = sub_response.background
        return response

    async def _answer(self, request: Request) -> Response:
        try:
            self._admit(request)
            return await self.run(request)
        except HTTPException as refusal:
            return self._refusal(request, refusal.status_code, refusal.reason)
        except ClientDisconnect:
            raise
        except Exception as defect:
            request_id = request.scope.get("state", {}).get("request_id") or uuid4().hex
            log_defect("request failed", defect, request_id)
            return self._refusal(request, 500, UNEXPECTED, requestId=request_id)

    def _admit(self, request: Request) -> None:
        """Refuses what needs neither a body nor a context to be refused."""
        if request.method != "POST":
            raise HTTPException(405, "GraphQL is served by POST.")
        if not is_json(request.headers.get("content-type", "")):
            raise HTTPException(415, f"The content type must be {JSON}, in UTF-8.")
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise HTTPException(415, "A compressed body is not read.")
        if announced_length(request.headers.get("content-length", "")) > self._max_body_bytes:
            raise too_large(self._max_body_bytes)
        if self.carries_cookie(request) and not self.trusts_cookies(request):
            raise HTTPException(403, "A cookie is not accepted from another site.")

    def _refusal(
        self, request: Request, status: int, reason: str, **extensions: object
    ) -> Response:
        code = _STATUS_CODES.get(status, Code.BAD_USER_INPUT)
        error = operation_error(code, reason, **extensions)
        response = Response(
            self.encode_json({"errors": [error.formatted]}),
            status_code=status,
            media_type=negotiated(request.headers.get("accept", "")),
        )
        if status == 405:
            response.headers["allow"] = "POST"
        return response

    async def _serve_socket(self, socket: WebSocket) -> None:
        waiting = self.sockets.count(opening(self.client_of(socket)))
        if waiting >= _MAX_OPENING:
            await socket.close(1013)  # not accepted: the handshake is answered with 403
            return
        try:
            await self.run(socket)
        except WebSocketDisconnect:
            return
        except Exception as defect:
            log_defect("socket failed", defect, uuid4().hex)
            with suppress(*_GONE):
                await socket.close(1013, "Try again later")

    def client_of(self, connection: HTTPConnection) -> str:
        """What the caller's network is called in limits."""
        return address_of(connection)

    def _is_ours(self, origin: str, connection: HTTPConnection) -> bool:
        """Whether it is PUBLIC_URL, or the very address that was asked, scheme included."""
        named = normalize_origin(origin)
        if named is None:
            return False
        scheme = "https" if connection.url.scheme in ("https", "wss") else "http"
        host = connection.headers.get("host", "")
        return named in (self._public_origin, normalize_origin(f"{scheme}://{host}"))


def address_of(connection: HTTPConnection) -> str:
    """Where a caller is, for limits: the address, or the network of 64 bits that one home has."""
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed[:8] + bytes(8), 64)))


def _retry_after(response: object) -> int:
    errors = response.get("errors", ()) if isinstance(response, dict) else ()
    return max((error.get("extensions", {}).get("retryAfter", 0) for error in errors), default=0)


def _status(response: object) -> int:
    errors = response.get("errors", ()) if isinstance(response, dict) else ()
    codes = {error.get("extensions", {}).get("code") for error in errors}
    return next((status for code, status in _CODE_STATUSES.items() if code in codes), 400)
