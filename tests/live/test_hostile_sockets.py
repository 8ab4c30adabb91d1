"""Sockets opened or kept by those who should not have them, embedded and at scale."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import websockets
from sqlalchemy import update
from sqlmodel import col

from models.staff import Staff
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.staff import SignedIn
from resolvers.unit_of_work import unit_of_work
from settings import Settings
from tests.conftest import make_settings
from tests.factories import make_lead, make_visit, sign_in_again, sign_in_new
from tests.live.deployment import SIGN_OUT, Running, follow_card, item_of, running
from tests.serving import Socket

pytestmark = pytest.mark.realtime

SITE = "https://site.example"
WHO = "{ me { staff { name } } visit { id } }"


@pytest.fixture
def deployed(dialect: str, database_url: str, tmp_path: Path, request: Any) -> Settings:
    """SQLite with everything in process, and PostgreSQL with Valkey."""
    redis = request.getfixturevalue("redis_server").url if dialect == "postgresql" else None
    return make_settings(
        database_url,
        tmp_path,
        redis_url=redis,
        worker_inside=False,
        allowed_origins=SITE,
        sockets_per_caller=3,
        reconcile_seconds=30,  # what closes a socket in time is the bus
    )


@pytest.fixture
async def server(deployed: Settings) -> AsyncIterator[Running]:
    async with running(deployed) as opened:
        yield opened


@pytest.fixture
async def person(server: Running) -> SignedIn:
    return await sign_in_new(server.services)


async def disable(services: Services, person: SignedIn) -> None:
    """As an administrator would: the person may no longer sign in."""
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(Staff).where(col(Staff.id) == person.actor.id).values(is_active=False)
        )
        work.record_workspace("staff_deactivated", {"staff": person.actor.id.hex}, access=True)


async def who(socket: Socket) -> Any:
    """Whom the server takes the other side for."""
    await socket.subscribe("who", WHO)
    data = (await socket.receive())["payload"]["data"]
    assert (await socket.receive())["type"] == "complete"
    return data


@pytest.mark.parametrize("how", ["signed out", "disabled"])
async def test_sockets_of_who_may_not_go_on_are_closed_within_a_second(
    server: Running, person: SignedIn, how: str
) -> None:
    other = await sign_in_new(server.services)
    lead_id = await make_lead(server.services, person.actor)
    async with server.socket() as busy, server.socket() as idle, server.socket() as foreign:
        await busy.sign_in(token=person.token)
        await follow_card(busy, lead_id)
        await item_of(busy, "LeadCardSnapshot")
        await idle.sign_in(token=person.token)
        await foreign.sign_in(token=other.token)
        if how == "disabled":
            await disable(server.services, person)
        else:
            await server.ask(person.token, SIGN_OUT)
        async with asyncio.timeout(1):
            codes = [(await socket.closed())[0] for socket in (busy, idle)]
        assert codes == [4401, 4401]
        assert (await who(foreign))["me"] is not None
    async with server.socket() as again:
        await again.send({"type": "connection_init", "payload": {"token": person.token}})
        assert (await again.closed())[0] == 4401


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_person_disabled_in_one_process_loses_the_sockets_of_another(
    server: Running, deployed: Settings, person: SignedIn
) -> None:
    async with running(deployed) as second, second.socket() as socket:
        await socket.sign_in(token=person.token)
        await disable(server.services, person)
        async with asyncio.timeout(1):
            assert (await socket.closed())[0] == 4401


CLAIMS: list[dict[str, Any]] = [
    {"role": "ADMIN"},
    {"token": "staff_forged"},
    {"token": {"role": "ADMIN"}},
    {"token": ["staff_"]},
    {"token": True},
    {"jwt": {"sub": "1", "roles": ["ADMIN"]}},
    {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiQURNSU4ifQ."},
    {"user": {"id": "1"}},
    {"session_key": "staff:1"},
    {"headers": {"cookie": "x"}},
    {"__proto__": {"isAdmin": True}},
]


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_claim_in_the_first_message_is_not_believed(
    server: Running, person: SignedIn, claim: dict[str, Any]
) -> None:
    async with server.socket() as socket:
        await socket.send({"type": "connection_init", "payload": claim})
        assert (await socket.closed())[0] == 4401
    if "token" not in claim:
        async with server.socket() as socket:
            both = {**claim, "token": person.token}
            await socket.send({"type": "connection_init", "payload": both})
            assert (await socket.closed())[0] == 4401


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_cookie_signs_a_socket_in_from_our_own_pages_only(
    server: Running, person: SignedIn
) -> None:
    cookie = {"cookie": f"__Host-leadlight={person.token}"}
    for origin in (server.services.public_url, server.served.http):
        async with server.socket(additional_headers=cookie, origin=origin) as socket:
            await socket.sign_in()
            assert (await who(socket))["me"] is not None
    for stranger in (None, SITE):
        async with server.socket(additional_headers=cookie, origin=stranger) as socket:
            await socket.sign_in()
            assert await who(socket) == {"me": None, "visit": None}
    for evil in ("https://evil.example", "null", f"{SITE}.evil.example", "http://site.example"):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with server.socket(additional_headers=cookie, origin=evil):
                pass
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_caller_has_so_many_sockets_however_many_sessions(
    server: Running, person: SignedIn
) -> None:
    again = await sign_in_again(server.services, person.actor.id)
    other = await sign_in_new(server.services)
    visit = await make_visit(server.services)
    callers: list[list[dict[str, Any]]] = [
        [{"token": person.token}, {"token": again.token}],
        [{"token": other.token}] * 2,
        [{"token": visit.token}] * 2,
        [{}] * 2,
    ]
    async with AsyncExitStack() as stack:
        for first, second in callers:
            for parameters in (first, first, second):
                socket = await stack.enter_async_context(server.socket())
                await socket.sign_in(**parameters)
            async with server.socket() as one_more:
                await one_more.send({"type": "connection_init", "payload": second})
                assert await one_more.closed() == (1013, "Too many sockets")
            await socket.connection.close()
            socket = await stack.enter_async_context(server.socket())
            await socket.sign_in(**second)
