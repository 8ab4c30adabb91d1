"""Requests that a foreign page makes a browser send: content types times origins, with a cookie."""

from typing import Any

import httpx2
import orjson
import pytest

from resolvers.services import Services
from tests.client import nothing_written, write_document
from tests.factories import sign_in_new

JSON = "application/json"
TYPES = {
    JSON: True,
    f"{JSON}; charset=UTF-8": True,
    f"{JSON}; charset=utf-16": False,
    "text/plain": False,
    f"text/plain; {JSON}": False,
    f"text/plain;charset={JSON}": False,
    "application/x-www-form-urlencoded": False,
    "multipart/form-data; boundary=x": False,
    "application/graphql": False,
    "application/jsonp": False,
    "": False,
}
OURS = "https://leads.example"
SENDERS: list[tuple[dict[str, str], bool]] = [
    ({"origin": OURS, "sec-fetch-site": "same-origin"}, True),
    ({"origin": OURS}, True),
    ({"sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "none"}, True),
    ({}, False),
    ({"sec-fetch-site": "same-site"}, False),
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": ""}, False),
    ({"origin": "null"}, False),
    ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, False),
    ({"origin": "https://app.leads.example", "sec-fetch-site": "same-site"}, False),
    ({"origin": "http://leads.example"}, False),
    ({"origin": "https://leads.example:8443"}, False),
    ({"origin": "https://leads.example.evil.example"}, False),
    ({"origin": "https://evil.example/https://leads.example"}, False),
    ({"origin": OURS.replace("https", "file")}, False),
]
SIGN_OUT = write_document("signOut")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_only_json_from_our_own_pages_acts_by_a_cookie(
    app_client: httpx2.AsyncClient,
) -> None:
    services: Services = app_client.app.state.services  # type: ignore[attr-defined]  # see the fixture
    token = (await sign_in_new(services)).token
    async with nothing_written(services):
        for sender, is_ours in SENDERS:
            for content_type, is_json in TYPES.items():
                if is_ours and is_json:
                    continue
                answer = await send(app_client, token, sender, content_type)
                assert answer.status_code in (403, 415), (content_type, sender)
                code = answer.json()["errors"][0]["extensions"]["code"]
                assert code in ("UNAUTHENTICATED", "BAD_USER_INPUT")
    for sender in (sender for sender, is_ours in SENDERS if is_ours):
        for content_type in (content_type for content_type, is_json in TYPES.items() if is_json):
            token = (await sign_in_new(services)).token
            answer = await send(app_client, token, sender, content_type)
            assert answer.json()["data"]["signOut"]["__typename"] == "SignOutSuccess"


async def send(
    client: httpx2.AsyncClient, token: str, sender: dict[str, str], content_type: str
) -> Any:
    headers = {**sender, "cookie": f"__Host-leadlight={token}"}
    if content_type:
        headers["content-type"] = content_type
    body = orjson.dumps({"query": SIGN_OUT})
    return await client.post("/graphql", content=body, headers=headers)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_no_answer_lets_a_foreign_page_read_it(app_client: httpx2.AsyncClient) -> None:
    for method, path in (("POST", "/graphql"), ("OPTIONS", "/graphql"), ("GET", "/live")):
        answer = await app_client.request(
            method,
            path,
            headers={
                "origin": "https://evil.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type",
            },
        )
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_mutation_in_an_address_is_not_run(app_client: httpx2.AsyncClient) -> None:
    services: Services = app_client.app.state.services  # type: ignore[attr-defined]  # see the fixture
    token = (await sign_in_new(services)).token
    headers = {"cookie": f"__Host-leadlight={token}", "sec-fetch-site": "same-origin"}
    async with nothing_written(services):
        answer = await app_client.get("/graphql", params={"query": SIGN_OUT}, headers=headers)
    assert answer.status_code == 405
