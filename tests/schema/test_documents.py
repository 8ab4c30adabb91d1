"""Documents: what is counted, refused, remembered and told."""

import json
from dataclasses import fields
from typing import Any

import pytest
from graphql import get_introspection_query, parse
from structlog.testing import capture_logs

from schema.budget import Limits, TooComplex, measure
from schema.documents import DocumentCache
from tests.schema.toy import ToyContext, toy_schema

SCHEMA = toy_schema()


async def run(query: str, schema: Any = SCHEMA, context: Any = None, **options: Any) -> Any:
    context = ToyContext() if context is None else context
    return await schema.execute(query, context_value=context, **options)


def code_of(result: Any) -> str:
    (error,) = result.errors
    code: str = error.extensions["code"]
    return code


def chain(length: int) -> str:
    """Fragments that each spread the next one twice: 2^length fields when unfolded."""
    links = [f"fragment F{n} on Item {{ ...F{n + 1} ...F{n + 1} }}" for n in range(length)]
    return f"{{ item {{ ...F0 }} }} {' '.join(links)} fragment F{length} on Item {{ name }}"


def nested(depth: int) -> str:
    return "{ " + "items(first: 1) { " * (depth - 1) + "name" + " }" * depth


REFUSED = {
    "tokens": "{ " + "hello " * 2000 + "}",
    "depth": nested(11),
    "nesting": "{ " + "... on Query { " * 65 + "hello" + " }" * 66,
    "fields": "{ item { " + " ".join("...A ...A" for _ in range(10)) + " } }"
    " fragment A on Item { " + " ".join(f"f{n}" for n in range(100)) + " }",
    "aliases": "{ " + " ".join(f"a{n}: hello" for n in range(10_000)) + " }",
    "directives": "{ item { " + " ".join(f"f{n} @include(if: true)" for n in range(31)) + " } }",
    "directivesPerNode": "{ hello @skip(if: false) @include(if: true) @a @b }",
    "rootFields": "{ " + " ".join(f"f{n}" for n in range(11)) + " }",
    "repeats": "{ item { " + "name " * 65 + "} }",
    "overlaps": "{ " + ("items(first: 1) { " + "items(first: 1) { name } " * 30 + "} ") * 9 + "}",
    "fragments": "{ hello } " + " ".join(f"fragment F{n} on Item {{ name }}" for n in range(101)),
    "credentials": 'mutation { signIn(password: "a") signInToPortal(password: "b") }',
    "cost": "{ items(first: 100) { items(first: 100) { name } } }",
}


@pytest.mark.parametrize("limit", REFUSED)
async def test_a_document_beyond_a_limit_is_refused_and_the_limit_named(limit: str) -> None:
    query = REFUSED[limit]
    patient = toy_schema(DocumentCache(Limits(tokens=10**6)))
    result = await run(query, patient if limit in ("aliases", "overlaps") else SCHEMA)
    assert result.data is None
    assert code_of(result) == "QUERY_TOO_COMPLEX"
    assert result.errors[0].extensions["limit"] == limit
    assert result.errors[0].extensions["maximum"] > 0


def test_every_limit_has_a_document_that_it_refuses() -> None:
    camel = {
        name.split("_")[0] + "".join(word.capitalize() for word in name.split("_")[1:])
        for name in (field.name for field in fields(Limits))
    }
    assert camel - {"page"} == set(REFUSED)  # `page` is a factor of the cost


async def test_ten_thousand_aliases_are_refused_while_parsing() -> None:
    result = await run(REFUSED["aliases"])
    assert result.errors[0].extensions["limit"] == "tokens"


@pytest.mark.parametrize("length", [5, 40, 80])
def test_a_chain_of_fragments_is_walked_once(length: int) -> None:
    document = parse(chain(length))
    selections = 2 + 2 * length + 1
    unbounded = Limits(**{field.name: 10**9 for field in fields(Limits)})
    object.__setattr__(unbounded, "fields", 2 ** (length + 2))
    object.__setattr__(unbounded, "repeats", 2 ** (length + 2))
    object.__setattr__(unbounded, "overlaps", 4 ** (length + 2))
    assert measure(document, unbounded).visited == selections


async def test_a_chain_of_eighty_fragments_is_refused() -> None:
    assert code_of(await run(chain(80))) == "QUERY_TOO_COMPLEX"


async def test_circular_and_unknown_fragments_are_named_by_validation() -> None:
    circular = "{ item { ...A } } fragment A on Item { ...B } fragment B on Item { ...A }"
    assert "within itself" in (await run(circular)).errors[0].message
    assert code_of(await run("{ item { ...Absent } }")) == "BAD_USER_INPUT"


