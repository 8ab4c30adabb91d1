"""Personal and sales information of a lead, and all of Lead Info in one read."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from models.clock import ManualClock
from models.enums import StaffRole
from resolvers.services import Services
from tests.client import Client, key, lead, nothing_written
from tests.factories import make_lead

SALES = """sales { listingTypes propertyTypes priceMin { amount currency }
  priceMax { amount currency } moveInFrom moveInTo remarks }"""
WANTED: dict[str, Any] = {
    "listingTypes": ["RENTALS", "SALES", "SALES"],
    "propertyTypes": ["Flat", " House ", "FLAT"],
    "priceMin": {"amount": "250000", "currency": "EUR"},
    "priceMax": {"amount": "400000.50", "currency": "EUR"},
    "moveInFrom": "2026-06-01",
    "moveInTo": "2026-09-30",
    "remarks": "A garden.\nNo ground floor.",
}
NOTHING: dict[str, Any] = {
    "listingTypes": [],
    "propertyTypes": [],
    "priceMin": None,
    "priceMax": None,
    "moveInFrom": None,
    "moveInTo": None,
    "remarks": None,
}


@pytest.fixture
async def lead_id(services: Services) -> str:
    return lead(await make_lead(services))


async def sales_of(client: Client, lead_id: str) -> dict[str, Any]:
    data = await client.read(f"query($id: ID!) {{ lead(id: $id) {{ {SALES} }} }}", id=lead_id)
    found: dict[str, Any] = data["lead"]["sales"]
    return found


@pytest.mark.behaviour("A11", "A15", "A17")
async def test_sales_information_is_changed_in_one_change_and_cleared_again(
    admin: Client, services: Services, lead_id: str
) -> None:
    assert await sales_of(admin, lead_id) == NOTHING
    made = await admin.done("changeSalesInfo", f"lead {{ {SALES} }}", leadId=lead_id, **WANTED)
    assert made["lead"]["sales"] == {
        **WANTED,
        "listingTypes": ["SALES", "RENTALS"],
        "propertyTypes": ["Flat", "House"],
        "priceMax": {"amount": "400000.5", "currency": "EUR"},
    }
    (change,) = made["changes"]
    assert change["__typename"] == "PropertiesChanged"
    assert {diff["path"] for diff in change["entry"]["diffs"]} == {
        f"sales.{name}" for name in WANTED
    }
    async with nothing_written(services):
        again = await admin.done("changeSalesInfo", leadId=lead_id, **WANTED)
    assert again["changes"] == []
    async with nothing_written(services):
        absent = await admin.done("changeSalesInfo", leadId=lead_id)
    assert absent["changes"] == []
    await admin.done("changeSalesInfo", leadId=lead_id, **NOTHING)
    assert await sales_of(admin, lead_id) == NOTHING


ODD_WISHES: list[tuple[dict[str, Any], str, str]] = [
    ({"propertyTypes": ["Flat", " "]}, "propertyTypes.1", "REQUIRED"),
    ({"propertyTypes": ["x" * 41]}, "propertyTypes.0", "TOO_LARGE"),
    ({"propertyTypes": ["a\nb"]}, "propertyTypes.0", "MALFORMED"),
    ({"propertyTypes": [f"kind {n}" for n in range(21)]}, "propertyTypes", "TOO_LARGE"),
    ({"priceMin": {"amount": "-1", "currency": "EUR"}}, "priceMin.amount", "TOO_SMALL"),
    ({"priceMin": {"amount": "1,5", "currency": "EUR"}}, "priceMin.amount", "MALFORMED"),
    ({"priceMax": {"amount": "1", "currency": "Euro"}}, "priceMax.currency", "MALFORMED"),
    ({"priceMax": {"amount": "249999.99", "currency": "EUR"}}, "priceMax", "CONTRADICTION"),
    ({"priceMax": {"amount": "500000", "currency": "USD"}}, "priceMax", "CONTRADICTION"),
    ({"moveInTo": "2026-05-31"}, "moveInTo", "CONTRADICTION"),
    ({"remarks": "x" * 2_001}, "remarks", "TOO_LARGE"),
    ({"remarks": "a\u0000b"}, "remarks", "MALFORMED"),
]


@pytest.mark.behaviour("A11", "A17", "G6")
async def test_sales_information_that_contradicts_itself_or_can_not_be_kept_is_refused(
    admin: Client, services: Services, lead_id: str
) -> None:
    known = {name: WANTED[name] for name in ("priceMin", "moveInFrom")}
    await admin.done("changeSalesInfo", leadId=lead_id, **known)
    for given, path, code in ODD_WISHES:
        async with nothing_written(services):
            made = await admin.write("changeSalesInfo", leadId=lead_id, **given)
        (problem,) = made["problems"]
        assert (".".join(problem["path"]), problem["code"]) == (path, code)
    document = (
        "mutation($input: ChangeSalesInfoInput!) { changeSalesInfo(input: $input) { __typename } }"
    )
    for odd in ({"listingTypes": ["BARTER"]}, {"moveInTo": "2026-02-30"}, {"budget": 3}):
        code = await admin.refused(document, input={"leadId": lead_id, **odd})
        assert code == "BAD_USER_INPUT"


@pytest.mark.behaviour("A11")
async def test_the_same_rules_hold_when_sales_information_is_set_as_properties(
    admin: Client, services: Services, lead_id: str
) -> None:
    async def write(field: str, value: Any) -> dict[str, Any]:
        edit = {"fieldKey": field, "value": value}
        return await admin.write("setProperties", leadId=lead_id, properties=[edit])

    await write("sales_price_min", {"money": {"amount": "10", "currency": "EUR"}})
    await write("sales_listing_types", {"text": "RENTALS"})
    await write("sales_property_types", {"text": "Flat\nHouse"})
    found = await sales_of(admin, lead_id)
    assert found["listingTypes"] == ["RENTALS"]
    assert found["propertyTypes"] == ["Flat", "House"]
    assert found["priceMin"] == {"amount": "10", "currency": "EUR"}
    for field, value, code in (
        ("sales_price_max", {"money": {"amount": "9", "currency": "EUR"}}, "CONTRADICTION"),
        ("sales_price_max", {"number": "12"}, "WRONG_TYPE"),
        ("sales_listing_types", {"text": "BARTER"}, "UNKNOWN"),
        ("sales_property_types", {"text": "x" * 41}, "TOO_LARGE"),
        ("sales_remarks", {"text": "x" * 2_001}, "TOO_LARGE"),
    ):
        async with nothing_written(services):
            made = await write(field, value)
        assert made["problems"][0]["code"] == code, made


@pytest.mark.behaviour("A11", "G4")
async def test_edits_of_other_sales_fields_merge(admin: Client, lead_id: str) -> None:
    data = await admin.read("query($id: ID!) { lead(id: $id) { version } }", id=lead_id)
    seen = data["lead"]["version"]
    await admin.done("changeSalesInfo", leadId=lead_id, remarks="Theirs")
    await admin.done(
        "changeSalesInfo", leadId=lead_id, propertyTypes=["Flat"], expectedVersion=seen
    )
    found = await sales_of(admin, lead_id)
    assert (found["remarks"], found["propertyTypes"]) == ("Theirs", ["Flat"])


@pytest.mark.behaviour("A15")
async def test_lead_info_is_one_read(admin: Client, lead_id: str) -> None:
    await admin.done(
        "changePersonInfo", leadId=lead_id, title="Dr. Lorenz",
        person={"company": "Lorenz Ltd", "jobTitle": "Owner", "language": "de-AT",
                "birthday": "1990-02-28", "postalAddress": "Lindenweg 3, Weimar"},
    )  # fmt: skip
    await admin.done("changeSalesInfo", leadId=lead_id, **WANTED)
    for address in ("lena@mail.example", "lena@work.example"):
        await admin.done("addEmailAddress", leadId=lead_id, address=address)
    await admin.done("savePhoneNumber", leadId=lead_id, number="+4930901820", label="Office")
    document = f"""query($id: ID!) {{ lead(id: $id) {{ title
      person {{ firstName lastName company jobTitle language birthday postalAddress }}
      emailAddresses {{ address isPrimary subscription {{ subscriptionStatus }} }}
      phoneNumbers {{ number label }} {SALES} state {{ name kind }} }} }}"""
    found = (await admin.read(document, id=lead_id))["lead"]
    assert found["person"] == {
        "firstName": "Lena", "lastName": "Lorenz", "company": "Lorenz Ltd", "jobTitle": "Owner",
        "language": "de-AT", "birthday": "1990-02-28", "postalAddress": "Lindenweg 3, Weimar",
    }  # fmt: skip
    assert [(each["address"], each["isPrimary"]) for each in found["emailAddresses"]] == [
        ("lena@mail.example", True),
        ("lena@work.example", False),
    ]
    assert found["phoneNumbers"] == [{"number": "+4930901820", "label": "Office"}]
    assert found["sales"]["moveInFrom"] == "2026-06-01"
    assert (found["title"], found["state"]) == ("Dr. Lorenz", {"name": "New", "kind": "OPEN"})


@pytest.mark.behaviour("A11")
async def test_a_language_is_a_tag(admin: Client, services: Services, lead_id: str) -> None:
    async with nothing_written(services):
        made = await admin.write(
            "changePersonInfo", leadId=lead_id, person={"language": "the one of her mother"}
        )
    (problem,) = made["problems"]
    assert (problem["path"], problem["code"]) == (["person", "language"], "MALFORMED")


@pytest.mark.behaviour("A11")
async def test_a_new_lead_may_begin_with_sales_information_and_a_zone_as_properties(
    client_for: Any, services: Services
) -> None:
    agent = await client_for(StaffRole.AGENT)
    given: dict[str, Any] = {
        "person": {"firstName": "Nora"},
        "properties": [
            {"fieldKey": "sales_price_max", "value": {"money": {"amount": "9", "currency": "EUR"}}},
            {"fieldKey": "time_zone", "value": {"text": "Europe/Berlin"}},
        ],
    }
    made = await agent.done(
        "createLead", f"lead {{ timeZone {SALES} }}", **given, idempotencyKey=key()
    )
    assert made["lead"]["sales"]["priceMax"] == {"amount": "9", "currency": "EUR"}
    assert made["lead"]["timeZone"] == "Europe/Berlin"
    given["properties"][0] = {
        "fieldKey": "sales_price_min", "value": {"money": {"amount": "10", "currency": "EUR"}}
    }  # fmt: skip
    given["properties"].append(
        {"fieldKey": "sales_price_max", "value": {"money": {"amount": "9", "currency": "EUR"}}}
    )
    async with nothing_written(services):
        refused = await agent.write("createLead", **given, idempotencyKey=key())
    assert refused["problems"][0]["code"] == "CONTRADICTION"


# --- what the deal is worth ----------------------------------------------------------------------

VALUE = "value { amount currency }"
WORTH = {"amount": "12400.5", "currency": "EUR"}


async def value_of(client: Client, lead_id: str) -> dict[str, Any] | None:
    data = await client.read(f"query($id: ID!) {{ lead(id: $id) {{ {VALUE} }} }}", id=lead_id)
    found: dict[str, Any] | None = data["lead"]["value"]
    return found


@pytest.mark.behaviour("B4", "A55")
async def test_the_value_of_a_deal_is_set_in_one_change_and_cleared_by_null(
    admin: Client, services: Services, lead_id: str
) -> None:
    assert await value_of(admin, lead_id) is None
    made = await admin.done(
        "changeLeadValue", f"lead {{ {VALUE} }}", leadId=lead_id,
        value={"amount": "12400.50", "currency": "EUR"},
    )  # fmt: skip
    assert made["lead"]["value"] == WORTH
    (change,) = made["changes"]
    (diff,) = change["entry"]["diffs"]
    assert diff["path"] == "value"
    async with nothing_written(services):
        again = await admin.done("changeLeadValue", leadId=lead_id, value=WORTH)
    assert again["changes"] == []
    made = await admin.done("changeLeadValue", leadId=lead_id, value=None)
    assert len(made["changes"]) == 1
    assert await value_of(admin, lead_id) is None
    await admin.done("changeLeadValue", leadId=lead_id, value={"amount": "0", "currency": "JPY"})
    assert await value_of(admin, lead_id) == {"amount": "0", "currency": "JPY"}
    history = await admin.read(
        """query($id: ID!) { lead(id: $id) { history(first: 9) { nodes {
        summary diffs { path before { display } after { display } } } } } }""",
        id=lead_id,
    )
    shown = [
        (diff["before"], diff["after"])
        for entry in history["lead"]["history"]["nodes"]
        for diff in entry["diffs"]
        if diff["path"] == "value"
    ]
    euros = {"display": "12,400.50 EUR"}
    assert shown == [(None, {"display": "0 JPY"}), (euros, None), (None, euros)]


ODD_VALUES: list[tuple[dict[str, Any], str, str]] = [
    ({"value": {"amount": "-0.01", "currency": "EUR"}}, "value.amount", "TOO_SMALL"),
    ({"value": {"amount": "12,50", "currency": "EUR"}}, "value.amount", "MALFORMED"),
    ({"value": {"amount": "1e3", "currency": "EUR"}}, "value.amount", "MALFORMED"),
    ({"value": {"amount": "1" * 13, "currency": "EUR"}}, "value.amount", "MALFORMED"),
    ({"value": {"amount": "0.001", "currency": "EUR"}}, "value.amount", "MALFORMED"),
    ({"value": {"amount": "100.5", "currency": "JPY"}}, "value.amount", "MALFORMED"),
    ({"value": {"amount": "1", "currency": "EUX"}}, "value.currency", "UNKNOWN"),
    ({"value": {"amount": "1", "currency": "XAU"}}, "value.currency", "UNKNOWN"),
    ({"value": {"amount": "1", "currency": "eur"}}, "value.currency", "MALFORMED"),
    ({}, "value", "REQUIRED"),
]


@pytest.mark.behaviour("B4", "B15", "C2")
async def test_a_value_that_is_no_amount_of_money_is_refused_and_the_former_one_stays(
    admin: Client, services: Services, lead_id: str
) -> None:
    await admin.done("changeLeadValue", leadId=lead_id, value=WORTH)
    for given, path, code in ODD_VALUES:
        async with nothing_written(services):
            made = await admin.write("changeLeadValue", leadId=lead_id, **given)
        (problem,) = made["problems"]
        assert (".".join(problem["path"]), problem["code"]) == (path, code), given
    assert await value_of(admin, lead_id) == WORTH


@pytest.mark.behaviour("B4")
@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0", "EUR"), ("999999999999.99", "EUR"), ("1.234", "KWD"), ("1.2345", "CLF"), ("7", "KRW")],
)
async def test_an_amount_has_the_decimals_of_its_currency(
    admin: Client, lead_id: str, amount: str, currency: str
) -> None:
    worth = {"amount": amount, "currency": currency}
    await admin.done("changeLeadValue", leadId=lead_id, value=worth)
    assert await value_of(admin, lead_id) == worth


@pytest.mark.behaviour("B4", "B1")
async def test_the_value_is_told_in_lists_in_the_open_card_and_of_the_past(
    admin: Client, services: Services, lead_id: str, clock: ManualClock
) -> None:
    card = f"""subscription($id: ID!) {{ leadCard(id: $id) {{ __typename
      ... on LeadCardSnapshot {{ cursor lead {{ {VALUE} }} }}
      ... on PropertiesChanged {{ cursor lead {{ {VALUE} }} properties {{ key }} }} }} }}"""
    async with aclosing(admin.stream(card, id=lead_id)) as stream:
        first = await next_item(stream, "LeadCardSnapshot")
        assert first["lead"]["value"] is None
        clock.advance(1)
        await admin.done("changeLeadValue", leadId=lead_id, value=WORTH)
        changed = await next_item(stream, "PropertiesChanged")
        assert changed["lead"]["value"] == WORTH
        assert changed["properties"] == [{"key": "value"}]
    data = await admin.read(f"{{ leads(first: 9) {{ nodes {{ id {VALUE} }} }} }}")
    assert {"id": lead_id, "value": WORTH} in data["leads"]["nodes"]
    past = f"query($id: ID!, $at: AsOfInput!) {{ lead(id: $id, asOf: $at) {{ {VALUE} }} }}"
    for item, then in ((first, None), (changed, WORTH)):
        data = await admin.read(past, id=lead_id, at={"cursor": item["cursor"]})
        assert data["lead"]["value"] == then


async def next_item(stream: Any, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        async for answer in stream:
            item: dict[str, Any] = answer.data["leadCard"]
            if item["__typename"] == kind:
                return item
    raise AssertionError(f"no {kind}")


@pytest.mark.behaviour("B4")
async def test_the_value_can_be_set_as_a_property_under_the_same_rules(
    admin: Client, services: Services, lead_id: str
) -> None:
    edit = {"fieldKey": "value", "value": {"money": WORTH}}
    await admin.done("setProperties", leadId=lead_id, properties=[edit])
    assert await value_of(admin, lead_id) == WORTH
    odd = {"fieldKey": "value", "value": {"money": {"amount": "1", "currency": "EUX"}}}
    made = await admin.write("setProperties", leadId=lead_id, properties=[odd])
    (problem,) = made["problems"]
    assert problem["path"] == ["properties", "0", "value", "currency"]
