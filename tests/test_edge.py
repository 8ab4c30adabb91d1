"""The host that a request names, and the headers of every answer."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from app import create_app
from edge import HEADERS, Edge, host_of, known_hosts
from tests.conftest import make_settings
from tests.serving import open_socket, serving


def settings_for(folder: Path, **over: Any) -> Any:
    return make_settings(f"sqlite:///{folder / 'a.db'}", folder, **over)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """The whole application behind https://leads.example."""
    app = create_app(settings_for(tmp_path, public_url="https://leads.example"))
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="https://leads.example") as client,
    ):
        yield client


ANSWERS: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/live", {}, 200),
    ("GET", "/live/assets/live.js", {}, 200),
    ("GET", "/live/assets/absent.js", {}, 404),
    ("GET", "/site/leadlight.js", {}, 200),
    ("GET", "/", {}, 307),
    ("GET", "/absent", {}, 404),
    ("POST", "/live", {}, 405),
    ("GET", "/graphql", {}, 405),
    ("POST", "/graphql", {"json": {"query": "{ me { permissions } }"}}, 200),
    ("POST", "/graphql", {"content": "x"}, 415),
    ("POST", "/graphql", {"json": {"query": "x" * 70_000}}, 413),
    ("GET", "/schema.graphql", {}, 200),
    ("GET", "/healthz", {}, 200),
    ("GET", "/demo-site", {}, 404),
    ("POST", "/visit/leave", {"content": "x"}, 400),
    ("POST", "/visit/leave", {"content": "x" * 3_000}, 413),
    ("GET", "/live", {"headers": {"host": "evil.example"}}, 421),
]


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    ANSWERS,
    ids=[f"{row[0]} {row[1]} {row[3]}" for row in ANSWERS],
)
async def test_every_answer_has_the_headers(
    client: httpx2.AsyncClient, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    answer = await client.request(method, path, **options)
    assert answer.status_code == status
    wanted = HEADERS | {"strict-transport-security": "max-age=31536000"}
    if path.startswith("/site/"):
        wanted["cross-origin-resource-policy"] = "cross-origin"
    assert {name: answer.headers.get_list(name) for name in wanted} == {
        name: [value] for name, value in wanted.items()
    }
    assert "server" not in answer.headers


async def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    policy = HEADERS["content-security-policy"]
    for word in ("unsafe", "http:", "https:", "*", "nonce", "blob:"):
        assert word not in policy
    for directive in ("default-src 'self'", "object-src 'none'", "base-uri 'none'"):
        assert directive in policy


async def test_a_defect_outside_of_graphql_is_masked_and_has_the_headers(tmp_path: Path) -> None:
    async def break_down(request: Request) -> Response:
        raise LookupError("S3CRET")

    edge = Middleware(Edge, settings=settings_for(tmp_path))
    app = Starlette(routes=[Route("/", break_down)], middleware=[edge])
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    with capture_logs() as logs:
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get("/")
    assert (answer.status_code, answer.headers["x-frame-options"]) == (500, "DENY")
    assert logs[0]["request_id"] in answer.text
    assert "S3CRET" not in answer.text + repr(logs)
    assert "strict-transport-security" not in answer.headers


HOSTS = [
    ("leads.example", True),
    ("LEADS.example", True),
    ("leads.example:443", True),
    ("leads.example:8000", True),
    ("127.0.0.1:8000", True),
    ("localhost", True),
    ("[::1]:8000", True),
    ("evil.example", False),
    ("leads.example.evil.example", False),
    ("leads.example@evil.example", False),
    ("evil.example#leads.example", False),
    ("leads.example/evil", False),
    ("", False),
    ("127.0.0.2", False),
    ("[::1", False),
    ("leads.example:x", False),
    ("leads.example.", False),
]


@pytest.mark.parametrize(("host", "is_known"), HOSTS)
def test_only_hosts_that_the_settings_name_are_known(
    tmp_path: Path, host: str, is_known: bool
) -> None:
    hosts = known_hosts(settings_for(tmp_path, public_url="https://leads.example"))
    assert (host_of(host) in hosts and host_of(host) != "") is is_known


async def test_the_health_of_a_process_is_told_under_any_name(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/healthz", headers={"host": "10.1.2.3:8000"})
    assert answer.status_code == 200


async def test_an_unknown_or_second_host_gets_neither_an_answer_nor_a_socket(
    tmp_path: Path,
) -> None:
    app = create_app(settings_for(tmp_path, public_url="https://leads.example"))
    async with (
        app.router.lifespan_context(app),
        serving(app) as served,
        httpx2.AsyncClient(base_url=served.http) as client,
    ):
        headers = {"host": "evil.example", "origin": "http://evil.example"}
        answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        assert answer.status_code == 421
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with open_socket(f"{served.ws}/graphql", additional_headers={"Host": "evil"}):
                pass
        assert refused.value.response.status_code in (400, 403)


async def test_the_check_of_the_host_can_be_turned_off(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path, check_host=False))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://inside") as client:
        assert (await client.get("/live")).status_code == 200
