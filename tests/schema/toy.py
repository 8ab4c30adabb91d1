"""A small schema with every way to succeed, fail and wait that the transport must bear."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry
from strawberry.exceptions import ConnectionRejectionError
from strawberry.types import Info
from strawberry.types.unset import UNSET

from schema.documents import DocumentCache, Documents
from schema.operation_errors import Code, operation_error
from schema.operations import LeadlightSchema
from schema.sockets import CredentialsExpired
from schema.transport import LeadlightGraphQL, SocketAdapter, address_of


@dataclass
class Journal:
    """What happened in the server, in order, and an event for each thing that a test awaits."""

    lines: list[str] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    operations: int = 0


@dataclass
class ToyContext:
    journal: Journal = field(default_factory=Journal)
    may_introspect: bool = True
    request_id: str = "request-7"
    session_key: str | None = None
    connection_params: dict[str, Any] | None = None
    number: int = 0
    client: str = ""

    @property
    def caller(self) -> str | None:
        return self.session_key

    def for_operation(self) -> "ToyContext":
        self.journal.operations += 1
        return ToyContext(
            self.journal,
            self.may_introspect,
            self.request_id,
            self.session_key,
            self.connection_params,
            self.journal.operations,
            self.client,
        )

    async def release(self) -> None:
        self.journal.lines.append(f"release {self.number}")


ToyInfo = Info[ToyContext, None]


@strawberry.type
class Item:
    name: str = "item"

    @strawberry.field
    def items(self, first: int) -> "list[Item]":
        return [Item()] * first


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "hello"

    @strawberry.field
    def number(self, info: ToyInfo) -> int:
        info.context.journal.lines.append(f"resolve {info.context.number}")
        return info.context.number

    @strawberry.field
    def same(self, info: ToyInfo) -> bool:
        return info.context.number == info.context.journal.operations

    @strawberry.field
    def items(self, first: int) -> list[Item]:
        return [Item()] * first

    @strawberry.field
    def item(self) -> Item:
        return Item()

    @strawberry.field
    def greeting(self, name: str = "you") -> str:
        return f"hello {name}"

    @strawberry.field
    def defect(self, secret: str) -> str | None:
        raise LookupError(f"no row with {secret}")

    @strawberry.field
    def defect_of_graphql(self, secret: str) -> str | None:
        raise strawberry.exceptions.StrawberryGraphQLError(f"unlabelled {secret}")

    @strawberry.field
    def gone(self) -> str | None:
        raise operation_error(Code.GONE, "It was erased.", leadId="lead_1")


@strawberry.type
class Mutation:
    @strawberry.mutation
    def sign_in(self, password: str) -> bool:
        return password == "right"

    @strawberry.mutation
    def sign_in_to_portal(self, password: str) -> bool:
        return password == "right"

    @strawberry.mutation
    def rename(self, name: str) -> str:
        return name


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: ToyInfo, to: int) -> AsyncGenerator[int, None]:
        for number in range(to):
            info.context.journal.lines.append(f"yield {number}")
            yield number

    @strawberry.subscription
    async def forever(self, info: ToyInfo) -> AsyncGenerator[int, None]:
        try:
            yield 0
            await asyncio.Event().wait()
        finally:
            info.context.journal.closed.set()

    @strawberry.subscription
    async def torrent(self, info: ToyInfo, size: int) -> AsyncGenerator[str, None]:
        try:
            while True:
                yield "x" * size
        finally:
            info.context.journal.closed.set()

    @strawberry.subscription
    async def breaks(self, secret: str) -> AsyncGenerator[int, None]:
        yield 0
        raise LookupError(f"lost {secret}")


def toy_schema(cache: DocumentCache | None = None) -> LeadlightSchema:
    documents = DocumentCache() if cache is None else cache
    return LeadlightSchema(
        Query,
        Mutation,
        Subscription,
        extensions=[lambda: Documents(documents)],
    )


class NotingAdapter(SocketAdapter):
    """Writes the type of each frame into the journal before it is sent."""

    view: "ToyGraphQL"  # type: ignore[assignment]

    async def send_json(self, message: Mapping[str, object]) -> None:
        self.view.journal.lines.append(f"send {message['type']}")
        await super().send_json(message)


class ToyGraphQL(LeadlightGraphQL[ToyContext, None]):
    """Signs in by `connection_init {token}` and notes each frame in the journal."""

    websocket_adapter_class = NotingAdapter

    def __init__(self, schema: LeadlightSchema | None = None, **options: Any) -> None:
        super().__init__(schema or toy_schema(), public_url="https://leads.example", **options)
        self.journal = Journal()
        self.may_introspect = True

    async def get_context(self, request: Any, response: Any) -> ToyContext:
        if request.headers.get("x-broken"):
            raise LookupError("no context")
        return ToyContext(self.journal, self.may_introspect, client=address_of(request))

    async def on_ws_connect(self, context: ToyContext) -> Any:
        token = (context.connection_params or {}).get("token")
        if token == "wrong":
            raise ConnectionRejectionError
        if token == "expired":
            raise CredentialsExpired
        if token == "broken":
            raise LookupError("no session")
        context.session_key = token
        return UNSET
