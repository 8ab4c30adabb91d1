"""`/graphql`: who calls, by cookie or by token."""

from typing import Any

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from resolvers.services import Services
from schema.context import Context
from schema.sockets import CredentialsRefused
from schema.transport import LeadlightGraphQL, address_of

SESSION_SECONDS = 90 * 24 * 3600


class GraphQLEndpoint(LeadlightGraphQL[Context, None]):
    """The endpoint of one process; `services`, `cookie` and `is_secure` are set by the wiring."""

    services: Services
    cookie: str
    is_secure: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin")
        if scope["type"] == "websocket" and origin is not None:
            # looked up here, because the check of the library itself can't wait
            await self.services.origins.knows(origin)
        await super().__call__(scope, receive, send)

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        return super().is_websocket_origin_allowed(request, origin) or self.services.origins.has(
            origin
        )

    async def get_context(self, request: Request | WebSocket, response: Any) -> Context:
        context = Context(
            services=self.services,
            token=_bearer(request) or self._cookie_token(request),
            client=self.client_of(request),
            address=request.client.host if request.client else "",
            device=request.headers.get("user-agent", "")[:200],
            origin=request.headers.get("origin"),
        )
        if given := request.scope.get("state", {}).get("request_id"):
            context.request_id = given
        if isinstance(request, Request):
            context.set_session = lambda token: self.set_session(response, token)
        return context

    def client_of(self, connection: HTTPConnection) -> str:
        return client_of(self.services, connection)

    async def on_ws_connect(self, context: Context) -> None:
        """A token in the first message wins over a cookie; a wrong one closes with 4401, and so
        does any other claim: who somebody is stands in the database alone."""
        claims = dict(context.connection_params or {})
        given = claims.pop("token", None)
        if claims:
            raise CredentialsRefused
        if given is not None:
            context.token = given if isinstance(given, str) else ""
        await context.enter()
        person = await context.staff_or_none()
        visitor = None if person else await context.visitor_or_none()
        if person is not None:
            context.session_key = f"staff:{person.session_id.hex}"
        elif visitor is not None:
            context.session_key = f"visit:{visitor.visit_id.hex}"
        elif given is not None:
            raise CredentialsRefused

    def _cookie_token(self, connection: HTTPConnection) -> str | None:
        return connection.cookies.get(self.cookie) if self.trusts_cookies(connection) else None

    def set_session(self, response: Response, token: str | None) -> None:
        """Puts a session's token into the cookie, or takes the cookie away."""
        if token is None:
            response.delete_cookie(
                self.cookie, path="/", secure=self.is_secure, httponly=True, samesite="lax"
            )
            return
        response.set_cookie(
            self.cookie,
            token,
            max_age=SESSION_SECONDS,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )


def client_of(services: Services, connection: HTTPConnection) -> str:
    """What a caller's network is called in limits: the address itself is kept nowhere."""
    return services.secrets.name_of_client(address_of(connection))


def _bearer(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
