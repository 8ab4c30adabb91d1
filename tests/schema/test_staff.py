"""Signing in and out, by cookie and by token, and who sits in the team."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from models.clock import ManualClock
from models.enums import StaffRole
from resolvers.secrets import hash_token
from resolvers.services import Services
from resolvers.staff import IDLE, LONGEST
from tests.client import (
    Answer,
    Client,
    everything,
    lead,
    nothing_written,
    our_schema,
    staff_client,
    visitor_client,
    write_document,
)
from tests.factories import PASSWORD, make_lead, make_staff

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


# --- forged credentials and cursors --------------------------------------------------------------


async def test_a_forged_token_stands_for_nobody(services: Services) -> None:
    person = await staff_client(services)
    visitor, _ = await visitor_client(services)
    assert person.token
    assert visitor.token
    secret = person.token.removeprefix("staff_")
    forged = [
        secret,
        f"visit_{secret}",
        f"STAFF_{secret}",
        f"staff_{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
        f"staff_{secret.swapcase()}",
        f"staff_{secret} ",
        f"staff_{secret}\x00",
        f"staff_{secret[:-1]}",
        f"staff_{visitor.token.removeprefix('visit_')}",
        "staff_",
        "staff_' OR 1=1 --",
        "staff_%",
        "staff_" + "x" * 50_000,
        "staff_\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
        "staff_" + hash_token(person.token).hex(),
    ]
    for token in forged:
        assert await Client(services, token).read(ME) == {"me": None}, token
    assert (await person.read(ME))["me"] is not None


async def test_a_forged_or_foreign_cursor_is_refused_by_every_list(services: Services) -> None:
    admin = await staff_client(services)
    leads = [await make_lead(services, tags=["vip"]) for _ in range(3)]
    page = "(first: 1, after: $after) { pageInfo { endCursor } }"
    on_card = ("events", "notes", "history", "conversations")
    queries = {name: f"lead(id: $id) {{ {name}{page} }}" for name in on_card}
    queries |= {name: f"{name}{page}" for name in ("leads", "visitors", "staffMembers")}
    document = "query ($after: Cursor%s) { %s }"

    async def ask(name: str, lead_id: UUID, after: str | None) -> Answer:
        needs_id = name in on_card
        query = document % (", $id: ID!" if needs_id else "", queries[name])
        given = {"id": lead(lead_id)} if needs_id else {}
        return await admin.run(query, after=after, **given)

    async def cursor(name: str) -> str:
        answer = await ask(name, leads[0], None)
        assert answer.data
        found = answer.data["lead"][name] if name in on_card else answer.data[name]
        return str(found["pageInfo"]["endCursor"])

    of_history, of_leads = await cursor("history"), await cursor("leads")
    flipped = of_leads[:-2] + ("A" if of_leads[-2] != "A" else "B") + of_leads[-1]
    forged = [
        "",
        "x",
        "MQ",
        flipped,
        of_leads[:-1],
        of_leads * 20,
        "☃",
        "' OR 1=1 --",
        "-1",
        "\x00",
    ]
    for name in queries:
        foreign = [each for each in (of_history, of_leads) if each != await cursor(name)]
        for after in [*forged, *foreign]:
            assert (await ask(name, leads[0], after)).codes == ["BAD_USER_INPUT"], (name, after)
    assert (await ask("history", leads[1], of_history)).codes == ["BAD_USER_INPUT"]
    assert (await ask("leads", leads[0], of_leads)).codes == []
