"""Filters through the API: refusals by name, words, rules that were stored, and statements."""

from typing import Any

import orjson
import pytest

from models.enums import FieldType, FieldVisibility, StaffRole
from models.ids import encode_id, new_id
from resolvers import fields, leads
from resolvers.fields import NewField
from resolvers.leads import PropertyEdit
from resolvers.services import Services
from tests.client import Client, lead, staff_client
from tests.factories import make_lead
from tests.resolvers.verify import act
from tests.schema.test_statements import counting

LEADS = """query($filter: LeadFilter) { leads(first: 50, filter: $filter) {
  nodes { id } totalCount { value }
  rule { words filter clauses { path field words isBroken } } } }"""


def by(key: str, **test: Any) -> dict[str, Any]:
    return {"property": {"fieldKey": key, "is": test}}


@pytest.mark.behaviour("B3", "G8")
async def test_a_field_that_one_may_not_see_is_refused_like_one_that_is_not_there(
    services: Services, admin: Client
) -> None:
    assert admin.actor
    secret = NewField("score", "Score", FieldType.NUMBER, visibility=FieldVisibility.ADMINS)
    await act(services, admin.actor, fields.create_field, secret)
    agent = await staff_client(services, StaffRole.AGENT)
    assert agent.actor
    refusals = []
    for _ in range(2):
        for key in ("score", "never_made"):
            for filter in (by(key, number={"is": "7"}), {"not": by(key, isEmpty=True)}):
                (error,) = (await agent.run(LEADS, filter=filter)).errors
                assert error["extensions"]["code"] == "BAD_USER_INPUT"
                assert f"`{key}`" in error["message"]
                refusals.append(error["message"].replace(key, "…"))
        # the second time there is a lead that would be found
        lead_id = await make_lead(services, assignee_id=agent.actor.id)
        edits = [PropertyEdit("score", {"number": "7"})]
        await act(services, admin.actor, leads.set_properties, lead_id, edits)
    assert len(set(refusals)) == 2, refusals
    found = await admin.read(LEADS, filter=by("score", number={"is": "7"}))
    assert lead(lead_id) in [each["id"] for each in found["leads"]["nodes"]]


@pytest.mark.behaviour("B3")
async def test_each_clause_says_what_it_tests(services: Services, admin: Client) -> None:
    data = await admin.read("{ pipelines { states { id name } } }")
    states = {each["name"]: each["id"] for each in data["pipelines"][0]["states"]}
    gone = encode_id("state", new_id())
    assert admin.actor is not None
    cases: dict[str, dict[str, Any]] = {
        "state is New or Lost": {"state": {"in": [states["New"], states["Lost"]]}},
        "state is one that is gone": {"state": {"in": [gone]}},
        "assigned to Ada Ames": {"assignee": {"in": [encode_id("staff", admin.actor.id)]}},
        "Birthday is within the next 14 days": by("birthday", date={"withinNextDays": 14}),
        "value is at least 1000 EUR": {"value": {"currency": "EUR", "amount": {"atLeast": "1000"}}},
        "last activity not within the last 7 days": {
            "lastActivityAt": {"notWithinLast": {"amount": 7, "unit": "DAY"}}
        },
        "“Quote” happened at least 3 times, with plan is “Paid”, within the last 1 month": {
            "event": {
                "name": "Quote", "count": {"atLeast": 3},
                "within": {"withinLast": {"amount": 1, "unit": "MONTH"}},
                "parameters": [{"name": "plan", "is": {"text": {"is": "Paid"}}}],
            }
        },
        "has a conversation that is open and waits for longer than 2 hours": {
            "conversation": {"states": ["OPEN"], "waitingLongerThan": {"amount": 2, "unit": "HOUR"}}
        },
        "local time is from 22:00 to 06:30": {
            "location": {"localTimeBetween": {"from": "22:00", "to": "06:30"}}
        },
    }  # fmt: skip
    rule = {"and": [{"not": each} for each in cases.values()]}
    told = (await admin.read(LEADS, filter=rule))["leads"]["rule"]
    assert [each["words"] for each in told["clauses"]] == list(cases)
    assert [each["path"] for each in told["clauses"]] == [
        f"and.{number}.not" for number in range(len(cases))
    ]
    assert [each["words"] for each in told["clauses"] if each["isBroken"]] == [
        "state is one that is gone"
    ]
    assert told["words"] == " and ".join(f"not ({words})" for words in cases)
    again = orjson.loads(told["filter"])
    assert (await admin.read(LEADS, filter=again))["leads"]["rule"] == told
    assert (await admin.read(LEADS))["leads"]["rule"] is None


async def test_a_large_filter_costs_as_few_statements_as_a_small_one(
    services: Services, admin: Client
) -> None:
    await make_lead(services)
    document = "query($filter: LeadFilter) { leads(first: 9, filter: $filter) { nodes { id } } }"
    small = {"tags": {"any": ["VIP"]}}
    large = {
        "or": [
            by("birthday", isEmpty=True),
            {"event": {"name": "Quote", "count": {"atMost": 2}}},
            *({"and": [small, {"value": {"currency": "EUR", "amount": {"is": "1"}}}]},) * 20,
        ]
    }
    with counting(services) as few:
        await admin.read(document, filter=small)
    with counting(services) as many:
        await admin.read(document, filter=large)
    assert many.count == few.count + 1, many.beyond(few)


async def test_what_a_stored_rule_names_and_is_gone_matches_nothing(
    services: Services, admin: Client
) -> None:
    assert admin.actor
    field = await act(
        services, admin.actor, fields.create_field, NewField("shoe", "Shoe", FieldType.NUMBER)
    )
    for condition in (by("shoe", isEmpty=True), {"not": by("shoe", number={"is": "43"})}):
        await admin.done(
            "saveAutomation", name=f"Rule {orjson.dumps(condition).decode()[:40]}",
            trigger={"leadCreated": True}, actions=[{"addTags": ["seen"]}], condition=condition,
        )  # fmt: skip
    await admin.done("updateField", fieldId=encode_id("field", field.id), isArchived=True)
    since = "2026-03-01T00:00:00Z"
    await make_lead(services)
    read = """query($id: ID!, $since: DateTime!) {
      automationDryRun(automationId: $id, since: $since, first: 9) { nodes { outcome } } }"""
    rules = (await admin.read("{ automations { id condition { words clauses { isBroken } } } }"))[
        "automations"
    ]
    assert len(rules) == 2
    for rule in rules:
        assert [each["isBroken"] for each in rule["condition"]["clauses"]] == [True]
        runs = (await admin.read(read, id=rule["id"], since=since))["automationDryRun"]["nodes"]
        assert [each["outcome"] for each in runs] == ["SKIPPED"]
