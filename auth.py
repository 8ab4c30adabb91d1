"""`/auth/oidc`: the browser's way to the provider and back, with a cookie for the time between."""

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from resolvers import staff
from resolvers.errors import DomainError, LimitReached, ProviderFailed
from resolvers.services import Services
from schema.endpoint import GraphQLEndpoint, client_of

log = structlog.get_logger(__name__)

PATH = "/auth/oidc"
HOME = "/live"
ATTEMPT_SECONDS = 600


class ProviderRoutes:
    """The two routes of one process; the session's cookie is the one that `/graphql` reads."""

    def __init__(self, endpoint: GraphQLEndpoint) -> None:
        self._endpoint = endpoint
        self._cookie = f"{endpoint.cookie}-attempt"

    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{PATH}/start", self.start, methods=["GET"]),
            Route(f"{PATH}/callback", self.finish, methods=["GET"]),
        ]

    async def start(self, request: Request) -> Response:
        """Sends the browser to the provider."""
        services: Services = request.app.state.services
        if services.provider is None:
            return Response(status_code=404)
        try:
            url, cookie = await staff.begin_sign_in(services, client=client_of(services, request))
        except LimitReached as reached:
            return _too_often(reached)
        except ProviderFailed as failed:
            return self._failed(failed)
        response = _away(url)
        response.set_cookie(
            self._cookie,
            cookie,
            max_age=ATTEMPT_SECONDS,
            path="/",
            secure=self._endpoint.is_secure,
            httponly=True,
            samesite="lax",  # the provider's page leads back here
        )
        return response

    async def finish(self, request: Request) -> Response:
        """Takes the browser back, signed in if the provider vouches for one of the team."""
        services: Services = request.app.state.services
        if services.provider is None:
            return Response(status_code=404)
        try:
            opened = await staff.finish_sign_in(
                services,
                request.cookies.get(self._cookie, ""),
                request.query_params.get("state", ""),
                request.query_params.get("code", ""),
                device=request.headers.get("user-agent", "")[:200],
                client=client_of(services, request),
            )
        except LimitReached as reached:
            return _too_often(reached)
        except DomainError:
            return self._without_attempt(_away(f"{HOME}#sign_in_refused"))
        except ProviderFailed as failed:
            return self._failed(failed)
        response = _away(HOME)
        self._endpoint.set_session(response, opened.token)
        return self._without_attempt(response)

    def _failed(self, failed: ProviderFailed) -> Response:
        log.warning("the sign-in provider failed", why=str(failed))
        return self._without_attempt(_away(f"{HOME}#sign_in_failed"))

    def _without_attempt(self, response: Response) -> Response:
        response.delete_cookie(
            self._cookie, path="/", secure=self._endpoint.is_secure, httponly=True, samesite="lax"
        )
        return response


def _away(url: str) -> Response:
    return RedirectResponse(url, 303, headers={"cache-control": "no-store"})


def _too_often(reached: LimitReached) -> Response:
    headers = {"retry-after": str(reached.retry_after or 60)}
    return PlainTextResponse(reached.message, 429, headers=headers)
