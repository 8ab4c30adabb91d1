"""The schema as a product: described, named by its rules, and closed to those it is not for."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from models.enums import ChangeKind
from schema.audience import Audience
from schema.changes import TYPES, LeadChange
from schema.roots.mutations import Mutation
from schema.roots.queries import Query
from schema.roots.subscriptions import Subscription
from tests.client import Client, graphql_schema, root_fields

FILE = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"
ROOTS = ("Query", "Mutation", "Subscription")

# Secrets that are answered once, or sent by their owner, and what only has their name.
SECRET_FIELDS = {
    "AcceptInvitationInput.password",
    "AcceptInvitationInput.token",
    "AcceptInvitationInput.wantsToken",
    "AcceptInvitationSuccess.token",
    "CreateApiTokenSuccess.apiToken",
    "CreateApiTokenSuccess.token",
    "Mutation.changePassword",
    "Mutation.createApiToken",
    "Mutation.revokeApiToken",
    "Query.apiTokens",
    "LeadAccount.mustChangePassword",
    "LeadViewerCan.resetPassword",
    "Mutation.resetLeadPassword",
    "ResetLeadPasswordSuccess.oneTimePassword",
    "RevokeApiTokenInput.apiTokenId",
    "RevokeApiTokenSuccess.apiTokenId",
    "ChangePasswordInput.currentPassword",
    "ChangePasswordInput.newPassword",
    "RemoveTotpInput.currentPassword",
    "SignInInput.password",
    "SignInInput.wantsToken",
    "SignInSuccess.token",
    "StartTotpInput.currentPassword",
    "StartVisitInput.token",
    "StartVisitSuccess.token",
    "IdentifySuccess.token",
    "SaveSiteInput.renewSecret",
    "SaveWebhookInput.renewSecret",
    "SaveWebhookSuccess.signingSecret",
    "SaveSiteSuccess.identitySecret",
}

WITHOUT_INPUT = {"signOut", "renewCalendarFeed"}


def our_types() -> list[GraphQLNamedType]:
    standard = {"String", "Int", "Float", "Boolean", "ID"}
    return [
        each
        for name, each in graphql_schema().type_map.items()
        if not name.startswith("__") and name not in standard
    ]


def fields() -> Iterator[tuple[str, Any]]:
    for each in our_types():
        if isinstance(each, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in each.fields.items():
                yield f"{each.name}.{name}", field


def audience(root: str, name: str) -> Audience:
    """What the schema itself says: no directive is STAFF."""
    kinds = {"Query": Query, "Mutation": Mutation, "Subscription": Subscription}
    definition = kinds[root].__strawberry_definition__  # type: ignore[attr-defined]  # set by Strawberry
    (field,) = [
        each
        for each in definition.fields
        if (each.graphql_name or _camel(each.python_name)) == name
    ]
    told = [each.of for each in field.directives if hasattr(each, "of")]
    return told[0][0] if told else Audience.STAFF


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def test_the_committed_file_is_what_the_code_builds():
    built = subprocess.run(
        [sys.executable, "-m", "cli", "export-schema"],
        cwd=FILE.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert FILE.read_text(encoding="utf-8") == built.stdout


def test_every_type_field_argument_and_value_is_described():
    missing = [each.name for each in our_types() if not each.description]
    missing += [name for name, field in fields() if not field.description]
    missing += [
        f"{name}({argument})"
        for name, field in fields()
        for argument, each in getattr(field, "args", {}).items()
        if not each.description
    ]
    missing += [
        f"{each.name}.{value}"
        for each in our_types()
        if isinstance(each, GraphQLEnumType)
        for value, definition in each.values.items()
        if not definition.description
    ]
    missing += [
        directive.name
        for directive in graphql_schema().directives
        if directive.name == "audience" and not directive.description
    ]
    assert missing == []


def test_no_field_has_the_name_of_a_secret_unless_it_is_listed():
    words = ("password", "secret", "token", "hash")
    found = {
        name
        for name, _ in fields()
        if any(word in name.partition(".")[2].lower() for word in words)
    }
    assert found == SECRET_FIELDS


def test_no_field_is_called_status():
    assert [name for name, _ in fields() if name.endswith(".status")] == []


def test_inputs_say_what_they_are():
    odd = {
        each.name
        for each in our_types()
        if isinstance(each, GraphQLInputObjectType)
        and not each.name.endswith(("Input", "Filter", "Condition"))
    }
    assert odd == {"LeadSort", "PropertyTest"}


@pytest.mark.parametrize("name", [name for root, name, _ in root_fields() if root == "Mutation"])
def test_a_mutation_takes_one_input_and_answers_a_union_of_its_own(name: str):
    (field,) = [each for root, found, each in root_fields() if (root, found) == ("Mutation", name)]
    noun = f"{name[0].upper()}{name[1:]}"
    result = get_named_type(field.type)
    assert isinstance(result, GraphQLUnionType)
    assert isinstance(field.type, GraphQLNonNull)
    assert result.name == f"{noun}Result"
    first, *errors = [member.name for member in result.types]
    assert first == f"{noun}Success"
    assert all(error.endswith("Error") for error in errors)
    assert "InvalidInputError" in errors
    if name not in WITHOUT_INPUT:
        assert [str(each.type) for each in field.args.values()] == [f"{noun}Input!"]


def test_errors_and_only_they_implement_error():
    objects = [each for each in our_types() if isinstance(each, GraphQLObjectType)]
    named = {each.name for each in objects if each.name.endswith("Error")}
    made = {each.name for each in objects if "Error" in {kind.name for kind in each.interfaces}}
    assert named == made


def test_members_of_a_union_never_give_one_field_two_types():
    clashes = []
    for union in our_types():
        if not isinstance(union, GraphQLUnionType):
            continue
        known: dict[str, str] = {}
        for member in union.types:
            for name, field in member.fields.items():
                if known.setdefault(name, str(field.type)) != str(field.type):
                    clashes.append(f"{union.name}: {member.name}.{name}")
    assert clashes == []


def test_connections_take_first_and_have_edges_nodes_and_their_ends():
    found = 0
    for name, field in fields():
        kind = get_named_type(field.type)
        if kind.name.endswith("Connection"):
            found += 1
            assert str(field.args["first"].type) == "Int!", name
            assert is_required_argument(field.args["first"]), name
            assert str(field.args["after"].type) == "Cursor", name
            assert {"edges", "nodes", "pageInfo"} <= set(kind.fields), kind.name
    assert found >= 9


def test_every_list_has_only_values():
    for name, field in fields():
        kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        if isinstance(kind, GraphQLList):
            assert isinstance(kind.of_type, GraphQLNonNull), name


def test_creating_things_takes_an_idempotency_key():
    creating = {
        "createLead", "createTask", "saveImportantDate", "addNote", "addEvent", "logQuickEvent",
        "sendMessage", "sendVisitorMessage", "importLeads", "logCall", "logMeeting", "logMessage",
        "saveWebhook", "scheduleAppointment",
        "createLeadAccount", "resetLeadPassword",
    }  # fmt: skip
    having = {
        name
        for root, name, field in root_fields()
        if root == "Mutation"
        for each in field.args.values()
        if "idempotencyKey" in getattr(get_named_type(each.type), "fields", {})
    }
    assert having == creating


def test_every_kind_of_change_has_a_type_that_implements_lead_change():
    assert set(TYPES) == set(ChangeKind)
    assert len(set(TYPES.values())) == len(TYPES)
    assert all(issubclass(each, LeadChange) for each in TYPES.values())


def test_a_card_can_bring_every_kind_of_change():
    union = graphql_schema().type_map["LeadCardItem"]
    assert isinstance(union, GraphQLUnionType)
    members = {member.name for member in union.types}
    missing = {each.__name__ for each in TYPES.values()} - members
    ends = {"LeadWentIn": "LeadMerged", "LeadErasure": "LeadErased"}
    assert missing == set(ends), "the end of a stream is told by an item of its own"
    assert set(ends.values()) <= members


def test_types_of_the_visitors_side_lead_to_none_of_the_staffs():
    reached: set[str] = set()
    todo = ["Visit", "VisitFeedItem"]
    while todo:
        kind = graphql_schema().type_map[todo.pop()]
        if kind.name in reached:
            continue
        reached.add(kind.name)
        if isinstance(kind, GraphQLUnionType):
            todo += [member.name for member in kind.types]
        elif isinstance(kind, GraphQLObjectType):
            todo += [get_named_type(field.type).name for field in kind.fields.values()]
    objects = {
        name for name in reached if isinstance(graphql_schema().type_map[name], GraphQLObjectType)
    }
    assert {name for name in objects if not name.startswith("Visit")} == {"PageInfo"}


# --- who may call ----------------------------------------------------------------------------

SAMPLES = {
    "ID": "lead_" + "0" * 32,
    "Int": 1,
    "Boolean": True,
    "Date": "2026-01-01",
    "DateTime": "2026-01-01T00:00:00Z",
}


def sample(kind: Any) -> Any:
    """Some value of an input type, with what must be there and no more."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        wanted = {n: each for n, each in kind.fields.items() if is_required_input_field(each)}
        if not wanted:  # one of several, or none needed
            flat = [each for each in kind.fields.items() if get_named_type(each[1].type) != kind]
            wanted = dict(flat[:1])
        return {name: sample(each.type) for name, each in wanted.items()}
    return SAMPLES.get(kind.name, "text")


