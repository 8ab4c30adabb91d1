"""Events at one click, what is written on them later, and who makes their kinds."""

from typing import Any

import pytest

from models.clock import ManualClock
from models.enums import StaffRole
from resolvers.services import Services
from tests.client import Client, key, lead, nothing_written, staff_client
from tests.factories import make_lead

CARD = "query($id: ID!) { lead(id: $id) { %s } }"
KINDS = "{ eventKinds%s { id name icon isQuick position archivedAt version } }"
EVENT = """event { id name origin occurredAt receivedAt version actor { kind name }
  eventKind { name icon }
  annotation { body at author { name } former { body author { name } } } }"""


@pytest.fixture
async def lead_id(services: Services) -> str:
    return lead(await make_lead(services))


async def kinds(client: Client, arguments: str = "") -> dict[str, dict[str, Any]]:
    data = await client.read(KINDS % arguments)
    return {kind["name"]: kind for kind in data["eventKinds"]}


async def click(client: Client, lead_id: str, kind: str = "Left a voicemail") -> dict[str, Any]:
    kind_id = (await kinds(client))[kind]["id"]
    made = await client.done(
        "logQuickEvent", EVENT, leadId=lead_id, kindId=kind_id, idempotencyKey=key()
    )
    event: dict[str, Any] = made["event"]
    return event


@pytest.mark.behaviour("A3", "A4", "A6")
async def test_one_click_records_an_event_at_the_servers_time_by_who_clicked(
    admin: Client, lead_id: str
) -> None:
    buttons = await kinds(admin, "(quickOnly: true)")
    assert list(buttons) == ["Phone call", "Left a voicemail", "Meeting"]
    event = await click(admin, lead_id)
    assert (event["name"], event["origin"]) == ("Left a voicemail", "QUICK")
    assert event["actor"] == {"kind": "STAFF", "name": "Ada Ames"}
    assert event["occurredAt"] == event["receivedAt"] == "2026-03-02T09:00:00.000000Z"
    found = await admin.read(
        CARD
        % """lastActivityAt eventGroups { name count } events(first: 5) { nodes { id } }
          history(first: 1) { nodes { type summary actor { name } } }""",
        id=lead_id,
    )
    assert found["lead"] == {
        "lastActivityAt": None,
        "eventGroups": [{"name": "Left a voicemail", "count": 1}],
        "events": {"nodes": [{"id": event["id"]}]},
        "history": {
            "nodes": [
                {
                    "type": "EVENT",
                    "summary": "Event: Left a voicemail.",
                    "actor": {"name": "Ada Ames"},
                }
            ]
        },
    }


@pytest.mark.behaviour("A3")
async def test_a_double_click_is_one_event_also_after_the_kind_was_archived(
    admin: Client, services: Services, lead_id: str
) -> None:
    kind = (await kinds(admin))["Meeting"]
    given = {"leadId": lead_id, "kindId": kind["id"], "idempotencyKey": key()}
    first = await admin.done("logQuickEvent", "event { id }", **given)
    async with nothing_written(services):
        again = await admin.done("logQuickEvent", "event { id }", **given)
    assert (again["event"], again["changes"]) == (first["event"], [])
    await admin.done(
        "saveEventKind", kindId=kind["id"], name="Meeting", icon="users", isQuick=True,
        isArchived=True,
    )  # fmt: skip
    late = await admin.done("logQuickEvent", "event { id }", **given)
    assert late["event"] == first["event"]
    refused = await admin.write("logQuickEvent", **{**given, "idempotencyKey": key()})
    assert (refused["__typename"], refused["reason"]) == ("PreconditionError", "ARCHIVED")


@pytest.mark.behaviour("A4")
async def test_an_event_keeps_the_name_that_its_kind_had(
    admin: Client, lead_id: str, clock: ManualClock
) -> None:
    old = await click(admin, lead_id, "Meeting")
    kind = (await kinds(admin))["Meeting"]
    await admin.done("saveEventKind", kindId=kind["id"], name="Tour", icon="home", isQuick=True)
    clock.advance(1)
    new = await click(admin, lead_id, "Tour")
    assert (old["name"], new["name"]) == ("Meeting", "Tour")
    found = await admin.read(
        CARD % "events(first: 5) { nodes { name eventKind { name icon } } }", id=lead_id
    )
    shown = {"name": "Tour", "icon": "home"}
    assert found["lead"]["events"]["nodes"] == [
        {"name": "Tour", "eventKind": shown},
        {"name": "Meeting", "eventKind": shown},
    ]


