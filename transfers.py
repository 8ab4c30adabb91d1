"""Files over HTTP: uploads by ticket, what an import rejected, exports, files of leads.

For people who are signed in, but for files of leads: their links say who may, for a while.
"""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from resolvers.actors import StaffActor
from resolvers.errors import InvalidInput, LimitReached, NotFound
from resolvers.exports import Sending, open_leads_export, open_personal_data
from resolvers.file_store import StoreFailed
from resolvers.files import open_link
from resolvers.history_export import read_export
from resolvers.imports.online import find_rejected
from resolvers.services import Services
from resolvers.uploads import receive
from schema.endpoint import GraphQLEndpoint

Opener = Callable[[Services, StaffActor, str], Awaitable[Sending]]
"""Opens the file that a ticket is for."""
REJECTED_FILE = {"cache-control": "no-store", "content-security-policy": "sandbox"}
NOT_NOW = "Files can't be reached right now; please try again later."
LEAD_FILE = {
    "cache-control": "private, no-store",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
}
EXPORTED = {
    "cache-control": "no-store",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "x-accel-buffering": "no",
}
"""Of a file that is written while it is read: no proxy may collect it first."""
HISTORY_FILE = {
    "content-disposition": 'attachment; filename="history.jsonl"',
    "cache-control": "no-store",
}


def transfer_routes(graphql: GraphQLEndpoint, most_bytes: int) -> list[BaseRoute]:
    """Routes of files; callers are known as at the endpoint of the API."""

    async def upload(request: Request) -> Response:
        actor = await _caller(graphql, request)
        if actor is None:
            return PlainTextResponse("Please sign in.", status_code=401)
        if request.headers.get("content-encoding", "identity") != "identity":
            return PlainTextResponse("Send the bytes as they are.", status_code=415)
        try:
            ticket = request.path_params["ticket"]
            await receive(graphql.services, actor, ticket, request.stream())
        except NotFound:
            return PlainTextResponse("This ticket is not there any more.", status_code=404)
        except LimitReached as refused:
            return PlainTextResponse(refused.message, status_code=413)
        except InvalidInput as refused:
            return PlainTextResponse(refused.message, status_code=400)
        except StoreFailed:
            return PlainTextResponse(NOT_NOW, status_code=503)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        return Response(status_code=204)

    async def rejected(request: Request) -> Response:
        actor = await _caller(graphql, request)
        if actor is None:
            return PlainTextResponse("Please sign in.", status_code=401)
        try:
            found = await find_rejected(graphql.services, actor, request.path_params["progress"])
        except NotFound:
            return PlainTextResponse("This file is not there any more.", status_code=404)
        return FileResponse(
            found.path, media_type="text/csv", filename=found.name, headers=REJECTED_FILE
        )

    async def history(request: Request) -> Response:
        actor = await _caller(graphql, request)
        if actor is None:
            return PlainTextResponse("Please sign in.", status_code=401)
        try:
            lines = await read_export(graphql.services, actor, request.path_params["ticket"])
        except NotFound:
            return PlainTextResponse("This file is not there any more.", status_code=404)
        return StreamingResponse(lines, media_type="application/jsonl", headers=HISTORY_FILE)

    def exported(open_file: Opener) -> Callable[[Request], Awaitable[Response]]:
        async def export(request: Request) -> Response:
            actor = await _caller(graphql, request)
            if actor is None:
                return PlainTextResponse("Please sign in.", status_code=401)
            try:
                ticket = request.path_params["ticket"]
                return _sent(await open_file(graphql.services, actor, ticket))
            except NotFound:
                return PlainTextResponse("This file is not there any more.", status_code=404)
            except LimitReached as refused:
                wait = {"retry-after": str(refused.retry_after)}
                return PlainTextResponse(refused.message, status_code=429, headers=wait)

        return export

    async def file(request: Request) -> Response:
        try:
            found = await open_link(graphql.services, request.path_params["link"])
        except NotFound:
            return PlainTextResponse("This file is not there any more.", status_code=404)
        except StoreFailed:
            return PlainTextResponse(NOT_NOW, status_code=503)
        headers = {
            **LEAD_FILE,
            "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
            "content-length": str(found.size_bytes),
        }
        return StreamingResponse(found.parts, media_type=found.content_type, headers=headers)

    return [
        Route("/files/{link}", file, methods=["GET"]),
        Route("/exports/history/{ticket}", history, methods=["GET"]),
        Route("/exports/leads/{ticket}", exported(open_leads_export), methods=["GET"]),
        Route("/exports/person/{ticket}", exported(open_personal_data), methods=["GET"]),
        Route("/uploads/{ticket}", upload, methods=["PUT"], max_body_size=most_bytes),
        Route("/imports/{progress}/rejected.csv", rejected, methods=["GET"]),
    ]


def _sent(file: Sending) -> Response:
    headers = {**EXPORTED, "content-disposition": attachment(file.name)}
    return StreamingResponse(file.parts, media_type=file.content_type, headers=headers)


def attachment(name: str) -> str:
    """A file's name for saving, as RFC 8187 writes it, and in ASCII for who can't read that."""
    name = re.sub(r'[\x00-\x1f\x7f"*/:<>?\\|]', "-", name)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _caller(graphql: GraphQLEndpoint, request: Request) -> StaffActor | None:
    context = await graphql.get_context(request, None)
    return await context.staff_or_none()
