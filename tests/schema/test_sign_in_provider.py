"""Signing in with an OpenID Connect provider, over real HTTP with real signatures."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import update
from sqlmodel import col

from app import create_app
from models.clock import ManualClock
from models.enums import StaffRole
from models.ids import encode_id
from models.staff import Staff
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.sign_in_providers import ATTEMPT_LASTS, METADATA_LASTS
from resolvers.staff import StaffEdit, update_staff
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, nothing_written, staff_client
from tests.conftest import make_settings
from tests.live.following import execute
from tests.oidc_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    altered,
    running_provider,
    signed_by_client,
    unsigned,
)

OURS = "https://leads.example"
SESSION, ATTEMPT = "__Host-leadlight", "__Host-leadlight-attempt"
ME = {"query": "{ me { staff { id name } } signInProviders { name url } }"}
IN, REFUSED, FAILED = "/live", "/live#sign_in_refused", "/live#sign_in_failed"


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[Provider]:
    async with running_provider(clock) as opened:
        yield opened


@dataclass
class World:
    """The program with a provider, and one browser that knows both."""

    app: Any
    browser: httpx2.AsyncClient
    outside: httpx2.AsyncClient
    provider: Provider

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services

    def another_browser(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url=OURS)

    async def to_provider_and_back(self) -> str:
        """The address that the provider sends the browser back to."""
        started = await self.browser.get("/auth/oidc/start")
        assert started.status_code == 303, started.text
        agreed = await self.outside.get(started.headers["location"])
        assert agreed.status_code == 303
        return str(agreed.headers["location"])

    async def sign_in(self) -> str:
        """Where the browser ends."""
        return await self.come_back(await self.to_provider_and_back())

    async def come_back(self, address: str) -> str:
        answer = await self.browser.get(address)
        assert answer.status_code == 303
        assert answer.headers["cache-control"] == "no-store"
        return str(answer.headers["location"])

    async def me(self) -> Any:
        answer = await self.browser.post(
            "/graphql", json=ME, headers={"origin": OURS, "sec-fetch-site": "same-origin"}
        )
        return answer.json()["data"]["me"]

    async def add(self, address: str, role: StaffRole = StaffRole.AGENT) -> Client:
        """Somebody of the team with this address."""
        client = await staff_client(self.services, role, "Ada Ames")
        assert client.actor
        mine = update(Staff).where(col(Staff.id) == client.actor.id)
        await execute(self.services, mine.values(email_address=address))
        return client


@pytest.fixture
async def world(
    database_url: str, tmp_path: Path, clock: ManualClock, provider: Provider
) -> AsyncIterator[World]:
    settings = make_settings(
        database_url,
        tmp_path,
        public_url=OURS,
        worker_inside=False,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
    )
    app = create_app(settings, clock)
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url=OURS) as browser,
        httpx2.AsyncClient() as outside,
    ):
        yield World(app, browser, outside, provider)


# --- the way in ----------------------------------------------------------------------------------


async def test_a_person_of_the_team_comes_in_with_the_cookie_that_a_password_gives(
    world: World,
) -> None:
    await world.add("ada@team.example")
    world.provider.email = "Ada@Team.example"
    address = await world.to_provider_and_back()
    back = await world.browser.get(address)
    assert back.headers["location"] == IN
    cookies = {each.partition("=")[0]: each for each in back.headers.get_list("set-cookie")}
    for part in ("httponly", "secure", "samesite=lax", "path=/"):
        assert part in cookies[SESSION].lower()
    assert "Max-Age=0" in cookies[ATTEMPT]
    assert (await world.me())["staff"]["name"] == "Ada Ames"


async def test_the_provider_is_told_a_secret_of_one_attempt_and_never_ours(world: World) -> None:
    seen = []
    for _ in range(2):
        started = await world.browser.get("/auth/oidc/start")
        parts = urlsplit(started.headers["location"])
        asked = {name: each[0] for name, each in parse_qs(parts.query).items()}
        assert asked["redirect_uri"] == f"{OURS}/auth/oidc/callback"
        assert CLIENT_SECRET not in started.headers["location"]
        cookie = started.headers["set-cookie"]
        for name in ("state", "nonce", "code_challenge"):
            assert asked[name] not in cookie
            assert len(asked[name]) >= 43
        for part in ("httponly", "secure", "samesite=lax"):
            assert part in cookie.lower()
        seen += [asked["state"], asked["nonce"], asked["code_challenge"]]
    assert len(set(seen)) == 6
    assert world.provider.reads == ["configuration"]


async def test_the_page_is_told_of_the_provider(world: World, services: Services) -> None:
    answer = await world.browser.post("/graphql", json=ME, headers={"origin": OURS})
    assert answer.json()["data"]["signInProviders"] == [
        {"name": "127.0.0.1", "url": f"{OURS}/auth/oidc/start"}
    ]
    nobody = Client(services)
    assert await nobody.read("{ signInProviders { name } }") == {"signInProviders": []}


async def test_without_a_provider_there_is_no_such_way(app_client: httpx2.AsyncClient) -> None:
    for path in ("/auth/oidc/start", "/auth/oidc/callback?state=x&code=y"):
        assert (await app_client.get(path)).status_code == 404


async def test_an_invited_person_becomes_one_of_the_team(world: World) -> None:
    admin = await world.add("boss@team.example", StaffRole.ADMIN)
    given = {"name": "Bo Berg", "emailAddress": "bo@team.example", "role": "AGENT"}
    made = await admin.done("inviteStaff", "staff { id isActive } invitationUrl", **given)
    world.provider.email = "bo@team.example"
    assert await world.sign_in() == IN
    assert (await world.me())["staff"] == {"id": made["staff"]["id"], "name": "Bo Berg"}
    token = made["invitationUrl"].partition("#")[2]
    late = await Client(world.services).write(
        "acceptInvitation", token=token, password="another long password"
    )
    assert late["reason"] == "TOKEN_INVALID"


# --- who does not come in ------------------------------------------------------------------------


async def test_nobody_is_made_and_nobody_who_left_comes_back(world: World) -> None:
    admin = await world.add("boss@team.example", StaffRole.ADMIN)
    gone = await world.add("gone@team.example")
    assert gone.actor
    who = {"staffId": encode_id("staff", gone.actor.id)}
    await admin.done("updateStaff", **who, isActive=False)
    for address in ("stranger@team.example", "gone@team.example", "no address"):
        world.provider.email = address
        before = await admin.read("{ staffMembers(first: 10) { nodes { id isActive } } }")
        assert await world.sign_in() == REFUSED
        assert await admin.read("{ staffMembers(first: 10) { nodes { id isActive } } }") == before
        assert await world.me() is None


async def test_an_address_that_changes_while_its_person_comes_in_opens_nothing(
    world: World,
) -> None:
    ada = await world.add("ada@team.example")
    assert ada.actor
    answer = await world.to_provider_and_back()
    async with unit_of_work(world.services, SYSTEM) as work:
        edit = StaffEdit(email_address="ada.new@team.example")
        await update_staff(work, ada.actor.id, edit)
        coming = asyncio.create_task(world.come_back(answer))
        await asyncio.wait([coming], timeout=0.3)  # it comes as far as the person's row
    assert await coming == REFUSED
    assert await world.me() is None


@pytest.mark.parametrize("claims", [
    {"email_verified": False},
    {"email_verified": None},
    {"email_verified": "true"},
    {"email": None},
    {"email": ["ada@team.example"]},
])  # fmt: skip
async def test_an_address_that_is_not_verified_opens_nothing(
    world: World, claims: dict[str, Any]
) -> None:
    await world.add("ada@team.example")
    world.provider.claims = claims
    assert await world.sign_in() == REFUSED
    assert await world.me() is None


WRONG: dict[str, Callable[[Provider, int], None]] = {
    "another attempt's nonce": lambda it, now: it.claims.update(nonce="x" * 43),
    "no nonce": lambda it, now: it.claims.update(nonce=None),
    "another's audience": lambda it, now: it.claims.update(aud="somebody-else"),
    "two audiences and no party": lambda it, now: it.claims.update(aud=[CLIENT_ID, "other"]),
    "another's party": lambda it, now: it.claims.update(azp="somebody-else"),
    "no audience": lambda it, now: it.claims.update(aud=None),
    "another issuer": lambda it, now: it.claims.update(iss="https://evil.example"),
    "over": lambda it, now: it.claims.update(exp=now - 61),
    "without an end": lambda it, now: it.claims.update(exp=None),
    "not good yet": lambda it, now: it.claims.update(nbf=now + 3600),
    "another access token's hash": lambda it, now: it.claims.update(at_hash="x" * 22),
    "a key that is not published": lambda it, now: setattr(it, "key", "second"),
    "a changed address": lambda it, now: setattr(it, "forge", altered),
    "no signature": lambda it, now: setattr(it, "forge", unsigned),
    "signed with the client's secret": lambda it, now: setattr(it, "forge", signed_by_client),
    "no token": lambda it, now: setattr(it, "forge", lambda token: "x"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_an_id_token_that_is_wrong_opens_nothing(
    world: World, clock: ManualClock, name: str
) -> None:
    await world.add("ada@team.example")
    right = Provider(clock)
    WRONG[name](world.provider, int(clock.now().timestamp()))
    assert await world.sign_in() == FAILED
    assert await world.me() is None
    world.provider.claims, world.provider.key = right.claims, right.key
    world.provider.forge = right.forge
    assert await world.sign_in() == IN


# --- what an answer is bound to ------------------------------------------------------------------


async def test_an_answer_is_good_once(world: World) -> None:
    await world.add("ada@team.example")
    started = await world.browser.get("/auth/oidc/start")
    cookie = started.cookies[ATTEMPT]
    answers = [
        (await world.outside.get(started.headers["location"])).headers["location"] for _ in range(2)
    ]
    assert await world.come_back(answers[0]) == IN
    thief = {"cookie": f"{ATTEMPT}={cookie}"}
    for answer in answers:
        async with world.another_browser() as browser, nothing_written(world.services):
            replayed = await browser.get(answer, headers=thief)
        assert replayed.headers["location"] == REFUSED
        assert SESSION not in replayed.cookies


async def test_of_two_who_bring_one_answer_at_once_one_comes_in(world: World) -> None:
    await world.add("ada@team.example")
    started = await world.browser.get("/auth/oidc/start")
    jar = {"cookie": f"{ATTEMPT}={started.cookies[ATTEMPT]}"}
    answers = [
        (await world.outside.get(started.headers["location"])).headers["location"] for _ in range(2)
    ]
    async with world.another_browser() as one, world.another_browser() as two:
        came = await asyncio.gather(
            *(each.get(url, headers=jar) for each, url in zip((one, two), answers, strict=True))
        )
    assert sorted(each.headers["location"] for each in came) == [IN, REFUSED]


async def test_an_answer_is_for_the_browser_that_asked_and_for_its_last_attempt(
    world: World,
) -> None:
    await world.add("ada@team.example")
    first = await world.to_provider_and_back()
    async with world.another_browser() as victim:
        assert (await victim.get(first)).headers["location"] == REFUSED
        forged = {"cookie": f"{ATTEMPT}=forged"}
        assert (await victim.get(first, headers=forged)).headers["location"] == REFUSED
    second = await world.to_provider_and_back()
    assert await world.come_back(first) == REFUSED
    assert await world.come_back(second) == REFUSED, "the cookie went with the first answer"
    assert await world.me() is None


async def test_an_attempt_is_over_after_ten_minutes(world: World, clock: ManualClock) -> None:
    await world.add("ada@team.example")
    for seconds, end in ((-1.0, IN), (0.0, REFUSED)):
        address = await world.to_provider_and_back()
        clock.advance(ATTEMPT_LASTS.total_seconds() + seconds)
        assert await world.come_back(address) == end


async def test_who_says_no_at_the_provider_is_told_to_try_again(world: World) -> None:
    started = await world.browser.get("/auth/oidc/start")
    (state,) = parse_qs(urlsplit(started.headers["location"]).query)["state"]
    answer = f"/auth/oidc/callback?error=access_denied&state={state}"
    assert await world.come_back(answer) == FAILED
    assert await world.come_back(answer) == REFUSED
    assert await world.come_back("/auth/oidc/callback") == REFUSED


# --- a provider with troubles --------------------------------------------------------------------


async def test_a_provider_that_does_not_answer_is_told(world: World, clock: ManualClock) -> None:
    world.provider.is_down = True
    async with nothing_written(world.services):
        assert await world.come_back("/auth/oidc/start") == FAILED
    world.provider.is_down = False
    world.provider.metadata = {"issuer": "https://evil.example"}
    assert await world.come_back("/auth/oidc/start") == FAILED
    world.provider.metadata = {"token_endpoint": None}
    assert await world.come_back("/auth/oidc/start") == FAILED
    world.provider.metadata = {"id_token_signing_alg_values_supported": ["HS256", "none"]}
    assert await world.come_back("/auth/oidc/start") == FAILED
    world.provider.metadata = {}
    await world.add("ada@team.example")
    assert await world.sign_in() == IN


async def test_new_keys_of_the_provider_are_found_and_its_metadata_is_read_once_an_hour(
    world: World, clock: ManualClock
) -> None:
    await world.add("ada@team.example")
    for _ in range(2):
        assert await world.sign_in() == IN
    assert world.provider.reads == ["configuration", "jwks"]
    world.provider.key = world.provider.published = "second"
    assert await world.sign_in() == IN
    clock.advance(METADATA_LASTS.total_seconds())
    assert await world.sign_in() == IN
    assert world.provider.reads == ["configuration", "jwks", "jwks", "configuration"]


async def test_attempts_are_counted(world: World) -> None:
    for _ in range(30):
        assert (await world.browser.get("/auth/oidc/start")).status_code == 303
    for path in ("start", "callback"):
        answer = await world.browser.get(f"/auth/oidc/{path}")
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60


async def test_the_sign_in_and_nothing_secret_is_in_the_audit(world: World) -> None:
    admin = await world.add("boss@team.example", StaffRole.ADMIN)
    world.provider.email = "boss@team.example"
    address = await world.to_provider_and_back()
    assert await world.come_back(address) == IN
    told = await admin.read(
        "{ workspaceHistory(first: 1) { nodes { summary actor { name } via } } }"
    )
    assert told["workspaceHistory"]["nodes"] == [
        {"summary": "Signed in with 127.0.0.1.", "actor": {"name": "Ada Ames"}, "via": "APP"}
    ]
