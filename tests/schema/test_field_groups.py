"""Groups of fields on a card, each person's own layout of them, and values of every type."""

from typing import Any

import pytest

from models.enums import StaffRole
from resolvers.services import Services
from tests.client import Client, lead, staff_client
from tests.factories import make_lead

CARD = """query($id: ID!) { lead(id: $id) {
  missingRequiredFields { key }
  fieldGroups { isCollapsed group { id name position }
    properties { key isMisfit field { position archivedAt isPersonalData minimum maximum
        group { name } options { id label archivedAt } }
      value { __typename display copyText
        ... on ChoiceValue { option { id label archivedAt } }
        ... on ChoicesValue { options { label } } } } } } }"""
GROUPS = """{ fieldGroups { id name version fields { key } all: fields(includeArchived: true) {
  id key archivedAt position version } } }"""


@pytest.fixture
async def lead_id(services: Services) -> str:
    return lead(await make_lead(services))


async def groups_on(client: Client, lead_id: str) -> dict[str, dict[str, Any]]:
    """Groups on the card by name."""
    data = await client.read(CARD, id=lead_id)
    return {each["group"]["name"]: each for each in data["lead"]["fieldGroups"]}


def keys_in(group: dict[str, Any]) -> list[str]:
    return [each["key"] for each in group["properties"]]


async def house(admin: Client) -> str:
    """A group with two fields."""
    made = await admin.done("saveFieldGroup", "group { id }", name="House")
    group: str = made["group"]["id"]
    options = [{"label": "Gas"}, {"label": "Wood"}]
    for given in (
        {"key": "heating", "label": "Heating", "type": "DROPDOWN", "options": options},
        {"key": "rooms", "label": "Rooms", "type": "NUMBER", "minimum": "1", "maximum": "50.5"},
    ):
        await admin.done("createField", groupId=group, **given)
    return group


@pytest.mark.behaviour("C23", "C31", "C32")
async def test_fields_stand_in_the_groups_of_the_project(admin: Client, lead_id: str) -> None:
    group = await house(admin)
    found = await groups_on(admin, lead_id)
    assert list(found) == ["Contact info", "Deal details", "Preferences", "More", "House"]
    assert keys_in(found["House"]) == ["heating", "rooms"]
    assert found["Preferences"]["properties"] == []
    rooms = found["House"]["properties"][1]["field"]
    assert (rooms["minimum"], rooms["maximum"], rooms["position"]) == ("1", "50.5", 1)
    assert rooms["group"] == {"name": "House"}
    (field,) = [
        each["id"]
        for row in (await admin.read(GROUPS))["fieldGroups"]
        for each in row["all"]
        if each["key"] == "company"
    ]
    made = await admin.done(
        "moveField", "fieldGroups { name fields { key } }", fieldId=field, groupId=group, position=1
    )
    (told,) = [each for each in made["fieldGroups"] if each["name"] == "House"]
    assert [each["key"] for each in told["fields"]] == ["heating", "company", "rooms"]
    assert keys_in((await groups_on(admin, lead_id))["House"]) == ["heating", "company", "rooms"]


@pytest.mark.behaviour("C27", "C29", "C33")
async def test_each_person_sees_a_group_in_their_own_way(
    services: Services, admin: Client, lead_id: str
) -> None:
    group = await house(admin)
    made = await admin.done(
        "changeMyLayout",
        "preferences { fieldLayouts { isCollapsed shownFieldKeys group { name } } }",
        groupId=group,
        shownFieldKeys=["rooms"],
        isCollapsed=True,
    )
    assert made["preferences"]["fieldLayouts"] == [
        {"isCollapsed": True, "shownFieldKeys": ["rooms"], "group": {"name": "House"}}
    ]
    other = await staff_client(services, StaffRole.MANAGER, "Mo")
    for client, keys, folded in ((admin, ["rooms"], True), (other, ["heating", "rooms"], False)):
        found = (await groups_on(client, lead_id))["House"]
        assert (keys_in(found), found["isCollapsed"]) == (keys, folded)
    await admin.done("changeMyLayout", groupId=group, isCollapsed=False)
    assert keys_in((await groups_on(admin, lead_id))["House"]) == ["rooms"]
    await admin.done("changeMyLayout", groupId=group, shownFieldKeys=None)
    assert keys_in((await groups_on(admin, lead_id))["House"]) == ["heating", "rooms"]


@pytest.mark.behaviour("C29")
async def test_a_required_field_out_of_sight_is_missing_still(admin: Client, lead_id: str) -> None:
    group = await house(admin)
    (rooms,) = [
        each["id"]
        for row in (await admin.read(GROUPS))["fieldGroups"]
        for each in row["all"]
        if each["key"] == "rooms"
    ]
    await admin.done("updateField", fieldId=rooms, isRequired=True)
    await admin.done("changeMyLayout", groupId=group, shownFieldKeys=["heating"])
    data = await admin.read(CARD, id=lead_id)
    assert data["lead"]["missingRequiredFields"] == [{"key": "rooms"}]