def call(root: str, name: str) -> tuple[str, dict[str, Any]]:
    """A document that calls a root field rightly, and its variables."""
    (field,) = [each for where, found, each in root_fields() if (where, found) == (root, name)]
    wanted = {n: each for n, each in field.args.items() if is_required_argument(each)}
    declared = ", ".join(f"${n}: {each.type}" for n, each in wanted.items())
    given = ", ".join(f"{n}: ${n}" for n in wanted)
    document = (
        f"{root.lower()} Call{f'({declared})' if declared else ''} "
        f"{{ {name}{f'({given})' if given else ''} {{ __typename }} }}"
    )
    return document, {n: sample(each.type) for n, each in wanted.items()}


async def codes_of(client: Client, root: str, name: str) -> list[str]:
    document, variables = call(root, name)
    if root != "Subscription":
        return (await client.run(document, **variables)).codes
    stream = client.stream(document, **variables)
    try:
        return (await anext(stream)).codes
    finally:
        await stream.aclose()


GUARDED = [(root, name) for root, name, _ in root_fields()]
FOR_STAFF = [each for each in GUARDED if audience(*each) is Audience.STAFF]
FOR_VISITORS = [
    each for each in GUARDED if audience(*each) is Audience.VISITOR and each != ("Query", "visit")
]
PUBLIC = [each for each in GUARDED if audience(*each) is Audience.PUBLIC]


