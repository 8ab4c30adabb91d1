"""Open cards hear of what all cards show: the header, pipelines, buttons of events."""

import asyncio
from contextlib import aclosing
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.enums import StaffRole
from models.workspace import Workspace
from resolvers import leads, project
from resolvers.actors import SYSTEM, StaffActor
from resolvers.lead_card import (
    SETTINGS_APART,
    Changed,
    Ended,
    Reset,
    SettingsTold,
    Snapshot,
)
from resolvers.project import HeaderEdit
from resolvers.services import Services
from tests.client import lead, staff_client
from tests.factories import make_lead, make_staff
from tests.live.following import PATIENCE, execute, following
from tests.resolvers.verify import act

STREAM = """subscription($id: ID!) { leadCard(id: $id) { __typename
  ... on LeadCardSnapshot { lead { wonButton { text } } }
  ... on SettingsChanged { cursor wonButton { text isWon }
    lead { stateBar { state { name } } }
    card { header { wonButtonText } quickEventKinds { name } } } } }"""


@pytest.fixture
async def admin(services: Services) -> StaffActor:
    return await make_staff(services)


@pytest.fixture
async def lead_id(services: Services, admin: StaffActor) -> UUID:
    return await make_lead(services, admin)


async def rename_button(services: Services, text: str) -> None:
    await act(services, SYSTEM, project.change_header, HeaderEdit(won_button_text=text))


@pytest.mark.behaviour("C14")
async def test_an_open_card_shows_the_new_header_without_a_reload(services: Services) -> None:
    client = await staff_client(services)
    lead_id = lead(await make_lead(services))
    async with aclosing(client.stream(STREAM, id=lead_id)) as stream, asyncio.timeout(PATIENCE):
        first: Any = (await anext(stream)).data
        assert first["leadCard"]["lead"]["wonButton"] == {"text": "Lead won"}
        await client.done("changeHeaderSettings", wonButtonText="Close deal")
        told = await settings_of(stream)
        assert told["wonButton"] == {"text": "Close deal", "isWon": False}
        assert told["card"]["header"] == {"wonButtonText": "Close deal"}
        states = [each["state"]["name"] for each in told["lead"]["stateBar"]]
        assert states == ["New", "Contacted", "Qualified", "Proposal", "Converted", "Lost"]
        kind = {"name": "Tour", "icon": "home", "isQuick": True}
        await client.done("saveEventKind", **kind)
        told = await settings_of(stream)
        assert "Tour" in [each["name"] for each in told["card"]["quickEventKinds"]]


async def settings_of(stream: Any) -> dict[str, Any]:
    async for answer in stream:
        item: dict[str, Any] = answer.data["leadCard"]
        if item["__typename"] == "SettingsChanged":
            return item
    raise AssertionError("the stream ended")


async def test_many_changes_are_told_together_and_the_last_is_never_lost(
    services: Services,
) -> None:
    client = await staff_client(services)
    lead_id = lead(await make_lead(services))
    loop = asyncio.get_running_loop()
    texts: list[str] = []
    async with aclosing(client.stream(STREAM, id=lead_id)) as stream, asyncio.timeout(PATIENCE):
        await anext(stream)
        began = loop.time()
        for number in range(40):
            await rename_button(services, f"No {number}")
        while texts[-1:] != ["No 39"]:
            texts.append((await settings_of(stream))["wonButton"]["text"])
        took = loop.time() - began
    assert len(texts) <= 2 + took / SETTINGS_APART
    assert texts == sorted(texts, key=lambda text: int(text.removeprefix("No ")))


async def test_a_resumed_card_is_told_once_and_a_new_one_has_it_in_its_snapshot(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    async with following(services, admin, lead_id) as card:
        cursor = card.cursor(await card.of(Snapshot))
    await rename_button(services, "Sold")
    await act(services, admin, leads.win_lead, lead_id, None)
    async with (
        following(services, admin, lead_id, cursor) as again,
        following(services, admin, lead_id) as fresh,
    ):
        await again.of(SettingsTold)
        assert again.kinds[0] == "Changed", "the log comes first"
        await fresh.of(Snapshot)
        await act(services, admin, leads.reopen_lead, lead_id, None)
        await asyncio.gather(again.of(Changed, 2), fresh.of(Changed))
        assert len(again.all_of(SettingsTold)) == 1
        assert not fresh.all_of(SettingsTold)
        assert not again.all_of(Reset)


async def test_a_change_that_no_hint_tells_is_found(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    async with following(services, admin, lead_id) as card:
        await card.of(Snapshot)
        await execute(
            services, update(Workspace).values(card_version=col(Workspace.card_version) + 1)
        )
        await card.of(SettingsTold)


async def test_who_lost_the_lead_hears_no_settings(
    services: Services, admin: StaffActor, lead_id: UUID
) -> None:
    agent = await make_staff(services, StaffRole.AGENT, "Gus Graf")
    await act(services, admin, leads.assign, lead_id, agent.id, None)
    async with following(services, agent, lead_id) as card:
        await card.of(Snapshot)
        await act(services, admin, leads.assign, lead_id, None, None)
        await rename_button(services, "Sold")
        items = await card.end()
        assert isinstance(items[-1], Ended)
        assert not card.all_of(SettingsTold)
