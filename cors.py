"""Pages of other origins that may read answers: the team's sites, and who the settings name."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from resolvers.services import Services

SHARED = ("/graphql", "/uploads/", "/imports/", "/exports/")
"""The API. Everything else is for our own pages, or is loaded without asking."""
HEADERS = ("accept", "authorization", "content-type", "x-request-id")
TOLD = ("retry-after", "x-request-id")
PREFLIGHT_SECONDS = 7_200


class Cors:
    """Answers other origins as the browser asks, and only those that are known.

    Never with cookies: a page of another origin sends a token of its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] == "http" and scope["path"].startswith(SHARED):
            origin = Headers(scope=scope).get("origin")
            services: Services = scope["app"].state.services
            if origin is not None and await services.origins.knows(origin):
                app = CORSMiddleware(
                    app,
                    allow_origins=[origin],
                    allow_methods=["GET", "POST", "PUT"],
                    allow_headers=HEADERS,
                    expose_headers=TOLD,
                    max_age=PREFLIGHT_SECONDS,
                )
        await app(scope, receive, send)
