"""What callers may send, by who they are: cost in a minute, known documents, introspection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import get_introspection_query

from app import create_app
from models.enums import StaffRole
from realtime.buckets import MemoryBuckets
from resolvers.limits import ApiRules, DocumentMode
from resolvers.services import Services
from schema.bodies import GRAPHQL_RESPONSE
from schema.build import build_schema
from schema.documents import INTROSPECTION_COST, READING_COST
from schema.operations import LeadlightSchema
from schema.trusted import ManifestRefused, TrustedDocuments, document_id, read_trusted
from settings import Settings, SettingsRefused
from tests.client import Answer, Client, answer_of, nothing_written, staff_client, visitor_client
from tests.conftest import make_settings
from tests.factories import sign_in_again, sign_in_new
from tests.serving import open_socket, serving

LEADS = "{ leads(first: 10) { nodes { id } } }"
LEADS_COST = 1 + 10 * 2
ME = "{ me { staff { name } } }"


def ruled(services: Services, **rules: Any) -> Services:
    """The same services under other rules, and buckets that do not fill."""
    return replace(services, api=ApiRules(**rules), buckets=MemoryBuckets(lambda: 0.0))


# --- cost in a minute ------------------------------------------------------------------------


class Sender:
    """Sends documents of one caller to a schema of its own, which knows no document yet."""

    def __init__(
        self, services: Services, token: str | None = None, address: str = "192.0.2.1"
    ) -> None:
        self.client = Client(services, token)
        self.address = address
        self.schema = build_schema()

    async def send(self, query: str, schema: LeadlightSchema | None = None) -> Any:
        context = self.client.context()
        context.client = self.address
        return await (schema or self.schema).execute(query, None, context)


def left(result: Any) -> int:
    remaining: int = result.extensions["cost"]["remaining"]
    return remaining


def refused_for(result: Any) -> int:
    (error,) = result.errors
    assert result.data is None
    assert error.extensions["code"] == "RATE_LIMITED"
    retry_after: int = error.extensions["retryAfter"]
    return retry_after


async def test_the_answer_tells_what_was_asked_for_and_what_is_left(services: Services) -> None:
    admin = await staff_client(services)
    sender = Sender(ruled(services, staff_cost=10_000), admin.token)
    first = await sender.send(LEADS)
    assert first.extensions["cost"] == {
        "requested": LEADS_COST,
        "maximum": 5000,
        "remaining": 10_000 - READING_COST - LEADS_COST,
    }
    known = await sender.send(LEADS)
    assert left(first) - left(known) == LEADS_COST


@pytest.mark.behaviour("G9")
async def test_who_spent_all_is_refused_until_there_is_enough_again(services: Services) -> None:
    admin, other = await staff_client(services), await staff_client(services, name="Ben Boyd")
    cheap = ruled(services, staff_cost=60)
    sender = Sender(cheap, admin.token)
    assert (await sender.send(LEADS)).errors is None
    for _ in range(2):
        assert 1 <= refused_for(await sender.send(LEADS + " ")) <= 30
    assert (await Sender(cheap, other.token).send(LEADS)).errors is None


async def test_sessions_of_one_person_and_tokens_of_one_visitor_spend_together(
    services: Services,
) -> None:
    cheap = ruled(services, staff_cost=15, visitor_cost=15, address_cost=15)
    visitor, _ = await visitor_client(services)
    signed_in = await sign_in_new(services)
    again = await sign_in_again(services, signed_in.actor.id)
    assert (await Sender(cheap).send(ME)).errors is None
    refused_for(await Sender(cheap, "staff_wrong").send(ME))  # is nobody, at that address
    assert (await Sender(cheap, address="192.0.2.2").send(ME)).errors is None
    assert (await Sender(cheap, visitor.token).send("{ visit { id } }")).errors is None
    refused_for(await Sender(cheap, visitor.token).send("{ visit { id } }"))
    assert (await Sender(cheap, signed_in.token).send(ME)).errors is None
    refused_for(await Sender(cheap, again.token).send(ME))


async def test_a_document_that_is_refused_costs_as_well(services: Services) -> None:
    sender = Sender(ruled(services, address_cost=3 * READING_COST))
    for query in ("{", "{ absent }", "{ " + "me { staff { name } } " * 60 + "}"):
        result = await sender.send(query)
        assert result.errors[0].extensions["code"] in ("BAD_USER_INPUT", "QUERY_TOO_COMPLEX")
    assert refused_for(await sender.send("{ absent2 }")) >= 1


async def test_a_mutation_that_is_not_paid_writes_nothing(services: Services) -> None:
    admin = await staff_client(services)
    sender = Sender(ruled(services, staff_cost=1), admin.token)
    async with nothing_written(services):
        refused_for(await sender.send("mutation { signOut { __typename } }"))


# --- known documents -------------------------------------------------------------------------

KNOWN, UNKNOWN = ME, "{ me { permissions } }"
MODES = [
    (DocumentMode.OPEN, {"staff": True, "visitor": True, "nobody": True}),
    (DocumentMode.TRUSTED_PUBLIC, {"staff": True, "visitor": False, "nobody": False}),
    (DocumentMode.TRUSTED, {"staff": False, "visitor": False, "nobody": False}),
]


@pytest.mark.parametrize(("mode", "free"), MODES, ids=[str(mode) for mode, _ in MODES])
async def test_the_mode_says_who_may_send_a_document_that_is_not_known(
    services: Services, mode: DocumentMode, free: dict[str, bool]
) -> None:
    schema = build_schema(None, TrustedDocuments([KNOWN]))
    under = ruled(services, documents=mode)
    visitor, _ = await visitor_client(services)
    tokens = {
        "staff": (await staff_client(services)).token,
        "visitor": visitor.token,
        "nobody": None,
    }
    for who, token in tokens.items():
        sender = Sender(under, token)
        for query in (KNOWN, document_id(KNOWN)):
            assert (await sender.send(query, schema)).errors is None, who
        result = await sender.send(UNKNOWN, schema)
        assert (result.errors is None) is free[who], who
        if not free[who]:
            assert result.errors[0].extensions["code"] == "BAD_USER_INPUT"
            assert "known" in result.errors[0].message
        result = await sender.send(document_id(UNKNOWN), schema)
        assert result.errors[0].extensions["code"] == "BAD_USER_INPUT"


async def test_a_known_document_is_within_the_limits_as_well(services: Services) -> None:
    dear = "{ leads(first: 100) { nodes { history(first: 100) { nodes { id } } } } }"
    sender = Sender(services, (await staff_client(services)).token)
    result = await sender.send(document_id(dear), build_schema(None, TrustedDocuments([dear])))
    assert result.errors[0].extensions["code"] == "QUERY_TOO_COMPLEX"


def test_documents_are_read_from_a_folder_and_ours_are_among_them(tmp_path: Path) -> None:
    (tmp_path / "me.graphql").write_text(ME)
    (tmp_path / "app.json").write_text(f'{{"{document_id(LEADS)}": "{LEADS}"}}')
    (tmp_path / "bare.json").write_text(f'{{"{document_id(UNKNOWN)[7:]}": "{UNKNOWN}"}}')
    (tmp_path / "README.md").write_text("not read")
    trusted = read_trusted(tmp_path)
    assert len(trusted) == len(read_trusted(None)) + 3
    assert all(trusted.text(document_id(each)) == each for each in (ME, LEADS, UNKNOWN))
    assert not trusted.knows(ME + " ")


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"sha256:00": "{ me }"}', '{"a": 1}', f'{{"{document_id(ME)}": "{LEADS}"}}'],
)
def test_a_manifest_that_is_wrong_stops_the_start(tmp_path: Path, content: str) -> None:
    (tmp_path / "app.json").write_text(content)
    with pytest.raises(ManifestRefused, match=r"app\.json"):
        read_trusted(tmp_path)
    settings = make_settings(f"sqlite:///{tmp_path}/a.db", tmp_path, documents_dir=tmp_path)
    with pytest.raises(SettingsRefused, match=r"^DOCUMENTS_DIR: .*app\.json"):
        create_app(settings)


# --- introspection, over both transports -----------------------------------------------------

WRONG = "{ mee { staff { name } } }"


@asynccontextmanager
async def both_transports(settings: Settings) -> AsyncIterator[Any]:
    """The services, and what a document is answered over HTTP and over a socket."""
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        serving(app) as served,
        httpx2.AsyncClient(base_url=served.http) as client,
    ):

        async def ask(query: str, token: str | None, **body: Any) -> list[dict[str, Any]]:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            payload = {"query": query, **body} if query else body
            by_http = (await client.post("/graphql", json=payload, headers=headers)).json()
            async with open_socket(f"{served.ws}/graphql") as socket:
                await socket.sign_in(**({"token": token} if token else {}))
                await socket.send({"type": "subscribe", "id": "1", "payload": payload})
                message = await socket.receive()
            found = message["payload"]
            by_socket = {"errors": found} if message["type"] == "error" else found
            for answer in (by_http, by_socket):
                answer.pop("extensions", None)
            assert by_http == by_socket
            return [by_http, by_socket]

        yield app.state.services, ask, client


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("introspection", ["staff", "everyone"])
async def test_introspection_and_suggested_names_are_for_whom_the_setting_says(
    settings: Settings, introspection: str
) -> None:
    ours = settings.model_copy(update={"introspection": introspection})
    async with both_transports(ours) as (services, ask, _):
        for role in StaffRole:
            person = await sign_in_new(services, role)
            for answer in await ask(get_introspection_query(), person.token):
                assert answer["data"]["__schema"]["types"]
            for answer in await ask(WRONG, person.token):
                assert "Did you mean" in answer["errors"][0]["message"]
        visitor, _ = await visitor_client(services)
        for token in (None, visitor.token):
            for query in (get_introspection_query(), '{ __type(name: "Lead") { name } }', WRONG):
                for answer in await ask(query, token):
                    told = str(answer)
                    assert ("Did you mean" in told or "data" in answer) is (
                        introspection == "everyone"
                    )


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_document_is_named_by_its_id_over_both_transports(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "me.graphql").write_text(ME)
    ours = settings.model_copy(update={"documents": "trusted", "documents_dir": tmp_path})
    async with both_transports(ours) as (services, ask, client):
        token = (await sign_in_new(services)).token
        for answer in await ask("", token, documentId=document_id(ME)):
            assert answer == {"data": {"me": {"staff": {"name": "Ada Ames"}}}}
        for answer in await ask("", token, documentId=document_id("{ other }")):
            assert answer["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
        for wrong in (
            {"documentId": "sha256:12"},
            {"documentId": document_id(ME).upper()},
            {"documentId": 1},
            {"documentId": None},
            {"documentId": document_id(ME), "query": ME},
            {"documentId": [document_id(ME)]},
        ):
            assert (await client.post("/graphql", json=wrong)).status_code == 400, wrong
            async with open_socket(
                str(client.base_url.copy_with(scheme="ws", path="/graphql"))
            ) as it:
                await it.sign_in()
                await it.send({"type": "subscribe", "id": "1", "payload": wrong})
                assert (await it.closed())[0] == 4400, wrong


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_over_http_a_caller_who_spent_all_gets_429_and_large_bodies_413(
    settings: Settings,
) -> None:
    ours = settings.model_copy(
        update={"address_cost_per_minute": 25, "max_body_bytes": 2_000, "max_cost": 25}
    )
    async with both_transports(ours) as (_, _, client):
        headers = {"accept": GRAPHQL_RESPONSE}
        first = await client.post("/graphql", json={"query": ME}, headers=headers)
        assert first.json()["extensions"]["cost"]["maximum"] == 25
        second = await client.post("/graphql", json={"query": ME + " "}, headers=headers)
        assert second.status_code == 429
        assert second.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert int(second.headers["retry-after"]) >= 1
        large = await client.post("/graphql", json={"query": ME + " " * 2_000})
        assert large.status_code == 413


async def test_introspecting_costs_its_caller(services: Services) -> None:
    sender = Sender(ruled(services), (await staff_client(services)).token)
    first = await sender.send("{ __schema { queryType { name } } }")
    second = await sender.send("{ __schema { queryType { name } } }")
    assert left(first) - left(second) == INTROSPECTION_COST
    assert answer_of(second) == Answer({"__schema": {"queryType": {"name": "Query"}}}, [])
