"""Pages of other origins: the team's sites may call with a token, strangers may not."""

import httpx2

from models.clock import ManualClock
from resolvers.origins import KEPT, LEAST
from resolvers.services import Services
from tests.factories import ORIGIN, make_site, sign_in_new

PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}
ME = {"query": "{ me { staff { name } } }"}
STRANGER = "https://evil.example"


def services_of(client: httpx2.AsyncClient) -> Services:
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # see the fixture
    return services


def told(answer: httpx2.Response) -> dict[str, str]:
    """The headers by which a browser learns what a foreign page may."""
    return {
        name.removeprefix("access-control-"): value
        for name, value in answer.headers.items()
        if name.startswith("access-control-")
    }


async def test_a_page_of_a_site_calls_with_a_token_and_reads_the_answer(
    app_client: httpx2.AsyncClient,
) -> None:
    services = services_of(app_client)
    await make_site(services)
    asked = await app_client.options("/graphql", headers={"origin": ORIGIN, **PREFLIGHT})
    assert asked.status_code == 200
    assert told(asked)["allow-origin"] == ORIGIN
    assert "authorization" in told(asked)["allow-headers"].lower()
    assert "allow-credentials" not in told(asked)
    signed_in = await sign_in_new(services)
    answer = await app_client.post(
        "/graphql",
        json=ME,
        headers={"origin": ORIGIN, "authorization": f"Bearer {signed_in.token}"},
    )
    assert answer.json()["data"]["me"]["staff"]["name"] == signed_in.actor.name
    assert told(answer)["allow-origin"] == ORIGIN
    assert "origin" in answer.headers["vary"].lower()


async def test_a_cookie_of_a_site_s_page_is_refused_and_a_stranger_told_nothing(
    app_client: httpx2.AsyncClient,
) -> None:
    services = services_of(app_client)
    await make_site(services)
    token = (await sign_in_new(services)).token
    cookie = {"cookie": f"__Host-leadlight={token}"}
    answer = await app_client.post("/graphql", json=ME, headers={"origin": ORIGIN, **cookie})
    assert answer.status_code == 403
    for path in ("/graphql", "/live", "/exports/history/x"):
        headers = {"origin": STRANGER, **PREFLIGHT}
        assert told(await app_client.options(path, headers=headers)) == {}
    assert told(await app_client.get("/live", headers={"origin": ORIGIN})) == {}


async def test_a_new_site_counts_after_a_second_and_a_lost_one_for_half_a_minute(
    app_client: httpx2.AsyncClient, clock: ManualClock
) -> None:
    services = services_of(app_client)
    clock.advance(300)
    origins = services.origins
    assert not await origins.knows(ORIGIN.replace("https", "http"))
    await make_site(services)
    clock.advance(LEAST.total_seconds())
    assert await origins.knows(ORIGIN)
    assert await origins.knows(ORIGIN.upper())
    clock.advance(KEPT.total_seconds())
    assert await origins.knows(ORIGIN)
    assert not await origins.knows("null")
    assert not await origins.knows("https://[")
