"""The guides are promises: every document in them runs, and every link leads somewhere."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from graphql import OperationDefinitionNode, OperationType, parse, validate

from models.ids import encode_id
from resolvers.services import Services
from resolvers.webhooks.sending import signature
from schema.budget import Limits, measure
from tests.client import Client, graphql_schema, key, lead, staff_client, visitor_client
from tests.factories import ORIGIN, PASSWORD, make_lead, make_site
from tests.processes import ROOT

GUIDES = ["docs/quick-start.md", "docs/schema-guide.md", "docs/automations.md"]
LINKING = ["README.md", "CONTRIBUTING.md", "docs/how-it-works.md", *GUIDES]
BY_VISITORS = ("Beat", "Ask", "Feed")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), flags=re.DOTALL | re.MULTILINE)


def documents() -> Iterator[tuple[str, str]]:
    """Each document of the guides and examples, with a name for people."""
    for page in GUIDES:
        for document in blocks(page, "graphql"):
            yield f"{page} {operation(document).name.value}", document
    for file in ("clients/javascript/follow-card.mjs", "clients/python/follow_card.py"):
        for document in re.findall(r"[`\"](subscription [^`\"]*)[`\"]", text_of(file)):
            yield f"{file} {operation(document).name.value}", document


def operation(document: str) -> Any:
    """The one operation of a document; it has a name."""
    (found,) = (
        each for each in parse(document).definitions if isinstance(each, OperationDefinitionNode)
    )
    assert found.name is not None
    return found


DOCUMENTS = [pytest.param(document, id=name) for name, document in documents()]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_is_valid_and_within_the_limits(document: str) -> None:
    parsed, limits = parse(document), Limits()
    assert validate(graphql_schema(), parsed) == []
    for counted in measure(parsed, limits).operations.values():
        assert counted.requested(None, limits.page) <= limits.cost


def test_the_documents_of_every_page_are_found() -> None:
    names = [str(each.id) for each in DOCUMENTS]
    assert len(set(names)) == len(names)
    pages = ("docs/q", "docs/s", "docs/a", "cl")
    counts = [sum(name.startswith(page) for name in names) for page in pages]
    assert counts == [5, 18, 2, 2]


class Stage:
    """A lead to which something happened, who looks at it, and what each document is given."""

    def __init__(self, services: Services) -> None:
        self.services = services

    async def set_up(self) -> "Stage":
        site, _ = await make_site(self.services)
        self.site_key = site.site_key
        self.admin = await staff_client(self.services)
        self.visitor, _ = await visitor_client(self.services, site)
        self.lead = lead(await make_lead(self.services, self.admin.actor, tags=["VIP"]))  # type: ignore[arg-type]  # signed in
        on_it = {"leadId": self.lead}
        told = await self.admin.done("addNote", idempotencyKey=key(), html="<p>Hello</p>", **on_it)
        self.moment = {"cursor": told["changes"][0]["cursor"]}
        await self.admin.done("addEvent", idempotencyKey=key(), name="Called", **on_it)
        read = await self.admin.read("query ($id: ID!) { lead(id: $id) { version } }", id=self.lead)
        self.version = read["lead"]["version"]
        address = await self.admin.read("{ me { staff { emailAddress } } }")
        states = await self.admin.read("{ pipelines { states { id } } }")
        self.state = states["pipelines"][0]["states"][2]["id"]
        people = [(await staff_client(self.services)).actor for _ in range(2)]
        self.people = [encode_id("staff", each.id) for each in people if each]
        self.address = address["me"]["staff"]["emailAddress"]
        return self

    def client(self, name: str) -> Client:
        if name in BY_VISITORS:
            return self.visitor
        if name in ("SignIn", "Begin"):
            return Client(self.services, origin=ORIGIN)
        return self.admin

    def given(self, name: str) -> dict[str, Any]:
        """Variables of an operation: as its page shows them, with what exists here."""
        on_it = {"leadId": self.lead}
        inputs: dict[str, dict[str, Any]] = {
            "SignIn": {"emailAddress": self.address, "password": PASSWORD},
            "WriteNote": {**on_it, "idempotencyKey": key()},
            "CorrectPerson": {**on_it, "expectedVersion": self.version},
            "SetBudget": on_it,
            "Tag": {**on_it, "tags": ["Harbour"]},
            "TakeAway": on_it,
            "Begin": {"siteKey": self.site_key},
            "Beat": {"pageKey": "page-0001", "isVisible": True, "idleMs": 0},
            "Ask": {"idempotencyKey": key(), "text": "Is it still there?"},
        }
        if name in inputs:
            return {"input": {**shown(name), **inputs[name]}}
        named = {"qualified": self.state, "staff": self.people}
        return {"id": self.lead, "moment": self.moment, **named}


def shown(name: str) -> dict[str, Any]:
    """The input that stands below a document on its page."""
    for page in GUIDES:
        pairs = re.findall(
            r"^```graphql\n\w+ (\w+)[^`]*```\n\n```json\n(.*?)^```", text_of(page), re.S | re.M
        )
        for operation_name, given in pairs:
            if operation_name == name:
                found: dict[str, Any] = orjson.loads(given)["input"]
                return found
    return {}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_every_document_of_the_guides_is_answered(services: Services) -> None:
    stage = await Stage(services).set_up()
    for page in GUIDES:
        for document in blocks(page, "graphql"):
            found = operation(document)
            name = found.name.value
            wanted = {each.variable.name.value for each in found.variable_definitions or ()}
            given = {name: each for name, each in stage.given(name).items() if name in wanted}
            if found.operation is OperationType.SUBSCRIPTION:
                await assert_begins(stage.client(name), document, given)
                continue
            data = await stage.client(name).read(document, **given)
            for field, answer in data.items():
                assert answer is not None, f"{name}: {field}"
                if found.operation is OperationType.MUTATION:
                    assert answer["__typename"].endswith("Success"), f"{name}: {answer}"


async def assert_begins(client: Client, document: str, given: dict[str, Any]) -> None:
    """The stream's first item is a snapshot."""
    stream = client.stream(document, **given)
    answer = await anext(stream)
    await stream.aclose()
    assert answer.errors == []
    ((_, item),) = (answer.data or {}).items()
    assert item["__typename"].endswith("Snapshot")


@pytest.mark.parametrize("page", LINKING)
def test_every_link_into_the_repository_leads_somewhere(page: str) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text_of(page)):
        file = (ROOT / page).parent / target if target else ROOT / page
        assert file.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.M)
            assert anchor in [anchor_of(title) for title in titles], f"{target}#{anchor}"


def anchor_of(title: str) -> str:
    """As code hosts make one of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def test_the_check_of_signatures_takes_what_webhooks_send_and_nothing_else() -> None:
    (example,) = blocks("docs/automations.md", "python")
    namespace: dict[str, Any] = {}
    exec(example, namespace)  # what the page tells people to run
    is_genuine = namespace["is_genuine"]
    now, body = datetime.now(UTC), b'{"id": "webhook_delivery_1"}'
    sent = signature("secret", now, body)
    assert is_genuine("secret", sent, body)
    assert not is_genuine("another", sent, body)
    assert not is_genuine("secret", sent, body + b" ")
    assert not is_genuine("secret", sent.replace("t=", "t=1"), body)
    assert not is_genuine("secret", signature("secret", now - timedelta(minutes=6), body), body)
    assert not is_genuine("secret", "v1=", body)
