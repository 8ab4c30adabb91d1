"""Servers with real sockets, and a card as a client of GraphQL follows it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
from starlette.applications import Starlette

from app import create_app
from models.ids import encode_id
from resolvers.services import Services
from settings import Settings
from tests.serving import Served, Socket, open_socket, serving

CARD = """subscription ($id: ID!, $after: Cursor) {
  leadCard(id: $id, after: $after) {
    __typename
    ... on LeadCardSnapshot { cursor lead { id displayName viewers { staff { name } } } }
    ... on LeadCardReset { cursor resetReason }
    ... on LeadChange { cursor entry { id summary } lead { id displayName } }
    ... on PresenceChanged { cursor presence { state isProvisional } }
    ... on ViewersChanged { cursor viewerCount }
    ... on LeadMerged { leadId }
    ... on AccessEnded { endReason }
  }
}"""
VISITOR_FEED = """subscription ($after: Cursor) {
  visitorFeed(after: $after) {
    __typename
    ... on VisitFeedSnapshot { cursor visit { messages(first: 5) { nodes { text } } } }
    ... on VisitMessageAdded { cursor message { text isMine } }
    ... on VisitFeedReset { cursor resetReason }
  }
}"""
ADD_TAGS = """mutation ($lead: ID!, $tag: String!) {
  addTags(input: {leadId: $lead, tags: [$tag]}) {
    ... on AddTagsSuccess { changes { cursor entry { id } } }
    ... on Error { message }
  }
}"""
SIGN_OUT = "mutation { signOut { __typename } }"


@dataclass
class Running:
    """One API process's worth of program, served in the loop of the test."""

    app: Starlette
    served: Served
    client: httpx2.AsyncClient

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services

    def socket(self, **options: Any) -> Any:
        return open_socket(f"{self.served.ws}/graphql", **options)

    async def ask(self, token: str, query: str, **variables: Any) -> Any:
        return await ask(self.client, self.served.http, token, query, **variables)


async def ask(
    client: httpx2.AsyncClient, url: str, token: str, query: str, **variables: Any
) -> Any:
    """The data of an operation by POST; without a token as nobody."""
    answer = await client.post(
        f"{url}/graphql",
        json={"query": query, "variables": variables},
        headers={"authorization": f"Bearer {token}"} if token else {},
    )
    body = answer.json()
    assert "errors" not in body, body
    return body["data"]


@asynccontextmanager
async def running(settings: Settings, drain_seconds: float = 0) -> AsyncIterator[Running]:
    """Serves the program until the block ends."""
    app = create_app(settings)

    async def drain() -> None:
        await app.state.sockets.close_all(over=drain_seconds)

    async with (
        app.router.lifespan_context(app),
        serving(app, drain=drain) as served,
        httpx2.AsyncClient() as client,
    ):
        yield Running(app, served, client)


async def follow_card(
    socket: Socket, lead_id: UUID, after: str | None = None, name: str = "1"
) -> None:
    """Subscribes to a card."""
    variables = {"id": encode_id("lead", lead_id), "after": after}
    await socket.subscribe(name, CARD, variables=variables)


async def next_item(socket: Socket, field: str = "leadCard") -> dict[str, Any]:
    """The next item of the one stream on a socket."""
    message = await socket.receive()
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    item: dict[str, Any] = message["payload"]["data"][field]
    return item


async def item_of(socket: Socket, kind: str, field: str = "leadCard") -> dict[str, Any]:
    """The next item of this type; others may come before it."""
    while (item := await next_item(socket, field))["__typename"] != kind:
        pass
    return item
