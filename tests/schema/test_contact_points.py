"""A lead's addresses and numbers: added, corrected, put first, removed, and told live."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.clock import ManualClock
from models.contact_points import EmailAddress
from models.enums import Consent, StaffRole
from models.workspace import Workspace
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, lead, nothing_written, staff_client
from tests.factories import make_lead

ENTRY = """id address asTyped isPrimary isVerified addedAt
  subscription { subscriptionStatus invalidReason }"""
ADDRESSES = f"emailAddresses {{ {ENTRY} }} primaryEmailAddress {{ id }}"
NUMBERS = "phoneNumbers { id number asTyped isPrimary label }"
CARD = "query($id: ID!) { lead(id: $id) { %s } }"


@pytest.fixture
async def lead_id(services: Services) -> str:
    return lead(await make_lead(services))


async def addresses(client: Client, lead_id: str) -> list[dict[str, Any]]:
    data = await client.read(CARD % ADDRESSES, id=lead_id)
    found: list[dict[str, Any]] = data["lead"]["emailAddresses"]
    return found


async def add(client: Client, lead_id: str, *typed: str, **more: Any) -> list[dict[str, Any]]:
    """Adds addresses one by one; all of the lead after it."""
    for text in typed:
        await client.done("addEmailAddress", leadId=lead_id, address=text, **more)
    return await addresses(client, lead_id)


async def say_no(services: Services, key: str) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(EmailAddress)
            .where(col(EmailAddress.key) == key)
            .values(consent=Consent.UNSUBSCRIBED)
        )


def diffs(made: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """What the one change of a write says: kind of path, before and after as displayed."""
    (change,) = made["changes"]
    assert change["__typename"] == "ContactPointsChanged"
    return [
        (
            diff["path"].partition(":")[0],
            diff["before"] and diff["before"]["display"],
            diff["after"] and diff["after"]["display"],
        )
        for diff in change["entry"]["diffs"]
    ]


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.behaviour("A11", "B36")
async def test_addresses_are_added_and_the_first_one_is_primary(
    admin: Client, lead_id: str
) -> None:
    made = await admin.done(
        "addEmailAddress", f"lead {{ {ADDRESSES} }}", leadId=lead_id, address=" Lena@Mail.Example "
    )
    (first,) = made["lead"]["emailAddresses"]
    assert (first["address"], first["asTyped"]) == ("lena@mail.example", "Lena@Mail.Example")
    assert (first["isPrimary"], first["isVerified"]) == (True, False)
    assert first["subscription"]["subscriptionStatus"] == "SUBSCRIBED"
    assert diffs(made) == [("email_addresses", None, "lena@mail.example")]
    assert made["changes"][0]["entry"]["summary"] == "Added an e-mail address."
    found = await add(admin, lead_id, "lena@bücher.example", "лена@mail.example")
    assert [(each["address"], each["isPrimary"]) for each in found] == [
        ("lena@mail.example", True),
        ("lena@xn--bcher-kva.example", False),
        ("лена@mail.example", False),
    ]
    assert found[2]["subscription"] == {
        "subscriptionStatus": "INVALID_EMAIL",
        "invalidReason": "CYRILLIC",
    }


@pytest.mark.behaviour("A11")
async def test_an_address_can_be_put_first_when_added_or_later(
    admin: Client, services: Services, lead_id: str
) -> None:
    await add(admin, lead_id, "a@mail.example")
    found = await add(admin, lead_id, "b@mail.example", isPrimary=True)
    assert [each["address"] for each in found] == ["b@mail.example", "a@mail.example"]
    made = await admin.done(
        "makeEmailAddressPrimary",
        f"lead {{ {ADDRESSES} }}",
        leadId=lead_id,
        emailAddressId=found[1]["id"],
    )
    assert [each["isPrimary"] for each in made["lead"]["emailAddresses"]] == [True, False]
    assert made["lead"]["primaryEmailAddress"] == {"id": found[1]["id"]}
    assert diffs(made) == [("primaryEmailAddress", "b@mail.example", "a@mail.example")]
    summary = made["changes"][0]["entry"]["summary"]
    assert summary == "Changed primary e-mail address."
    async with nothing_written(services):
        again = await admin.done(
            "makeEmailAddressPrimary", leadId=lead_id, emailAddressId=found[1]["id"]
        )
    assert again["changes"] == []


@pytest.mark.behaviour("A11")
async def test_a_lead_without_a_name_is_called_by_its_primary_address(
    admin: Client, visitor: tuple[Client, Any]
) -> None:
    lead_id = lead(visitor[1])
    found = await add(admin, lead_id, "a@mail.example", "b@mail.example")
    made = await admin.done(
        "makeEmailAddressPrimary", leadId=lead_id, emailAddressId=found[1]["id"]
    )
    assert made["lead"]["displayName"] == "b@mail.example"
    for entry in found:
        made = await admin.done(
            "removeEmailAddress", "lead { isAnonymous }", leadId=lead_id,
            emailAddressId=entry["id"],
        )  # fmt: skip
    assert made["lead"]["displayName"].startswith("Visitor ")
    assert made["lead"]["isAnonymous"]


@pytest.mark.behaviour("A11", "B32")
async def test_a_corrected_address_has_its_own_status_and_consent_stays_behind(
    admin: Client, services: Services, clock: ManualClock, lead_id: str
) -> None:
    (entry,) = await add(admin, lead_id, "lena@mail.example")
    await say_no(services, "lena@mail.example")
    clock.advance(60)
    made = await admin.done(
        "correctEmailAddress",
        f"lead {{ {ADDRESSES} }}",
        leadId=lead_id,
        emailAddressId=entry["id"],
        address="Lena@post.example",
    )
    (corrected,) = made["lead"]["emailAddresses"]
    assert corrected["id"] == entry["id"]
    assert corrected["subscription"]["subscriptionStatus"] == "SUBSCRIBED"
    assert corrected["addedAt"] > entry["addedAt"]
    assert diffs(made) == [("email_addresses", "lena@mail.example", "lena@post.example")]
    assert made["changes"][0]["entry"]["summary"] == "Corrected an e-mail address."
    async with nothing_written(services):
        same = await admin.done(
            "correctEmailAddress", leadId=lead_id, emailAddressId=entry["id"],
            address="LENA@post.example",
        )  # fmt: skip
    assert same["changes"] == []
    # Back to the first one: it still says no.
    clock.advance(60)
    back = await admin.done(
        "correctEmailAddress",
        f"lead {{ {ADDRESSES} }}",
        leadId=lead_id,
        emailAddressId=entry["id"],
        address="lena@mail.example",
    )
    (last,) = back["lead"]["emailAddresses"]
    assert last["subscription"]["subscriptionStatus"] == "UNSUBSCRIBED"
    for moment, expected in ((entry["addedAt"], entry), (corrected["addedAt"], corrected)):
        then = await admin.read(
            f"query($id: ID!, $at: DateTime!) {{ lead(id: $id, asOf: {{ at: $at }}) "
            f"{{ {ADDRESSES} }} }}",
            id=lead_id,
            at=moment,
        )
        (found,) = then["lead"]["emailAddresses"]
        for part in ("id", "address", "asTyped", "addedAt"):
            assert found[part] == expected[part]


@pytest.mark.behaviour("B36", "A11")
async def test_an_invalid_address_is_judged_again_when_it_is_corrected(
    admin: Client, services: Services, lead_id: str
) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Workspace).values(is_double_opt_in_on=True))
    (entry,) = await add(admin, lead_id, "lena.mail.example")
    assert entry["subscription"] == {
        "subscriptionStatus": "INVALID_EMAIL",
        "invalidReason": "NO_AT",
    }
    made = await admin.done(
        "correctEmailAddress", f"lead {{ {ADDRESSES} }}", leadId=lead_id,
        emailAddressId=entry["id"], address="lena@mail.example",
    )  # fmt: skip
    assert made["lead"]["emailAddresses"][0]["subscription"] == {
        "subscriptionStatus": "WAITING_FOR_CONFIRMATION",
        "invalidReason": None,
    }


@pytest.mark.behaviour("A11")
async def test_the_primary_address_goes_only_with_a_new_one_named(
    admin: Client, services: Services, lead_id: str
) -> None:
    found = await add(admin, lead_id, "a@mail.example", "b@mail.example", "c@mail.example")
    given = {"leadId": lead_id, "emailAddressId": found[0]["id"]}
    async with nothing_written(services):
        refused = await admin.write("removeEmailAddress", **given)
    assert refused["reason"] == "PRIMARY_NEEDED"
    made = await admin.done("removeEmailAddress", **given, newPrimaryId=found[2]["id"])
    assert diffs(made) == [
        ("email_addresses", "a@mail.example", None),
        ("primaryEmailAddress", "a@mail.example", "c@mail.example"),
    ]
    assert made["changes"][0]["entry"]["summary"] == "Removed an e-mail address."
    left = await addresses(admin, lead_id)
    assert [each["address"] for each in left] == ["c@mail.example", "b@mail.example"]
    gone = await admin.write("removeEmailAddress", **given)
    assert gone["__typename"] == "NotFoundError"
    for entry in reversed(left):  # another than the primary, and the last one, need no heir
        await admin.done("removeEmailAddress", leadId=lead_id, emailAddressId=entry["id"])
    assert await addresses(admin, lead_id) == []


@pytest.mark.behaviour("A11", "B32")
async def test_a_shared_address_has_one_status_and_names_the_other_leads_that_one_may_see(
    admin: Client, services: Services, lead_id: str
) -> None:
    agent = await staff_client(services, StaffRole.AGENT, "Bo Brandt")
    assert agent.actor
    own = await make_lead(services, email_addresses=["info@mail.example"])
    other = await make_lead(services, email_addresses=["INFO@mail.example"])
    await admin.done("assignLead", leadId=lead(own), staffId=f"staff_{agent.actor.id.hex}")
    await add(admin, lead_id, "Info@Mail.Example")
    await say_no(services, "info@mail.example")
    document = CARD % (
        "emailAddresses { subscription { subscriptionStatus } otherLeads { id displayName } }"
    )
    for mine in (lead(own), lead(other), lead_id):
        (entry,) = (await admin.read(document, id=mine))["lead"]["emailAddresses"]
        assert entry["subscription"]["subscriptionStatus"] == "UNSUBSCRIBED"
        others = {each["id"] for each in entry["otherLeads"]}
        assert others == {lead(own), lead(other), lead_id} - {mine}
    (seen,) = (await agent.read(document, id=lead(own)))["lead"]["emailAddresses"]
    assert seen["otherLeads"] == []


async def test_at_most_20_other_leads_are_named_newest_first(
    admin: Client, services: Services
) -> None:
    made = [await make_lead(services, email_addresses=["info@mail.example"]) for _ in range(23)]
    data = await admin.read(CARD % "emailAddresses { otherLeads { id } }", id=lead(made[5]))
    others = [each["id"] for each in data["lead"]["emailAddresses"][0]["otherLeads"]]
    assert others == [lead(each) for each in reversed(made) if each != made[5]][:20]


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.behaviour("A11")
async def test_numbers_are_saved_as_they_are_dialled_with_what_was_typed(
    admin: Client, services: Services, lead_id: str
) -> None:
    parts = f"lead {{ {NUMBERS} }}"
    made = await admin.done(
        "savePhoneNumber", parts, leadId=lead_id, number="030/90 18 20", label=" Office "
    )
    (first,) = made["lead"]["phoneNumbers"]
    assert first == {
        "id": first["id"],
        "number": "+4930901820",
        "asTyped": "030/90 18 20",
        "isPrimary": True,
        "label": "Office",
    }
    assert diffs(made) == [("phone_numbers", None, "+4930901820")]
    given = {"leadId": lead_id, "phoneNumberId": first["id"]}
    async with nothing_written(services):
        same = await admin.done("savePhoneNumber", **given, number="+49 30 901820")
    assert same["changes"] == []
    relabelled = await admin.done(
        "savePhoneNumber", parts, **given, number="+49 30 901820", label="Home"
    )
    assert relabelled["lead"]["phoneNumbers"][0]["label"] == "Home"
    assert diffs(relabelled) == [("phone_numbers", "Office", "Home")]
    assert relabelled["changes"][0]["entry"]["summary"] == "Changed label of +4930901820."
    changed = await admin.done("savePhoneNumber", parts, **given, number="030 901821", label=None)
    (entry,) = changed["lead"]["phoneNumbers"]
    assert (entry["number"], entry["asTyped"], entry["label"]) == (
        "+4930901821", "030 901821", None
    )  # fmt: skip


@pytest.mark.behaviour("A11")
async def test_national_numbers_are_read_in_the_region_of_the_workspace(
    admin: Client, services: Services, lead_id: str
) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Workspace).values(default_region="GB"))
    made = await admin.done(
        "savePhoneNumber", f"lead {{ {NUMBERS} }}", leadId=lead_id, number="020 7946 0018"
    )
    assert made["lead"]["phoneNumbers"][0]["number"] == "+442079460018"


@pytest.mark.behaviour("A11")
async def test_when_the_primary_number_goes_the_next_one_is_primary(
    admin: Client, lead_id: str
) -> None:
    parts = f"lead {{ {NUMBERS} }}"
    for number in ("+49 30 901820", "+49 30 901821"):
        await admin.done("savePhoneNumber", leadId=lead_id, number=number)
    made = await admin.done(
        "savePhoneNumber", parts, leadId=lead_id, number="+49 30 901822", isPrimary=True
    )
    found = made["lead"]["phoneNumbers"]
    assert [each["number"][-1] for each in found] == ["2", "0", "1"]
    left = await admin.done(
        "removePhoneNumber", parts, leadId=lead_id, phoneNumberId=found[0]["id"]
    )
    assert [(each["number"][-1], each["isPrimary"]) for each in left["lead"]["phoneNumbers"]] == [
        ("0", True),
        ("1", False),
    ]
    assert ("primaryPhoneNumber", "+4930901822", "+4930901820") in diffs(left)


ODD_NUMBERS: list[tuple[dict[str, Any], str, str]] = [
    ({"number": ""}, "number", "REQUIRED"),
    ({"number": "12"}, "number", "MALFORMED"),
    ({"number": "+49 30 901820" + "0" * 30}, "number", "TOO_LARGE"),
    ({"number": "+999 30 901820"}, "number", "MALFORMED"),
    ({"number": "+49 30 901820", "label": "x" * 41}, "label", "TOO_LARGE"),
    ({"number": "+49 30 901820", "label": "a\nb"}, "label", "MALFORMED"),
    ({"number": "+49 30 901820", "phoneNumberId": "address_1"}, "phoneNumberId", "MALFORMED"),
]


@pytest.mark.behaviour("A11", "G6")
async def test_a_number_that_can_not_be_dialled_or_an_odd_label_is_refused(
    admin: Client, services: Services, lead_id: str
) -> None:
    for given, path, code in ODD_NUMBERS:
        async with nothing_written(services):
            made = await admin.write("savePhoneNumber", leadId=lead_id, **given)
        (problem,) = made["problems"]
        assert (problem["path"], problem["code"]) == ([path], code)


# --- live ----------------------------------------------------------------------------------------

STREAM = """subscription($id: ID!) { leadCard(id: $id) { __typename
  ... on ContactPointsChanged {
    emailAddresses { address isPrimary } phoneNumbers { number label } } } }"""


@pytest.mark.behaviour("A11")
async def test_an_open_card_is_told_the_addresses_and_numbers_as_they_are_now(
    admin: Client, lead_id: str
) -> None:
    stream = admin.stream(STREAM, id=lead_id)
    try:
        assert (await anext(stream)).data is not None
        await add(admin, lead_id, "lena@mail.example")
        await admin.done("savePhoneNumber", leadId=lead_id, number="+4930901820", label="Home")
        told: list[Any] = []
        while len(told) < 2:
            answer = await anext(stream)
            assert answer.data is not None
            item = answer.data["leadCard"]
            if item["__typename"] == "ContactPointsChanged":
                told.append(item)
    finally:
        await stream.aclose()
    assert told[1]["emailAddresses"] == [{"address": "lena@mail.example", "isPrimary": True}]
    assert told[1]["phoneNumbers"] == [{"number": "+4930901820", "label": "Home"}]
