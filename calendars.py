"""Diaries over HTTP: one file by a secret address, for programs that can't sign in."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from resolvers.calendar_feed import PATH, read_feed
from resolvers.errors import LimitReached, NotFound
from resolvers.services import Services
from schema.endpoint import client_of

HEADERS = {
    "cache-control": "private, no-cache",
    "content-disposition": 'inline; filename="leadlight.ics"',
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}


async def calendar(request: Request) -> Response:
    """A person's diary, or 304 for who has it already."""
    services: Services = request.app.state.services
    token = request.path_params["token"]
    try:
        feed = await read_feed(services, token, client_of(services, request))
    except NotFound:
        return PlainTextResponse("There is no such calendar.", status_code=404)
    except LimitReached as refused:
        wait = {"retry-after": str(refused.retry_after)}
        return PlainTextResponse(refused.message, status_code=429, headers=wait)
    headers = {**HEADERS, "etag": f'W/"{feed.tag}"'}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(feed.body, media_type="text/calendar; charset=utf-8", headers=headers)


def calendar_routes() -> list[BaseRoute]:
    """Routes of diaries."""
    return [Route(f"{PATH}/{{token}}.ics", calendar, methods=["GET"])]
