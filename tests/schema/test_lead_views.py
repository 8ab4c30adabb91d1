"""Lists of leads in orders that have gaps and ties, counted exactly or by estimate, and the views
that are saved of them."""

import asyncio
from contextlib import aclosing
from json import loads
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlmodel import col, select

from models.clock import ManualClock
from models.enums import StaffRole
from models.ids import new_id
from models.leads import Lead
from resolvers import counting_leads, saved_views, saved_views_feed
from resolvers.counting_leads import rounded
from resolvers.errors import BadArgument
from resolvers.pages import Key, seal, unseal_position
from resolvers.services import Services
from tests.client import Client, key, lead, nothing_written, staff_client
from tests.factories import make_lead

PATIENCE = 20
LEADS = """query($first: Int!, $after: Cursor, $filter: LeadFilter, $sort: LeadSort,
  $search: String, $keys: [String!]) {
  leads(first: $first, after: $after, filter: $filter, sort: $sort, search: $search) {
    nodes { id properties(keys: $keys) { key } } pageInfo { hasNextPage endCursor }
    totalCount { value isExact } } }"""
VIEWS = """savedViews { id name isShared canEdit search sortBy sortDirection sortFieldKey columns
  position version owner { name } leadCount { value isExact }
  rule { words filter clauses { words isBroken } } }"""
STREAM = f"subscription($after: Cursor) {{ savedViews(after: $after) {{ cursor {VIEWS} }} }}"


