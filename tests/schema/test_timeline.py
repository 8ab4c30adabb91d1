"""The timeline: one stream of what people did and said, from the log alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.changes import Change
from models.clock import ManualClock
from models.enums import ChangeKind, StaffRole
from models.notes import Note
from resolvers import timeline, visits
from resolvers.secrets import sign
from resolvers.services import Services
from resolvers.timeline import TimelineKind
from resolvers.visits import Claim, Told
from tests.client import Client, key, lead, staff_client
from tests.factories import ORIGIN, make_site, make_visit
from tests.resolvers.scene import Scene

ITEM = """id at kind actor { kind name } subject { __typename
  ... on Note { id text } ... on Message { id text } ... on Event { id name count }
  ... on HistoryEntry { id summary } }"""
PAGE = f"""query($id: ID!, $first: Int!, $after: Cursor, $kinds: [TimelineKind!]) {{
  lead(id: $id) {{ timeline(first: $first, after: $after, kinds: $kinds) {{
    nodes {{ {ITEM} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""


async def page(client: Client, lead_id: str, **given: Any) -> dict[str, Any]:
    data = await client.read(PAGE, id=lead_id, **{"first": 100, **given})
    found: dict[str, Any] = data["lead"]["timeline"]
    return found


async def items(client: Client, lead_id: str, first: int = 100, **given: Any) -> list[Any]:
    """All items, by pages of so many."""
    found: list[Any] = []
    after = None
    while True:
        here = await page(client, lead_id, first=first, after=after, **given)
        found += here["nodes"]
        assert len(here["nodes"]) == first or not here["pageInfo"]["hasNextPage"]
        after = here["pageInfo"]["endCursor"]
        if not here["pageInfo"]["hasNextPage"]:
            return found


def said(found: list[Any]) -> list[str]:
    """What each item says of its thing."""
    subjects = [item["subject"] for item in found]
    return [each.get("text") or each.get("name") or each["summary"] for each in subjects]


class Story:
    """A visitor's lead to which something of each kind happened, a second apart."""

    def __init__(self, services: Services, clock: ManualClock, admin: Client) -> None:
        self.services, self.clock, self.admin = services, clock, admin

    async def tell(self) -> "Story":
        self.site, self.secret = await make_site(self.services)
        self.visit = (await make_visit(self.services, self.site)).actor
        self.id = lead(self.visit.lead_id)
        on: dict[str, Any] = {"leadId": self.id}
        await self.page_view(1)
        self.clock.advance(31)
        await self.page_view(2)
        await self.say("Hello")
        note = {"html": "<p>Likes brass</p>", "visibility": "TEAM"}
        self.note = (await self.act("addNote", "note { id }", **on, **note))["note"]["id"]
        await self.act("sendMessage", **on, channel="CHAT", text="Hi")
        await self.act("addTags", **on, tags=["VIP"])
        await self.act("addEvent", **on, name="Met", occurredAt="2026-02-01T00:00:00Z")
        states = (await self.admin.read("{ pipelines { states { id } } }"))["pipelines"][0]
        await self.act("changeLeadState", **on, stateId=states["states"][1]["id"])
        await self.act("changePriority", **on, priority="HIGH")
        return self

    async def act(self, mutation: str, parts: str = "", **given: Any) -> dict[str, Any]:
        self.clock.advance(1)
        if mutation in ("addNote", "sendMessage", "addEvent"):
            given["idempotencyKey"] = key()
        return await self.admin.done(mutation, parts, **given)

    async def page_view(self, sequence: int) -> None:
        told = Told("Page view", "page-0001", sequence, page=visits.Page(f"{ORIGIN}/lamps"))
        self.clock.advance(1)
        await visits.record(self.services, self.visit, told)

    async def say(self, text: str) -> None:
        self.clock.advance(1)
        await visits.send_visitor_message(self.services, self.visit, text, key())


TOLD = [
    "Moved the lead to Contacted.", "Met", "Hi", "Likes brass", "Hello", "Page view",
    "Created the lead.",
]  # fmt: skip


@pytest.fixture
async def story(services: Services, clock: ManualClock, admin: Client) -> Story:
    return await Story(services, clock, admin).tell()


@pytest.mark.behaviour("C36")
async def test_what_happened_stands_in_one_stream_down_to_how_the_lead_began(
    story: Story,
) -> None:
    found = await items(story.admin, story.id)
    assert said(found) == TOLD
    assert [item["kind"] for item in found] == [
        "CHANGE", "EVENT", "MESSAGE", "NOTE", "MESSAGE", "EVENT", "CHANGE",
    ]  # fmt: skip
    assert [item["actor"]["kind"] for item in found] == [*["STAFF"] * 4, *["LEAD"] * 3]
    assert len({item["id"] for item in found}) == len(found)
    assert [item["at"] for item in found] == sorted((item["at"] for item in found), reverse=True)
    assert found[-2]["subject"]["count"] == 2
    for first in (1, 2, 3, 7):
        assert await items(story.admin, story.id, first) == found


@pytest.mark.behaviour("C34", "C36")
async def test_it_is_filtered_by_its_kinds(story: Story) -> None:
    whole = await items(story.admin, story.id)
    for kinds in (["NOTE"], ["MESSAGE", "EVENT"], ["CHANGE"], ["CHANGE", "NOTE"], []):
        wanted = [item for item in whole if not kinds or item["kind"] in kinds]
        assert await items(story.admin, story.id, 2, kinds=kinds) == wanted
    turned = await page(story.admin, story.id, first=1, kinds=["EVENT", "MESSAGE", "EVENT"])
    after = turned["pageInfo"]["endCursor"]
    rest = await page(story.admin, story.id, after=after, kinds=["MESSAGE", "EVENT"])
    assert said(rest["nodes"]) == ["Hi", "Hello", "Page view"]
    for given in ({"after": after, "kinds": ["NOTE"]}, {"first": 0}, {"first": 101}):
        answer = await story.admin.run(PAGE, **{"id": story.id, "first": 5, **given})
        assert answer.codes == ["BAD_USER_INPUT"]
        assert answer.data == {"lead": {"timeline": None}}


@pytest.mark.behaviour("C36", "A19")
@pytest.mark.behaviour("C41")
async def test_private_notes_of_others_leave_no_gap(story: Story, services: Services) -> None:
    manager = await staff_client(services, StaffRole.MANAGER, "Max Moor")
    before = await items(manager, story.id)
    for number in range(5):
        await story.act(
            "addNote", leadId=story.id, html=f"<p>secret {number}</p>", visibility="PRIVATE"
        )
    assert await items(manager, story.id, 2) == before
    full = await page(manager, story.id, first=len(before))
    assert full["pageInfo"]["hasNextPage"] is False
    assert len(await items(story.admin, story.id)) == len(before) + 5
    await story.admin.done("editNote", leadId=story.id, noteId=story.note, visibility="PRIVATE")
    assert "Likes brass" not in said(await items(manager, story.id))


@pytest.mark.behaviour("C36")
@pytest.mark.behaviour("C41")
async def test_a_note_keeps_its_place_when_edited_and_goes_when_removed(story: Story) -> None:
    given = {"leadId": story.id, "noteId": story.note}
    await story.act("editNote", **given, html="<p>Likes steel</p>")
    edited = ["Likes steel" if each == "Likes brass" else each for each in TOLD]
    assert said(await items(story.admin, story.id)) == edited
    await story.act("removeNote", **given)
    assert said(await items(story.admin, story.id)) == [
        each for each in TOLD if each != "Likes brass"
    ]


@pytest.mark.behaviour("C36")
async def test_a_lead_that_went_into_another_takes_its_timeline_along(
    story: Story, clock: ManualClock
) -> None:
    other = (await make_visit(story.services, story.site)).actor
    until = clock.now() + timedelta(hours=1)
    proof = sign(story.secret, "customer-1", "", until.isoformat())
    claim = Claim("customer-1", None, None, None, until, until.isoformat(), proof)
    clock.advance(1)
    await visits.identify(story.services, other, claim)
    clock.advance(1)
    await visits.identify(story.services, story.visit, claim)
    found = await items(story.admin, lead(other.lead_id), 3)
    texts = said(found)
    assert [each for each in texts if each in TOLD[:-1]] == TOLD[:-1]
    assert texts.count("Created the lead.") == 2
    assert texts[0] == "Linked a visit to this lead, proven by the site."
    assert texts[1].startswith("Took in Visitor ")
    assert found == await items(story.admin, story.id)


@pytest.mark.behaviour("C36")
async def test_an_open_card_is_told_the_item_that_each_change_adds(story: Story) -> None:
    stream = story.admin.stream(
        f"""subscription($id: ID!) {{ leadCard(id: $id) {{ __typename
          ... on LeadChange {{ timelineItem {{ {ITEM} }} }} }} }}""",
        id=story.id,
    )
    try:
        heard = []
        async for answer in stream:
            assert answer.data is not None
            item = answer.data["leadCard"]
            if item["__typename"] == "LeadCardSnapshot":
                await story.act("addEvent", leadId=story.id, name="Called")
                await story.act("addTags", leadId=story.id, tags=["Brass"])
                await story.act("editNote", leadId=story.id, noteId=story.note, html="<p>x</p>")
                await story.act("sendMessage", leadId=story.id, channel="CHAT", text="Bye")
            elif "timelineItem" in item:
                heard.append(item["timelineItem"])
                if len(heard) == 4:
                    break
    finally:
        await stream.aclose()
    newest = await page(story.admin, story.id, first=2)
    assert heard == [newest["nodes"][1], None, None, newest["nodes"][0]]


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_kind_of_change_has_its_place_or_none(kind: ChangeKind) -> None:
    assert kind in timeline.PLACES


async def test_the_database_and_the_program_agree_on_what_an_item_is(
    services: Services, clock: ManualClock
) -> None:
    scene = await Scene(services, clock).build()
    page_again = Told("Page view", "page-0002", 1, page=visits.Page(f"{ORIGIN}/lamps"))
    await visits.record(services, scene.visit.actor, page_again)
    async with services.database.read_session() as session:
        statement = select(Change).where(col(Change.lead_id) == scene.lead_id)
        changes = list(await session.scalars(statement))
        for kinds in ([], [TimelineKind.NOTE], [TimelineKind.EVENT, TimelineKind.CHANGE]):
            rows = await session.scalars(statement.where(*timeline.items(scene.admin, kinds)))
            expected: set[UUID] = {
                each.id
                for each in changes
                if (kind := timeline.kind_of(each)) and (not kinds or kind in kinds)
            }
            assert {row.id for row in rows} == expected
        assert await session.scalar(select(col(Note.removed_at))) is None


@pytest.mark.behaviour("C45")
async def test_a_row_of_the_history_leads_to_what_it_is_about_while_that_is_there(
    services: Services, clock: ManualClock, admin: Client
) -> None:
    story = await Story(services, clock, admin).tell()
    query = """query($id: ID!) { lead(id: $id) { history(first: 100) { nodes {
      type summary about { __typename ... on Note { id } ... on Message { text }
        ... on Event { name } } } } } }"""

    async def about(client: Client) -> list[Any]:
        read = await client.read(query, id=story.id)
        return [row["about"] for row in read["lead"]["history"]["nodes"]]

    shown = await about(admin)
    notes = [each for each in shown if each and each["__typename"] == "Note"]
    assert notes == [{"__typename": "Note", "id": story.note}]
    texts = [each["text"] for each in shown if each and "text" in each]
    assert sorted(texts) == ["Hello", "Hi"]
    assert shown[0] is None  # the priority is the lead's own
    await admin.done("removeNote", leadId=story.id, noteId=story.note)
    gone = await about(admin)
    assert [each for each in gone if each and each["__typename"] == "Note"] == []
    assert len(gone) == len(shown) + 1
