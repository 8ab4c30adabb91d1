"""What took place elsewhere and is put down: calls, meetings, mails and messages."""

from typing import Any

import pytest

from models.clock import ManualClock
from resolvers.services import Services
from tests.client import Client, key, lead, nothing_written, staff_client, visitor_client
from tests.factories import make_lead, make_site

CALL = """id direction phoneNumber occurredAt durationSeconds callOutcome note
  author { name } isBackdated version"""
MEETING = "id kind title startsAt endsAt isLogged outcome outcomeNote assignee { name } version"
MESSAGE = """id channel direction subject text takenFrom at isLogged isBackdated
  author { name } delivery { state } seenAt conversation { id channel state waitingSince }"""
NOW = "2026-03-02T09:00:00.000000Z"


class Journal:
    """ADMIN puts things down on a lead; the clock stands at 09:00 UTC."""

    def __init__(self, services: Services, clock: ManualClock, admin: Client) -> None:
        self.services, self.clock, self.admin = services, clock, admin

    async def open(self) -> "Journal":
        self.id = lead(await make_lead(self.services))
        return self

    async def call(self, **given: Any) -> dict[str, Any]:
        return await self.put("logCall", "call", CALL, **{
            "direction": "TO_LEAD", "outcome": "ANSWERED", **given,
        })  # fmt: skip

    async def meeting(self, **given: Any) -> dict[str, Any]:
        return await self.put("logMeeting", "appointment", MEETING, **given)

    async def message(self, **given: Any) -> dict[str, Any]:
        return await self.put("logMessage", "loggedMessage", MESSAGE, **{
            "channel": "EMAIL", "direction": "FROM_LEAD", "text": "Is it free?", **given,
        })  # fmt: skip

    async def put(self, mutation: str, part: str, parts: str, **given: Any) -> dict[str, Any]:
        body = {"leadId": self.id, "idempotencyKey": key(), **given}
        made = await self.admin.done(mutation, f"{part} {{ {parts} }}", **body)
        found: dict[str, Any] = made[part]
        return found

    async def history(self, *types: str) -> list[tuple[str, str]]:
        data = await self.admin.read(
            """query($id: ID!, $types: [HistoryType!]) { lead(id: $id) {
                 history(first: 50, types: $types) { nodes { type summary } } } }""",
            id=self.id, types=list(types),
        )  # fmt: skip
        return [(node["type"], node["summary"]) for node in data["lead"]["history"]["nodes"]]


@pytest.fixture
async def journal(services: Services, clock: ManualClock) -> Journal:
    return await Journal(services, clock, await staff_client(services)).open()


@pytest.mark.behaviour("C35")
async def test_a_call_is_put_down_as_it_was(journal: Journal) -> None:
    made = await journal.call(
        direction="FROM_LEAD", phoneNumber="030 901820", durationSeconds=95,
        occurredAt="2026-03-02T08:58:00Z", outcome="VOICEMAIL", note="Wants a garden.",
    )  # fmt: skip
    assert made.pop("id").startswith("call_")
    assert made.pop("version")
    assert made == {
        "direction": "FROM_LEAD",
        "phoneNumber": "+4930901820",
        "occurredAt": "2026-03-02T08:58:00.000000Z",
        "durationSeconds": 95,
        "callOutcome": "VOICEMAIL",
        "note": "Wants a garden.",
        "author": {"name": "Ada Ames"},
        "isBackdated": False,
    }
    assert await journal.history("CALL") == [("CALL", "Put down a call from the lead.")]
    assert await journal.history("APPOINTMENT", "EMAIL") == []


@pytest.mark.behaviour("C35")
async def test_without_a_number_it_is_the_primary_one_if_there_is_any(journal: Journal) -> None:
    assert (await journal.call())["phoneNumber"] is None
    for number in ("+49 30 901820", "+49 30 901821"):
        await journal.admin.done(
            "savePhoneNumber", leadId=journal.id, number=number, isPrimary=True
        )
    assert (await journal.call())["phoneNumber"] == "+4930901821"


