"""Open cards follow definitions of fields, groups and the summary, and what others edit."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from models.enums import StaffRole
from resolvers.services import Services
from tests.client import Client, lead, staff_client
from tests.factories import make_lead
from tests.live.following import PATIENCE

STREAM = """subscription($id: ID!) { leadCard(id: $id) { __typename
  ... on LeadCardSnapshot { lead { properties { key } viewers { editingPath } } }
  ... on ViewersChanged { viewers { staff { name } editingPath } }
  ... on SettingsChanged {
    card { summaryKeys summaryFields { key } }
    lead { summary { key label } fieldGroups { group { name } properties { key label } } } } } }"""


@pytest.fixture
async def admin(services: Services) -> Client:
    return await staff_client(services)


class Card:
    """One open card."""

    def __init__(self, stream: AsyncGenerator[Any, None]) -> None:
        self._stream = stream

    async def next(self, kind: str) -> dict[str, Any]:
        """The next item of this kind; others are passed over."""
        async for answer in self._stream:
            assert not answer.errors, answer.errors
            item: dict[str, Any] = answer.data["leadCard"]
            if item["__typename"] == kind:
                return item
        raise AssertionError("the stream ended")

    async def settings(self) -> dict[str, Any]:
        return await self.next("SettingsChanged")


@asynccontextmanager
async def opened(client: Client, lead_id: str) -> AsyncGenerator[Card, None]:
    async with aclosing(client.stream(STREAM, id=lead_id)) as stream, asyncio.timeout(PATIENCE):
        card = Card(stream)
        await card.next("LeadCardSnapshot")
        yield card


def group_of(told: dict[str, Any], name: str) -> list[str]:
    """Labels in a group of the card that was told."""
    (found,) = [each for each in told["lead"]["fieldGroups"] if each["group"]["name"] == name]
    return [each["label"] for each in found["properties"]]


@pytest.mark.behaviour("C31", "C32")
async def test_anothers_open_card_shows_a_new_group_and_a_renamed_field(
    services: Services, admin: Client
) -> None:
    agent = await staff_client(services, StaffRole.AGENT, "Bo Brandt")
    lead_id = lead(await make_lead(services, agent.actor))  # type: ignore[arg-type]  # staff have one
    async with opened(agent, lead_id) as card:
        group = await admin.done("saveFieldGroup", "group { id }", name="House")
        told = await card.settings()
        assert group_of(told, "House") == []
        field = await admin.done(
            "createField",
            "field { id }",
            key="heating",
            label="Heating",
            type="TEXT",
            groupId=group["group"]["id"],
        )
        assert group_of(await card.settings(), "House") == ["Heating"]
        await admin.done("updateField", fieldId=field["field"]["id"], label="Warmth")
        assert group_of(await card.settings(), "House") == ["Warmth"]


@pytest.mark.behaviour("C26")
async def test_an_open_card_follows_the_lines_of_the_summary(
    services: Services, admin: Client
) -> None:
    lead_id = lead(await make_lead(services))
    other = await staff_client(services, StaffRole.MANAGER, "Mo")
    async with opened(other, lead_id) as card:
        made = await admin.done(
            "changeSummaryFields", "card { summaryKeys version }", fieldKeys=["company", "source"]
        )
        assert made["card"]["summaryKeys"] == ["id", "company", "source"]
        told = await card.settings()
        assert told["card"]["summaryFields"] == [{"key": "company"}]
        assert told["lead"]["summary"] == [
            {"key": "id", "label": "Lead ID"},
            {"key": "company", "label": "Company"},
            {"key": "source", "label": "Source"},
        ]


@pytest.mark.behaviour("C26")
async def test_a_line_of_a_hidden_or_archived_field_is_left_out(
    services: Services, admin: Client
) -> None:
    lead_id = lead(await make_lead(services))
    field = await admin.done(
        "createField", "field { id }", key="margin", label="Margin", type="TEXT"
    )
    await admin.done("changeSummaryFields", fieldKeys=["margin", "contact"])
    query = """query($id: ID!) { lead(id: $id) { summary { key } }
      project { card { summaryKeys } } }"""

    async def lines(client: Client) -> list[str]:
        data = await client.read(query, id=lead_id)
        found = [each["key"] for each in data["lead"]["summary"]]
        assert data["project"]["card"]["summaryKeys"] == found
        return found

    manager = await staff_client(services, StaffRole.MANAGER, "Mo")
    assert await lines(manager) == ["id", "margin", "contact"]
    await admin.done("updateField", fieldId=field["field"]["id"], visibility="ADMINS")
    assert await lines(manager) == ["id", "contact"]
    assert await lines(admin) == ["id", "margin", "contact"]
    await admin.done("updateField", fieldId=field["field"]["id"], isArchived=True)
    assert await lines(admin) == ["id", "contact"]


async def test_a_field_that_is_hidden_from_a_viewer_goes_from_the_open_card(
    services: Services, admin: Client
) -> None:
    lead_id = lead(await make_lead(services))
    field = await admin.done(
        "createField", "field { id }", key="margin", label="Margin", type="TEXT"
    )
    manager = await staff_client(services, StaffRole.MANAGER, "Mo")
    async with opened(manager, lead_id) as card:
        await admin.done("updateField", fieldId=field["field"]["id"], visibility="ADMINS")
        await card.next("LeadCardReset")
        fresh = await card.next("LeadCardSnapshot")
        assert "margin" not in [each["key"] for each in fresh["lead"]["properties"]]


@pytest.mark.behaviour("G4")
async def test_other_viewers_see_who_edits_which_field(services: Services, admin: Client) -> None:
    lead_id = lead(await make_lead(services))
    other = await staff_client(services, StaffRole.MANAGER, "Mo")
    async with opened(admin, lead_id), opened(other, lead_id) as card:
        await admin.done("setEditing", leadId=lead_id, path="person.firstName")
        while True:
            told = await card.next("ViewersChanged")
            editing = {each["staff"]["name"]: each["editingPath"] for each in told["viewers"]}
            if editing.get("Ada Ames"):
                break
        assert editing == {"Ada Ames": "person.firstName", "Mo": None}
        await admin.done("setEditing", leadId=lead_id)
        told = await card.next("ViewersChanged")
        assert [each["editingPath"] for each in told["viewers"]] == [None, None]


@pytest.mark.behaviour("G4")
async def test_nobody_is_told_of_an_edit_of_a_field_that_is_hidden_from_them(
    services: Services, admin: Client
) -> None:
    lead_id = lead(await make_lead(services))
    await admin.done("createField", key="margin", label="Margin", type="TEXT", visibility="ADMINS")
    manager = await staff_client(services, StaffRole.MANAGER, "Mo")
    query = "query($id: ID!) { lead(id: $id) { viewers { staff { name } editingPath } } }"

    async def seen(client: Client) -> dict[str, str | None]:
        data = await client.read(query, id=lead_id)
        viewers = data["lead"]["viewers"]
        return {each["staff"]["name"]: each["editingPath"] for each in viewers}

    async with opened(admin, lead_id) as own, opened(manager, lead_id) as card:
        await admin.done("setEditing", leadId=lead_id, path="property:margin")
        assert await seen(admin) == {"Ada Ames": "property:margin", "Mo": None}
        assert await seen(manager) == {"Ada Ames": None, "Mo": None}
        while not any(
            each["editingPath"] for each in (await own.next("ViewersChanged"))["viewers"]
        ):
            continue
        await admin.done("setEditing", leadId=lead_id, path="title")
        told = await card.next("ViewersChanged")
        while not any(each["editingPath"] for each in told["viewers"]):
            assert len(told["viewers"]) < 2, "an item that tells nothing"
            told = await card.next("ViewersChanged")
        assert {each["editingPath"] for each in told["viewers"]} == {"title", None}
