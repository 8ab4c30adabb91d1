"""What a request's body and headers may be, before anything in them is taken for GraphQL."""

import asyncio
import json
from collections.abc import Collection
from contextlib import suppress
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.types import Message, Receive

from schema.trusted import is_document_id

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
DRAINED_BYTES = 1_048_576
"""How much of a refused body is read and forgotten."""

_MAX_JSON_DEPTH = 64


class Body:
    """A request's body as it arrives: refused as soon as it has grown beyond `max_bytes`, or takes
    longer than `seconds`."""

    def __init__(self, receive: Receive, max_bytes: int, seconds: float) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._deadline: float | None = None
        self._seen = 0
        self._has_more = True

    async def receive(self) -> Message:
        """The next part, for Starlette."""
        message = await self._next()
        if self._seen > self._max_bytes:
            raise too_large(self._max_bytes)
        return message

    async def drain(self) -> bool:
        """Reads what is left and forgets it, up to 1 MiB; whether that was all.

        A client that is still sending would not see the answer when the connection was closed.
        """
        with suppress(HTTPException):
            while self._has_more and self._seen < DRAINED_BYTES:
                await self._next()
        return not self._has_more

    async def _next(self) -> Message:
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(
                408, f"The request body took longer than {self._seconds:g} s."
            ) from None
        self._seen += len(message.get("body", b""))
        self._has_more = message.get("more_body", False)
        return message


def decode(data: str | bytes) -> object:
    """UTF-8 JSON without NaN, lone surrogates, deep nesting or a key given twice, which other
    readers on the way might take for something else.

    Raises:
        json.JSONDecodeError: for anything else.
    """
    value = orjson.loads(data)
    level = [value]
    for _ in range(_MAX_JSON_DEPTH + 1):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            _TWICE.decode(data if isinstance(data, str) else data.decode())
            return value
    raise json.JSONDecodeError("Nested too deeply", "", 0)


def names_one_document(body: dict[str, Any]) -> bool:
    """Whether the document, if there is one, is given by its text or its id and not by both."""
    if "documentId" not in body:
        return True
    return body.get("query") is None and is_document_id(body["documentId"])


def name_document(body: dict[str, Any]) -> None:
    """The id stands where the text would; no text has its form, and `Documents` knows it."""
    if "documentId" in body:
        body["query"] = body.pop("documentId")


def negotiated(accept: str) -> str:
    """The media type of the answer: `application/graphql-response+json` for clients that name it
    and like it at least as much as plain JSON, which everyone else gets."""
    qualities = {GRAPHQL_RESPONSE: 0.0, JSON: 0.0}
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = _quality(parameters)
        if name == GRAPHQL_RESPONSE:
            qualities[name] = quality
        elif name in (JSON, "application/*", "*/*"):
            qualities[JSON] = max(qualities[JSON], quality)
    wanted = qualities[GRAPHQL_RESPONSE]
    return GRAPHQL_RESPONSE if wanted > 0 and wanted >= qualities[JSON] else JSON


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def is_json(content_type: str) -> bool:
    """Browsers send any other type across sites without asking first."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = {item[8:].strip('"') for item in parameters if item.startswith("charset=")}
    return media_type == JSON and charsets <= {"utf-8"}


def announced_length(header: str) -> int:
    """The length that a request announces; its first digits are enough to refuse it."""
    return int(header[:16]) if header.isascii() and header.isdigit() else 0


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = dict(pairs)
    if len(keys) < len(pairs):
        raise json.JSONDecodeError("A key stands twice", "", 0)
    return keys


# Numbers stay text: Python refuses to read thousands of digits, and nobody looks at them here.
_TWICE = json.JSONDecoder(object_pairs_hook=_unique, parse_int=str, parse_float=str)


def _children(value: object) -> Collection[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def too_large(max_bytes: int) -> HTTPException:
    return HTTPException(413, f"The request body is larger than {max_bytes} bytes.")