@pytest.mark.behaviour("C35")
@pytest.mark.parametrize(
    ("occurred", "seconds", "kept", "is_backdated"),
    [
        (None, 0, NOW, False),
        ("2026-03-02T08:55:00Z", 0, "2026-03-02T08:55:00.000000Z", False),
        ("2026-03-02T08:54:59Z", 0, "2026-03-02T08:54:59.000000Z", True),
        ("2026-03-02T08:00:00Z", 3600, "2026-03-02T08:00:00.000000Z", False),
        ("2026-01-02T08:00:00Z", 86_400, "2026-01-02T08:00:00.000000Z", True),
        ("2026-03-02T09:04:00Z", 0, NOW, False),  # a clock that is a little ahead
    ],
)
async def test_back_dating_a_call_is_allowed_and_marked(
    journal: Journal, occurred: str | None, seconds: int, kept: str, is_backdated: bool
) -> None:
    made = await journal.call(occurredAt=occurred, durationSeconds=seconds)
    assert (made["occurredAt"], made["isBackdated"]) == (kept, is_backdated)


@pytest.mark.behaviour("C35")
async def test_a_call_is_corrected_and_its_history_keeps_both(journal: Journal) -> None:
    made = await journal.call(note="a")
    on = {"leadId": journal.id, "callId": made["id"]}
    done = await journal.admin.done("updateCall", f"call {{ {CALL} }}", **on, outcome="BUSY")
    assert (done["call"]["callOutcome"], done["call"]["note"]) == ("BUSY", "a")
    merged = await journal.admin.done(
        "updateCall", f"call {{ {CALL} }}", **on, note=None, expectedVersion=made["version"]
    )
    assert (merged["call"]["callOutcome"], merged["call"]["note"]) == ("BUSY", None)
    assert [diff["before"]["display"] for diff in merged["changes"][0]["entry"]["diffs"]] == ["a"]
    async with nothing_written(journal.services):
        await journal.admin.done("updateCall", **on, outcome="BUSY", note=" ")
    assert [summary for _, summary in await journal.history("CALL")] == [
        "Corrected note of a call.", "Corrected outcome of a call.", "Put down a call to the lead.",
    ]  # fmt: skip


@pytest.mark.behaviour("C35")
async def test_calls_are_listed_newest_first_by_pages_and_as_they_were(journal: Journal) -> None:
    for minute in (10, 30, 20):
        await journal.call(occurredAt=f"2026-03-02T08:{minute}:00Z", note=f"At {minute}")
    ask = """query($id: ID!, $first: Int!, $after: Cursor, $asOf: AsOfInput) {
      lead(id: $id, asOf: $asOf) { calls(first: $first, after: $after) {
        totalCount nodes { id note callOutcome } pageInfo { endCursor } } } }"""

    async def page(first: int, after: str | None = None, **more: Any) -> dict[str, Any]:
        data = await journal.admin.read(ask, id=journal.id, first=first, after=after, **more)
        found: dict[str, Any] = data["lead"]["calls"]
        return found

    whole = await page(10)
    assert [call["note"] for call in whole["nodes"]] == ["At 30", "At 20", "At 10"]
    first = await page(1)
    rest = await page(10, first["pageInfo"]["endCursor"])
    assert first["nodes"] + rest["nodes"] == whole["nodes"]
    assert first["totalCount"] == 3
    then: dict[str, Any] = {"asOf": {"at": journal.clock.now().isoformat()}}
    journal.clock.advance(60)
    newest = whole["nodes"][0]["id"]
    await journal.admin.done(
        "updateCall", leadId=journal.id, callId=newest, note="b", outcome="BUSY"
    )
    await journal.call()
    past = await page(10, **then)
    assert (past["nodes"], past["totalCount"]) == (whole["nodes"], 3)
    assert [call["note"] for call in (await page(10))["nodes"]] == [None, "b", "At 20", "At 10"]