def test_of_two_fragments_with_one_name_both_are_counted() -> None:
    wide = " ".join(f"f{n}" for n in range(2000))
    twins = f"{{ item {{ ...A }} }} fragment A on Item {{ {wide} }} fragment A on Item {{ name }}"
    with pytest.raises(TooComplex) as refused:
        measure(parse(twins), Limits())
    assert refused.value.limit == "fields"


COSTS = [
    ("{ hello }", {}, 1),
    ("{ items(first: 10) { name } }", {}, 11),
    ("{ items(first: 10) { name items(first: 5) { name } } }", {}, 1 + 10 * (1 + 1 + 5)),
    ("{ items(first: 0) { name } }", {}, 101),
    ("{ items(first: 1000) { name } }", {}, 101),
    ("query ($n: Int!) { items(first: $n) { name } }", {"n": 7}, 8),
    ("query ($n: Int!) { items(first: $n) { name } }", {"n": 700}, 101),
    ("query ($n: Int! = 3) { items(first: $n) { name } }", {}, 4),
    ("query ($n: Int! = 3) { items(first: $n) { name } }", {"n": 4}, 5),
    (
        "query ($n: Int!) { items(first: 2) { ...A more: items(first: 3) { ...A } } }"
        " fragment A on Item { items(first: $n) { name } }",
        {"n": 10},
        1 + 2 * (11 + 1 + 3 * 11),
    ),
    ("{ item { ... on Item { name } } }", {}, 2),
]


@pytest.mark.parametrize(("query", "variables", "cost"), COSTS)
async def test_the_cost_of_a_document_follows_its_pages(
    query: str, variables: dict[str, Any], cost: int
) -> None:
    for _ in range(2):  # measured, then known
        result = await run(query, variable_values=variables)
        assert result.extensions["cost"] == {"requested": cost, "maximum": 5000}


async def test_a_known_document_is_refused_for_variables_that_make_it_dear() -> None:
    cache = DocumentCache()
    schema = toy_schema(cache)
    query = "query ($n: Int!) { items(first: $n) { items(first: $n) { name } } }"
    cheap = await run(query, schema, variable_values={"n": 2})
    assert cheap.errors is None
    dear = await run(query, schema, variable_values={"n": 100})
    assert code_of(dear) == "QUERY_TOO_COMPLEX"
    assert dear.extensions["cost"] == {"requested": 10_101, "maximum": 5000}
    assert len(cache) == 1


async def test_only_valid_documents_are_remembered_and_the_oldest_make_place() -> None:
    cache = DocumentCache(max_documents=2, max_characters=60)
    schema = toy_schema(cache)
    for query in ("{ absent }", "{", "{ hello }", "{ hello  }", "{ hello   }"):
        await run(query, schema)
    assert len(cache) == 2
    assert cache.get("{ hello }") is None
    assert cache.get("{ hello   }") is not None
    await run("{ hello " + " " * 50 + "}", schema)
    assert len(cache) == 1


async def test_a_document_too_long_to_remember_is_answered() -> None:
    cache = DocumentCache(max_document_characters=5)
    assert (await run("{ hello }", toy_schema(cache))).data == {"hello": "hello"}
    assert len(cache) == 0


async def test_introspection_is_exempt_from_depth_and_cost_where_it_is_allowed() -> None:
    result = await run(get_introspection_query(descriptions=True))
    assert result.errors is None
    assert result.extensions["cost"]["requested"] == 0
    deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    assert code_of(await run(deep)) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(),
        '{ __type(name: "Query") { name } }',
        "{ ...A } fragment A on Query { s: __schema { queryType { name } } }",
    ],
)
async def test_introspection_is_refused_to_those_who_may_not(query: str) -> None:
    await run(query)  # known from someone who may
    result = await run(query, context=ToyContext(may_introspect=False))
    assert code_of(result) == "BAD_USER_INPUT"
    assert "Introspection" in result.errors[0].message


async def test_typename_is_no_introspection() -> None:
    result = await run("{ __typename }", context=ToyContext(may_introspect=False))
    assert result.data == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ helo }", None),
        ("{ items(fist: 1) { name } }", None),
        ("{ item }", None),
        ("{ item { ... on Itme { name } } }", None),
        ("query ($n: Itn) { items(first: $n) { name } }", None),
        ("query ($n: Int!) { items(first: $n) { name } }", {"n": "x"}),
    ],
)
async def test_no_name_is_suggested_to_those_who_may_not_introspect(
    query: str, variables: dict[str, Any] | None
) -> None:
    context = ToyContext(may_introspect=False)
    result = await run(query, context=context, variable_values=variables)
    assert result.errors
    assert all(error.extensions["code"] == "BAD_USER_INPUT" for error in result.errors)
    assert "Did you mean" not in json.dumps([error.formatted for error in result.errors])


