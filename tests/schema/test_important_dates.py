"""Important dates of a lead, and their kinds."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.clock import ManualClock
from models.enums import StaffRole
from resolvers.services import Services
from tests.client import Client, key, lead, nothing_written
from tests.factories import make_lead
from tests.schema.conftest import ClientFor

DATES = """query ($id: ID!) { lead(id: $id) {
  importantDates { id date note isOnDashboard kind { name archivedAt } } } }"""


@pytest.fixture
async def lead_id(services: Services) -> UUID:
    return await make_lead(services)


async def kind(client: Client, name: str = "Closing") -> str:
    data = await client.read("{ importantDateKinds { id name } }")
    (found,) = [each["id"] for each in data["importantDateKinds"] if each["name"] == name]
    return str(found)


async def save(client: Client, lead_id: UUID, date: str, **given: Any) -> Any:
    given = {"kindId": await kind(client), **given}
    parts = "importantDate { id version date }"
    made = await client.done("saveImportantDate", parts, leadId=lead(lead_id), date=date, **given)
    return made["importantDate"]


async def shown(client: Client, lead_id: UUID) -> list[tuple[str, str, str | None]]:
    rows = (await client.read(DATES, id=lead(lead_id)))["lead"]["importantDates"]
    return [(each["date"], each["kind"]["name"], each["note"]) for each in rows]


@pytest.mark.behaviour("A18")
async def test_a_card_has_several_dates_of_one_kind_by_day(admin: Client, lead_id: UUID) -> None:
    later = await save(admin, lead_id, "2026-06-01", note="  At the notary  ")
    await save(admin, lead_id, "2026-05-01")
    await save(admin, lead_id, "2026-05-15", kindId=await kind(admin, "P&S due"))
    assert await shown(admin, lead_id) == [
        ("2026-05-01", "Closing", None),
        ("2026-05-15", "P&S due", None),
        ("2026-06-01", "Closing", "At the notary"),
    ]
    await save(admin, lead_id, "2026-04-30", importantDateId=later["id"])
    await admin.done("removeImportantDate", leadId=lead(lead_id), importantDateId=later["id"])
    assert [date for date, _, _ in await shown(admin, lead_id)] == ["2026-05-01", "2026-05-15"]


@pytest.mark.behaviour("A18")
async def test_a_day_that_is_in_no_calendar_is_refused(admin: Client, lead_id: UUID) -> None:
    document = """mutation ($input: SaveImportantDateInput!) {
      saveImportantDate(input: $input) { __typename } }"""
    given = {"leadId": lead(lead_id), "kindId": await kind(admin), "date": "2026-02-30"}
    async with nothing_written(admin.services):
        assert await admin.refused(document, input=given) == "BAD_USER_INPUT"


@pytest.mark.behaviour("A18")
async def test_kinds_are_added_renamed_moved_and_archived(
    client_for: ClientFor, lead_id: UUID
) -> None:
    manager = await client_for(StaffRole.MANAGER)
    await save(manager, lead_id, "2026-05-01")
    closing = await kind(manager)
    parts = "kind { id name position archivedAt }"
    made = await manager.done("saveImportantDateKind", parts, name="Inspection", position=0)
    assert (made["kind"]["position"], made["kind"]["archivedAt"]) == (0, None)
    await manager.done("saveImportantDateKind", kindId=closing, name="Signing", isArchived=True)
    listed = (await manager.read("{ importantDateKinds { name } }"))["importantDateKinds"]
    assert [each["name"] for each in listed] == ["Inspection", "P&S due", "Signing"]
    assert await shown(manager, lead_id) == [("2026-05-01", "Signing", None)]
    async with nothing_written(manager.services):
        await manager.done("saveImportantDateKind", kindId=closing, name="Signing")


@pytest.mark.behaviour("A18")
async def test_an_archived_kind_is_kept_by_a_date_that_has_it(admin: Client, lead_id: UUID) -> None:
    date = await save(admin, lead_id, "2026-05-01")
    closing = await kind(admin)
    await admin.done("saveImportantDateKind", kindId=closing, name="Closing", isArchived=True)
    moved = await save(admin, lead_id, "2026-05-02", importantDateId=date["id"])
    assert moved["date"] == "2026-05-02"


async def test_a_repeat_adds_no_second_date_and_the_same_changes_nothing(
    admin: Client, lead_id: UUID
) -> None:
    again = {"idempotencyKey": key()}
    first = await save(admin, lead_id, "2026-05-01", **again)
    async with nothing_written(admin.services):
        assert (await save(admin, lead_id, "2026-05-01", **again))["id"] == first["id"]
        await save(admin, lead_id, "2026-05-01", importantDateId=first["id"])


@pytest.mark.behaviour("A18")
async def test_history_and_past_cards_know_the_dates_of_then(
    admin: Client, lead_id: UUID, clock: ManualClock
) -> None:
    date = await save(admin, lead_id, "2026-05-01")
    then = clock.now() + timedelta(seconds=1)
    clock.advance(60)
    await save(admin, lead_id, "2026-06-01", importantDateId=date["id"])
    read = """query ($id: ID!, $at: DateTime!) {
      then: lead(id: $id, asOf: {at: $at}) { importantDates { date kind { name } } }
      lead(id: $id) { history(first: 9, types: [FIELD_CHANGE]) { nodes {
        summary diffs { path before { display } after { display } } } } } }"""
    told = await admin.read(read, id=lead(lead_id), at=then.isoformat())
    assert told["then"]["importantDates"] == [{"date": "2026-05-01", "kind": {"name": "Closing"}}]
    last = told["lead"]["history"]["nodes"][0]
    assert last["summary"] == "Changed the date Closing: 2026-06-01."
    (diff,) = last["diffs"]
    assert diff == {
        "path": "date",
        "before": {"display": "2026-05-01"},
        "after": {"display": "2026-06-01"},
    }
