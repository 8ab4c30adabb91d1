"""What stands on top of a card: summary, source, link, initials, and the time where the lead is."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from graphql import GraphQLInputObjectType

from models.clock import ManualClock
from models.enums import SourceChannel
from resolvers.actors import SYSTEM
from resolvers.leads import NewLead, create_lead
from resolvers.secrets import sign
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, graphql_schema, key, lead, nothing_written
from tests.factories import ORIGIN, make_lead, make_site, sign_in_new

CARD = "query($id: ID!) { lead(id: $id) { %s } }"


async def card(client: Client, lead_id: str, parts: str) -> dict[str, Any]:
    data = await client.read(CARD % parts, id=lead_id)
    found: dict[str, Any] = data["lead"]
    return found


# --- summary -------------------------------------------------------------------------------------

SUMMARY = """summary { key label value { __typename display copyText
  ... on DateTimeValue { dateTime } } } source { channel detail } createdAt"""


@pytest.mark.behaviour("C24")
async def test_the_summary_has_id_contact_creation_and_source(
    admin: Client, services: Services
) -> None:
    made = await admin.done(
        "createLead", f"lead {{ {SUMMARY} }}", idempotencyKey=key(), sourceDetail=" Trade fair ",
        emailAddresses=["Lena@Mail.Example", "second@mail.example"],
        phoneNumbers=["030 901820"],
    )  # fmt: skip
    found = made["lead"]
    assert found["source"] == {"channel": "STAFF", "detail": "Trade fair"}
    lines = {line["key"]: line for line in found["summary"]}
    assert list(lines) == ["id", "contact", "createdAt", "source"]
    assert lines["id"]["value"]["copyText"] == made["lead"]["id"]
    assert lines["contact"]["value"]["display"] == "lena@mail.example, +4930901820"
    assert lines["createdAt"]["value"]["dateTime"] == found["createdAt"]
    assert lines["createdAt"]["value"]["copyText"] == "2026-03-02T09:00:00.000000Z"
    assert lines["source"]["value"]["display"] == "Staff: Trade fair"
    assert all(line["label"] for line in found["summary"])


@pytest.mark.behaviour("C24")
async def test_a_visitors_source_is_the_site_and_contact_is_empty_until_it_is_known(
    admin: Client, visitor: tuple[Client, Any]
) -> None:
    found = await card(admin, lead(visitor[1]), SUMMARY)
    values = {line["key"]: line["value"] for line in found["summary"]}
    assert values["contact"] is None
    assert values["source"]["display"] == "Site: Shop"
    await visitor[0].done("identify", emailAddress="lena@mail.example")
    found = await card(admin, lead(visitor[1]), SUMMARY)
    values = {line["key"]: line["value"] for line in found["summary"]}
    assert values["contact"]["display"] == "lena@mail.example"


@pytest.mark.parametrize("channel", SourceChannel)
async def test_every_way_to_become_a_lead_has_a_word(
    admin: Client, services: Services, channel: SourceChannel
) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        lead_id = await create_lead(work, NewLead(source=channel), key())
    found = await card(admin, lead(lead_id), SUMMARY)
    assert found["summary"][3]["value"]["display"].casefold() == channel.casefold()


PATCHES: list[dict[str, Any]] = [
    {"id": f"lead_{'0' * 32}"},
    {"createdAt": "2020-01-01T00:00:00Z"},
    {"source": {"channel": "API"}},
    {"sourceDetail": "Elsewhere"},
    {"summary": []},
]


@pytest.mark.behaviour("C25")
async def test_id_creation_and_source_can_be_patched_by_no_act(
    admin: Client, services: Services
) -> None:
    lead_id = lead(await make_lead(services))
    before = await card(admin, lead_id, SUMMARY)
    for mutation in ("changePersonInfo", "changeSalesInfo", "changePriority", "assignLead"):
        name = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = f"mutation($input: {name}!) {{ {mutation}(input: $input) {{ __typename }} }}"
        valid = {"leadId": lead_id, **({"priority": "LOW"} if "Priority" in mutation else {})}
        for patch in PATCHES:
            async with nothing_written(services):
                code = await admin.refused(document, input={**valid, **patch})
            assert code == "BAD_USER_INPUT"
    for field in ("id", "created_at", "source"):
        edit = {"fieldKey": field, "value": {"text": "x"}}
        async with nothing_written(services):
            made = await admin.write("setProperties", leadId=lead_id, properties=[edit])
        assert made["reason"] == "READ_ONLY"
    assert await card(admin, lead_id, SUMMARY) == before


@pytest.mark.behaviour("C25")
def test_no_input_takes_what_the_summary_shows_but_the_source_of_a_new_lead() -> None:
    fixed = {"createdat", "summary", "source", "sourcechannel", "sourcedetail", "sourcereferrer"}
    taking = {
        f"{each.name}.{field}"
        for each in graphql_schema().type_map.values()
        if isinstance(each, GraphQLInputObjectType) and each.name != "LeadFilter"  # it asks
        for field in each.fields
        if field.lower() in fixed or field == "id"
    }
    assert taking == {"CreateLeadInput.sourceDetail"}


# --- link ----------------------------------------------------------------------------------------


@pytest.mark.behaviour("B22")
async def test_the_link_to_a_card_is_stable_and_names_the_lead_only(
    admin: Client, services: Services, client_for: Any
) -> None:
    lead_id = lead(await make_lead(services))
    found = await card(admin, lead_id, "url")
    assert found["url"] == f"{services.public_url}/live#{lead_id}"
    await admin.done("changePersonInfo", leadId=lead_id, person={"firstName": "Mia"})
    other = await client_for(name="Bo Brandt")
    assert await card(other, lead_id, "url") == found


@pytest.mark.behaviour("B22")
async def test_the_link_to_a_merged_card_leads_to_the_survivor(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    site, secret = await make_site(services)
    until = (clock.now() + timedelta(hours=1)).isoformat()
    claim = {
        "externalId": "customer-1", "expiresAt": until,
        "signature": sign(secret, "customer-1", "", until),
    }  # fmt: skip
    survivor, alias = [await _identified(services, site, claim) for _ in range(2)]
    assert alias != survivor
    assert await card(admin, alias, "id url") == {
        "id": survivor, "url": f"{services.public_url}/live#{survivor}"
    }  # fmt: skip


async def _identified(services: Services, site: Any, claim: dict[str, Any]) -> str:
    """The lead that a new visit began with, before it became a known person."""
    visitor, begun = await begin(services, site)
    await visitor.done("identify", **claim)
    return begun


async def begin(services: Services, site: Any, **more: Any) -> tuple[Client, str]:
    """A visitor's client and the lead of a new visit."""
    client = Client(services, origin=ORIGIN)
    made = await client.done(
        "startVisit", "token", siteKey=site.site_key, page={"url": f"{ORIGIN}/lamps"}, **more
    )
    visitor = Client(services, made["token"], origin=ORIGIN)
    actor = await visitor.context().visitor()
    return visitor, lead(actor.lead_id)


