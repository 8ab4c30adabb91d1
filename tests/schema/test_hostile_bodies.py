"""Bodies and frames that are sent to hurt: nothing is read that need not be, nothing breaks."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from schema.bodies import GRAPHQL_RESPONSE, JSON
from schema.transport import address_of
from tests.schema.test_transport import HELLO, post, serving_toy
from tests.schema.toy import ToyGraphQL
from tests.serving import PATIENCE, Served, open_socket

pytestmark = pytest.mark.asyncio(loop_scope="module")

HUGE = 100 * 1024 * 1024


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def toy() -> AsyncIterator[tuple[Served, ToyGraphQL]]:
    async with serving_toy(body_seconds=0.3) as both:
        yield both


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(toy: tuple[Served, ToyGraphQL]) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=toy[0].http, timeout=PATIENCE) as client:
        yield client


async def talk(port: int, *headers: str, body: bytes = b"") -> tuple[bytes, bytes]:
    """Head of the answer and what follows until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = ["POST / HTTP/1.1", "host: a", f"content-type: {JSON}", *headers, "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    async with asyncio.timeout(PATIENCE):
        head = await reader.readuntil(b"\r\n\r\n")
        rest = await reader.read()
    writer.close()
    return head, rest


async def test_a_body_of_100_megabytes_is_refused_before_it_is_sent(
    toy: tuple[Served, ToyGraphQL],
) -> None:
    head, rest = await talk(toy[0].port, f"content-length: {HUGE}", body=b"{")
    assert head.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in head
    assert json.loads(rest)["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_a_body_without_length_or_end_is_cut(toy: tuple[Served, ToyGraphQL]) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", toy[0].port)
    writer.write(
        f"POST / HTTP/1.1\r\nhost: a\r\ncontent-type: {JSON}\r\n"
        "transfer-encoding: chunked\r\n\r\n".encode()
    )
    sent = 0
    async with asyncio.timeout(PATIENCE):
        try:
            while sent < HUGE:
                writer.write(chunk)
                await writer.drain()
                sent += len(chunk)
        except ConnectionError:
            pass
    writer.close()
    assert sent < HUGE / 2


async def test_a_body_that_does_not_come_is_not_waited_for(
    toy: tuple[Served, ToyGraphQL],
) -> None:
    head, rest = await talk(toy[0].port, "content-length: 100", body=b'{"query"')
    assert head.startswith(b"HTTP/1.1 408")
    assert json.loads(rest)["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_a_refused_body_of_usual_size_leaves_the_connection_open(
    toy: tuple[Served, ToyGraphQL],
) -> None:
    async with httpx2.AsyncClient(
        base_url=toy[0].http, timeout=PATIENCE, limits=httpx2.Limits(max_connections=1)
    ) as client:
        refused = await post(client, " " * 200_000)
        assert refused.status_code == 413
        assert "connection" not in refused.headers
        assert (await post(client, HELLO)).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x"])
async def test_a_compressed_body_is_not_unpacked(client: httpx2.AsyncClient, encoding: str) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    response = await post(client, bomb, content_encoding=encoding)
    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert (await post(client, HELLO, content_encoding="identity")).status_code == 200


TWICE = [
    '{"query": "{ hello }", "query": "{ number }"}',
    '{"query": "{ hello }", "variables": {"a": 1, "a": 2}}',
    '{"query": "{ hello }", "variables": {"a": [{"b": {"c": 1, "c": 1}}]}}',
]


@pytest.mark.parametrize("body", TWICE)
async def test_a_key_given_twice_is_refused(
    toy: tuple[Served, ToyGraphQL], client: httpx2.AsyncClient, body: str
) -> None:
    response = await post(client, body)
    assert response.status_code == 400
    async with open_socket(toy[0].ws) as socket:
        await socket.sign_in()
        await socket.send_raw(f'{{"type": "subscribe", "id": "1", "payload": {body}}}')
        assert (await socket.closed())[0] == 4400


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_RESPONSE])
@pytest.mark.parametrize(
    "value",
    [
        "[" * 10_000 + "]" * 10_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        "[" * 10_000,
        "NaN",
        "1e400",
        "--1",
    ],
    ids=["lists", "objects", "open lists", "NaN", "no double", "no number"],
)
async def test_json_that_no_variable_can_be_is_a_bad_request(
    client: httpx2.AsyncClient, value: str, accept: str
) -> None:
    with capture_logs() as logs:
        body = f'{{"query": "{{ hello }}", "variables": {{"a": {value}}}}}'
        response = await post(client, body, accept=accept)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert logs == []