@pytest.mark.behaviour("C35", "A47")
async def test_a_meeting_that_took_place_is_an_appointment_that_was_held(
    journal: Journal,
) -> None:
    made = await journal.meeting(
        startsAt="2026-03-01T10:00:00Z", endsAt="2026-03-01T11:00:00Z", title="Contract",
        note="Signed.",
    )  # fmt: skip
    assert made.pop("id").startswith("appointment_")
    made.pop("version")
    assert made == {
        "kind": "MEETING",
        "title": "Contract",
        "startsAt": "2026-03-01T10:00:00.000000Z",
        "endsAt": "2026-03-01T11:00:00.000000Z",
        "isLogged": True,
        "outcome": "HELD",
        "outcomeNote": "Signed.",
        "assignee": {"name": "Ada Ames"},
    }
    showing = await journal.meeting(
        startsAt="2026-03-02T08:00:00Z", endsAt="2026-03-02T09:30:00Z", kind="SHOWING"
    )
    assert showing["title"] == "Showing"
    assert await journal.history("APPOINTMENT") == [
        ("APPOINTMENT", "Put down a showing."), ("APPOINTMENT", "Put down a meeting: Contract."),
    ]  # fmt: skip


@pytest.mark.behaviour("C35", "A48")
async def test_mails_and_messages_of_elsewhere_are_put_down_and_sent_to_nobody(
    journal: Journal,
) -> None:
    mail = await journal.message(subject="Question", at="2026-02-01T10:00:00Z")
    assert mail.pop("id").startswith("message_")
    assert mail["conversation"].pop("id").startswith("conversation_")
    assert mail == {
        "channel": "EMAIL",
        "direction": "FROM_LEAD",
        "subject": "Question",
        "text": "Is it free?",
        "takenFrom": None,
        "at": "2026-02-01T10:00:00.000000Z",
        "isLogged": True,
        "isBackdated": True,
        "author": {"name": "Ada Ames"},
        "delivery": None,
        "seenAt": None,
        "conversation": {"channel": "EMAIL", "state": "CLOSED", "waitingSince": None},
    }
    taken = await journal.message(direction="TAKEN", takenFrom="The caretaker", channel="SMS")
    assert (taken["takenFrom"], taken["isBackdated"]) == ("The caretaker", False)
    await journal.message(direction="TO_LEAD", text="It is.")
    assert await journal.history("EMAIL", "TEXT_MESSAGE") == [
        ("EMAIL", "Put down a mail to the lead."),
        ("TEXT_MESSAGE", "Put down a text message about the lead."),
        ("EMAIL", "Put down a mail from the lead."),
    ]


@pytest.mark.behaviour("C35")
async def test_an_older_mail_does_not_become_the_last_of_its_conversation(
    journal: Journal,
) -> None:
    first = await journal.message(text="New", at="2026-03-01T10:00:00Z")
    second = await journal.message(text="Old", at="2026-02-01T10:00:00Z")
    assert first["conversation"]["id"] == second["conversation"]["id"]
    data = await journal.admin.read(
        """query($id: ID!) { conversation(id: $id) { lastMessage { text }
             messages(first: 5) { nodes { text } } } }""",
        id=first["conversation"]["id"],
    )
    assert data["conversation"]["lastMessage"] == {"text": "New"}
    assert data["conversation"]["messages"]["nodes"] == [{"text": "New"}, {"text": "Old"}]


