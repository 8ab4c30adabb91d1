"""Properties that a person keeps in the header, and values as text to copy."""

from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import FieldVisibility, StaffRole
from models.fields import FieldDefinition
from models.pins import PinnedField
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, lead, nothing_written, staff_client
from tests.factories import make_lead

PINS = "preferences { pinnedFieldKeys }"
HEADER = """query($id: ID!) { lead(id: $id) {
  pinnedProperties { key isPinned value { display } } properties { key isPinned } } }"""


@pytest.fixture
async def lead_id(services: Services) -> str:
    return lead(await make_lead(services))


async def pin(client: Client, key: str, **more: Any) -> list[str]:
    made = await client.done("pinProperty", PINS, fieldKey=key, **more)
    keys: list[str] = made["preferences"]["pinnedFieldKeys"]
    return keys


async def header(client: Client, lead_id: str) -> list[dict[str, Any]]:
    data = await client.read(HEADER, id=lead_id)
    pinned: list[dict[str, Any]] = data["lead"]["pinnedProperties"]
    marked = {each["key"] for each in data["lead"]["properties"] if each["isPinned"]}
    assert marked == {each["key"] for each in pinned}
    assert all(each["isPinned"] for each in pinned)
    return pinned


async def change_field(services: Services, key: str, **values: Any) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(FieldDefinition).where(col(FieldDefinition.key) == key).values(**values)
        )


@pytest.mark.behaviour("B7", "B4")
async def test_pins_are_a_persons_own_and_keep_their_order_on_every_card(
    admin: Client, services: Services, lead_id: str
) -> None:
    assert await header(admin, lead_id) == []
    assert await pin(admin, "company") == ["company"]
    assert await pin(admin, "birthday") == ["company", "birthday"]
    assert await pin(admin, "title", position=1) == ["company", "title", "birthday"]
    assert await pin(admin, "last_name", position=99) == [
        "company", "title", "birthday", "last_name"
    ]  # fmt: skip
    found = await header(admin, lead_id)
    assert [each["key"] for each in found] == ["company", "title", "birthday", "last_name"]
    assert [each["value"] for each in found] == [None, None, None, {"display": "Lorenz"}]
    told = await admin.read("{ me { preferences { pinnedFieldKeys } } }")
    assert told["me"]["preferences"]["pinnedFieldKeys"] == [each["key"] for each in found]
    other = await staff_client(services, StaffRole.MANAGER, "Bo Brandt")
    assert await header(other, lead_id) == []
    assert await pin(other, "company") == ["company"]


@pytest.mark.behaviour("B7")
async def test_pinning_twice_changes_nothing_and_with_a_place_moves(
    admin: Client, services: Services
) -> None:
    for key in ("company", "title", "birthday"):
        await pin(admin, key)
    async with nothing_written(services):
        assert await pin(admin, "company") == ["company", "title", "birthday"]
        assert await pin(admin, "company", position=0) == ["company", "title", "birthday"]
    assert await pin(admin, "company", position=2) == ["title", "birthday", "company"]
    made = await admin.done("unpinProperty", PINS, fieldKey="birthday")
    assert made["preferences"]["pinnedFieldKeys"] == ["title", "company"]
    async with nothing_written(services):
        for key in ("birthday", "never_there", ""):
            made = await admin.done("unpinProperty", PINS, fieldKey=key)
            assert made["preferences"]["pinnedFieldKeys"] == ["title", "company"]


@pytest.mark.behaviour("B7")
async def test_an_archived_or_hidden_field_is_unpinned_and_gives_its_place_free(
    services: Services, clock: ManualClock, lead_id: str
) -> None:
    manager = await staff_client(services, StaffRole.MANAGER, "Bo Brandt")
    for number in range(12):
        await manager.done("createField", key=f"f{number}", label="x", type="TEXT")
        await pin(manager, f"f{number}")
    await change_field(services, "f0", archived_at=clock.now())
    await change_field(services, "f1", visibility=FieldVisibility.ADMINS)
    shown = [f"f{number}" for number in range(2, 12)]
    assert [each["key"] for each in await header(manager, lead_id)] == shown
    for key in ("f0", "f1"):
        async with nothing_written(services):
            refused = await manager.write("pinProperty", fieldKey=key)
        assert (refused["__typename"], refused["id"]) == ("NotFoundError", key)
    assert await pin(manager, "company") == [*shown, "company"]
    async with services.database.read_session() as session:
        assert await session.scalar(select(func.count()).select_from(PinnedField)) == 11


@pytest.mark.behaviour("B7")
async def test_parts_of_the_card_that_are_no_properties_can_not_be_pinned(
    admin: Client, services: Services
) -> None:
    for key in ("state", "assignee", "priority", "email", "nothing", "", "Company"):
        async with nothing_written(services):
            refused = await admin.write("pinProperty", fieldKey=key)
        assert refused["__typename"] == "NotFoundError", key


# --- values to copy ------------------------------------------------------------------------------

COPIES: list[tuple[str, dict[str, Any], str, str]] = [
    ("words", {"text": "two\nlines"}, "two\nlines", "two\nlines"),
    ("area", {"number": "1234.50"}, "1,234.5", "1234.5"),
    ("likes_brass", {"boolean": False}, "No", "false"),
    ("moved_in", {"date": "2026-02-28"}, "2026-02-28", "2026-02-28"),
    (
        "budget",
        {"money": {"amount": "1234567.5", "currency": "EUR"}},
        "1,234,567.50 EUR",
        "1234567.5",
    ),
    ("found_at", {"url": "https://a.example/b/"}, "a.example/b", "https://a.example/b/"),
]


@pytest.mark.behaviour("B8", "B9")
async def test_each_value_has_its_raw_text_to_copy(admin: Client, lead_id: str) -> None:
    properties = [{"fieldKey": key, "value": value} for key, value, _, _ in COPIES]
    made = await admin.done(
        "setProperties", "lead { properties { key value { display copyText } } }",
        leadId=lead_id, properties=properties,
    )  # fmt: skip
    found = {each["key"]: each["value"] for each in made["lead"]["properties"]}
    for key, _, display, copied in COPIES:
        assert found[key] == {"display": display, "copyText": copied}


@pytest.mark.behaviour("B8")
async def test_a_masked_value_has_no_text_to_copy(
    admin: Client, services: Services, lead_id: str
) -> None:
    await admin.done("createField", key="secret_plan", label="Plan", type="TEXT")
    edit = {"fieldKey": "secret_plan", "value": {"text": "Buy it all"}}
    await admin.done("setProperties", leadId=lead_id, properties=[edit])
    await change_field(services, "secret_plan", visibility=FieldVisibility.ADMINS)
    manager = await staff_client(services, StaffRole.MANAGER, "Bo Brandt")
    data = await manager.read(
        """query($id: ID!) { lead(id: $id) { properties { key }
          history(first: 1) { nodes { diffs { after { __typename display copyText } } } } } }""",
        id=lead_id,
    )
    assert "secret_plan" not in [each["key"] for each in data["lead"]["properties"]]
    (diff,) = data["lead"]["history"]["nodes"][0]["diffs"]
    assert (diff["after"]["__typename"], diff["after"]["copyText"]) == ("HiddenValue", None)
    assert "Buy" not in diff["after"]["display"]
