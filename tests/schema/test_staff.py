"""Signing in and out, by cookie and by token, and who sits in the team."""

from typing import Any

import httpx2
import pytest

from models.clock import ManualClock
from models.enums import StaffRole
from resolvers.services import Services
from resolvers.staff import IDLE, LONGEST
from tests.client import (
    Client,
    everything,
    nothing_written,
    our_schema,
    staff_client,
    write_document,
)
from tests.factories import PASSWORD, make_staff

SIGN_IN = write_document("signIn", "token me { staff { name role } permissions }")
ME = "{ me { staff { id name role emailAddress isActive timeZone } permissions } }"


async def address_of(services: Services) -> str:
    """The sign-in address of a new ADMIN."""
    client = await staff_client(services)
    return str((await client.read(ME))["me"]["staff"]["emailAddress"])


async def test_signing_in_for_a_token_opens_a_session_that_signing_out_ends(
    services: Services, nobody: Client
) -> None:
    address = await address_of(services)
    made = await nobody.done(
        "signIn", "token me { staff { name } permissions }",
        emailAddress=address.upper(), password=PASSWORD, wantsToken=True,
    )  # fmt: skip
    assert made["token"].startswith("staff_")
    assert made["me"]["staff"] == {"name": "Ada Ames"}
    assert "ADMINISTER" in made["me"]["permissions"]
    client = Client(services, made["token"])
    assert (await client.read(ME))["me"]["staff"]["name"] == "Ada Ames"
    data = await client.read(write_document("signOut", "isSignedOut"))
    assert data["signOut"]["isSignedOut"] is True
    assert await client.read(ME) == {"me": None}
    assert await client.refused("{ leads(first: 1) { nodes { id } } }") == "UNAUTHENTICATED"
    assert await client.refused(write_document("signOut")) == "UNAUTHENTICATED"


async def test_wrong_and_unknown_look_alike(services: Services, nobody: Client) -> None:
    address = await address_of(services)
    wrong = await nobody.write("signIn", emailAddress=address, password="wrong password")
    unknown = await nobody.write("signIn", emailAddress="x@team.example", password=PASSWORD)
    malformed = await nobody.write("signIn", emailAddress="nobody\u0000", password=PASSWORD)
    assert wrong == unknown == malformed
    assert wrong["reason"] == "SIGN_IN_REFUSED"


@pytest.mark.behaviour("G9")
async def test_an_eleventh_guess_in_a_minute_is_refused_whoever_makes_it(
    services: Services, nobody: Client
) -> None:
    given = {"emailAddress": await address_of(services), "password": ""}
    for _ in range(10):
        made = await nobody.write("signIn", **given)
        assert made["__typename"] == "InvalidInputError"
    before = await everything(services)
    for password in ("", PASSWORD):
        made = await nobody.write("signIn", **{**given, "password": password})
        assert made["__typename"] == "LimitError"
        assert 1 <= made["retryAfter"] <= 60
    assert await everything(services) == before


async def test_a_document_holds_one_sign_in(nobody: Client) -> None:
    answer = await nobody.run(
        """mutation($input: SignInInput!) { a: signIn(input: $input) { __typename }
           b: signIn(input: $input) { __typename } }""",
        input={"emailAddress": "a@b.example", "password": ""},
    )
    assert answer.codes == ["QUERY_TOO_COMPLEX"]
    assert answer.errors[0]["extensions"]["limit"] == "credentials"


async def test_an_unused_session_ends_after_two_weeks_and_a_used_one_after_ninety_days(
    services: Services, clock: ManualClock
) -> None:
    unused, used = await staff_client(services), await staff_client(services)
    for _ in range(int(LONGEST / IDLE)):
        clock.advance(IDLE.total_seconds() - 1)
        assert (await used.read(ME))["me"] is not None
    assert await unused.read(ME) == {"me": None}
    clock.advance(IDLE.total_seconds() - 1)
    assert await used.read(ME) == {"me": None}