# --- avatar --------------------------------------------------------------------------------------


@pytest.mark.behaviour("B4")
async def test_a_lead_without_a_picture_has_initials(admin: Client, services: Services) -> None:
    for first, last, letters in (
        ("Lena", "Lorenz", "LL"),
        ("élodie maria", "van der berg", "ÉB"),
        ("ßeta", "", "S"),
        ("@", "(9 lives)", "9L"),
        ("лена", "", "Л"),
        ("🙂", "", "?"),
    ):
        lead_id = await make_lead(services, first_name=first, last_name=last)
        found = await card(admin, lead(lead_id), "avatar { url source initials }")
        assert found["avatar"] == {"url": None, "source": "INITIALS", "initials": letters}


# --- time ----------------------------------------------------------------------------------------

PLACE = "location { timeZone utcOffsetSeconds source }"
UNKNOWN = {"timeZone": None, "utcOffsetSeconds": None, "source": "UNKNOWN"}


async def place(client: Client, lead_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await card(client, lead_id, PLACE))["location"]
    return found


@pytest.mark.behaviour("B13")
async def test_local_time_is_a_zone_and_its_offset_now_summer_time_included(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    lead_id = lead(await make_lead(services))
    assert await place(admin, lead_id) == UNKNOWN
    await admin.done("changePersonInfo", leadId=lead_id, timeZone="Europe/Berlin")
    stated = {"timeZone": "Europe/Berlin", "source": "STATED"}
    for at, offset in (
        ("2026-03-29T00:59:59+00:00", 3_600),
        ("2026-03-29T01:00:00+00:00", 7_200),
        ("2026-10-25T00:59:59+00:00", 7_200),
        ("2026-10-25T01:00:00+00:00", 3_600),
    ):
        clock.advance((datetime.fromisoformat(at) - clock.now()).total_seconds())
        client = Client(services, await token_of(services))
        assert await place(client, lead_id) == {**stated, "utcOffsetSeconds": offset}
    for zone, offset in (("Asia/Kathmandu", 20_700), ("Pacific/Kiritimati", 50_400), ("UTC", 0)):
        await client.done("changePersonInfo", leadId=lead_id, timeZone=zone)
        assert (await place(client, lead_id))["utcOffsetSeconds"] == offset
    await client.done("changePersonInfo", leadId=lead_id, timeZone=None)
    assert await place(client, lead_id) == UNKNOWN


async def token_of(services: Services) -> str:
    """A session of now: those of before the clock moved are over."""
    return (await sign_in_new(services)).token


ODD_ZONES = ["Mars/Phobos", "europe/berlin", "+02:00", "CEST", "localtime", "Factory", "../UTC"]


@pytest.mark.behaviour("B13")
async def test_an_unknown_name_of_a_zone_is_refused(admin: Client, services: Services) -> None:
    lead_id = lead(await make_lead(services))
    for zone in ODD_ZONES:
        async with nothing_written(services):
            made = await admin.write("changePersonInfo", leadId=lead_id, timeZone=zone)
        (problem,) = made["problems"]
        assert (problem["path"], problem["code"]) == (["timeZone"], "UNKNOWN"), zone


@pytest.mark.behaviour("B13")
async def test_a_browsers_zone_is_followed_until_one_is_stated(
    admin: Client, services: Services
) -> None:
    site, _ = await make_site(services)
    visitor, lead_id = await begin(services, site, timeZone="Europe/Berlin")
    browser = {"timeZone": "Europe/Berlin", "utcOffsetSeconds": 3_600, "source": "BROWSER"}
    assert await place(admin, lead_id) == browser

    async def come_back(zone: str | None) -> None:
        await visitor.done(
            "startVisit", siteKey=site.site_key, page={"url": f"{ORIGIN}/"},
            token=visitor.token, timeZone=zone,
        )  # fmt: skip

    for zone in ("Europe/Berlin", "Mars/Phobos", None):
        async with nothing_written(services):
            await come_back(zone)
    await come_back("Asia/Tokyo")
    assert (await place(admin, lead_id))["timeZone"] == "Asia/Tokyo"
    history = await card(admin, lead_id, "history(first: 1) { nodes { actor { kind } summary } }")
    assert history["history"]["nodes"] == [
        {"actor": {"kind": "LEAD"}, "summary": "Changed Time zone."}
    ]
    await admin.done("changePersonInfo", leadId=lead_id, timeZone="Europe/Oslo")
    async with nothing_written(services):
        await come_back("Asia/Tokyo")
    assert (await place(admin, lead_id))["source"] == "STATED"
    await admin.done("changePersonInfo", leadId=lead_id, timeZone=None)
    await come_back("Asia/Tokyo")
    assert (await place(admin, lead_id))["source"] == "BROWSER"


@pytest.mark.behaviour("B13")
async def test_a_known_lead_gets_the_zone_of_the_browser_that_is_proven_to_be_its_own(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    site, secret = await make_site(services)
    until = (clock.now() + timedelta(hours=1)).isoformat()
    claim = {
        "externalId": "customer-1", "expiresAt": until,
        "signature": sign(secret, "customer-1", "", until),
    }  # fmt: skip
    known = await _identified(services, site, claim)
    assert await place(admin, known) == UNKNOWN
    visitor, _ = await begin(services, site, timeZone="Europe/Berlin")
    await visitor.done("identify", **claim)
    assert (await place(admin, known))["timeZone"] == "Europe/Berlin"