async def test_names_are_suggested_to_those_who_may_introspect() -> None:
    assert "Did you mean" in (await run("{ helo }")).errors[0].message


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", None),
        ("{ absent }", None),
        ("query ($n: Int!) { items(first: $n) { name } }", {"n": "many"}),
        ("query ($n: Int!) { items(first: $n) { name } }", None),
        ("query ($n: Int!) { items(first: $n) { name } }", {"n": 10**30}),
        ('query ($n: String = "a") { greeting(name: $n) }', {"n": None}),
        ("query ($b: Boolean = true) { hello @include(if: $b) }", {"b": None}),
        ("{ items(first: " + "9" * 6000 + ") { name } }", None),
        ("query A { hello } query B { hello }", None),
        ("query A { hello } query A { hello }", None),
    ],
)
async def test_mistakes_of_the_caller_are_labelled_bad_input(
    query: str, variables: dict[str, Any] | None
) -> None:
    with capture_logs() as logs:
        result = await run(query, variable_values=variables)
    assert {error.extensions["code"] for error in result.errors} == {"BAD_USER_INPUT"}
    assert logs == []


async def test_of_several_operations_the_named_one_runs_and_is_counted() -> None:
    query = "query A { hello } query B { items(first: 3) { name } }"
    assert (await run(query, operation_name="A")).extensions["cost"]["requested"] == 1
    assert (await run(query, operation_name="B")).extensions["cost"]["requested"] == 4


async def test_one_sign_in_is_allowed_and_the_same_fields_elsewhere_are_not_counted() -> None:
    result = await run('mutation { signIn(password: "right") rename(name: "a") }')
    assert result.data == {"signIn": True, "rename": "a"}
    query = "{ item { signIn signInToPortal } }"
    assert (await run(query)).errors[0].extensions["code"] == "BAD_USER_INPUT"


async def test_a_sign_in_hidden_in_a_fragment_is_counted() -> None:
    query = (
        'mutation { ...A signInToPortal(password: "x") }'
        ' fragment A on Mutation { signIn(password: "y") }'
    )
    assert (await run(query)).errors[0].extensions["limit"] == "credentials"


@pytest.mark.parametrize("field", ["defect", "defectOfGraphql"])
async def test_a_defect_is_masked_and_logged_without_what_the_caller_sent(field: str) -> None:
    query = f'{{ hello {field}(secret: "S3CRET") }}'
    with capture_logs() as logs:
        result = await run(query)
    (error,) = result.errors
    assert error.formatted == {
        "message": "Unexpected error.",
        "locations": [{"line": 1, "column": 9}],
        "path": [field],
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "request-7"},
    }
    assert result.data == {"hello": "hello", field: None}
    (entry,) = logs
    assert entry["path"] == field
    assert entry["request_id"] == "request-7"
    assert entry["exception"].endswith("Error")
    assert any("toy.py" in frame for frame in entry["trace"])
    assert "S3CRET" not in repr(logs)


async def test_an_error_of_ours_reaches_the_caller_as_it_is() -> None:
    with capture_logs() as logs:
        result = await run("{ gone }")
    (error,) = result.errors
    assert error.message == "It was erased."
    assert error.extensions == {"code": "GONE", "leadId": "lead_1"}
    assert logs == []


async def test_a_defect_of_the_counting_itself_is_masked() -> None:
    class BrokenCache(DocumentCache):
        def put(self, text: str, known: Any) -> None:
            raise LookupError("S3CRET")

    with capture_logs() as logs:
        result = await run("{ hello }", toy_schema(BrokenCache()))
    assert code_of(result) == "INTERNAL_SERVER_ERROR"
    assert "S3CRET" not in repr(result.errors) + repr(logs)


async def test_the_context_of_an_operation_is_its_own_and_released_at_the_end() -> None:
    context = ToyContext()
    for number in (1, 2):
        assert (await run("{ number }", context=context)).data == {"number": number}
    assert context.journal.lines == ["resolve 1", "release 1", "resolve 2", "release 2"]


async def test_a_context_without_hooks_will_do() -> None:
    assert (await run("{ hello }", context={})).data == {"hello": "hello"}


async def test_a_stream_tells_its_cost_with_its_first_item_only() -> None:
    results = await SCHEMA.subscribe("subscription { count(to: 2) }", context_value=ToyContext())
    told = [result.extensions async for result in results]
    assert told == [{"cost": {"requested": 1, "maximum": 5000}}, {}]


async def test_the_defect_of_a_stream_is_masked_and_logged() -> None:
    query = 'subscription { breaks(secret: "S3CRET") }'
    results = await SCHEMA.subscribe(query, context_value=ToyContext())
    with capture_logs() as logs:
        items = [item async for item in results]
    assert items[0].data == {"breaks": 0}
    assert code_of(items[1]) == "INTERNAL_SERVER_ERROR"
    assert logs[0]["request_id"] == "request-7"
    assert "S3CRET" not in repr(items) + repr(logs)
