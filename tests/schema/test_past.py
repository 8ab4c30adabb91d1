"""`asOf` answers with the card that was shown live at that moment, and `leadDiff` with the rest."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import FieldVisibility, StaffRole
from models.fields import FieldDefinition
from models.ids import encode_id
from resolvers import visits
from resolvers.actors import SYSTEM
from resolvers.secrets import sign
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.visits import Claim, Page, Told
from tests.client import Client, key, lead, staff_client
from tests.factories import ORIGIN, make_site, make_visit
from tests.importing import received_upload

CARD = """fragment Card on Lead {
  id displayName title isTitleDerived isAnonymous priority timeZone createdAt lastActivityAt
  person { firstName lastName company } source { channel detail }
  emailAddresses { id address asTyped isPrimary isVerified addedAt }
  phoneNumbers { id number asTyped isPrimary }
  state { name } stateSince stateBar { isCurrent isPassed }
  assignee { name } assignment { current { name } since past { staff { name } from to } }
  properties { key source updatedAt updatedBy { name } version value { display } }
  tags { name }
  notes(first: 30) { totalCount nodes { id text html visibility isPinned editedAt version
    versions { body } attachments { id name } } }
  conversations(first: 5) { totalCount { value } nodes { id channel state waitingSince
    lastMessage { text } messages(first: 9) { totalCount nodes { text } } } }
  open: conversations(first: 5, states: [OPEN]) { nodes { id } }
  messages(first: 30) { totalCount nodes { text conversation { id state } seenAt
    delivery { state since steps { state at } } } }
  events(first: 30) { totalCount { value } nodes { id name count lastAt version
    annotation { body author { name } former { body } } } }
  eventGroups { name count firstAt lastAt }
  timeline(first: 30) { nodes { id kind at subject { __typename
    ... on Note { text isPinned } ... on Message { text }
    ... on Event { name count lastAt annotation { body } } ... on HistoryEntry { summary } } } }
  history(first: 30) { totalCount nodes { id summary diffs { path after { display } } } }
  version
}"""
NOW = (
    CARD
    + " query($id: ID!) { lead(id: $id) { ...Card last: history(first: 1) { nodes { cursor } } } }"
)
THEN = CARD + " query($id: ID!, $asOf: AsOfInput) { lead(id: $id, asOf: $asOf) { ...Card } }"
DIFF = """query($id: ID!, $from: AsOfInput!, $to: AsOfInput) {
  leadDiff(id: $id, from: $from, to: $to) {
    before { displayName } after { displayName }
    diffs { path label before { display } after { display } }
    changes(first: 100) { totalCount nodes { summary } } } }"""


class Story:
    """A lead to which one thing after the other happens."""

    def __init__(self, services: Services, clock: ManualClock, admin: Client) -> None:
        self.services, self.clock, self.admin = services, clock, admin

    async def begin(self) -> "Story":
        self.site, self.secret = await make_site(self.services)
        self.visitor = (await make_visit(self.services, self.site)).actor
        self.lead_id = self.visitor.lead_id
        return self

    async def by_staff(self, mutation: str, answer: str = "", **given: Any) -> dict[str, Any]:
        return await self.admin.done(mutation, answer, leadId=lead(self.lead_id), **given)

    async def view_page(self, sequence: int) -> None:
        page = Page(f"{ORIGIN}/lamps")
        told = Told("Page view", "page-0001", sequence, page=page)
        await visits.record(self.services, self.visitor, told)

    def steps(self) -> list[Callable[[], Awaitable[Any]]]:
        """Acts, each of which shows on the card."""
        return [
            lambda: self.view_page(1),
            lambda: self.by_staff("changePersonInfo", person={"firstName": "Lena"}, title="Lena L"),
            lambda: self.by_staff("addTags", tags=["VIP", "Brass"]),
            self.identify_by_word,
            lambda: self.property("3"),
            lambda: visits.send_visitor_message(self.services, self.visitor, "Hello", key()),
            self.answer,
            self.write_note,
            self.edit_note,
            self.move,
            self.give_away,
            lambda: self.view_page(2),
            lambda: self.property("4.5"),
            lambda: self.by_staff("removeTags", tags=["Brass"]),
            self.close_conversation,
            lambda: self.by_staff("changePriority", priority="HIGH"),
            lambda: self.by_staff("assignLead", staffId=None),
            lambda: self.property(None),
            self.call,
            lambda: self.annotate("Wants a call back"),
            lambda: self.annotate("Wants two calls back"),
            lambda: self.annotate(""),
            self.see_the_answer,
        ]

    async def call(self) -> None:
        made = await self.by_staff("addEvent", "event { id }", name="Called", idempotencyKey=key())
        self.event = made["event"]["id"]

    async def see_the_answer(self) -> None:
        data = await self.admin.read(
            "query($id: ID!) { lead(id: $id) { messages(first: 5) { nodes { id direction } } } }",
            id=lead(self.lead_id),
        )
        (answer,) = [
            each["id"]
            for each in data["lead"]["messages"]["nodes"]
            if each["direction"] == "TO_LEAD"
        ]
        message_id = UUID(hex=answer.partition("_")[2])
        await visits.mark_messages(
            self.services, self.visitor, message_id, is_seen=True, is_clicked=False
        )

    async def annotate(self, body: str) -> None:
        await self.by_staff("annotateEvent", eventId=self.event, body=body)

    async def identify_by_word(self) -> None:
        claim = Claim(email_address="lena@mail.example", phone_number="+49 30 901820")
        self.visitor = (await visits.identify(self.services, self.visitor, claim)).actor

    async def property(self, number: str | None) -> None:
        value = {"number": number} if number else None
        await self.by_staff("setProperties", properties=[{"fieldKey": "rooms", "value": value}])

    async def answer(self) -> None:
        made = await self.by_staff(
            "sendMessage", "sentMessage { conversation { id } }",
            channel="CHAT", text="Good day", idempotencyKey=key(),
        )  # fmt: skip
        self.conversation = made["sentMessage"]["conversation"]["id"]

    async def close_conversation(self) -> None:
        given = {"conversationId": self.conversation, "state": "CLOSED"}
        await self.by_staff("changeConversationState", **given)

    async def write_note(self) -> None:
        made = await self.by_staff(
            "addNote", "note { id }", html="<p>Likes lamps</p>", idempotencyKey=key()
        )
        self.note = made["note"]["id"]

    async def edit_note(self) -> None:
        html = "<p>Likes shades</p>"
        uploads = [await self.upload()]
        await self.by_staff(
            "editNote", noteId=self.note, html=html, isPinned=True, addUploadIds=uploads
        )

    async def upload(self) -> str:
        assert self.admin.actor
        given = (self.services, self.admin.actor, b"words", "words.txt")
        return encode_id("upload", await received_upload(*given))

    async def move(self) -> None:
        data = await self.admin.read("{ pipelines { states { id name } } }")
        states = {each["name"]: each["id"] for each in data["pipelines"][0]["states"]}
        await self.by_staff("changeLeadState", stateId=states["Contacted"])

    async def give_away(self) -> None:
        other = await staff_client(self.services, StaffRole.AGENT, "Bo Brandt")
        assert other.actor
        assert other.actor.id
        await self.by_staff("assignLead", staffId=encode_id("staff", other.actor.id))

    async def live(self) -> tuple[dict[str, Any], str]:
        """The card now, and the cursor of its last change."""
        data = await self.admin.read(NOW, id=lead(self.lead_id))
        card = data["lead"]
        return told(card), card.pop("last")["nodes"][0]["cursor"]

    async def then(self, **moment: Any) -> Any:
        data = await self.admin.read(THEN, id=lead(self.lead_id), asOf=moment)
        return data["lead"] and told(data["lead"])


def told(card: dict[str, Any]) -> dict[str, Any]:
    """Without the gaps of fields, which are those that there are now."""
    card["properties"] = [each for each in card["properties"] if each["updatedAt"]]
    return card


@pytest.fixture
async def story(services: Services, clock: ManualClock, admin: Client) -> Story:
    return await Story(services, clock, admin).begin()


@pytest.mark.behaviour("B1")
async def test_every_past_card_is_the_one_that_was_shown(story: Story, clock: ManualClock) -> None:
    shown = []
    for step in story.steps():
        await step()
        card, cursor = await story.live()
        shown.append((card, cursor, clock.now()))
        clock.advance(60)
    for card, cursor, at in shown:
        for moment in ({"cursor": cursor}, {"at": (at + timedelta(seconds=30)).isoformat()}):
            then = await story.then(**moment)
            for part in card:
                assert then[part] == card[part], (part, moment)
    assert len({entry["displayName"] for entry, _, _ in shown}) > 1


async def test_before_it_began_there_is_no_card(story: Story, clock: ManualClock) -> None:
    card, _ = await story.live()
    before = (clock.now() - timedelta(seconds=1)).isoformat()
    assert await story.then(at=before) is None
    soon = (clock.now() + timedelta(minutes=1)).isoformat()
    assert (await story.then(at=soon))["id"] == card["id"], "clocks of clients are ahead at times"


async def test_a_past_card_of_a_survivor_has_what_had_come_along_by_then(
    story: Story, services: Services, clock: ManualClock
) -> None:
    known = (await make_visit(services, story.site)).actor
    until = clock.now() + timedelta(hours=1)
    signature = sign(story.secret, "customer-1", "", until.isoformat())
    claim = Claim("customer-1", None, None, None, until, until.isoformat(), signature)
    await visits.identify(services, known, claim)
    for step in story.steps()[:9]:
        await step()
        clock.advance(1)
    gone_id, survivor = story.lead_id, known.lead_id
    await visits.record(services, known, Told("Own event", "page-0002", 1))
    story.lead_id = survivor
    before, cursor_before = await story.live()
    clock.advance(60)
    await visits.identify(services, story.visitor, claim)
    merged, cursor = await story.live()
    assert [row["name"] for row in merged["events"]["nodes"]] != [
        row["name"] for row in before["events"]["nodes"]
    ]
    clock.advance(60)
    await story.by_staff("removeTags", tags=["VIP"])
    assert merged == await story.then(cursor=cursor)
    assert before == await story.then(cursor=cursor_before)
    data = await story.admin.read(THEN, id=lead(gone_id), asOf={"cursor": cursor})
    assert data["lead"]["id"] == lead(survivor)


async def test_a_note_that_was_removed_since_does_not_come_back(story: Story) -> None:
    await story.write_note()
    _, cursor = await story.live()
    await story.by_staff("removeNote", noteId=story.note)
    assert (await story.then(cursor=cursor))["notes"] == {"totalCount": 0, "nodes": []}


async def test_a_file_that_was_removed_since_does_not_come_back(story: Story) -> None:
    await story.write_note()
    _, before = await story.live()
    await story.edit_note()
    card, cursor = await story.live()
    (file,) = card["notes"]["nodes"][0]["attachments"]
    await story.by_staff("editNote", noteId=story.note, removeFileIds=[file["id"]])
    for moment in (before, cursor):
        (note,) = (await story.then(cursor=moment))["notes"]["nodes"]
        assert note["attachments"] == []


async def test_a_past_card_shows_only_what_its_reader_may_see_now(
    story: Story, services: Services
) -> None:
    await story.write_note()
    await story.property("3")
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(FieldDefinition)
            .where(col(FieldDefinition.key) == "rooms")
            .values(visibility=FieldVisibility.ADMINS)
        )
    _, cursor = await story.live()
    manager = await staff_client(services, StaffRole.MANAGER, "Max Moor")
    data = await manager.read(THEN, id=lead(story.lead_id), asOf={"cursor": cursor})
    card = data["lead"]
    assert card["notes"]["totalCount"] == 0
    assert "rooms" not in {each["key"] for each in card["properties"]}
    assert "N0TE" not in str(card)
    stranger = await staff_client(services, StaffRole.AGENT, "Bo Brandt")
    document = {"id": lead(story.lead_id), "asOf": {"cursor": cursor}}
    assert await stranger.read(THEN, **document) == {"lead": None}


async def test_nothing_can_be_done_with_a_past_card_and_nobody_looks_at_it(story: Story) -> None:
    _, cursor = await story.live()
    data = await story.admin.read(
        """query($id: ID!, $asOf: AsOfInput) { lead(id: $id, asOf: $asOf) {
          viewerCan { edit changeState assign sendMessage channels verifyHistory }
          viewers { since } viewerCount presence { state isProvisional } } }""",
        id=lead(story.lead_id),
        asOf={"cursor": cursor},
    )
    can = data["lead"].pop("viewerCan")
    assert not any(can.values())
    assert data["lead"] == {
        "viewers": [], "viewerCount": 0, "presence": {"state": "OFFLINE", "isProvisional": False}
    }  # fmt: skip


async def test_pages_of_past_lists_follow_each_other(story: Story, clock: ManualClock) -> None:
    for number in range(5):
        await story.by_staff(
            "addNote", html=f"<p>{number}</p>", isPinned=number == 2, idempotencyKey=key()
        )
        await story.view_page(number + 1)
        clock.advance(40)
    _, cursor = await story.live()
    await story.by_staff("addNote", html="<p>later</p>", isPinned=True, idempotencyKey=key())
    document = """query($id: ID!, $asOf: AsOfInput, $after: Cursor) { lead(id: $id, asOf: $asOf) {
      notes(first: 2, after: $after) { nodes { text } pageInfo { hasNextPage endCursor } } } }"""
    found, after, more = [], None, True
    given = {"id": lead(story.lead_id), "asOf": {"cursor": cursor}}
    while more:
        data = await story.admin.read(document, **given, after=after)
        page = data["lead"]["notes"]
        found += [row["text"] for row in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert found == ["2", "4", "3", "1", "0"]


MALFORMED: list[dict[str, Any]] = [
    {"cursor": "x"},
    {"cursor": ""},
    {"at": "yesterday"},
    {},
    {"at": "2100-01-01T00:00:00Z"},
]


async def test_moments_that_are_none_are_refused(story: Story, services: Services) -> None:
    document = "query($id: ID!, $asOf: AsOfInput) { lead(id: $id, asOf: $asOf) { id } }"
    for moment in MALFORMED:
        code = await story.admin.refused(document, id=lead(story.lead_id), asOf=moment)
        assert code == "BAD_USER_INPUT", moment
    other = (await make_visit(services, story.site)).actor.lead_id
    story_id, story.lead_id = story.lead_id, other
    _, foreign = await story.live()
    given = {"id": lead(story_id), "asOf": {"cursor": foreign}}
    assert await story.admin.refused(document, **given) == "BAD_USER_INPUT"


async def test_a_diff_names_what_differs_once_and_lists_the_changes_between(
    story: Story, clock: ManualClock
) -> None:
    await story.by_staff("addTags", tags=["Brass"])
    await story.property("2")
    _, start = await story.live()
    clock.advance(60)
    await story.property("3")
    await story.property("4")
    await story.by_staff("changePriority", priority="HIGH")
    await story.by_staff("changePriority", priority="NORMAL")
    await story.by_staff("addTags", tags=["VIP"])
    await story.by_staff("removeTags", tags=["Brass"])
    await story.identify_by_word()
    data = await story.admin.read(DIFF, id=lead(story.lead_id), **{"from": {"cursor": start}})
    found = data["leadDiff"]
    assert found["before"]["displayName"].startswith("Visitor ")
    assert found["after"]["displayName"] == "lena@mail.example"

    def words(value: dict[str, str] | None) -> str | None:
        return value["display"] if value else None

    diffs = [(d["label"], words(d["before"]), words(d["after"])) for d in found["diffs"]]
    assert set(diffs) == {
        ("Rooms", "2", "4"),
        ("E-mail address", None, "lena@mail.example"),
        ("Phone number", None, "+4930901820"),
        ("Tag", "Brass", None),
        ("Tag", None, "VIP"),
    }
    assert len(diffs) == 5
    assert found["changes"]["totalCount"] == 8
    assert found["changes"]["nodes"][0]["summary"].startswith("Changed ")


async def test_a_diff_backwards_or_from_before_the_beginning_is_none(
    story: Story, clock: ManualClock
) -> None:
    _, first = await story.live()
    await story.property("3")
    _, last = await story.live()
    given = {"id": lead(story.lead_id)}
    backwards = {"from": {"cursor": last}, "to": {"cursor": first}}
    assert await story.admin.read(DIFF, **given, **backwards) == {"leadDiff": None}
    too_early = {"from": {"at": (clock.now() - timedelta(days=1)).isoformat()}}
    assert await story.admin.read(DIFF, **given, **too_early) == {"leadDiff": None}
    unknown = UUID(int=0)
    data = await story.admin.read(DIFF, id=lead(unknown), **{"from": {"cursor": first}})
    assert data == {"leadDiff": None}