async def ordered(client: Client, first: int, **given: Any) -> list[str]:
    """Ids over all pages."""
    found, after = [], None
    while True:
        page = (await client.read(LEADS, first=first, after=after, **given))["leads"]
        found += [row["id"] for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


async def define(client: Client, label: str, kind: str, **more: Any) -> dict[str, Any]:
    made = await client.done(
        "createField",
        "field { id key options { id label } }",
        key=label.lower(),
        label=label,
        type=kind,
        **more,
    )
    field: dict[str, Any] = made["field"]
    return field


@pytest.mark.behaviour("A1", "G7")
async def test_values_order_leads_exactly_over_pages_with_gaps_and_ties(
    services: Services, admin: Client, clock: ManualClock
) -> None:
    size = await define(
        admin, "Size", "DROPDOWN", options=[{"label": each} for each in ("XL", "S", "M")]
    )
    options = {each["label"]: each["id"] for each in size["options"]}
    fields: dict[str, tuple[dict[str, Any], list[Any]]] = {
        "score": (await define(admin, "Score", "NUMBER"), ["7", "-2.5", None, "7", "100"]),
        "city": (await define(admin, "City", "TEXT"), ["Élan", "zug", "elan", None, "Bern"]),
        "since": (
            await define(admin, "Since", "DATE"),
            [None, "2026-01-02", "2025-01-02", None, "2026-01-02"],
        ),
        "vip": (await define(admin, "Vip", "BOOLEAN"), [True, None, False, True, None]),
        "size": (size, ["M", "XL", None, "S", "M"]),
    }  # fmt: skip
    ids = [lead(await make_lead(services)) for _ in range(5)]
    forms = {"score": "number", "city": "text", "since": "date", "vip": "boolean"}
    for name, (field, values) in fields.items():
        for each, value in zip(ids, values, strict=True):
            if value is not None:
                form = {"optionId": options[value]} if name == "size" else {forms[name]: value}
                given = [{"fieldKey": field["key"], "value": form}]
                await admin.done("setProperties", leadId=each, properties=given)
    amounts = ["5", None, "5", "12.50", None]
    for place, amount in enumerate(amounts):
        if amount:
            worth = {"amount": amount, "currency": "USD" if place else "EUR"}
            await admin.done("changeLeadValue", leadId=ids[place], value=worth)
    for place in (3, 0, 3):
        clock.advance(60)
        await admin.done(
            "logMessage", leadId=ids[place], channel="EMAIL", direction="FROM_LEAD", text="Hi",
            idempotencyKey=key(),
        )  # fmt: skip
    ranks: dict[str, list[Any]] = {
        "score": [2, 1, None, 2, 3], "city": [3, 4, 3, None, 1], "since": [None, 2, 1, None, 2],
        "vip": [1, None, 0, 1, None], "size": [2, 0, None, 1, 2],
    }  # fmt: skip
    sorts = [
        *(({"by": "PROPERTY", "fieldKey": key}, rank) for key, rank in ranks.items()),
        ({"by": "VALUE"}, [1, None, 1, 2, None]),
        ({"by": "LAST_MESSAGE_AT"}, [1, None, None, 2, None]),
    ]
    for sort, rank in sorts:
        for direction, sign in (("ASCENDING", 1), ("DESCENDING", -1)):
            numbered = sorted(range(5), key=lambda place: ids[place], reverse=sign < 0)
            expected = sorted(numbered, key=lambda at: (rank[at] is None, sign * (rank[at] or 0)))
            for first in (1, 2, 5):
                found = await ordered(admin, first, sort={**sort, "direction": direction})
                assert found == [ids[at] for at in expected], (sort, direction, first)
    told = await admin.read(
        LEADS, first=1, keys=["city", "nope", "score", "city"], sort=sorts[0][0]
    )
    assert [each["key"] for each in told["leads"]["nodes"][0]["properties"]] == ["city", "score"]
    await hidden_fields(services, admin)
    await changed_type(admin, fields["city"][0]["id"])
    for wrong in (
        {"by": "PROPERTY"}, {"by": "NAME", "fieldKey": "city"},
        {"by": "PROPERTY", "fieldKey": "nope"}, {"by": "PROPERTY", "fieldKey": "papers"},
    ):  # fmt: skip
        assert await admin.refused(LEADS, first=1, sort=wrong) == "BAD_USER_INPUT"
    agent = await staff_client(services, StaffRole.AGENT)
    secret = {"by": "PROPERTY", "fieldKey": "income"}
    assert await agent.refused(LEADS, first=1, sort=secret) == "BAD_USER_INPUT"


async def hidden_fields(services: Services, admin: Client) -> None:
    await define(admin, "Papers", "FILE")
    await define(admin, "Income", "NUMBER", visibility="ADMINS")


async def changed_type(admin: Client, city: str) -> None:
    """The page behind a value that has become one of another type can't be told."""
    by_city = {"by": "PROPERTY", "fieldKey": "city", "direction": "ASCENDING"}
    page = (await admin.read(LEADS, first=1, sort=by_city))["leads"]["pageInfo"]
    types: dict[str, dict[str, Any]] = {
        "NUMBER": {}, "DROPDOWN": {"options": [{"label": "Bern"}]},
    }  # fmt: skip
    for kind, more in types.items():
        await admin.done("updateField", fieldId=city, type=kind, **more)
        told = await admin.refused(LEADS, first=1, sort=by_city, after=page["endCursor"])
        assert told == "BAD_USER_INPUT", kind
    secrets, column = admin.services.secrets, col(Lead.id)
    others: list[tuple[Any, list[Key]]] = [
        ("Bern", [Key(column, is_number=True)]), ("Bern", [Key(column, is_day=True)]),
        (5, [Key(column, is_instant=True)]), ("Bern", [Key(column), Key(column)]),
    ]  # fmt: skip
    for value, keys in others:
        with pytest.raises(BadArgument):
            unseal_position(secrets, "list", seal(secrets, "list", [value]), keys)


@pytest.mark.behaviour("B3", "G7")
async def test_a_count_is_exact_up_to_a_limit_and_an_estimate_of_two_digits_beyond(
    services: Services, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting_leads, "EXACT_BELOW", 400)
    await make_lead(services, tags=["VIP"])
    async with services.database.write_session() as session:
        made = (await session.scalars(select(Lead))).one()
        parts = {name: getattr(made, name) for name in Lead.model_fields}
        rows = [{**parts, "id": new_id()} for _ in range(4799)]
        await session.execute(insert(Lead), rows)
        await session.execute(text("ANALYZE lead"))
        await session.commit()
    all_leads = (await admin.read(LEADS, first=1))["leads"]["totalCount"]
    assert not all_leads["isExact"]
    assert 3500 <= all_leads["value"] <= 6200
    assert all_leads["value"] == rounded(all_leads["value"])
    few = (await admin.read(LEADS, first=1, filter={"tags": {"any": ["VIP"]}}))["leads"]
    assert few["totalCount"] == {"value": 1, "isExact": True}
    assert [rounded(number) for number in (7, 99, 101, 12_345, 99_600)] == [
        7, 99, 100, 12_000, 100_000,
    ]  # fmt: skip


SAVED: dict[str, Any] = {
    "name": "Hot",
    "filter": {
        "and": [
            {"tags": {"any": ["VIP"]}},
            {"property": {"fieldKey": "size", "is": {"isEmpty": True}}},
        ]
    },
    "search": " anna ",
    "sort": {"by": "PROPERTY", "fieldKey": "score", "direction": "ASCENDING"},
    "columns": ["name", "property:score", "tags"],
}  # fmt: skip


@pytest.mark.behaviour("B3")
async def test_views_keep_what_was_chosen_count_alive_and_say_what_is_gone(
    services: Services, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for label, kind in (("Size", "TEXT"), ("Score", "NUMBER")):
        await define(admin, label, kind)
    await define(admin, "Income", "NUMBER", visibility="ADMINS")
    agent = await staff_client(services, StaffRole.AGENT)
    anna = lead(await make_lead(services, first_name="Anna", tags=["VIP"]))
    await make_lead(services, first_name="Bert", tags=["VIP"])
    monkeypatch.setattr(saved_views_feed, "APART_SECONDS", 0.01)
    async with aclosing(admin.stream(STREAM)) as stream, asyncio.timeout(PATIENCE):

        async def told() -> list[dict[str, Any]]:
            answer = await anext(stream)
            assert answer.data
            views: list[dict[str, Any]] = answer.data["savedViews"]["savedViews"]
            for each in views:  # the order of keys is not kept
                each["rule"]["filter"] = loads(each["rule"]["filter"])
            return views

        assert await told() == []
        saved = await admin.done("saveView", VIEWS.replace("savedViews", "savedView"), **SAVED)
        view = saved["savedView"]
        assert view["leadCount"] == {"value": 1, "isExact": True}
        assert (view["search"], view["sortFieldKey"], view["canEdit"]) == ("anna", "score", True)
        assert view["rule"]["words"] == "has the tag “VIP” and Size is empty"
        view["rule"]["filter"] = loads(view["rule"]["filter"])
        assert await told() == [view]
        await admin.done("addTags", leadId=anna, tags=["Other"])
        await admin.done("removeTags", leadId=anna, tags=["VIP"])
        assert (await told())[0]["leadCount"]["value"] == 0
    async with nothing_written(services):
        await admin.done("saveView", savedViewId=view["id"], **SAVED)
    assert (await agent.read(f"{{ {VIEWS} }}"))["savedViews"] == []
    own = await agent.done("saveView", "savedView { id name }", name="Own", columns=["name"])
    shared = {
        **SAVED,
        "savedViewId": view["id"],
        "isShared": True,
        "name": "Hot now",
        "position": 0,
    }
    await admin.done("saveView", **shared)
    secret = {"property": {"fieldKey": "income", "is": {"number": {"atLeast": "5"}}}}
    for name, more in (
        ("Secret filter", {"filter": {"not": secret}, "columns": ["name"]}),
        ("Secret order", {"sort": {"by": "PROPERTY", "fieldKey": "income"}, "columns": ["name"]}),
        ("Secret column", {"columns": ["name", "property:income"]}),
    ):
        await admin.done("saveView", name=name, isShared=True, **more)
    seen = {each["name"]: each for each in (await agent.read(f"{{ {VIEWS} }}"))["savedViews"]}
    assert list(seen) == ["Hot now", "Own", "Secret column"]
    assert seen["Secret column"]["columns"] == ["name"]
    assert seen["Hot now"]["canEdit"] is False
    taken = await agent.write("saveView", name="SECRET filter", columns=["name"])
    assert (taken["conflictReason"], taken["existingId"]) == ("DUPLICATE", None)
    for most, shown in ((1, ["Own"]), (3, list(seen))):
        with monkeypatch.context() as patch:
            patch.setattr(saved_views, "MOST_SEEN", most)
            assert await names(agent) == shown
    fields = (await admin.read("{ fieldGroups { fields { id key } } }"))["fieldGroups"]
    size = next(each["id"] for group in fields for each in group["fields"] if each["key"] == "size")
    await admin.done("updateField", fieldId=size, isArchived=True)
    seen = {each["name"]: each for each in (await agent.read(f"{{ {VIEWS} }}"))["savedViews"]}
    assert [each["isBroken"] for each in seen["Hot now"]["rule"]["clauses"]] == [False, True]
    assert seen["Hot now"]["leadCount"]["value"] == 0
    await agent.done("removeView", savedViewId=own["savedView"]["id"])
    mo = await staff_client(services, StaffRole.MANAGER, "Mo")
    await admin.done("saveView", name="Quiet", columns=["name"])
    private = {"savedViewId": view["id"], "name": "Quiet", "columns": ["name"]}
    with monkeypatch.context() as patch:
        patch.setattr(saved_views, "MOST", 0)
        assert (await mo.write("saveView", **private))["__typename"] == "LimitError"
    made = await mo.done("saveView", "savedView { isShared canEdit owner { name } }", **private)
    assert made["savedView"] == {"isShared": False, "canEdit": True, "owner": {"name": "Mo"}}
    assert await names(mo) == ["Quiet", "Secret column"]
    assert sorted(await names(admin)) == [
        "Quiet", "Secret column", "Secret filter", "Secret order",
    ]  # fmt: skip
    await mo.done("removeView", savedViewId=view["id"])
    assert await names(agent) == ["Secret column"]


async def names(client: Client) -> list[str]:
    """Of the views that somebody sees."""
    return [each["name"] for each in (await client.read("{ savedViews { name } }"))["savedViews"]]