@pytest.mark.behaviour("A4")
async def test_a_click_comes_to_an_open_card_and_so_does_what_is_written_later(
    admin: Client, lead_id: str
) -> None:
    stream = admin.stream(
        """subscription($id: ID!) { leadCard(id: $id) { __typename
          ... on EventRecorded { event { id name } group { name count } }
          ... on EventAnnotated { action text { body } event { id annotation { body } } } } }""",
        id=lead_id,
    )
    try:
        seen: list[dict[str, Any]] = []

        async def hear(kind: str) -> dict[str, Any]:
            async for answer in stream:
                assert answer.data is not None
                seen.append(answer.data["leadCard"])
                if seen[-1]["__typename"] == kind:
                    return seen[-1]
            raise AssertionError(seen)

        await hear("LeadCardSnapshot")
        event = await click(admin, lead_id)
        heard = await hear("EventRecorded")
        assert heard["event"] == {"id": event["id"], "name": "Left a voicemail"}
        assert heard["group"] == {"name": "Left a voicemail", "count": 1}
        given = {"leadId": lead_id, "eventId": event["id"]}
        for body, action in (("Call back", "ADDED"), ("", "REMOVED")):
            await admin.done("annotateEvent", **given, body=body)
            text = {"body": body} if body else None
            assert await hear("EventAnnotated") == {
                "__typename": "EventAnnotated",
                "action": action,
                "text": text,
                "event": {"id": event["id"], "annotation": text},
            }
    finally:
        await stream.aclose()


@pytest.mark.behaviour("A5")
async def test_more_is_written_on_an_event_and_the_history_keeps_every_text(
    admin: Client, client_for: Any, lead_id: str, services: Services
) -> None:
    event = await click(admin, lead_id)
    assert event["annotation"] is None
    given = {"leadId": lead_id, "eventId": event["id"]}
    first = await admin.done(
        "annotateEvent", EVENT, **given, body="Call back", expectedVersion=event["version"]
    )
    assert first["event"]["annotation"]["former"] == []
    assert first["changes"][0]["__typename"] == "EventAnnotated"
    ben = await client_for(StaffRole.MANAGER, "Ben Boyd")
    stale = await ben.write(
        "annotateEvent", **given, body="Never mind", expectedVersion=event["version"]
    )
    assert stale["conflictReason"] == "STALE_VERSION"
    (clash,) = stale["conflicts"]
    assert (clash["path"], clash["base"], clash["current"]["display"], clash["changedByName"]) == (
        "body", None, "Call back", "Ada Ames",
    )  # fmt: skip
    second = await ben.done(
        "annotateEvent", EVENT, **given, body="Never mind", expectedVersion=stale["currentVersion"]
    )
    annotation = second["event"]["annotation"]
    assert (annotation["body"], annotation["author"]) == ("Never mind", {"name": "Ben Boyd"})
    assert annotation["former"] == [{"body": "Call back", "author": {"name": "Ada Ames"}}]
    async with nothing_written(services):
        await ben.done("annotateEvent", **given, body=" Never mind ")
    gone = await admin.done("annotateEvent", EVENT, **given, body="")
    assert gone["event"]["annotation"] is None
    found = await admin.read(
        CARD
        % """history(first: 3) { nodes { summary
          change { ... on EventAnnotated { text { body author { name } } } } } }""",
        id=lead_id,
    )
    assert found["lead"]["history"]["nodes"] == [
        {"summary": "Removed the text on the event Left a voicemail.", "change": {"text": None}},
        {
            "summary": "Changed the text on the event Left a voicemail.",
            "change": {"text": {"body": "Never mind", "author": {"name": "Ben Boyd"}}},
        },
        {
            "summary": "Wrote on the event Left a voicemail.",
            "change": {"text": {"body": "Call back", "author": {"name": "Ada Ames"}}},
        },
    ]


@pytest.mark.behaviour("A5")
async def test_an_event_of_another_lead_is_not_found_there(
    admin: Client, services: Services, lead_id: str
) -> None:
    event = await click(admin, lead_id)
    other = lead(await make_lead(services))
    async with nothing_written(services):
        made = await admin.write("annotateEvent", leadId=other, eventId=event["id"], body="Hello")
    assert (made["__typename"], made["id"]) == ("NotFoundError", event["id"])


@pytest.mark.behaviour("A3")
async def test_kinds_are_made_moved_and_archived_by_the_admin(
    admin: Client, services: Services
) -> None:
    made = await admin.done(
        "saveEventKind", "kind { id name icon isQuick position archivedAt version }",
        name=" Showing held ", icon="home", isQuick=True, position=0,
    )  # fmt: skip
    kind = made["kind"]
    assert (kind["name"], kind["position"], kind["archivedAt"]) == ("Showing held", 0, None)
    assert list(await kinds(admin))[0] == "Showing held"
    given = {"kindId": kind["id"], "name": "Showing held", "icon": "home", "isQuick": True}
    async with nothing_written(services):
        again = await admin.done("saveEventKind", "kind { version }", **given)
    assert again["kind"]["version"] == kind["version"]
    await admin.done("saveEventKind", **given, isArchived=True, expectedVersion=kind["version"])
    assert "Showing held" not in await kinds(admin)
    archived = await kinds(admin, "(includeArchived: true, quickOnly: true)")
    assert archived["Showing held"]["archivedAt"] == "2026-03-02T09:00:00.000000Z"
    for role in (StaffRole.MANAGER, StaffRole.AGENT):
        client = await staff_client(services, role)
        async with nothing_written(services):
            refused = await client.write("saveEventKind", **given)
        assert (refused["__typename"], refused["permission"]) == ("ForbiddenError", "ADMINISTER")
