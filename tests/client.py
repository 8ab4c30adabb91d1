"""A client of the schema in the test's own process: as staff, as a visitor, or as nobody."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import orjson
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLUnionType,
)
from sqlalchemy import Select, func, select
from sqlmodel import SQLModel, col

from models.changes import LeadFeed
from models.enums import StaffRole
from models.ids import encode_id
from models.workspace import Workspace
from resolvers.actors import StaffActor
from resolvers.services import Services
from schema.build import build_schema
from schema.context import Context
from schema.operations import LeadlightSchema
from tests.factories import make_visit, sign_in_new

# What a write asks for of each member of its result.
ERROR_PARTS = {
    "InvalidInputError": "message problems { path code message }",
    "NotFoundError": "message id",
    "ForbiddenError": "message permission",
    "ConflictError": """message conflictReason currentVersion existingId
        conflicts { path base { __typename display } current { __typename display }
          attempted { __typename display } changedByName changedAt }""",
    "PreconditionError": "message reason",
    "GoneError": "message erasedAt",
    "LimitError": "message limit retryAfter",
    "ChannelUnavailableError": "message channel alternatives",
    "MissingRequiredFieldsError": "message labels fields { key }",
    "TransitionRefusedError": "message rule { from { name } to { name } reason }",
}
LEAD_WRITE = """lead { id displayName version }
    changes { __typename cursor entry { id type summary diffs {
      path before { __typename display } after { __typename display } } } }"""


@cache
def our_schema() -> LeadlightSchema:
    """Built once for each test process."""
    return build_schema()


def graphql_schema() -> GraphQLSchema:
    return our_schema()._schema


def root_fields() -> list[tuple[str, str, GraphQLField]]:
    """Root, name and field of all that can be called."""
    schema = graphql_schema()
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return [
        (root.name, name, field) for root in roots if root for name, field in root.fields.items()
    ]


def member_types(mutation: str) -> list[GraphQLNamedType]:
    """Members of a mutation's result."""
    root = graphql_schema().mutation_type
    assert root is not None
    result = root.fields[mutation].type.of_type
    assert isinstance(result, GraphQLUnionType)
    return list(result.types)


def write_document(mutation: str, parts: str = "") -> str:
    """A mutation that asks for all that its errors tell, and `parts` of its success."""
    selected = ["__typename"]
    for member in member_types(mutation):
        if member.name in ERROR_PARTS:
            selected.append(f"... on {member.name} {{ {ERROR_PARTS[member.name]} }}")
        else:
            kinds = {each.name for each in member.interfaces}  # type: ignore[attr-defined]  # members are object types
            is_write = bool(kinds & {"LeadWrite", "TaskWrite"})
            wanted = f"{LEAD_WRITE if is_write else ''} {parts}".strip()
            selected.append(f"... on {member.name} {{ {wanted or '__typename'} }}")
    name = f"{mutation[0].upper()}{mutation[1:]}"
    kind = graphql_schema().type_map.get(f"{name}Input")
    body = "\n".join(selected)
    if isinstance(kind, GraphQLInputObjectType):
        return f"mutation {name}($input: {name}Input!) {{ {mutation}(input: $input) {{ {body} }} }}"
    return f"mutation {name} {{ {mutation} {{ {body} }} }}"


@dataclass(frozen=True)
class Answer:
    """Data and errors as JSON."""

    data: dict[str, Any] | None
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def text(self) -> bytes:
        """All that a client could read."""
        return orjson.dumps([self.data, self.errors])


@dataclass
class Client:
    """Executes operations with the context that the endpoint would make."""

    services: Services
    token: str | None = None
    origin: str | None = None
    actor: StaffActor | None = None

    def context(self) -> Context:
        return Context(
            services=self.services,
            token=self.token,
            client=f"test-{uuid4().hex}",
            device="test",
            origin=self.origin,
        )

    async def run(self, query: str, **variables: Any) -> Answer:
        """The answer, whatever it is; a defect of ours fails the test."""
        result = await our_schema().execute(query, variables, self.context())
        return answer_of(result)

    async def read(self, query: str, **variables: Any) -> dict[str, Any]:
        """Data of an operation without errors."""
        answer = await self.run(query, **variables)
        assert answer.errors == [], answer.errors
        assert answer.data is not None
        return answer.data

    async def refused(self, query: str, **variables: Any) -> str:
        """The code of the only error."""
        answer = await self.run(query, **variables)
        (code,) = answer.codes
        return code

    async def write(self, mutation: str, parts: str = "", /, **given: Any) -> dict[str, Any]:
        """The member of the result that a mutation answered with."""
        data = await self.read(write_document(mutation, parts), input=given)
        made: dict[str, Any] = data[mutation]
        return made

    async def done(self, mutation: str, parts: str = "", /, **given: Any) -> dict[str, Any]:
        """The success of a mutation."""
        made = await self.write(mutation, parts, **given)
        assert made["__typename"].endswith("Success"), made
        return made

    async def stream(self, query: str, **variables: Any) -> AsyncGenerator[Answer, None]:
        """Results of a subscription, until the caller closes it."""
        results = await our_schema().stream(query, variables, self.context())
        try:
            async for result in results:
                yield answer_of(result)
        finally:
            await results.aclose()


def answer_of(result: Any) -> Answer:
    """As JSON, and no defect among it."""
    errors = [error.formatted for error in result.errors or ()]
    answer = Answer(
        orjson.loads(orjson.dumps(result.data)), orjson.loads(orjson.dumps(errors, default=str))
    )
    for error in answer.errors:
        assert error["extensions"]["code"] != "INTERNAL_SERVER_ERROR", error
    return answer


async def staff_client(
    services: Services, role: StaffRole = StaffRole.ADMIN, name: str = "Ada Ames"
) -> Client:
    """A client of a new person."""
    signed_in = await sign_in_new(services, role, name)
    return Client(services, signed_in.token, actor=signed_in.actor)


async def visitor_client(services: Services, site: Any = None) -> tuple[Client, UUID]:
    """A client of a new visitor, and the visitor's lead."""
    visit = await make_visit(services, site)
    return Client(services, visit.token), visit.actor.lead_id


def lead(lead_id: UUID) -> str:
    return encode_id("lead", lead_id)


def key() -> str:
    """An idempotency key that was never used."""
    return uuid4().hex


async def everything(services: Services) -> dict[str, int]:
    """Sizes of all tables and where the logs stand: equal when nothing was written."""
    async with services.database.read_session() as session:
        sizes = (await session.execute(_sizes())).mappings().one()
    return dict(sizes)


@cache
def _sizes() -> Select[Any]:
    """One statement: there are a hundred tables, and hundreds of tests that ask."""
    parts = {
        name: select(func.count()).select_from(table)
        for name, table in SQLModel.metadata.tables.items()
        if name != "worker_position"
    }
    parts["all revisions"] = select(func.coalesce(func.sum(col(LeadFeed.revision)), 0))
    parts["revision of the workspace"] = select(col(Workspace.revision))
    return select(*(part.scalar_subquery().label(name) for name, part in parts.items()))


@asynccontextmanager
async def nothing_written(services: Services) -> AsyncIterator[None]:
    """Fails if a row came or a log moved."""
    before = await everything(services)
    yield
    assert await everything(services) == before