async def test_the_team_is_listed_by_name(services: Services) -> None:
    admin = await staff_client(services, name="Zed Zorn")
    for name in ("bea", "Ann", "Çem"):
        await make_staff(services, StaffRole.AGENT, name)
    data = await admin.read(
        """{ staffMembers(first: 2) { nodes { name role } pageInfo { endCursor hasNextPage } }
             all: staffMembers(first: 10, activeOnly: true) { nodes { name } } }"""
    )
    assert [row["name"] for row in data["all"]["nodes"]] == ["Ann", "bea", "Çem", "Zed Zorn"]
    assert data["staffMembers"]["pageInfo"]["hasNextPage"]
    after = data["staffMembers"]["pageInfo"]["endCursor"]
    rest = await admin.read(
        "query($after: Cursor) { staffMembers(first: 2, after: $after) { nodes { name } } }",
        after=after,
    )
    assert [row["name"] for row in rest["staffMembers"]["nodes"]] == ["Çem", "Zed Zorn"]


# --- over HTTP -----------------------------------------------------------------------------------

OURS = {"origin": "https://leads.example", "sec-fetch-site": "same-origin"}


async def send(
    client: httpx2.AsyncClient, query: str, *, headers: dict[str, str] | None = None, **given: Any
) -> httpx2.Response:
    variables = {"input": given} if given else {}
    return await client.post(
        "/graphql", json={"query": query, "variables": variables}, headers=headers or OURS
    )


async def test_a_browser_signs_in_by_a_cookie_that_no_other_site_can_use(
    app_client: httpx2.AsyncClient,
) -> None:
    services: Services = app_client.app.state.services  # type: ignore[attr-defined]  # see the fixture
    address = await address_of(services)
    signed_in = await send(app_client, SIGN_IN, emailAddress=address, password=PASSWORD)
    made = signed_in.json()["data"]["signIn"]
    assert made["me"]["staff"]["name"] == "Ada Ames"
    assert made["token"] is None
    cookie = signed_in.headers["set-cookie"].lower()
    assert cookie.startswith("__host-leadlight=staff_")
    for part in ("httponly", "samesite=lax", "secure", "path=/"):
        assert part in cookie
    assert "domain" not in cookie
    token = signed_in.cookies["__Host-leadlight"]
    jar = {"cookie": f"__Host-leadlight={token}"}

    ours = await send(app_client, ME, headers={**OURS, **jar})
    assert ours.json()["data"]["me"]["staff"]["name"] == "Ada Ames"
    for foreign in (
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
        {},
    ):
        async with nothing_written(services):
            refused = await send(app_client, write_document("signOut"), headers={**foreign, **jar})
        assert refused.status_code == 403, foreign
        assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    bearer = {"origin": "https://evil.example", "authorization": f"Bearer {token}"}
    by_token = await send(app_client, ME, headers=bearer)
    assert by_token.json()["data"]["me"] is not None

    signed_out = await send(
        app_client, write_document("signOut", "isSignedOut"), headers={**OURS, **jar}
    )
    assert signed_out.json()["data"]["signOut"]["isSignedOut"] is True
    assert 'leadlight=""' in signed_out.headers["set-cookie"].lower()
    gone = await send(app_client, ME, headers={**OURS, **jar})
    assert gone.json()["data"] == {"me": None}


async def test_a_body_that_is_no_request_is_a_mistake_and_no_defect(
    app_client: httpx2.AsyncClient,
) -> None:
    for body in (b"", b"null", b"[]", b'"x"', b"\xff", b'{"query": 1}', b'{"query": "{"}'):
        answer = await app_client.post(
            "/graphql",
            content=body,
            headers={"content-type": "application/json", "accept": "application/json"},
        )
        assert answer.status_code in (200, 400), body
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_the_schema_is_there_to_read(app_client: httpx2.AsyncClient) -> None:
    answer = await app_client.get("/schema.graphql")
    assert answer.text.strip() == our_schema().as_str().strip()
