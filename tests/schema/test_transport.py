"""GraphQL over HTTP and WebSocket against a real server: what is answered, refused and closed."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import websockets
from starlette.requests import HTTPConnection
from structlog.testing import capture_logs

from schema.bodies import GRAPHQL_RESPONSE, JSON, negotiated
from schema.sockets import Bucket, Flood, Sockets
from tests.schema.toy import ToyGraphQL
from tests.serving import PATIENCE, Served, open_socket, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

HELLO = '{"query": "{ hello }"}'


@asynccontextmanager
async def serving_toy(**options: Any) -> AsyncIterator[tuple[Served, ToyGraphQL]]:
    app = ToyGraphQL(**options)
    async with serving(app) as served:
        yield served, app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def toy() -> AsyncIterator[tuple[Served, ToyGraphQL]]:
    """One server for all tests that do not look at its journal."""
    async with serving_toy(allowed_origins=["https://site.example"]) as both:
        yield both


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(toy: tuple[Served, ToyGraphQL]) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=toy[0].http, timeout=PATIENCE) as client:
        yield client


async def post(client: httpx2.AsyncClient, body: str | bytes, **headers: str) -> Any:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/", content=body, headers={"content-type": JSON} | names)


# --- HTTP ------------------------------------------------------------------------------------

MODERN, PLAIN = {"accept": GRAPHQL_RESPONSE}, {"accept": JSON}
GREETING = {"query": "query ($n: String!) { greeting(name: $n) }", "variables": {"n": "🏃"}}
ITEMS = {"query": "query ($n: Int!) { items(first: $n) { name } }"}
FORM = "application/x-www-form-urlencoded"

ANSWERS: list[tuple[str, dict[str, str], object, int, str, set[str]]] = [
    # name, headers, body, status, media type, keys of the answer
    ("modern accept", MODERN, {"query": "{ hello }"}, 200, "g", {"data"}),
    ("plain accept", PLAIN, {"query": "{ hello }"}, 200, "j", {"data"}),
    ("any accept", {"accept": "*/*"}, {"query": "{ hello }"}, 200, "j", {"data"}),
    (
        "charset",
        {"content-type": f"{JSON}; charset=utf-8"},
        {"query": "{ hello }"},
        200,
        "j",
        {"data"},
    ),
    (
        "operation name",
        {},
        {"query": "query A { hello }", "operationName": "A"},
        200,
        "j",
        {"data"},
    ),
    ("null variables", {}, {"query": "{ hello }", "variables": None}, 200, "j", {"data"}),
    ("null operation name", {}, {"query": "{ hello }", "operationName": None}, 200, "j", {"data"}),
    ("null extensions", {}, {"query": "{ hello }", "extensions": None}, 200, "j", {"data"}),
    ("map extensions", {}, {"query": "{ hello }", "extensions": {"a": 1}}, 200, "j", {"data"}),
    ("map variables", {}, GREETING, 200, "j", {"data"}),
    ("syntax, plain", PLAIN, {"query": "{"}, 200, "j", {"errors"}),
    ("syntax, modern", MODERN, {"query": "{"}, 400, "g", {"errors"}),
    ("validation, plain", PLAIN, {"query": "{ absent }"}, 200, "j", {"errors"}),
    ("validation, modern", MODERN, {"query": "{ absent }"}, 400, "g", {"errors"}),
    ("coercion, modern", MODERN, ITEMS, 400, "g", {"errors"}),
    ("budget, modern", MODERN, {"query": "{ " + "a: hello " * 99 + "}"}, 400, "g", {"errors"}),
    ("field error, modern", MODERN, {"query": "{ gone }"}, 200, "g", {"data", "errors"}),
    ("no query", MODERN, {"qeury": "{ hello }"}, 400, "g", {"errors"}),
    ("object query", {}, {"query": {}}, 400, "j", {"errors"}),
    ("number query", {}, {"query": 0}, 400, "j", {"errors"}),
    (
        "list operation name",
        {},
        {"query": "{ hello }", "operationName": ["a"]},
        400,
        "j",
        {"errors"},
    ),
    ("number operation name", {}, {"query": "{ hello }", "operationName": 0}, 400, "j", {"errors"}),
    (
        "unknown operation name",
        {},
        {"query": "query A { hello }", "operationName": "B"},
        400,
        "j",
        {"errors"},
    ),
    ("string variables", {}, {"query": "{ hello }", "variables": "a"}, 400, "j", {"errors"}),
    ("list variables", {}, {"query": "{ hello }", "variables": ["a"]}, 400, "j", {"errors"}),
    ("string extensions", {}, {"query": "{ hello }", "extensions": "a"}, 400, "j", {"errors"}),
    ("false extensions", {}, {"query": "{ hello }", "extensions": False}, 400, "j", {"errors"}),
    ("batch", {}, [{"query": "{ hello }"}], 400, "j", {"errors"}),
    ("subscription", {}, {"query": "subscription { count(to: 1) }"}, 400, "j", {"errors"}),
    ("form", {"content-type": FORM}, "query={hello}", 415, "j", {"errors"}),
    (
        "multipart",
        {"content-type": "multipart/form-data; boundary=a"},
        "--a--",
        415,
        "j",
        {"errors"},
    ),
    ("text", {"content-type": "text/plain"}, {"query": "{ hello }"}, 415, "j", {"errors"}),
    (
        "text that names JSON",
        {"content-type": f"text/plain; {JSON}"},
        {"query": "{ hello }"},
        415,
        "j",
        {"errors"},
    ),
    ("no type", {"content-type": ""}, {"query": "{ hello }"}, 415, "j", {"errors"}),
    ("type of separators", {"content-type": ";;"}, {"query": "{ hello }"}, 415, "j", {"errors"}),
    (
        "other charset",
        {"content-type": f"{JSON}; charset=utf-16"},
        {"query": "{ hello }"},
        415,
        "j",
        {"errors"},
    ),
]


@pytest.mark.parametrize("row", ANSWERS, ids=[row[0] for row in ANSWERS])
async def test_http_answers_as_the_protocol_says(client: httpx2.AsyncClient, row: Any) -> None:
    _, headers, body, status, media_type, keys = row
    content = body if isinstance(body, str) else json.dumps(body)
    response = await post(client, content, **{"accept": "*/*"} | headers)
    assert response.status_code == status
    assert response.headers["content-type"] == {"g": GRAPHQL_RESPONSE, "j": JSON}[media_type]
    answer = response.json()
    assert set(answer) - {"extensions"} == keys
    for error in answer.get("errors", ()):
        assert error["extensions"]["code"] in {"BAD_USER_INPUT", "GONE", "QUERY_TOO_COMPLEX"}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html", JSON),
        (JSON, JSON),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (GRAPHQL_RESPONSE.upper(), GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}; charset=utf-8", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}, {JSON}", GRAPHQL_RESPONSE),
        (f"{JSON}, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL_RESPONSE};q=0.9, */*;q=0.5", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0", JSON),
        (f"{GRAPHQL_RESPONSE};q=high", JSON),
    ],
)
async def test_the_media_type_is_the_one_that_the_client_likes_best(
    accept: str, media_type: str
) -> None:
    assert negotiated(accept) == media_type


ODD_BODIES = {
    "nothing": b"",
    "null": b"null",
    "a string": b'"x"',
    "a number": b"1",
    "a list": b"[]",
    "half an object": b'{"query": ',
    "not UTF-8": b'{"query": "\xff"}',
    "UTF-16": HELLO.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + HELLO.encode(),
    "a lone surrogate": b'{"query": "\\ud800"}',
    "NaN": b'{"query": "{ hello }", "variables": {"a": NaN}}',
    "infinity": b'{"query": "{ hello }", "variables": {"a": -Infinity}}',
    "a number without end": b'{"query": "{ hello }", "variables": {"a": 1e999}}',
    "2,000 lists": b'{"variables": {"a": ' + b"[" * 2000 + b"]" * 2000 + b"}}",
    "65 objects": b'{"a":' * 65 + b"1" + b"}" * 65,
    "two documents": HELLO.encode() * 2,
}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_RESPONSE])
@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
async def test_an_odd_body_is_a_bad_request(
    client: httpx2.AsyncClient, body: bytes, accept: str
) -> None:
    with capture_logs() as logs:
        response = await post(client, body, accept=accept)
    assert response.status_code == 400
    assert response.headers["content-type"] == accept
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert logs == []


async def test_a_body_nested_as_deep_as_allowed_is_read(client: httpx2.AsyncClient) -> None:
    lists = "[" * 62 + "]" * 62
    body = f'{{"query": "{{ hello }}", "variables": {{"a": {lists}}}}}'
    assert (await post(client, body)).json()["data"] == {"hello": "hello"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_post_is_served(client: httpx2.AsyncClient, method: str) -> None:
    response = await client.request(
        method, "/", params={"query": "{ hello }"}, headers={"accept": "text/html"}
    )
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


async def test_a_large_body_is_refused_by_its_length_and_while_it_comes(
    client: httpx2.AsyncClient,
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 1000

    for body in (b" " * 70_000, pieces()):
        response = await client.post("/", content=body, headers={"content-type": JSON})
        assert response.status_code == 413
        assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert (await post(client, " " * 65_000 + HELLO)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://leads.example.evil.example"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"origin": "https://leads.example"}, 200),
        ({"origin": "https://LEADS.example:443"}, 200),
        ({"origin": "http://127.0.0.1:{port}"}, 200),
        ({"authorization": "Bearer x", "origin": "https://evil.example"}, 200),
    ],
)
async def test_a_cookie_counts_only_from_our_own_pages(
    toy: tuple[Served, ToyGraphQL], client: httpx2.AsyncClient, headers: Any, status: int
) -> None:
    sent = {name: value.replace("{port}", str(toy[0].port)) for name, value in headers.items()}
    response = await post(client, HELLO, cookie="session=x", **sent)
    assert response.status_code == status
    if status == 403:
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_caller_without_cookie_may_come_from_anywhere(client: httpx2.AsyncClient) -> None:
    assert (await post(client, HELLO, origin="https://evil.example")).status_code == 200


async def test_a_defect_outside_of_execution_is_masked(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logs:
        response = await post(client, HELLO, x_broken="yes")
    assert response.status_code == 500
    extensions = response.json()["errors"][0]["extensions"]
    assert extensions["code"] == "INTERNAL_SERVER_ERROR"
    assert logs[0]["request_id"] == extensions["requestId"]
    assert "Traceback" not in caplog.text


async def test_a_planted_secret_is_neither_answered_nor_logged(
    toy: tuple[Served, ToyGraphQL], client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    queries = ['{ defect(secret: "S3CRET") }', '{ defectOfGraphql(secret: "S3CRET") }']
    with capture_logs() as logs:
        for query in queries:
            for accept in (JSON, GRAPHQL_RESPONSE):
                response = await post(client, json.dumps({"query": query}), accept=accept)
                assert response.json()["errors"][0]["message"] == "Unexpected error."
                assert "S3CRET" not in response.text
        async with open_socket(toy[0].ws) as socket:
            await socket.sign_in()
            await socket.subscribe("1", queries[0])
            await socket.subscribe("2", 'subscription { breaks(secret: "S3CRET") }')
            ended = 0
            while ended < 2:
                message = await socket.receive()
                ended += message["type"] == "complete"
                assert "S3CRET" not in json.dumps(message)
    assert len(logs) == 6
    assert "S3CRET" not in repr(logs)
    ours = [record for record in caplog.records if record.name != "websockets.client"]
    assert "S3CRET" not in "".join(record.getMessage() for record in ours)


# --- WebSocket -------------------------------------------------------------------------------


async def test_a_query_a_mutation_and_a_subscription_run_over_one_socket(
    toy: tuple[Served, ToyGraphQL],
) -> None:
    async with open_socket(toy[0].ws) as socket:
        await socket.sign_in()
        await socket.subscribe("q", "{ hello }")
        assert (await socket.receive())["payload"]["data"] == {"hello": "hello"}
        assert await socket.receive() == {"id": "q", "type": "complete"}
        await socket.subscribe(
            "m", "mutation ($n: String!) { rename(name: $n) }", variables={"n": "a"}
        )
        assert (await socket.receive())["payload"]["data"] == {"rename": "a"}
        assert await socket.receive() == {"id": "m", "type": "complete"}
        await socket.subscribe("s", "subscription { count(to: 2) }")
        items = [(await socket.receive())["payload"]["data"]["count"] for _ in range(2)]
        assert items == [0, 1]
        assert await socket.receive() == {"id": "s", "type": "complete"}
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "BAD_USER_INPUT"),
        ("{ absent" + "t" * 200 + " }", "BAD_USER_INPUT"),
        ("{ " + "hello " * 3000 + "}", "QUERY_TOO_COMPLEX"),
        ("{ " + " ".join(f"a{n}: hello" for n in range(20)) + " }", "QUERY_TOO_COMPLEX"),
        ("", "BAD_USER_INPUT"),
        ("fragment A on Query { hello }", "BAD_USER_INPUT"),
        ("query ($n: Int!) { items(first: $n) { name } }", "BAD_USER_INPUT"),
    ],
)
async def test_a_document_that_cannot_run_ends_its_operation_and_not_the_socket(
    toy: tuple[Served, ToyGraphQL], query: str, code: str
) -> None:
    async with open_socket(toy[0].ws) as socket:
        await socket.sign_in()
        for id in ("1", "2"):
            await socket.subscribe(id, query)
            message = await socket.receive()
            assert message["id"] == id
            errors = message["payload"]
            if message["type"] == "next":  # found out while executing
                errors = errors["errors"]
                assert (await socket.receive())["type"] == "complete"
            assert {error["extensions"]["code"] for error in errors} == {code}
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


@pytest.mark.parametrize("query", ["{", "{ absent }"])
async def test_both_transports_tell_the_same_error(
    toy: tuple[Served, ToyGraphQL], client: httpx2.AsyncClient, query: str
) -> None:
    async with open_socket(toy[0].ws) as socket:
        await socket.sign_in()
        await socket.subscribe("1", query)
        message = await socket.receive()
    assert message["type"] == "error"
    response = await post(client, json.dumps({"query": query}))
    assert response.json()["errors"] == message["payload"]


SUBSCRIBE = '{"type": "subscribe", "id": "1", "payload": {"query": "subscription"}}'

ODD_FRAMES: dict[str, str | bytes] = {
    "null": "null",
    "a list": "[]",
    "a string": '"x"',
    "not JSON": "{",
    "nothing": "",
    "bytes": b'{"type": "ping"}',
    "NaN": '{"type": "ping", "payload": {"a": NaN}}',
    "5,000 lists": '{"type": "ping", "payload": {"a": ' + "[" * 5000 + "]" * 5000 + "}}",
    "100 lists": '{"type": "ping", "payload": {"a": ' + "[" * 100 + "]" * 100 + "}}",
    "no type": '{"id": "1"}',
    "a list as type": '{"type": ["ping"]}',
    "unknown type": '{"type": "hello"}',
    "legacy type": '{"type": "start", "id": "1"}',
    "server's type": '{"type": "next", "id": "1", "payload": {}}',
    "ping payload": '{"type": "ping", "payload": "x"}',
    "init payload": '{"type": "connection_init", "payload": []}',
    "no id": '{"type": "subscribe", "payload": {"query": "{ hello }"}}',
    "empty id": '{"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}',
    "list id": '{"type": "subscribe", "id": ["x"], "payload": {"query": "{ hello }"}}',
    "no payload": '{"type": "subscribe", "id": "1"}',
    "null payload": '{"type": "subscribe", "id": "1", "payload": null}',
    "no query": '{"type": "subscribe", "id": "1", "payload": {}}',
    "number query": '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    "variables": SUBSCRIBE.replace("}}", ', "variables": []}}'),
    "name": SUBSCRIBE.replace("}}", ', "operationName": 1}}'),
    "extensions": SUBSCRIBE.replace("}}", ', "extensions": 1}}'),
    "complete without id": '{"type": "complete"}',
    "complete of a number": '{"type": "complete", "id": 1}',
}


@pytest.mark.parametrize("frame", ODD_FRAMES.values(), ids=ODD_FRAMES)
async def test_an_odd_frame_closes_with_4400(
    toy: tuple[Served, ToyGraphQL], frame: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logs:
        async with open_socket(toy[0].ws) as socket:
            await socket.sign_in()
            await socket.send_raw(frame)
            assert (await socket.closed())[0] == 4400
    assert logs == []
    assert "Traceback" not in caplog.text


async def test_null_stands_for_an_absent_payload(toy: tuple[Served, ToyGraphQL]) -> None:
    async with open_socket(toy[0].ws) as socket:
        await socket.send({"type": "connection_init", "payload": None})
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.send({"type": "ping", "payload": None})
        assert await socket.receive() == {"type": "pong"}


async def test_a_socket_that_does_not_initialise_is_closed_with_4408() -> None:
    async with serving_toy(init_timeout=0.05) as (served, _), open_socket(served.ws) as socket:
        assert (await socket.closed())[0] == 4408


async def test_a_second_initialisation_closes_with_4429(toy: tuple[Served, ToyGraphQL]) -> None:
    async with open_socket(toy[0].ws) as socket:
        await socket.send({"type": "connection_init"}, {"type": "connection_init"})
        assert (await socket.closed())[0] == 4429


async def test_a_second_operation_of_one_id_closes_with_4409(
    toy: tuple[Served, ToyGraphQL],
) -> None:
    async with open_socket(toy[0].ws) as socket:
        await socket.sign_in()
        await socket.subscribe("1", "subscription { forever }")
        await socket.subscribe("1", "subscription { forever }")
        assert (await socket.closed())[0] == 4409


async def test_an_operation_before_the_acknowledgement_closes_with_4401(
    toy: tuple[Served, ToyGraphQL],
) -> None:
    async with open_socket(toy[0].ws) as socket:
        await socket.subscribe("1", "{ hello }")
        assert (await socket.closed())[0] == 4401


@pytest.mark.parametrize("subprotocol", [None, "graphql-ws", "soap"])
async def test_another_subprotocol_is_not_served(
    toy: tuple[Served, ToyGraphQL], subprotocol: str | None
) -> None:
    async with open_socket(toy[0].ws, subprotocol=subprotocol) as socket:
        assert (await socket.closed())[0] == 4406


@pytest.mark.parametrize(("token", "code"), [("wrong", 4401), ("expired", 4403), ("broken", 1013)])
async def test_credentials_that_are_refused_close_the_socket(
    toy: tuple[Served, ToyGraphQL], token: str, code: int
) -> None:
    with capture_logs() as logs:
        async with open_socket(toy[0].ws) as socket:
            await socket.send({"type": "connection_init", "payload": {"token": token}})
            assert (await socket.closed())[0] == code
    assert len(logs) == (code == 1013)


async def test_a_defect_while_opening_closes_with_1013(toy: tuple[Served, ToyGraphQL]) -> None:
    with capture_logs() as logs:
        async with open_socket(toy[0].ws, additional_headers={"x-broken": "yes"}) as socket:
            assert (await socket.closed())[0] == 1013
    assert [entry["event"] for entry in logs] == ["socket failed"]


async def test_a_flood_is_closed_with_1013() -> None:
    slow = Flood(rate=0.001, burst=5)
    async with serving_toy(flood=slow) as (served, _), open_socket(served.ws) as socket:
        await socket.sign_in()
        await socket.send(*({"type": "ping"} for _ in range(4)))
        for _ in range(4):
            assert await socket.receive() == {"type": "pong"}
        await socket.send({"type": "ping"})
        assert (await socket.closed())[0] == 1013


async def test_a_bucket_fills_with_time_up_to_its_burst() -> None:
    now = 0.0
    bucket = Bucket(Flood(rate=2, burst=3), clock=lambda: now)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


async def test_fifty_operations_run_at_once_and_the_next_is_refused(
    toy: tuple[Served, ToyGraphQL],
) -> None:
    async with open_socket(toy[0].ws) as socket:
        await socket.sign_in()
        for number in range(50):
            await socket.subscribe(str(number), "subscription { forever }")
        started = {(await socket.receive())["id"] for _ in range(50)}
        assert len(started) == 50
        await socket.subscribe("one more", "subscription { forever }")
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("one more", "error")
        assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await socket.send({"type": "complete", "id": "0"})
        await socket.subscribe("in its place", "{ hello }")
        assert (await socket.receive())["id"] == "in its place"


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        (None, True),
        ("http://127.0.0.1:{port}", True),
        ("https://leads.example", True),
        ("https://site.example", True),
        ("https://evil.example", False),
        ("http://127.0.0.1:1", False),
        ("null", False),
    ],
)
async def test_a_socket_opens_only_for_known_origins(
    toy: tuple[Served, ToyGraphQL], origin: str | None, is_allowed: bool
) -> None:
    served, _ = toy
    sent = origin.replace("{port}", str(served.port)) if origin else None
    if is_allowed:
        async with open_socket(served.ws, origin=sent) as socket:
            await socket.sign_in()
    else:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with open_socket(served.ws, origin=sent):
                pass
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("headers", "is_trusted"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"origin": "https://site.example"}, False),
        ({"origin": "https://leads.example"}, True),
        ({"origin": "http://api.internal", "host": "api.internal"}, True),
        ({"origin": "https://api.internal", "host": "api.internal"}, False),
    ],
)
async def test_a_socket_is_trusted_with_cookies_only_by_our_origin(
    headers: dict[str, str], is_trusted: bool
) -> None:
    app = ToyGraphQL(allowed_origins=["https://site.example"])
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "websocket", "scheme": "ws", "path": "/", "headers": raw}
    assert app.trusts_cookies(HTTPConnection(scope)) is is_trusted


# --- operations on a socket ------------------------------------------------------------------


async def test_each_operation_of_a_socket_has_a_context_of_its_own() -> None:
    async with serving_toy() as (served, _), open_socket(served.ws) as socket:
        await socket.sign_in()
        numbers = []
        for id in ("a", "b"):
            await socket.subscribe(id, "{ number same }")
            numbers.append((await socket.receive())["payload"]["data"])
            await socket.receive()
    assert numbers == [{"number": 1, "same": True}, {"number": 2, "same": True}]


async def test_an_item_is_sent_after_what_it_used_was_released() -> None:
    async with serving_toy() as (served, app), open_socket(served.ws) as socket:
        await socket.sign_in()
        await socket.subscribe("1", "subscription { count(to: 2) }")
        for _ in range(3):
            await socket.receive()
    assert app.journal.lines == [
        "send connection_ack",
        *("yield 0", "release 1", "send next"),
        *("yield 1", "release 1", "send next"),
        *("release 1", "send complete"),
    ]


@pytest.mark.parametrize("ending", ["complete", "close", "abort"])
async def test_a_subscription_that_the_client_leaves_runs_its_finally(ending: str) -> None:
    async with serving_toy() as (served, app), open_socket(served.ws) as socket:
        await socket.sign_in()
        await socket.subscribe("1", "subscription { forever }")
        await socket.receive()
        if ending == "complete":
            await socket.send({"type": "complete", "id": "1"})
        elif ending == "close":
            await socket.connection.close()
        else:
            socket.connection.transport.abort()
        async with asyncio.timeout(PATIENCE):
            await app.journal.closed.wait()
        await served.stop()
    assert app.journal.lines[-1] == "release 1"


async def test_every_socket_of_a_session_can_be_closed_and_no_other() -> None:
    sockets = Sockets()
    async with serving_toy(sockets=sockets) as (served, app), AsyncExitStack() as stack:
        ours = [await stack.enter_async_context(open_socket(served.ws)) for _ in range(2)]
        other = await stack.enter_async_context(open_socket(served.ws))
        for socket in ours:
            await socket.sign_in(token="ours")
            await socket.subscribe("1", "subscription { forever }")
            await socket.receive()
        await other.sign_in(token="other")
        assert (sockets.count("ours"), sockets.count("other"), len(sockets)) == (2, 1, 3)
        await sockets.close_session("ours")
        assert [(await socket.closed())[0] for socket in ours] == [4401, 4401]
        async with asyncio.timeout(PATIENCE):
            await app.journal.closed.wait()
        await other.send({"type": "ping"})
        assert await other.receive() == {"type": "pong"}
        await sockets.close_all(over=0.01)
        assert (await other.closed())[0] == 1012
    assert len(sockets) == 0


async def test_one_socket_too_many_of_a_session_is_closed_with_1013() -> None:
    async with (
        serving_toy(max_sockets_per_caller=1) as (served, _),
        open_socket(served.ws) as first,
        open_socket(served.ws) as second,
        open_socket(served.ws) as other,
    ):
        await first.sign_in(token="a")
        await second.send({"type": "connection_init", "payload": {"token": "a"}})
        assert (await second.closed())[0] == 1013
        await other.sign_in(token="b")


async def test_a_socket_that_cannot_be_closed_does_not_hold_up_the_others() -> None:
    sockets, closed = Sockets(close_seconds=0.01), []

    async def stuck(code: int, reason: str) -> None:
        await asyncio.Event().wait()

    async def broken(code: int, reason: str) -> None:
        raise LookupError(reason)

    async def fine(code: int, reason: str) -> None:
        closed.append(code)

    for close in (stuck, broken, fine):
        sockets.register("a", close)
    with capture_logs() as logs:
        await sockets.close_session("a")
        await sockets.close_all()
    assert closed == [4401, 1012]
    assert len(logs) == 2