@pytest.mark.parametrize("value", ["9" * 5_000, "-" + "9" * 400, "1.5", "1e308", str(2**63)])
async def test_a_number_beyond_any_type_is_refused_by_its_type(
    client: httpx2.AsyncClient, value: str
) -> None:
    query = "query ($n: Int!) { items(first: $n) { name } }"
    with capture_logs() as logs:
        response = await post(client, f'{{"query": "{query}", "variables": {{"n": {value}}}}}')
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "Traceback" not in response.text
    assert logs == []


async def test_a_batch_is_refused_however_long(client: httpx2.AsyncClient) -> None:
    for count in (0, 1, 1_000):
        response = await post(client, json.dumps([json.loads(HELLO)] * count))
        assert response.status_code == 400


def sign_ins(count: int) -> str:
    return "mutation { " + " ".join(f's{n}: signIn(password: "{n}")' for n in range(count)) + " }"


MANY = [
    (
        "as many aliases as a body holds",
        "{ " + " ".join(f"a{n}:hello" for n in range(5_000)) + " }",
        "tokens",
    ),
    ("two sign-ins", sign_ins(2), "credentials"),
    (
        "fifty sign-ins",
        sign_ins(50),
        "aliases",
    ),
    (
        "sign-ins in many operations",
        " ".join(f'mutation M{n} {{ signIn(password: "{n}") }}' for n in range(50)),
        "credentials",
    ),
    ("directives", "{ hello " + "@include(if: true) " * 99 + "}", "directivesPerNode"),
]


@pytest.mark.parametrize(("query", "limit"), [row[1:] for row in MANY], ids=[r[0] for r in MANY])
async def test_a_document_that_is_too_much_is_refused_on_both_transports(
    toy: tuple[Served, ToyGraphQL], client: httpx2.AsyncClient, query: str, limit: str
) -> None:
    response = await post(client, json.dumps({"query": query}), accept=GRAPHQL_RESPONSE)
    assert response.status_code == 400
    async with open_socket(toy[0].ws) as socket:
        await socket.sign_in()
        await socket.subscribe("1", query)
        over_socket = (await socket.receive())["payload"]
    for errors in (response.json()["errors"], over_socket):
        extensions = errors[0]["extensions"]
        assert (extensions["code"], extensions["limit"]) == ("QUERY_TOO_COMPLEX", limit)


async def test_sockets_that_do_not_sign_in_are_limited_for_each_address(
    toy: tuple[Served, ToyGraphQL],
) -> None:
    served, app = toy
    forget = [
        app.sockets.register(None, _never, "opening:127.0.0.1")  # as a hundred handshakes would
        for _ in range(100)
    ]
    try:
        with pytest.raises(Exception, match="403"):
            async with open_socket(served.ws):
                pass
    finally:
        for each in forget:
            each()
    async with open_socket(served.ws) as socket:
        await socket.sign_in()


async def _never(code: int, reason: str) -> None:
    raise AssertionError("nobody closes it")


class Connection:
    def __init__(self, host: str | None) -> None:
        self.client = None if host is None else type("Client", (), {"host": host})


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("unix", "unix"),
        (None, ""),
    ],
)
async def test_limits_count_a_network_that_one_home_has_as_one_address(
    host: Any, address: str
) -> None:
    assert address_of(Connection(host)) == address  # type: ignore[arg-type]  # has all that is read
