"""Whoever is let go or signed out elsewhere loses sockets and streams at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from models.enums import StaffRole
from models.ids import encode_id
from resolvers.staff import SignedIn
from settings import Settings
from tests.client import write_document
from tests.conftest import make_settings
from tests.factories import PASSWORD, make_lead, sign_in_new
from tests.live.deployment import Running, follow_card, item_of, running

pytestmark = pytest.mark.realtime


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
async def admin(server: Running) -> SignedIn:
    return await sign_in_new(server.services)


@pytest.fixture
async def agent(server: Running) -> SignedIn:
    return await sign_in_new(server.services, StaffRole.AGENT, "Cy Coe")


@pytest.fixture
async def lead_id(server: Running, agent: SignedIn) -> UUID:
    return await make_lead(server.services, assignee_id=agent.actor.id)


async def done(server: Running, who: SignedIn, mutation: str, parts: str = "", **given: Any) -> Any:
    """The success of a mutation."""
    data = await server.ask(who.token, write_document(mutation, parts), input=given)
    made = data[mutation]
    assert made["__typename"].endswith("Success"), made
    return made


def staff_id(who: SignedIn) -> str:
    return encode_id("staff", who.actor.id)


async def test_letting_a_person_go_closes_their_sockets_and_nobody_elses(
    server: Running, admin: SignedIn, agent: SignedIn, lead_id: UUID
) -> None:
    async with server.socket() as theirs, server.socket() as idle, server.socket() as ours:
        for socket, who in ((theirs, agent), (idle, agent), (ours, admin)):
            await socket.sign_in(token=who.token)
        for socket in (theirs, ours):
            await follow_card(socket, lead_id)
            await item_of(socket, "LeadCardSnapshot")
        await done(server, admin, "updateStaff", staffId=staff_id(agent), isActive=False)
        async with asyncio.timeout(1):
            codes = [(await socket.closed())[0] for socket in (theirs, idle)]
        assert codes == [4401, 4401]
        told = await done(server, admin, "addTags", leadId=encode_id("lead", lead_id), tags=["x"])
        assert (await item_of(ours, "TagsChanged"))["cursor"] == told["changes"][0]["cursor"]


async def test_a_role_that_sees_less_ends_the_stream_and_keeps_the_socket(
    server: Running, admin: SignedIn, lead_id: UUID
) -> None:
    manager = await sign_in_new(server.services, StaffRole.MANAGER, "Mo Mann")
    async with server.socket() as socket:
        await socket.sign_in(token=manager.token)
        await follow_card(socket, lead_id)
        await item_of(socket, "LeadCardSnapshot")
        await done(server, admin, "updateStaff", staffId=staff_id(manager), role="AGENT")
        async with asyncio.timeout(1):
            assert (await item_of(socket, "AccessEnded"))["endReason"] == "RIGHTS_CHANGED"
        await socket.send({"type": "ping"})
        while (await socket.receive())["type"] != "pong":
            pass


async def test_a_new_password_and_ending_a_session_close_the_sockets_of_others(
    server: Running, admin: SignedIn
) -> None:
    sign_in = write_document("signIn", "token me { sessions { id isCurrent } }")
    address = (await server.ask(admin.token, "{ me { staff { emailAddress } } }"))["me"]["staff"]
    others = [
        (await server.ask("", sign_in, input={**address, "password": PASSWORD, "wantsToken": True}))
        for _ in range(2)
    ]
    first, second = (each["signIn"] for each in others)
    (second_id,) = [each["id"] for each in second["me"]["sessions"] if each["isCurrent"]]
    async with server.socket() as one, server.socket() as two, server.socket() as own:
        for socket, token in ((one, first["token"]), (two, second["token"]), (own, admin.token)):
            await socket.sign_in(token=token)
        await done(server, admin, "endSession", sessionId=second_id)
        async with asyncio.timeout(1):
            assert (await two.closed())[0] == 4401
        new = "another long password"
        await done(server, admin, "changePassword", currentPassword=PASSWORD, newPassword=new)
        async with asyncio.timeout(1):
            assert (await one.closed())[0] == 4401
        await own.send({"type": "ping"})
        assert (await own.receive())["type"] == "pong"


async def test_an_api_token_opens_a_socket_that_ends_with_it(
    server: Running, admin: SignedIn, lead_id: UUID
) -> None:
    parts, scopes = "token apiToken { id }", ["READ_LEADS"]
    revoked = await done(
        server, admin, "createApiToken", parts, name="a", scopes=scopes, isPersonal=False
    )
    until = server.services.clock.now() + timedelta(seconds=1.5)
    expiring = await done(
        server, admin, "createApiToken", parts, name="b", scopes=scopes, expiresAt=until.isoformat()
    )
    async with server.socket() as one, server.socket() as two:
        await two.sign_in(token=expiring["token"])
        await one.sign_in(token=revoked["token"])
        await follow_card(one, lead_id)
        await item_of(one, "LeadCardSnapshot")
        await done(server, admin, "revokeApiToken", apiTokenId=revoked["apiToken"]["id"])
        async with asyncio.timeout(1):
            assert (await one.closed())[0] == 4401
        assert (await two.closed())[0] == 4401
    async with server.socket() as socket:
        await socket.send({"type": "connection_init", "payload": {"token": revoked["token"]}})
        assert (await socket.closed())[0] == 4401
