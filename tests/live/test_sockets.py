"""The live card over real sockets, embedded and at scale."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from models.ids import encode_id
from models.staff import Staff
from models.workspace import Workspace
from resolvers.staff import SignedIn
from settings import Settings
from tests.conftest import make_settings
from tests.factories import make_lead, make_visit, sign_in_new
from tests.live.deployment import (
    ADD_TAGS,
    SIGN_OUT,
    VISITOR_FEED,
    Running,
    follow_card,
    item_of,
    next_item,
    running,
)
from tests.live.following import eventually, execute, wait_for_no_viewer
from tests.serving import Socket

pytestmark = pytest.mark.realtime

CARDS = 20
SEND = """mutation ($text: String!) {
  sendVisitorMessage(input: {idempotencyKey: "first", text: $text}) { __typename }
}"""


@pytest.fixture
def deployed(dialect: str, database_url: str, tmp_path: Path, request: Any) -> Settings:
    """SQLite with everything in process, and PostgreSQL with Valkey."""
    redis = request.getfixturevalue("redis_server").url if dialect == "postgresql" else None
    return make_settings(database_url, tmp_path, redis_url=redis, worker_inside=False)


@pytest.fixture
async def server(deployed: Settings) -> AsyncIterator[Running]:
    async with running(deployed) as opened:
        yield opened


@pytest.fixture
async def person(server: Running) -> SignedIn:
    return await sign_in_new(server.services)


@pytest.fixture
async def lead_id(server: Running, person: SignedIn) -> UUID:
    return await make_lead(server.services, person.actor)


async def add_tag(server: Running, person: SignedIn, lead_id: UUID, tag: str) -> Any:
    """Cursor and history id of the change."""
    answer = await server.ask(person.token, ADD_TAGS, lead=encode_id("lead", lead_id), tag=tag)
    (change,) = answer["addTags"]["changes"]
    return change


async def test_a_socket_gets_the_card_and_then_each_change(
    server: Running, person: SignedIn, lead_id: UUID
) -> None:
    async with server.socket() as socket:
        await socket.sign_in(token=person.token)
        await follow_card(socket, lead_id)
        snapshot = await next_item(socket)
        assert snapshot["__typename"] == "LeadCardSnapshot"
        assert snapshot["lead"]["displayName"] == "Lena Lorenz"
        assert snapshot["lead"]["viewers"] == [{"staff": {"name": "Ada Ames"}}]
        for number in range(3):
            written = await add_tag(server, person, lead_id, f"tag {number}")
            told = await item_of(socket, "TagsChanged")
            assert (told["cursor"], told["entry"]["id"]) == (
                written["cursor"],
                written["entry"]["id"],
            )


async def test_a_new_socket_goes_on_where_the_last_one_broke(
    server: Running, person: SignedIn, lead_id: UUID
) -> None:
    async with server.socket() as socket:
        await socket.sign_in(token=person.token)
        await follow_card(socket, lead_id)
        await next_item(socket)
        await add_tag(server, person, lead_id, "seen")
        last = (await item_of(socket, "TagsChanged"))["cursor"]
        socket.connection.transport.abort()
    missed = [(await add_tag(server, person, lead_id, f"missed {n}"))["cursor"] for n in range(5)]
    async with server.socket() as socket:
        await socket.sign_in(token=person.token)
        await follow_card(socket, lead_id, last)
        told: list[str] = []
        while len(told) < len(missed):
            item = await next_item(socket)
            assert item["__typename"] in ("TagsChanged", "PresenceChanged", "ViewersChanged")
            if item["__typename"] == "TagsChanged":
                told.append(item["cursor"])
    assert told == missed


async def test_a_socket_that_broke_leaves_the_viewers(
    server: Running, person: SignedIn, lead_id: UUID
) -> None:
    async with server.socket() as socket:
        await socket.sign_in(token=person.token)
        await follow_card(socket, lead_id)
        await next_item(socket)
        assert (await server.services.viewers.read(lead_id)).count == 1
        socket.connection.transport.abort()
    async with server.services.hub.open(lead_id) as topic:
        await eventually(lambda: topic.followers == 1)
    await wait_for_no_viewer(server.services, lead_id)


async def test_a_wrong_token_closes_with_4401(server: Running) -> None:
    for token in ("staff_wrong", "visit_wrong", "", "Ä", 7):
        async with server.socket() as socket:
            await socket.send({"type": "connection_init", "payload": {"token": token}})
            assert (await socket.closed())[0] == 4401


async def test_nobody_may_connect_and_is_refused_by_the_operation(
    server: Running, person: SignedIn, lead_id: UUID
) -> None:
    async with server.socket() as socket:
        await socket.sign_in()
        await follow_card(socket, lead_id)
        message = await socket.receive()
        assert message["type"] in ("error", "next")
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
        await socket.send({"type": "ping"})
        while (await socket.receive())["type"] != "pong":
            pass


async def test_signing_out_closes_that_sessions_sockets_within_a_second(
    server: Running, person: SignedIn, lead_id: UUID
) -> None:
    other = await sign_in_new(server.services)
    async with server.socket() as first, server.socket() as second, server.socket() as third:
        for socket, who in ((first, person), (second, person), (third, other)):
            await socket.sign_in(token=who.token)
        await follow_card(first, lead_id)
        await item_of(first, "LeadCardSnapshot")
        await server.ask(person.token, SIGN_OUT)
        async with asyncio.timeout(1):
            codes = [(await socket.closed())[0] for socket in (first, second)]
        assert codes == [4401, 4401]
        await follow_card(third, lead_id)
        await item_of(third, "LeadCardSnapshot")


async def test_a_person_who_left_the_team_loses_their_sockets(
    server: Running, person: SignedIn
) -> None:
    async with server.socket() as socket:
        await socket.sign_in(token=person.token)
        await execute(
            server.services,
            update(Staff).values(is_active=False),
            update(Workspace).values(access_version=Workspace.access_version + 1),
        )
        assert (await socket.closed())[0] == 4401


async def test_a_shutdown_closes_with_1012(
    server: Running, person: SignedIn, lead_id: UUID
) -> None:
    async with server.socket() as busy, server.socket() as idle:
        await busy.sign_in(token=person.token)
        await follow_card(busy, lead_id)
        await next_item(busy)
        await server.served.stop()
        assert (await busy.closed())[0] == 1012
        assert (await idle.closed())[0] == 1012
    assert len(server.app.state.sockets) == 0


async def test_a_token_in_the_first_message_wins_over_a_cookie(
    server: Running, person: SignedIn, lead_id: UUID
) -> None:
    visit = await make_visit(server.services)
    headers = {
        "cookie": f"__Host-leadlight={person.token}",
        "origin": server.services.public_url,
    }
    async with server.socket(additional_headers=headers) as socket:
        await socket.sign_in(token=visit.token)
        await socket.subscribe("1", VISITOR_FEED)
        snapshot = await next_item(socket, "visitorFeed")
        assert snapshot["__typename"] == "VisitFeedSnapshot"
        await follow_card(socket, lead_id, name="2")
        assert "UNAUTHENTICATED" in str(await socket.receive())
    async with server.socket(additional_headers=headers) as socket:
        await socket.sign_in()
        await follow_card(socket, lead_id)
        assert (await next_item(socket))["__typename"] == "LeadCardSnapshot"


async def test_a_visitor_and_the_team_hear_each_other(server: Running, person: SignedIn) -> None:
    visit = await make_visit(server.services)
    async with server.socket() as card, server.socket() as page:
        await card.sign_in(token=person.token)
        await follow_card(card, visit.actor.lead_id)
        await item_of(card, "LeadCardSnapshot")
        await page.sign_in(token=visit.token)
        await page.subscribe("1", VISITOR_FEED)
        await item_of(page, "VisitFeedSnapshot", "visitorFeed")
        await server.ask(visit.token, SEND, text="Hello")
        told = await item_of(page, "VisitMessageAdded", "visitorFeed")
        assert told["message"] == {"text": "Hello", "isMine": True}
        await item_of(card, "MessageAdded")


async def test_many_cards_share_one_socket(server: Running, person: SignedIn) -> None:
    cards = [await make_lead(server.services, person.actor) for _ in range(CARDS)]
    async with server.socket() as socket:
        await socket.sign_in(token=person.token)
        for number, lead_id in enumerate(cards):
            await follow_card(socket, lead_id, name=str(number))
        await _collect(socket, "LeadCardSnapshot", len(cards))
        written = {
            str(number): (await add_tag(server, person, lead_id, "one each"))["cursor"]
            for number, lead_id in enumerate(cards)
        }
        assert await _collect(socket, "TagsChanged", len(cards)) == written
        for number in range(CARDS):
            await socket.send({"type": "complete", "id": str(number)})
        services = server.services
        for lead_id in cards:
            async with services.hub.open(lead_id) as topic:
                await eventually(lambda topic=topic: topic.followers == 1)  # type: ignore[misc]  # a default, not a parameter


async def _collect(socket: Socket, kind: str, number: int) -> dict[str, str]:
    """Cursors of this type by operation, until there are so many."""
    cursors: dict[str, str] = {}
    while len(cursors) < number:
        message = await socket.receive()
        item = message["payload"]["data"]["leadCard"]
        if item["__typename"] == kind:
            cursors[message["id"]] = item["cursor"]
    return cursors


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_cursor_of_one_process_is_good_in_another(
    server: Running, deployed: Settings, person: SignedIn, lead_id: UUID
) -> None:
    async with running(deployed) as second:
        async with server.socket() as here, second.socket() as there:
            for socket in (here, there):
                await socket.sign_in(token=person.token)
                await follow_card(socket, lead_id)
                await item_of(socket, "LeadCardSnapshot")
            told = []
            for at in (server, second):
                written = await add_tag(at, person, lead_id, f"by {at.served.port}")
                for socket in (here, there):
                    told.append((await item_of(socket, "TagsChanged"))["cursor"])
                    assert told[-1] == written["cursor"]
        async with second.socket() as socket:
            await socket.sign_in(token=person.token)
            await follow_card(socket, lead_id, told[0])
            assert (await next_item(socket))["cursor"] == told[2]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_signing_out_in_one_process_closes_sockets_of_another(
    server: Running, deployed: Settings, person: SignedIn
) -> None:
    async with running(deployed) as second, second.socket() as socket:
        await socket.sign_in(token=person.token)
        await server.ask(person.token, SIGN_OUT)
        async with asyncio.timeout(2):
            assert (await socket.closed())[0] == 4401