def test_few_fields_are_public():
    assert PUBLIC == [
        ("Query", "me"),
        ("Query", "signInProviders"),
        ("Mutation", "signIn"),
        ("Mutation", "acceptInvitation"),
        ("Mutation", "startVisit"),
    ]
    assert len(FOR_STAFF) > 20
    assert len(FOR_VISITORS) == 7


async def test_fields_of_staff_refuse_everybody_else(nobody, visitor, services):
    callers = [nobody, visitor[0], Client(services, "staff_wrong"), Client(services, "x" * 5_000)]
    for root, name in FOR_STAFF:
        for client in callers:
            assert await codes_of(client, root, name) == ["UNAUTHENTICATED"], (root, name)


async def test_fields_of_visitors_refuse_everybody_else(nobody, admin, services):
    for root, name in FOR_VISITORS:
        for client in (nobody, admin, Client(services, "visit_wrong")):
            assert await codes_of(client, root, name) == ["UNAUTHENTICATED"], (root, name)


async def test_asking_who_one_is_answers_null_to_others(nobody, admin, visitor):
    document = "{ me { staff { name } } visit { id } }"
    assert await nobody.read(document) == {"me": None, "visit": None}
    assert (await admin.read(document))["visit"] is None
    told = await visitor[0].read(document)
    assert told["me"] is None
    assert told["visit"]["id"].startswith("visit_")
