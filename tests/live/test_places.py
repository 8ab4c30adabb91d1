"""Where visits come from: looked up once, from an address that is kept nowhere."""

from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from resolvers.filters import read_filter
from resolvers.leads_list import Chosen, leads_page
from resolvers.leads_order import Sort
from resolvers.places import NoPlaces, Place, Places
from resolvers.views import View
from settings import load_settings
from tests.client import lead
from tests.conftest import make_settings
from tests.factories import ORIGIN, make_lead, make_site, sign_in_new
from tests.live.deployment import Running, running
from tests.live.test_erasure import traces
from tests.place_file import GERMAN, write_places
from tests.serving import serving

pytestmark = pytest.mark.realtime
START = """mutation ($input: StartVisitInput!) { startVisit(input: $input) {
  ... on StartVisitSuccess { token } ... on Error { message } } }"""
NEWEST = """{ leads(first: 1, sort: {by: CREATED_AT}) { nodes { id history(first: 1) { nodes {
  summary actor { kind } diffs { path after { display } } } }
  location { country region city placeSource timeZone source } } } }"""
NETWORKS = {
    "203.0.113.0/24": GERMAN,
    "2001:db8:1::/48": {"country": {"iso_code": "AT"}},
    "198.51.100.0/24": {"country": {"iso_code": "Nowhere"}, "city": "a city"},
}
BAVARIA = {"country": "DE", "region": "Bavaria", "city": "Würzburg", "placeSource": "NETWORK"}
UNKNOWN = {"country": None, "region": None, "city": None, "placeSource": "UNKNOWN"}


async def visit(program: Running, url: str, site: Any, address: str, **more: Any) -> str:
    """Starts a visit through a proxy that names an address; the visit's token."""
    given = {"siteKey": site.site_key, "page": {"url": f"{ORIGIN}/lamps"}, **more}
    answer = await program.client.post(
        f"{url}/graphql",
        json={"query": START, "variables": {"input": given}},
        headers={"x-forwarded-for": address, "origin": ORIGIN},
    )
    token: str = answer.json()["data"]["startVisit"]["token"]
    return token


@pytest.mark.behaviour("B13")
async def test_a_visit_has_a_place_and_its_address_is_kept_nowhere(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = write_places(tmp_path / "places.mmdb", NETWORKS)
    url = request.getfixturevalue("redis_server").url
    settings = make_settings(database_url, tmp_path, redis_url=url, location_file=file)
    async with running(settings) as program:
        services = program.services
        signed_in = await sign_in_new(services)
        site, _ = await make_site(services)

        async def newest() -> dict[str, Any]:
            found: dict[str, Any] = await program.ask(signed_in.token, NEWEST)
            row: dict[str, Any] = found["leads"]["nodes"][0]
            return row

        http = program.served.http
        zone = "Europe/Berlin"
        token = await visit(program, http, site, "203.0.113.77", timeZone=zone)
        first = await newest()
        assert first["location"] == {**BAVARIA, "timeZone": zone, "source": "BROWSER"}
        # taken up elsewhere, where less is known, and where nothing is
        taken_up = {"token": token, "timeZone": zone}
        for address in ("2001:db8:1:2::7", "192.0.2.99", "198.51.100.3", "unknown"):
            assert await visit(program, http, site, address, **taken_up) == token
            told = await newest()
            assert told["location"]["country"] == "AT", address
            assert told["location"]["region"] is None
        (row,) = told["history"]["nodes"]
        assert row["summary"] == "Changed Country, Region, City."
        assert (row["actor"]["kind"], row["diffs"][0]["path"]) == ("LEAD", "location.country")
        await visit(program, http, site, "203.0.113.5", token=token)

        # a caller whom no setting calls a proxy is believed nothing
        async with serving(program.app, trusted_proxies="192.0.2.1") as direct:
            await visit(program, direct.http, site, "203.0.113.78")
        assert (await newest())["location"] == {**UNKNOWN, "timeZone": None, "source": "UNKNOWN"}

        await make_lead(services, first_name="Bo")
        view = View(services, signed_in.actor)
        rules: list[dict[str, Any]] = [
            {"location": {"countries": ["de", "FR"]}},
            {"location": {"region": {"is": "BAVARIA"}}},
            {"location": {"city": {"startsWith": "wurz"}}},
            {"not": {"location": {"city": {"isEmpty": True}}}},
        ]
        wanted = [Chosen(read_filter(each)) for each in rules]
        for chosen in [*wanted, Chosen(None, "bavar"), Chosen(None, "würzburg")]:
            page = await leads_page(view, chosen, Sort(), 10, None)
            assert [lead(each.id) for each in page.rows] == [first["id"]], chosen
        await view.close()

        async with Redis.from_url(url) as redis:
            words = ("203.0.113.", "2001:db8:1", "192.0.2.99", "198.51.100")
            assert await traces(services, tmp_path, redis, *words) == []
            assert [key async for key in redis.scan_iter("*start_visit*")]  # they are counted


def test_a_file_that_holds_no_places_is_refused_and_without_one_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "odd.mmdb"
    odd.write_bytes(b"no places")
    with pytest.raises(NoPlaces):
        Places(odd)
    monkeypatch.setenv("LOCATION_FILE", str(tmp_path / "absent.mmdb"))
    with pytest.raises(Exception, match="LOCATION_FILE"):
        load_settings()
    assert Places().find("203.0.113.77") is None
    places = Places(write_places(tmp_path / "places.mmdb", NETWORKS))
    assert places.find("203.0.113.77") == Place("DE", "Bavaria", "Würzburg")
    assert places.find("::ffff:203.0.113.77") in (None, Place("DE", "Bavaria", "Würzburg"))
    assert places.find("198.51.100.3") is None
    assert places.find("") is None
    places.close()