@pytest.mark.behaviour("C30")
async def test_a_choice_is_typed_and_stays_readable_when_its_option_is_archived(
    admin: Client, lead_id: str
) -> None:
    await house(admin)

    async def heating() -> dict[str, Any]:
        found: dict[str, Any] = (await groups_on(admin, lead_id))["House"]["properties"][0]
        return found

    field = (await heating())["field"]
    gas, wood = field["options"]
    made = await admin.done(
        "setProperties",
        "changes { ... on PropertiesChanged { diffs { after { __typename display } } } }",
        leadId=lead_id,
        properties=[{"fieldKey": "heating", "value": {"optionId": wood["id"]}}],
    )
    (change,) = made["changes"]
    assert change["diffs"] == [{"after": {"__typename": "ChoiceValue", "display": "Wood"}}]
    (row,) = [
        each
        for group in (await admin.read(GROUPS))["fieldGroups"]
        for each in group["all"]
        if each["key"] == "heating"
    ]
    changed = await admin.done(
        "updateField",
        "field { version options { label archivedAt } } misfitCount",
        fieldId=row["id"],
        options=[{"optionId": gas["id"], "label": "Town gas"}],
        expectedVersion=row["version"],
    )
    assert changed["misfitCount"] == 0
    assert [each["label"] for each in changed["field"]["options"]] == ["Town gas", "Wood"]
    found = await heating()
    assert found["value"]["display"] == "Wood"
    assert found["value"]["option"]["archivedAt"] is not None
    await admin.done("updateField", fieldId=row["id"], type="MULTI_SELECT")
    found = await heating()
    assert (found["isMisfit"], found["value"]["options"]) == (False, [{"label": "Wood"}])
    made = await admin.done("updateField", "misfitCount", fieldId=row["id"], type="NUMBER")
    found = await heating()
    assert (made["misfitCount"], found["isMisfit"]) == (1, True)
    assert found["value"]["display"] == "Wood"


@pytest.mark.behaviour("C30")
async def test_an_option_that_was_renamed_is_told_by_its_present_name(
    admin: Client, lead_id: str
) -> None:
    await house(admin)
    found = (await groups_on(admin, lead_id))["House"]["properties"][0]
    gas, _ = found["field"]["options"]
    given = [{"fieldKey": "heating", "value": {"optionId": gas["id"]}}]
    await admin.done("setProperties", leadId=lead_id, properties=given)
    (row,) = [
        each
        for group in (await admin.read(GROUPS))["fieldGroups"]
        for each in group["all"]
        if each["key"] == "heating"
    ]
    await admin.done(
        "updateField", fieldId=row["id"], options=[{"optionId": gas["id"], "label": "Town gas"}]
    )
    now = (await groups_on(admin, lead_id))["House"]["properties"][0]
    assert now["value"]["display"] == "Town gas"
    past = await admin.read(
        """query($id: ID!, $at: DateTime!) { lead(id: $id, asOf: { at: $at }) {
          fieldGroups { properties { key value { display } } } } }""",
        id=lead_id,
        at=admin.services.clock.now().isoformat(),
    )
    (then,) = [
        each
        for group in past["lead"]["fieldGroups"]
        for each in group["properties"]
        if each["key"] == "heating"
    ]
    assert then["value"] == {"display": "Gas"}


async def test_an_archived_field_leaves_the_card_and_layouts_behind(
    admin: Client, lead_id: str
) -> None:
    group = await house(admin)
    await admin.done("changeMyLayout", groupId=group, shownFieldKeys=["rooms", "heating"])
    await admin.done("pinProperty", fieldKey="rooms")
    (row,) = [
        each
        for each in (await admin.read(GROUPS))["fieldGroups"][-1]["all"]
        if each["key"] == "rooms"
    ]
    await admin.done("updateField", fieldId=row["id"], isArchived=True)
    assert keys_in((await groups_on(admin, lead_id))["House"]) == ["heating"]
    data = await admin.read(
        "{ me { preferences { pinnedFieldKeys fieldLayouts { shownFieldKeys } } } }"
    )
    preferences = data["me"]["preferences"]
    assert preferences == {
        "pinnedFieldKeys": [], "fieldLayouts": [{"shownFieldKeys": ["heating"]}]
    }  # fmt: skip
    last = (await admin.read(GROUPS))["fieldGroups"][-1]
    assert last["fields"] == [{"key": "heating"}]
    assert [each["position"] for each in last["all"] if each["archivedAt"]] == [None]