@pytest.mark.behaviour("C35", "G6")
async def test_the_visitor_learns_nothing_of_what_is_put_down(
    services: Services, clock: ManualClock, journal: Journal
) -> None:
    site, _ = await make_site(services)
    visitor, lead_id = await visitor_client(services, site)
    journal.id = lead(lead_id)
    stream = visitor.stream(
        """subscription { visitorFeed { __typename
             ... on VisitMessageAdded { message { text } } } }"""
    )
    heard = []
    try:
        async for answer in stream:
            assert answer.data is not None
            item = answer.data["visitorFeed"]
            heard.append(item)
            if len(heard) == 1:
                for direction in ("TO_LEAD", "FROM_LEAD"):
                    mail = await journal.message(direction=direction, text="secret")
                await journal.admin.done(
                    "sendMessage", leadId=journal.id, channel="CHAT", text="Hi",
                    idempotencyKey=key(),
                )  # fmt: skip
            if item["__typename"] == "VisitMessageAdded":
                break
    finally:
        await stream.aclose()
    assert [each["__typename"] for each in heard] == ["VisitFeedSnapshot", "VisitMessageAdded"]
    assert heard[-1]["message"] == {"text": "Hi"}
    data = await visitor.read("{ visit { messages(first: 10) { nodes { text } } unreadCount } }")
    assert data["visit"] == {"messages": {"nodes": [{"text": "Hi"}]}, "unreadCount": 1}
    receipt = await visitor.write("markVisitorMessagesRead", messageId=mail["id"])
    assert receipt["__typename"] == "NotFoundError"


@pytest.mark.behaviour("C34", "C35")
async def test_the_timeline_has_each_of_them_under_its_kind(journal: Journal) -> None:
    async def then(act: Any) -> None:
        journal.clock.advance(1)
        await act

    await then(journal.call(note="Rang"))
    await then(journal.meeting(startsAt="2026-03-01T10:00:00Z", endsAt="2026-03-01T11:00:00Z"))
    await then(journal.message(text="Mail"))
    await then(journal.message(text="Text", channel="SMS"))
    note = {"leadId": journal.id, "html": "<p>Note</p>", "idempotencyKey": key()}
    await then(journal.admin.done("addNote", **note))
    event = {"leadId": journal.id, "name": "Event", "idempotencyKey": key()}
    await then(journal.admin.done("addEvent", **event))
    ask = """query($id: ID!, $first: Int!, $after: Cursor, $kinds: [TimelineKind!]) {
      lead(id: $id) { timeline(first: $first, after: $after, kinds: $kinds) { nodes { kind
        subject { __typename ... on Call { note } ... on Appointment { title }
          ... on Message { text } } } pageInfo { hasNextPage endCursor } } } }"""

    async def items(first: int, *kinds: str) -> list[tuple[str, str]]:
        found, after = [], None
        while True:
            data = await journal.admin.read(
                ask, id=journal.id, first=first, after=after, kinds=list(kinds)
            )
            page = data["lead"]["timeline"]
            found += [(each["kind"], each["subject"]["__typename"]) for each in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return found

    whole = [
        ("EVENT", "Event"),
        ("NOTE", "Note"),
        ("MESSAGE", "Message"),
        ("EMAIL", "Message"),
        ("MEETING", "Appointment"),
        ("CALL", "Call"),
        ("CHANGE", "HistoryEntry"),
    ]
    for first in (1, 2, 100):
        assert await items(first) == whole
    for kind, subject in whole:
        assert await items(1, kind) == [(kind, subject)]
    assert await items(2, "EMAIL", "CALL") == [("EMAIL", "Message"), ("CALL", "Call")]
    assert await items(2, "MESSAGE", "EMAIL") == [("MESSAGE", "Message"), ("EMAIL", "Message")]
    assert await items(2, "MESSAGE", "NOTE") == [("NOTE", "Note"), ("MESSAGE", "Message")]


@pytest.mark.behaviour("C34")
async def test_what_was_put_down_at_one_instant_keeps_the_order_of_recording(
    journal: Journal,
) -> None:
    for number in range(6):
        await journal.call(note=str(number))
    ask = """query($id: ID!, $after: Cursor) { lead(id: $id) {
      timeline(first: 1, after: $after, kinds: [CALL]) { nodes { at
        subject { ... on Call { note } } } pageInfo { endCursor } } } }"""
    found, after = [], None
    for _ in range(6):
        page = (await journal.admin.read(ask, id=journal.id, after=after))["lead"]["timeline"]
        (node,) = page["nodes"]
        assert node["at"] == NOW
        found.append(node["subject"]["note"])
        after = page["pageInfo"]["endCursor"]
    assert found == ["5", "4", "3", "2", "1", "0"]
