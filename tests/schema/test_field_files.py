"""Fields whose value is a file: uploaded, told with a link, kept for past cards, hidden with it."""

from typing import Any
from uuid import UUID

import pytest

from models.enums import StaffRole
from resolvers import leads
from resolvers.leads import PropertyEdit
from resolvers.services import Services
from tests.client import Client, lead, staff_client
from tests.factories import make_lead
from tests.importing import received_upload
from tests.pictures import picture
from tests.resolvers.verify import act, verify_change

pytestmark = pytest.mark.behaviour("C30")

VALUE = """query($id: ID!) { now: lead(id: $id) { ...Card } }
fragment Card on Lead { property(key: "plan") { value { __typename display
  ... on FileValue { file { name contentType downloadUrl thumbnailUrl } } } } }"""
PAST = """query($id: ID!, $at: DateTime!) { lead(id: $id, asOf: { at: $at }) {
  property(key: "plan") { value { ... on FileValue { file { name } } } } } }"""


@pytest.fixture
async def lead_id(services: Services, admin: Client) -> UUID:
    await admin.done("createField", key="plan", label="Plan", type="FILE")
    return await make_lead(services)


async def upload(services: Services, client: Client, name: str, data: bytes = b"a plan") -> str:
    assert client.actor is not None
    found = await received_upload(services, client.actor, data, name)
    return f"upload_{found.hex}"


async def put(client: Client, lead_id: UUID, upload_id: str | None) -> dict[str, Any]:
    value = {"uploadId": upload_id} if upload_id else None
    return await client.write(
        "setProperties", leadId=lead(lead_id), properties=[{"fieldKey": "plan", "value": value}]
    )


async def shown(client: Client, lead_id: UUID) -> dict[str, Any] | None:
    data = await client.read(VALUE, id=lead(lead_id))
    value: dict[str, Any] | None = data["now"]["property"]["value"]
    return value


async def test_an_upload_becomes_the_value_and_is_told_with_its_links(
    services: Services, admin: Client, lead_id: UUID
) -> None:
    made = await put(admin, lead_id, await upload(services, admin, "plan.png", picture()))
    assert made["__typename"] == "SetPropertiesSuccess"
    value = await shown(admin, lead_id)
    assert value is not None
    assert (value["__typename"], value["display"]) == ("FileValue", "plan.png")
    assert value["file"]["contentType"] == "image/png"
    assert "/files/" in value["file"]["downloadUrl"]
    assert "/files/" in value["file"]["thumbnailUrl"]


async def test_the_file_before_stays_with_the_card_of_then(
    services: Services, admin: Client, lead_id: UUID
) -> None:
    await put(admin, lead_id, await upload(services, admin, "old.txt"))
    then = services.clock.now()
    services.clock.advance(60)  # type: ignore[attr-defined]  # tests have one that stands still
    await put(admin, lead_id, await upload(services, admin, "new.txt"))
    value = await shown(admin, lead_id)
    assert value is not None
    assert value["file"]["name"] == "new.txt"
    past = await admin.read(PAST, id=lead(lead_id), at=then.isoformat())
    assert past["lead"]["property"]["value"] == {"file": {"name": "old.txt"}}
    await put(admin, lead_id, None)
    assert await shown(admin, lead_id) is None


async def test_the_log_leads_from_card_to_card(
    services: Services, admin: Client, lead_id: UUID
) -> None:
    given = {"upload_id": await upload(services, admin, "plan.txt")}
    edits = [PropertyEdit("plan", given)]
    assert admin.actor is not None
    actor = admin.actor
    await verify_change(
        services, lead_id, lambda: act(services, actor, leads.set_properties, lead_id, edits)
    )


async def test_a_new_lead_may_begin_with_a_file(services: Services, admin: Client) -> None:
    await admin.done("createField", key="plan", label="Plan", type="FILE", isRequired=True)
    given = {"uploadId": await upload(services, admin, "plan.txt")}
    made = await admin.done(
        "createLead",
        'lead { property(key: "plan") { value { display } } }',
        idempotencyKey="a-lead-with-a-plan",
        person={"firstName": "Lena"},
        properties=[{"fieldKey": "plan", "value": given}],
    )
    assert made["lead"]["property"]["value"] == {"display": "plan.txt"}


async def test_an_upload_is_used_once_and_by_its_owner(
    services: Services, admin: Client, lead_id: UUID
) -> None:
    other = await staff_client(services, StaffRole.MANAGER, "Mo")
    theirs = await upload(services, other, "plan.txt")
    assert (await put(admin, lead_id, theirs))["__typename"] == "NotFoundError"
    own = await upload(services, admin, "plan.txt")
    await put(admin, lead_id, own)
    again = await put(admin, lead_id, own)
    assert (again["__typename"], again["reason"]) == ("PreconditionError", "UPLOAD_MISSING")
    for value, code in (
        ({"uploadId": "upload_1"}, "MALFORMED"),
        ({"text": "plan.txt"}, "WRONG_TYPE"),
    ):
        refused = await admin.write(
            "setProperties",
            leadId=lead(lead_id),
            properties=[{"fieldKey": "plan", "value": value}],
        )
        assert [each["code"] for each in refused["problems"]] == [code]


async def test_a_hidden_field_hides_its_file(
    services: Services, admin: Client, lead_id: UUID
) -> None:
    await put(admin, lead_id, await upload(services, admin, "plan.txt"))
    manager = await staff_client(services, StaffRole.MANAGER, "Mo")
    assert await shown(manager, lead_id)
    groups = "{ fieldGroups { fields { id key } } }"
    (field,) = [
        each["id"]
        for group in (await admin.read(groups))["fieldGroups"]
        for each in group["fields"]
        if each["key"] == "plan"
    ]
    await admin.done("updateField", fieldId=field, visibility="ADMINS")
    data = await manager.read(VALUE, id=lead(lead_id))
    assert data["now"]["property"] is None
    changed = await admin.done("updateField", "misfitCount", fieldId=field, type="TEXT")
    assert changed["misfitCount"] == 0
