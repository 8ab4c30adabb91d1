"""What hangs on a card: notes, tags, events, conversations, properties, history."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import FieldVisibility, StaffRole
from models.events import EventKind
from models.staff import Staff
from resolvers.actors import SYSTEM
from resolvers.secrets import sign
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, key, lead, nothing_written, root_fields, staff_client
from tests.factories import make_lead, make_site, make_visit

CARD = "query($id: ID!) { lead(id: $id) { %s } }"


@pytest.fixture
async def lead_id(services: Services) -> str:
    return lead(await make_lead(services))


async def card(client: Client, lead_id: str, parts: str) -> dict[str, Any]:
    data = await client.read(CARD % parts, id=lead_id)
    found: dict[str, Any] = data["lead"]
    return found


# --- notes ---------------------------------------------------------------------------------------

NOTE = """note { id html text visibility isPinned editedAt canEdit version
  versions { body } author { name } }"""


@pytest.mark.behaviour("B11", "A19")
async def test_a_note_is_written_changed_and_removed(
    admin: Client, lead_id: str, clock: ManualClock
) -> None:
    made = await admin.done(
        "addNote", NOTE, leadId=lead_id, html="<p>Likes <b onclick=x>lamps</b></p>",
        idempotencyKey=key(),
    )  # fmt: skip
    note = made["note"]
    assert note["html"] == "<p>Likes <strong>lamps</strong></p>"
    assert note["text"] == "Likes lamps"
    assert (note["visibility"], note["isPinned"], note["editedAt"]) == ("PRIVATE", False, None)
    assert note["author"] == {"name": "Ada Ames"}
    clock.advance(5)
    edited = await admin.done(
        "editNote", NOTE, leadId=lead_id, noteId=note["id"], html="<p>Likes shades</p>",
        visibility="TEAM", isPinned=True, expectedVersion=note["version"],
    )  # fmt: skip
    assert edited["note"]["versions"] == [{"body": "Likes lamps"}]
    assert edited["note"]["editedAt"] is not None
    assert (edited["note"]["visibility"], edited["note"]["isPinned"]) == ("TEAM", True)
    removed = await admin.done("removeNote", "noteId", leadId=lead_id, noteId=note["id"])
    assert removed["noteId"] == note["id"]
    found = await card(
        admin,
        lead_id,
        "notes(first: 5) { totalCount nodes { id } } "
        "history(first: 5, types: [NOTE]) { nodes { summary } }",
    )
    assert found["notes"] == {"totalCount": 0, "nodes": []}
    assert [row["summary"] for row in found["history"]["nodes"]] == [
        "Removed a note.", "Changed a note.", "Wrote a note."
    ]  # fmt: skip
    again = await admin.write("removeNote", leadId=lead_id, noteId=note["id"])
    assert again["__typename"] == "NotFoundError"


WORDLESS: list[str] = ["", "<p> </p>", "<script>x()</script>", "<p>a\u202eb</p>", "x" * 100_001]


@pytest.mark.behaviour("B11")
async def test_a_note_without_words_that_can_be_kept_is_refused(
    admin: Client, services: Services, lead_id: str
) -> None:
    for html in WORDLESS:
        async with nothing_written(services):
            made = await admin.write("addNote", leadId=lead_id, html=html, idempotencyKey=key())
        assert made["problems"][0]["path"] == ["html"]


ODD_KEYS: list[str] = ["", "x" * 65, "schlüssel", "a\u0000b"]


@pytest.mark.behaviour("G3")
async def test_a_key_is_64_ascii_characters_at_most(
    admin: Client, services: Services, lead_id: str
) -> None:
    for bad in ODD_KEYS:
        async with nothing_written(services):
            made = await admin.write("addNote", leadId=lead_id, html="<p>a</p>", idempotencyKey=bad)
        assert made["problems"][0]["path"] == ["idempotencyKey"]


async def test_only_the_author_decides_who_sees_a_note(
    admin: Client, services: Services, lead_id: str
) -> None:
    author = await staff_client(services, StaffRole.MANAGER, "Max Moor")
    made = await author.done("addNote", NOTE, leadId=lead_id, html="<p>a</p>", idempotencyKey=key())
    given = {"leadId": lead_id, "noteId": made["note"]["id"]}
    refused = await admin.write("editNote", **given, visibility="TEAM")
    assert refused["__typename"] == "ForbiddenError"
    await admin.done("editNote", **given, html="<p>b</p>")
    await author.done("editNote", **given, visibility="TEAM")


# --- tags ----------------------------------------------------------------------------------------


@pytest.mark.behaviour("B14")
async def test_tags_are_one_without_regard_to_case_and_added_once(
    admin: Client, services: Services, lead_id: str
) -> None:
    parts = "lead { tags { name } } changes { ... on TagsChanged { added { name } removed } }"
    made = await admin.done("addTags", parts, leadId=lead_id, tags=["VIP", "vip", " Warm "])
    assert [tag["name"] for tag in made["lead"]["tags"]] == ["vip", "Warm"]
    async with nothing_written(services):
        again = await admin.done("addTags", leadId=lead_id, tags=["Vip", "WARM"])
    assert again["changes"] == []
    gone = await admin.done("removeTags", parts, leadId=lead_id, tags=["VIP", "never there"])
    assert gone["changes"][0]["removed"] == ["vip"]
    assert [tag["name"] for tag in gone["lead"]["tags"]] == ["Warm"]


ODD_TAGS: list[list[str]] = [[], [""], ["x" * 65], ["a\nb"], [f"t{n}" for n in range(21)]]


@pytest.mark.behaviour("B14")
async def test_odd_tags_are_refused(admin: Client, services: Services, lead_id: str) -> None:
    for tags in ODD_TAGS:
        for act in ("addTags", "removeTags"):
            async with nothing_written(services):
                made = await admin.write(act, leadId=lead_id, tags=tags)
            assert made["problems"][0]["path"][0] == "tags"


# --- properties ----------------------------------------------------------------------------------


@pytest.mark.behaviour("B9", "B10", "B15")
async def test_properties_keep_their_type_and_say_how_they_came(
    admin: Client, lead_id: str
) -> None:
    values: dict[str, tuple[dict[str, Any], str, str]] = {
        "last_purchase": (
            {"money": {"amount": "1234.5", "currency": "EUR"}}, "MoneyValue", "1,234.50 EUR"
        ),
        "rooms": ({"number": "3.25"}, "NumberValue", "3.25"),
        "is_owner": ({"boolean": True}, "BooleanValue", "Yes"),
        "moves_on": ({"date": "2026-09-01"}, "DateValue", "2026-09-01"),
        "site": ({"url": "https://example.com/a"}, "UrlValue", "example.com/a"),
        "hobby": ({"text": "Chess"}, "TextValue", "Chess"),
    }  # fmt: skip
    edits = [{"fieldKey": name, "value": value} for name, (value, _, _) in values.items()]
    made = await admin.done(
        "setProperties",
        """lead { properties { key label source canEdit updatedBy { name }
          value { __typename display copyText } } }""",
        leadId=lead_id, properties=edits,
    )  # fmt: skip
    found = {each["key"]: each for each in made["lead"]["properties"]}
    for name, (_, kind, display) in values.items():
        assert found[name]["value"]["__typename"] == kind
        assert found[name]["value"]["display"] == display
        assert found[name]["source"] == "MANUAL"
        assert found[name]["updatedBy"] == {"name": "Ada Ames"}
    assert found["last_purchase"]["label"] == "Last purchase"
    assert found["last_purchase"]["value"]["copyText"] == "1234.5"
    cleared = await admin.done(
        "setProperties",
        """lead { property(key: "hobby") { value { display } }
          nothing: property(key: "no") { key } }""",
        leadId=lead_id, properties=[{"fieldKey": "hobby", "value": None}],
    )  # fmt: skip
    assert cleared["lead"]["property"] == {"value": None}
    assert cleared["lead"]["nothing"] is None


ODD_VALUES: list[tuple[str, dict[str, Any], str]] = [
    ("rooms", {"text": "three"}, "WRONG_TYPE"),
    ("rooms", {"number": "12,50"}, "MALFORMED"),
    ("rooms", {"number": "NaN"}, "MALFORMED"),
    ("rooms", {"number": "Infinity"}, "MALFORMED"),
    ("rooms", {"number": "1e3"}, "MALFORMED"),
    ("rooms", {"number": "1" * 13}, "MALFORMED"),
    ("price", {"money": {"amount": "-1", "currency": "EUR"}}, "TOO_SMALL"),
    ("price", {"money": {"amount": "1", "currency": "euro"}}, "MALFORMED"),
    ("link", {"url": "javascript:alert(1)"}, "MALFORMED"),
    ("Rooms", {"number": "3"}, "MALFORMED"),
    ("1rooms", {"number": "3"}, "MALFORMED"),
    ("", {"number": "3"}, "MALFORMED"),
    ("x" * 65, {"number": "3"}, "MALFORMED"),
    ("hobby", {"text": "x" * 10_001}, "TOO_LARGE"),
    ("hobby", {"text": "a\u0000"}, "MALFORMED"),
    ("time_zone", {"text": "Mars/Phobos"}, "UNKNOWN"),
]


@pytest.mark.behaviour("B9", "B10", "B15")
async def test_a_value_that_does_not_fit_is_refused(
    admin: Client, services: Services, lead_id: str
) -> None:
    await admin.done("createField", key="rooms", label="Rooms", type="NUMBER")
    for field, value, code in ODD_VALUES:
        async with nothing_written(services):
            made = await admin.write(
                "setProperties", leadId=lead_id, properties=[{"fieldKey": field, "value": value}]
            )
        assert made["__typename"] == "InvalidInputError", made
        assert made["problems"][0]["path"][:2] == ["properties", "0"]
        assert made["problems"][0]["code"] == code


@pytest.mark.behaviour("B9", "B10")
async def test_the_cards_own_parts_are_no_properties_and_no_two_values_at_once(
    admin: Client, services: Services, lead_id: str
) -> None:
    for name in ("email", "created_at", "Subscription Status", "state", "phone-number", "id"):
        async with nothing_written(services):
            made = await admin.write(
                "setProperties", leadId=lead_id, properties=[{"fieldKey": name, "value": None}]
            )
        assert made["reason"] == "READ_ONLY"
    twice = [{"fieldKey": "rooms", "value": {"number": n}} for n in "12"]
    many = [{"fieldKey": f"f{n}", "value": {"number": "1"}} for n in range(51)]
    for edits in ([], twice, many):
        async with nothing_written(services):
            made = await admin.write("setProperties", leadId=lead_id, properties=edits)
        assert made["__typename"] == "InvalidInputError"
    document = """mutation($input: SetPropertiesInput!) {
      setProperties(input: $input) { __typename } }"""
    for value in ({}, {"text": "a", "number": "1"}, {"text": None}, "a"):
        edit = {"fieldKey": "rooms", "value": value}
        code = await admin.refused(document, input={"leadId": lead_id, "properties": [edit]})
        assert code == "BAD_USER_INPUT"


@pytest.mark.behaviour("B10")
async def test_fields_are_defined_once_by_who_may(admin: Client, services: Services) -> None:
    given = {
        "key": "budget", "label": " Budget ", "type": "MONEY", "hint": "Roughly", "unit": "k",
        "visibility": FieldVisibility.MANAGERS.value,
    }  # fmt: skip
    made = await admin.done(
        "createField",
        "field { id key label type hint unit isBuiltIn isRequired visibility }",
        **given,
    )
    assert made["field"]["label"] == "Budget"
    assert made["field"]["visibility"] == "MANAGERS"
    groups = await admin.read("{ fieldGroups { name fields { key isBuiltIn } } }")
    (more,) = [
        g for g in groups["fieldGroups"] if {"key": "budget", "isBuiltIn": False} in g["fields"]
    ]
    assert more["name"] == "More"
    async with nothing_written(services):
        again = await admin.write("createField", **given)
    assert again["problems"][0]["code"] == "TAKEN"
    for name in ("Budget", "9lives", "a-b", "subscription_status", "x" * 65):
        async with nothing_written(services):
            refused = await admin.write("createField", **{**given, "key": name})
        assert refused["problems"][0]["path"] == ["key"]


# --- events --------------------------------------------------------------------------------------


@pytest.mark.behaviour("B17", "B18", "A6", "G5")
async def test_an_event_is_added_by_hand_and_is_no_activity_of_the_lead(
    admin: Client, services: Services, clock: ManualClock, lead_id: str
) -> None:
    data = await admin.read("{ eventKinds { id name icon position } }")
    call = next(kind for kind in data["eventKinds"] if kind["name"] == "Phone call")
    parts = """event { id name origin actor { name kind staff { name } } occurredAt receivedAt
      isClamped isBackdated count eventKind { name } parameters { name value { display } } }"""
    given = {"leadId": lead_id, "kindId": call["id"], "idempotencyKey": key()}
    made = await admin.done(
        "addEvent", parts, **given, occurredAt="2026-03-01T10:00:00+01:00",
        parameters=[{"name": "minutes", "value": {"number": "4"}}],
    )  # fmt: skip
    event = made["event"]
    assert (event["name"], event["origin"]) == ("Phone call", "MANUAL")
    assert event["actor"] == {"name": "Ada Ames", "kind": "STAFF", "staff": {"name": "Ada Ames"}}
    assert event["occurredAt"] == "2026-03-01T09:00:00.000000Z"
    assert (event["isClamped"], event["isBackdated"]) == (False, True)
    assert event["parameters"] == [{"name": "minutes", "value": {"display": "4"}}]
    late = await admin.done(
        "addEvent", parts, leadId=lead_id, name="Called back", idempotencyKey=key(),
        occurredAt="2026-03-09T10:00:00Z",
    )  # fmt: skip
    assert late["event"]["isClamped"]
    assert late["event"]["occurredAt"] == late["event"]["receivedAt"]
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(EventKind).where(col(EventKind.name) == "Phone call").values(name="Ringing")
        )
        await work.session.execute(update(Staff).values(name="Renamed"))
    found = await card(
        admin,
        lead_id,
        "lastActivityAt events(first: 5) { nodes { name actor { name } eventKind { name } } }",
    )
    assert found["lastActivityAt"] is None
    assert found["events"]["nodes"][1] == {
        "name": "Phone call", "actor": {"name": "Ada Ames"}, "eventKind": {"name": "Ringing"}
    }  # fmt: skip


@pytest.mark.behaviour("B18", "G3")
async def test_a_double_click_is_one_event(admin: Client, services: Services, lead_id: str) -> None:
    given = {"leadId": lead_id, "name": "Called", "idempotencyKey": key()}
    first = await admin.done("addEvent", "event { id }", **given)
    async with nothing_written(services):
        again = await admin.done("addEvent", "event { id }", **given)
    assert again["event"] == first["event"]


ODD_EVENTS: list[tuple[dict[str, Any], str]] = [
    ({}, "name"),
    ({"name": " "}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"name": "Called", "parameters": [{"name": "", "value": {"text": "a"}}]}, "parameters"),
    ({"name": "C", "parameters": [{"name": "a", "value": {"number": "NaN"}}]}, "parameters"),
    ({"name": "C", "parameters": [{"name": "a", "value": {"text": "a"}}] * 51}, "parameters"),
    ({"kindId": "eventkind_1"}, "kindId"),
    ({"kindId": "KIND", "name": "Called"}, "name"),
]


@pytest.mark.behaviour("B18")
async def test_an_odd_event_is_refused(admin: Client, services: Services, lead_id: str) -> None:
    for given, path in ODD_EVENTS:
        if given.get("kindId") == "KIND":
            kinds = await admin.read("{ eventKinds { id } }")
            given = {**given, "kindId": kinds["eventKinds"][0]["id"]}
        async with nothing_written(services):
            made = await admin.write("addEvent", leadId=lead_id, idempotencyKey=key(), **given)
        assert made["problems"][0]["path"][0] == path
        document = "mutation($input: AddEventInput!) { addEvent(input: $input) { __typename } }"
        odd = {
            "leadId": lead_id,
            "idempotencyKey": key(),
            "name": "a",
            "occurredAt": "2026-02-30T00:00:00Z",
        }
        assert await admin.refused(document, input=odd) == "BAD_USER_INPUT"


@pytest.mark.behaviour("B17", "B19")
async def test_events_are_listed_both_ways_and_groups_count_as_the_list_does(
    admin: Client, clock: ManualClock, lead_id: str
) -> None:
    for name, at in (("Called", "02"), ("called", "04"), ("Met", "03")):
        clock.advance(1)
        await admin.done(
            "addEvent", leadId=lead_id, name=name, idempotencyKey=key(),
            occurredAt=f"2026-02-{at}T00:00:00Z",
        )  # fmt: skip
    parts = """newest: events(first: 5) { nodes { name } totalCount { value isExact } }
      oldest: events(first: 2, order: ASCENDING) { nodes { name } pageInfo { endCursor } }
      met: events(first: 5, name: "Met") { nodes { name } totalCount { value } }
      eventGroups { name count firstAt lastAt }"""
    found = await card(admin, lead_id, parts)
    assert [row["name"] for row in found["newest"]["nodes"]] == ["called", "Met", "Called"]
    assert [row["name"] for row in found["oldest"]["nodes"]] == ["Called", "Met"]
    assert found["met"]["totalCount"]["value"] == 1
    groups = {group["name"].lower(): group for group in found["eventGroups"]}
    assert {name: group["count"] for name, group in groups.items()} == {"called": 2, "met": 1}
    assert groups["called"]["firstAt"] == "2026-02-02T00:00:00.000000Z"
    assert groups["called"]["lastAt"] == "2026-02-04T00:00:00.000000Z"
    assert (
        sum(group["count"] for group in groups.values()) == found["newest"]["totalCount"]["value"]
    )
    cursor = found["oldest"]["pageInfo"]["endCursor"]
    for order in ("DESCENDING", "ASCENDING"):
        rest = await admin.run(
            CARD % f'events(first: 5, order: {order}, after: "{cursor}") {{ nodes {{ name }} }}',
            id=lead_id,
        )
        assert rest.codes == (["BAD_USER_INPUT"] if order == "DESCENDING" else [])
    for odd in ('kindId: "eventkind_1"', 'name: "a\\u0000"'):
        answer = await admin.run(CARD % f"events(first: 1, {odd}) {{ nodes {{ id }} }}", id=lead_id)
        assert answer.codes == ["BAD_USER_INPUT"]


@pytest.mark.behaviour("G5")
async def test_an_instant_of_long_ago_is_written_with_four_digits(
    admin: Client, lead_id: str
) -> None:
    made = await admin.done(
        "addEvent", "event { occurredAt }", leadId=lead_id, name="Born", idempotencyKey=key(),
        occurredAt="0987-06-05T04:03:02Z",
    )  # fmt: skip
    assert made["event"]["occurredAt"] == "0987-06-05T04:03:02.000000Z"


# --- conversations -------------------------------------------------------------------------------

SENT = """sentMessage { id text direction leadPresence author { name }
  conversation { id state channel } }"""


@pytest.mark.behaviour("B21", "B29", "B30")
async def test_what_is_sent_stands_in_the_leads_conversations_and_goes_on(
    admin: Client, visitor: tuple[Client, UUID], clock: ManualClock
) -> None:
    speaker, lead_id = visitor[0], lead(visitor[1])
    await speaker.done("sendVisitorMessage", text="Hello", idempotencyKey=key())
    clock.advance(1)
    first = await admin.done(
        "sendMessage",
        SENT,
        leadId=lead_id,
        channel="CHAT",
        text=" Hi\r\nthere ",
        idempotencyKey=key(),
    )
    message = first["sentMessage"]
    assert message["text"] == "Hi\nthere"
    assert (message["direction"], message["leadPresence"]) == ("TO_LEAD", "OFFLINE")
    assert [change["__typename"] for change in first["changes"]] == ["MessageAdded"]
    conversation = message["conversation"]["id"]
    closed = await admin.done(
        "changeConversationState", "conversation { state waitingSince }", leadId=lead_id,
        conversationId=conversation, state="CLOSED",
    )  # fmt: skip
    assert closed["conversation"] == {"state": "CLOSED", "waitingSince": None}
    same = await admin.done(
        "changeConversationState", leadId=lead_id, conversationId=conversation, state="CLOSED"
    )
    assert same["changes"] == []
    parts = """open: conversations(first: 5, states: [OPEN]) { nodes { id } totalCount { value } }
      closed: conversations(first: 5, states: [CLOSED]) { nodes { id } }
      conversations(first: 5) { nodes { id state waitingSince lastMessage { text }
        messages(first: 5) { totalCount nodes { text direction } } } }"""
    found = await card(admin, lead_id, parts)
    assert found["open"] == {"nodes": [], "totalCount": {"value": 0}}
    assert found["closed"]["nodes"] == [{"id": conversation}]
    clock.advance(1)
    await admin.done(
        "sendMessage", SENT, leadId=lead_id, channel="CHAT", text="Still there?",
        conversationId=conversation, idempotencyKey=key(),
    )  # fmt: skip
    (only,) = (await card(admin, lead_id, parts))["conversations"]["nodes"]
    assert only["state"] == "OPEN"
    assert only["lastMessage"] == {"text": "Still there?"}
    assert [row["text"] for row in only["messages"]["nodes"]] == [
        "Still there?",
        "Hi\nthere",
        "Hello",
    ]
    await speaker.done("sendVisitorMessage", text="Yes", idempotencyKey=key())
    (only,) = (await card(admin, lead_id, parts))["conversations"]["nodes"]
    assert only["waitingSince"] is not None


@pytest.mark.behaviour("B21", "G10")
async def test_an_odd_message_is_refused(
    admin: Client, services: Services, visitor: tuple[Client, UUID], clock: ManualClock
) -> None:
    other = (await make_visit(services)).actor.lead_id
    made = await admin.done(
        "sendMessage", SENT, leadId=lead(other), channel="CHAT", text="Hi", idempotencyKey=key()
    )
    foreign = made["sentMessage"]["conversation"]["id"]
    given = {"leadId": lead(visitor[1]), "channel": "CHAT", "text": "Hi", "idempotencyKey": key()}
    over = (clock.now() - timedelta(seconds=1)).isoformat()
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"text": " "}, "InvalidInputError", "text"),
        ({"text": "x" * 20_001}, "InvalidInputError", "text"),
        ({"text": "a\u0000"}, "InvalidInputError", "text"),
        ({"channel": "POPUP"}, "InvalidInputError", "subject"),
        ({"channel": "POPUP", "subject": "a", "expiresAt": over}, "InvalidInputError", "expiresAt"),
        ({"conversationId": "x"}, "InvalidInputError", "conversationId"),
        ({"conversationId": foreign}, "NotFoundError", ""),
    ]
    for odd, member, path in cases:
        async with nothing_written(services):
            refused = await admin.write("sendMessage", **{**given, **odd})
        assert refused["__typename"] == member, odd
        if path:
            assert refused["problems"][0]["path"] == [path]
    waits = {
        "channel": "POPUP",
        "subject": "Look",
        "expiresAt": (clock.now() + timedelta(hours=1)).isoformat(),
    }
    pop_up = await admin.done("sendMessage", SENT, **{**given, **waits})
    assert pop_up["sentMessage"]["conversation"]["channel"] == "POPUP"
    mixed = await admin.write(
        "sendMessage",
        **{
            **given,
            "idempotencyKey": key(),
            "conversationId": pop_up["sentMessage"]["conversation"]["id"],
        },
    )
    assert mixed["problems"][0]["code"] == "CONTRADICTION"


async def test_a_conversation_is_found_by_its_id_alone(
    admin: Client, visitor: tuple[Client, UUID]
) -> None:
    document = "query($id: ID!) { conversation(id: $id) { id } }"
    assert await admin.read(document, id=f"conversation_{'0' * 32}") == {"conversation": None}
    assert await admin.refused(document, id=f"lead_{'0' * 32}") == "BAD_USER_INPUT"


# --- history -------------------------------------------------------------------------------------


@pytest.mark.behaviour("C43", "C44", "C45", "A54")
async def test_history_is_filtered_paged_and_opened(
    admin: Client, lead_id: str, clock: ManualClock
) -> None:
    clock.advance(10)
    await admin.done("addTags", leadId=lead_id, tags=["a"])
    clock.advance(10)
    await admin.done("addEvent", leadId=lead_id, name="Called", idempotencyKey=key())
    await admin.done("changePriority", leadId=lead_id, priority="LOW")
    parts = """all: history(first: 10) { totalCount nodes { id type summary } }
      empty: history(first: 10, types: [], actors: []) { totalCount }
      fields: history(first: 10, types: [FIELD_CHANGE]) { totalCount nodes { type } }
      some: history(first: 10, types: [FIELD_CHANGE, EVENT], actors: [STAFF]) { totalCount }
      system: history(first: 10, actors: [SYSTEM]) { nodes { type } }
      none: history(first: 10, types: [TASK]) { totalCount nodes { id } }
      early: history(first: 10, range: { to: "2026-03-02T09:00:05Z" }) { nodes { type } }
      late: history(first: 10, range: { from: "2026-03-02T09:00:20Z" }) { totalCount }
      page: history(first: 3) { nodes { id } pageInfo { hasNextPage endCursor } }"""
    found = await card(admin, lead_id, parts)
    kinds = [row["type"] for row in found["all"]["nodes"]]
    assert kinds == ["FIELD_CHANGE", "EVENT", "FIELD_CHANGE", "LIFECYCLE"]
    assert found["empty"]["totalCount"] == found["all"]["totalCount"] == 4
    assert found["fields"]["totalCount"] == 2
    assert found["some"]["totalCount"] == 3
    assert found["system"]["nodes"] == [{"type": "LIFECYCLE"}]
    assert found["none"] == {"totalCount": 0, "nodes": []}
    assert found["early"]["nodes"] == [{"type": "LIFECYCLE"}]
    assert found["late"]["totalCount"] == 2
    end = found["page"]["pageInfo"]["endCursor"]
    rest = await card(admin, lead_id, f'history(first: 3, after: "{end}") {{ nodes {{ type }} }}')
    assert rest["history"]["nodes"] == [{"type": "LIFECYCLE"}]
    answer = await admin.run(
        CARD % f'history(first: 3, after: "{end}", types: [TASK]) {{ nodes {{ id }} }}', id=lead_id
    )
    assert answer.codes == ["BAD_USER_INPUT"]
    assert (
        await admin.refused(CARD % "history(first: 1, types: [MAIL]) { totalCount }", id=lead_id)
        == "BAD_USER_INPUT"
    )
    document = """query($id: ID!) { historyEntry(id: $id) {
      id summary diffs { path before { display } after { display } }
      change { __typename ... on PropertiesChanged { properties { key } } lead { priority } } } }"""
    data = await admin.read(document, id=found["all"]["nodes"][0]["id"])
    assert data["historyEntry"]["summary"] == "Changed Priority."
    assert data["historyEntry"]["diffs"] == [
        {"path": "priority", "before": {"display": "NORMAL"}, "after": {"display": "LOW"}}
    ]
    assert data["historyEntry"]["change"]["__typename"] == "PropertiesChanged"
    assert await admin.read(document, id=f"change_{'0' * 32}") == {"historyEntry": None}
    assert await admin.refused(document, id="change_1") == "BAD_USER_INPUT"


@pytest.mark.behaviour("C45")
async def test_an_entry_of_a_removed_note_is_opened_without_it(admin: Client, lead_id: str) -> None:
    made = await admin.done("addNote", NOTE, leadId=lead_id, html="<p>a</p>", idempotencyKey=key())
    entry = made["changes"][0]["entry"]["id"]
    await admin.done("removeNote", leadId=lead_id, noteId=made["note"]["id"])
    data = await admin.read(
        """query($id: ID!) { historyEntry(id: $id) { summary change {
          ... on NoteChanged { action noteId note { text } } } } }""",
        id=entry,
    )
    assert data["historyEntry"] == {
        "summary": "Wrote a note.",
        "change": {"action": "ADDED", "noteId": made["note"]["id"], "note": None},
    }


@pytest.mark.behaviour("C42", "C46")
async def test_history_can_not_be_changed_and_a_changed_row_is_found(
    admin: Client, services: Services, lead_id: str
) -> None:
    document = """query($id: ID!) { verifyHistory(leadId: $id) {
      leadId isIntact checkedCount firstBadAt problem erasedCount headDigest } }"""
    await admin.done("addTags", leadId=lead_id, tags=["a"])
    whole = (await admin.read(document, id=lead_id))["verifyHistory"]
    assert whole["isIntact"]
    assert (whole["checkedCount"], whole["problem"], len(whole["headDigest"])) == (2, None, 64)
    statement = text("UPDATE change SET actor_name = 'Mallory'")
    with pytest.raises(Exception, match="append|immutable|never"):
        async with unit_of_work(services, SYSTEM) as work:
            await work.session.execute(statement)
    assert (await admin.read(document, id=lead_id))["verifyHistory"] == whole
    assert await admin.refused(document, id="x") == "BAD_USER_INPUT"
    assert await admin.read(document, id=f"lead_{'0' * 32}") == {"verifyHistory": None}


@pytest.mark.behaviour("C42")
def test_no_mutation_touches_history() -> None:
    named = [name for root, name, _ in root_fields() if root == "Mutation"]
    found = [name for name in named if "istory" in name or "hange" in name and "Entry" in name]
    assert found == ["exportHistory"]


async def test_the_history_of_a_survivor_holds_that_of_the_lead_that_went_into_it(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    site, secret = await make_site(services)
    until = (clock.now() + timedelta(hours=1)).isoformat()
    claim = {
        "externalId": "customer-1", "expiresAt": until,
        "signature": sign(secret, "customer-1", "", until),
    }  # fmt: skip
    visits = []
    for _ in range(2):
        visit = await make_visit(services, site)
        speaker = Client(services, visit.token)
        await speaker.done("sendVisitorMessage", text="Hello", idempotencyKey=key())
        page = {"url": "https://shop.example/lamps"}
        await speaker.done("recordEvent", name="Looked", pageKey=key(), sequence=0, page=page)
        await speaker.done("identify", **claim)
        visits.append(lead(visit.actor.lead_id))
        clock.advance(1)
    survivor, alias = visits
    parts = """id history(first: 50) { totalCount nodes { summary change { __typename lead { id }
      ... on EventRecorded { event { name } } ... on MessageAdded { message { text } }
      ... on LeadWentIn { intoId } ... on LeadAbsorbed { mergedLeadId } } } }"""
    found = await card(admin, survivor, parts)
    assert await card(admin, alias, parts) == found
    entries = found["history"]["nodes"]
    assert found["history"]["totalCount"] == len(entries)
    kinds = [entry["change"]["__typename"] for entry in entries]
    for kind, number in (
        ("LeadCreated", 2),
        ("EventRecorded", 2),
        ("MessageAdded", 2),
        ("LeadWentIn", 1),
    ):
        assert kinds.count(kind) == number, kind
    assert {entry["change"]["lead"]["id"] for entry in entries} == {survivor}
    assert [e["change"]["event"] for e in entries if "event" in e["change"]] == [
        {"name": "Looked"}
    ] * 2
    listed = await admin.read(
        "{ leads(first: 10) { nodes { id history(first: 50) { totalCount nodes { summary } } } } }"
    )
    (row,) = [row for row in listed["leads"]["nodes"] if row["id"] == survivor]
    assert len(row["history"]["nodes"]) == len(entries)
    assert alias not in [row["id"] for row in listed["leads"]["nodes"]]
    made = await admin.done("addTags", leadId=alias, tags=["late"])
    assert made["lead"]["id"] == survivor
    made = await admin.done("addNote", leadId=alias, html="<p>a</p>", idempotencyKey=key())
    assert [change["__typename"] for change in made["changes"]] == ["NoteChanged"]
