"""Who may, through every way in: expected from the permission table, asked of the schema."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.changes import Change
from models.conversations import Conversation
from models.enums import AccessScope, HistoryType, StaffRole
from models.ids import decode_id, encode_id
from models.workspace import Workspace
from resolvers import files, leads
from resolvers.actors import SYSTEM
from resolvers.errors import NotFound
from resolvers.policy import FIELD_READERS, GRANTS, Permission
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Answer, Client, key, lead, nothing_written, staff_client
from tests.factories import make_site, make_visit
from tests.importing import received_upload
from tests.schema.crawl import root_type, selections

PATIENCE = 10.0
ADMIN, MANAGER, AGENT = StaffRole.ADMIN, StaffRole.MANAGER, StaffRole.AGENT
RELATIONS = ("own", "other's", "unassigned")

# --- the table -----------------------------------------------------------------------------------

ACTS = {
    "changePersonInfo": Permission.EDIT_LEAD,
    "changeLeadValue": Permission.EDIT_LEAD,
    "changePriority": Permission.EDIT_LEAD,
    "setAvatar": Permission.EDIT_LEAD,
    "setProperties": Permission.EDIT_LEAD,
    "addTags": Permission.EDIT_LEAD,
    "removeTags": Permission.EDIT_LEAD,
    "addNote": Permission.WRITE_NOTES,
    "addEvent": Permission.EDIT_LEAD,
    "logQuickEvent": Permission.EDIT_LEAD,
    "annotateEvent": Permission.EDIT_LEAD,
    "changeLeadState": Permission.CHANGE_STATE,
    "assignLead": Permission.ASSIGN_LEAD,
    "sendMessage": Permission.SEND_MESSAGE,
    "changeConversationState": Permission.SEND_MESSAGE,
    "assignConversation": Permission.SEND_MESSAGE,
    # the note is somebody else's
    "editNote": Permission.READ_ALL_NOTES,
    "removeNote": Permission.READ_ALL_NOTES,
}


def sees(role: StaffRole, manager_scope: AccessScope, relation: str) -> bool:
    scope = {ADMIN: AccessScope.ALL, MANAGER: manager_scope, AGENT: AccessScope.OWN}[role]
    return relation == "own" if scope is AccessScope.OWN else True


def answer_to(role: StaffRole, manager_scope: AccessScope, relation: str, act: str) -> str:
    """The member of the result that an act has to answer."""
    if not sees(role, manager_scope, relation):
        return "NotFoundError"
    if role not in GRANTS[ACTS[act]]:
        return "ForbiddenError"
    return f"{act[0].upper()}{act[1:]}Success"


# --- what there is to ask for --------------------------------------------------------------------


@dataclass
class Place:
    """A lead with a note, a conversation and a history, and who it is assigned to."""

    services: Services
    admin: Client
    lead_id: UUID
    assignee: str | None
    note_id: str = ""
    event_id: str = ""
    kind_id: str = ""
    conversation_id: str = ""
    entry_id: str = ""
    state_id: str = ""

    async def set_up(self) -> "Place":
        made = await self.admin.done(
            "addNote",
            "note { id }",
            leadId=self.id,
            html="<p>ours</p>",
            visibility="TEAM",
            idempotencyKey=key(),
        )
        self.note_id = made["note"]["id"]
        self.entry_id = made["changes"][0]["entry"]["id"]
        made = await self.admin.done(
            "sendMessage",
            "sentMessage { conversation { id } }",
            leadId=self.id,
            channel="CHAT",
            text="Hi",
            idempotencyKey=key(),
        )
        self.conversation_id = made["sentMessage"]["conversation"]["id"]
        made = await self.admin.done(
            "addEvent", "event { id }", leadId=self.id, name="Met", idempotencyKey=key()
        )
        self.event_id = made["event"]["id"]
        data = await self.admin.read(
            "{ pipelines { states { id } } eventKinds(quickOnly: true) { id } }"
        )
        self.state_id = data["pipelines"][0]["states"][1]["id"]
        self.kind_id = data["eventKinds"][0]["id"]
        return self

    @property
    def id(self) -> str:
        return lead(self.lead_id)

    def given(self, act: str) -> dict[str, Any]:
        """Input of an act that succeeds for those who may."""
        more: dict[str, dict[str, Any]] = {
            "changePersonInfo": {"title": "Dr."},
            "changeLeadValue": {"value": {"amount": "12400", "currency": "EUR"}},
            "changePriority": {"priority": "HIGH"},
            "setAvatar": {"uploadId": None},
            "setProperties": {"properties": [{"fieldKey": "rooms", "value": {"number": "3"}}]},
            "addTags": {"tags": ["VIP"]},
            "removeTags": {"tags": ["VIP"]},
            "addNote": {"html": "<p>mine</p>", "idempotencyKey": key()},
            "editNote": {"html": "<p>changed</p>", "noteId": self.note_id},
            "removeNote": {"noteId": self.note_id},
            "addEvent": {"name": "Called", "idempotencyKey": key()},
            "logQuickEvent": {"kindId": self.kind_id, "idempotencyKey": key()},
            "annotateEvent": {"body": "Call back", "eventId": self.event_id},
            "changeLeadState": {"stateId": self.state_id},
            "assignLead": {"staffId": self.assignee},
            "sendMessage": {"channel": "CHAT", "text": "Hi", "idempotencyKey": key()},
            "assignConversation": {"staffId": None, "conversationId": self.conversation_id},
            "changeConversationState": {
                "state": "CLOSED",
                "conversationId": self.conversation_id,
            },
        }
        return {"leadId": self.id, **more[act]}


async def make_place(services: Services, admin: Client, assignee: Client | None) -> Place:
    site, _ = await make_site(services)
    visit = await make_visit(services, site)
    lead_id = visit.actor.lead_id
    staff_id = assignee.actor.id if assignee and assignee.actor else None
    if staff_id:
        async with unit_of_work(services, SYSTEM) as work:
            await leads.assign(work, lead_id, staff_id, None)
    shown = encode_id("staff", staff_id) if staff_id else None
    return await Place(services, admin, lead_id, shown).set_up()


async def set_manager_scope(services: Services, scope: AccessScope) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Workspace).values(manager_scope=scope))


async def first_item(client: Client, lead_id: str) -> dict[str, Any]:
    """What a card begins with."""
    stream = client.stream(
        "subscription($id: ID!) { leadCard(id: $id) { __typename "
        "... on AccessEnded { endReason } ... on LeadCardSnapshot { lead { id } } } }",
        id=lead_id,
    )
    async with asyncio.timeout(PATIENCE):
        answer = await anext(stream)
    await stream.aclose()
    assert answer.data is not None
    item: dict[str, Any] = answer.data["leadCard"]
    return item


READS = """query($lead: ID!, $entry: ID!, $conversation: ID!) {
  lead(id: $lead) { id }
  leads(first: 100) { nodes { id } totalCount { value } }
  some: leads(first: 100, filter: { ids: [$lead] }) { nodes { id } totalCount { value } }
  visitors(first: 100) { nodes { id } totalCount { value } }
  historyEntry(id: $entry) { id }
  conversation(id: $conversation) { id lead { id } }
  verifyHistory(leadId: $lead) { isIntact }
}"""


@pytest.mark.behaviour("A16", "G8")
@pytest.mark.parametrize(
    ("role", "manager_scope"),
    [
        (ADMIN, AccessScope.ALL),
        (MANAGER, AccessScope.ALL),
        (MANAGER, AccessScope.OWN),
        (AGENT, AccessScope.ALL),
    ],
)
async def test_each_role_sees_and_does_what_the_table_says(
    services: Services, role: StaffRole, manager_scope: AccessScope
) -> None:
    await set_manager_scope(services, manager_scope)
    admin = await staff_client(services)
    client = await staff_client(services, role, "Cy Coe")
    colleague = await staff_client(services, AGENT, "Di Dunn")
    assignees = dict(zip(RELATIONS, (client, colleague, None), strict=True))
    places = {
        relation: await make_place(services, admin, assignee)
        for relation, assignee in assignees.items()
    }
    visible = {
        place.id for relation, place in places.items() if sees(role, manager_scope, relation)
    }
    for relation, place in places.items():
        is_seen = sees(role, manager_scope, relation)
        await assert_reads(client, place, visible, is_seen, role)
        item = await first_item(client, place.id)
        wanted = "LeadCardSnapshot" if is_seen else "AccessEnded"
        assert item["__typename"] == wanted, relation
        for act in ACTS:
            expected = answer_to(role, manager_scope, relation, act)
            if expected.endswith("Success"):
                made = await client.write(act, **place.given(act))
            else:
                async with nothing_written(services):
                    made = await client.write(act, **place.given(act))
            assert made["__typename"] == expected, (relation, act, made)


async def assert_reads(
    client: Client, place: Place, visible: set[str], is_seen: bool, role: StaffRole
) -> None:
    data = await client.read(
        READS, lead=place.id, entry=place.entry_id, conversation=place.conversation_id
    )
    assert data["lead"] == ({"id": place.id} if is_seen else None)
    for name, expected in (
        ("leads", visible),
        ("visitors", visible),
        ("some", visible & {place.id}),
    ):
        assert {row["id"] for row in data[name]["nodes"]} == expected
        assert data[name]["totalCount"]["value"] == len(expected)
    assert data["historyEntry"] == ({"id": place.entry_id} if is_seen else None)
    assert (data["conversation"] is not None) == is_seen
    may_verify = is_seen and role in GRANTS[Permission.VERIFY_HISTORY]
    assert data["verifyHistory"] == ({"isIntact": True} if may_verify else None)


async def test_buttons_say_what_the_table_says(services: Services) -> None:
    admin = await staff_client(services)
    for role in StaffRole:
        client = await staff_client(services, role)
        place = await make_place(services, admin, client)
        data = await client.read(
            """query($id: ID!) { me { permissions } lead(id: $id) { viewerCan {
              edit changeState assign assignToMe sendMessage verifyHistory } } }""",
            id=place.id,
        )
        held = {each.value for each, roles in GRANTS.items() if role in roles}
        assert set(data["me"]["permissions"]) == held
        assert data["lead"]["viewerCan"] == {
            "edit": "EDIT_LEAD" in held,
            "changeState": "CHANGE_STATE" in held,
            "assign": "ASSIGN_LEAD" in held,
            "assignToMe": False,  # it is theirs
            "sendMessage": "SEND_MESSAGE" in held,
            "verifyHistory": "VERIFY_HISTORY" in held,
        }


async def test_the_lead_that_an_act_gives_away_is_answered_and_gone_afterwards(
    services: Services,
) -> None:
    await set_manager_scope(services, AccessScope.OWN)
    admin, manager = await staff_client(services), await staff_client(services, MANAGER)
    place = await make_place(services, admin, manager)
    made = await manager.done("assignLead", leadId=place.id, staffId=None)
    assert made["lead"]["id"] == place.id
    assert [change["__typename"] for change in made["changes"]] == ["LeadAssigneeChanged"]
    data = await manager.read("query($id: ID!) { lead(id: $id) { id } }", id=place.id)
    assert data == {"lead": None}


# --- nothing leaks -------------------------------------------------------------------------------


async def crawl(client: Client, services: Services, lead_id: UUID) -> bytes:
    """The bytes of all answers about a lead that a client can get at."""
    async with services.database.read_session() as session:
        entries = (
            await session.scalars(
                select(col(Change.id)).where(
                    col(Change.lead_id) == lead_id,
                    col(Change.category).in_((HistoryType.NOTE, HistoryType.FIELD_CHANGE)),
                )
            )
        ).all()
        talks = (
            await session.scalars(
                select(col(Conversation.id)).where(col(Conversation.lead_id) == lead_id)
            )
        ).all()
    asked: list[tuple[str, str, object]] = [
        *((name, "", None) for name in ("me", "visit", "sites", "apiTokens", "pipelines")),
        *((name, "", None) for name in ("fieldGroups", "eventKinds")),
        *(
            (name, "first: Int!", 1)
            for name in ("leads", "visitors", "staffMembers", "workspaceHistory")
        ),
        ("lead", "id: ID!", lead(lead_id)),
        ("verifyHistory", "leadId: ID!", lead(lead_id)),
        *(("historyEntry", "id: ID!", encode_id("change", each)) for each in entries),
        *(("conversation", "id: ID!", encode_id("conversation", each)) for each in talks),
    ]
    seen = []
    for name, argument, value in asked:
        for inner in selections(root_type("Query", name)):
            if argument:
                given, _, kind = argument.partition(": ")
                document = f"query(${given}: {kind}) {{ {name}({given}: ${given}) {inner} }}"
                answer = await client.run(document, **{given: value})
            else:
                answer = await client.run(f"{{ {name} {inner} }}")
            assert "QUERY_TOO_COMPLEX" not in answer.codes
            seen.append(answer.text)
    for part, inner in of_card():
        async for answer in card(client, lead_id, part, inner):
            seen.append(answer.text)
            break
    seen += [answer.text async for answer in acts(client, lead_id)]
    return b"\n".join(seen)


def of_card() -> list[tuple[str, str]]:
    """All that can be selected of a live card's snapshot and of its changes, in parts."""
    kinds = {
        "LeadCardSnapshot { lead": root_type("LeadCardSnapshot", "lead"),
        "LeadChange": root_type("HistoryEntry", "change"),
    }
    return [(part, inner) for part, kind in kinds.items() for inner in selections(kind)]


async def card(
    client: Client, lead_id: UUID, part: str, inner: str
) -> AsyncGenerator[Answer, None]:
    """The live card with one part of what can be selected."""
    end = "}" if "{" in part else ""
    stream = client.stream(
        f"subscription($id: ID!) {{ leadCard(id: $id) {{ __typename "
        f"... on {part} {inner} {end} }} }}",
        id=lead(lead_id),
    )
    try:
        while True:
            async with asyncio.timeout(PATIENCE):
                yield await anext(stream)
    except StopAsyncIteration:
        return
    finally:
        await stream.aclose()


async def acts(client: Client, lead_id: UUID) -> AsyncGenerator[Answer, None]:
    """Acts that answer with the lead, everything of it selected."""
    for part in ("lead", "changes"):
        for inner in selections(root_type("LeadWrite", part)):
            yield await client.run(
                "mutation($input: AddTagsInput!) { addTags(input: $input) { __typename "
                f"... on AddTagsSuccess {{ {part} {inner} }} }} }}",
                input={"leadId": lead(lead_id), "tags": [f"crawled {key()[:8]}"]},
            )


MARKER = "N0TE-MARKER-57"


class Secretive:
    """A lead of agent A with private notes, as it is once agent B has it."""

    async def set_up(self, services: Services) -> "Secretive":
        self.services = services
        self.admin = await staff_client(services)
        self.author = await staff_client(services, AGENT, "Ann Abel")
        self.place = await make_place(services, self.admin, self.author)
        on = {"leadId": self.place.id}
        self.files: list[str] = []
        for _ in range(3):
            made = await self.author.done(
                "addNote",
                "note { id visibility attachments { id } }",
                **on,
                html=f"<p>{MARKER}</p>",
                idempotencyKey=key(),
                isPinned=True,
                attachmentUploadIds=[await self.upload(self.author)],
            )
            assert made["note"]["visibility"] == "PRIVATE"
            self.files.append(made["note"]["attachments"][0]["id"])
        await self.author.done(
            "editNote", **on, noteId=made["note"]["id"], html=f"<p>again {MARKER}</p>"
        )
        await self.author.done("removeNote", **on, noteId=made["note"]["id"])
        self.note_id = made["note"]["id"]
        self.heir = await staff_client(services, AGENT, "Bea Bohl")
        assert self.heir.actor
        await self.admin.done("assignLead", **on, staffId=encode_id("staff", self.heir.actor.id))
        return self

    async def upload(self, client: Client) -> str:
        assert client.actor
        data, name = MARKER.encode(), f"{MARKER}.txt"
        return encode_id("upload", await received_upload(self.services, client.actor, data, name))

    async def reads(self, client: Client, file: str) -> bool:
        """Whether a link of the client's leads to the file's bytes."""
        assert client.actor
        link = files.link_to(self.services, client.actor, decode_id("file", file))
        try:
            found = await files.open_link(self.services, link.rpartition("/")[2])
        except NotFound:
            return False
        return MARKER.encode() == b"".join([part async for part in found.parts])


@pytest.fixture
async def secretive(services: Services) -> Secretive:
    return await Secretive().set_up(services)


@pytest.mark.behaviour("A19")
async def test_words_of_private_notes_reach_nobody_but_their_author_and_admins(
    services: Services, secretive: Secretive
) -> None:
    lead_id = secretive.place.lead_id
    assert MARKER.encode() in await crawl(secretive.admin, services, lead_id)
    others = [
        secretive.heir,
        secretive.author,  # no longer the lead's agent
        await staff_client(services, MANAGER),
        await staff_client(services, AGENT),
        Client(services, (await make_visit(services)).token),
        Client(services),
    ]
    for client in others:
        found = await crawl(client, services, lead_id)
        assert MARKER.encode() not in found
        assert len(found) > 500


@pytest.mark.behaviour("A19", "G8")
async def test_private_notes_leave_no_count_entry_or_gap(
    services: Services, secretive: Secretive
) -> None:
    document = """query($id: ID!) { lead(id: $id) {
      notes(first: 10) { totalCount nodes { text } pageInfo { hasNextPage } }
      all: history(first: 50) { totalCount nodes { id type } }
      notesOnly: history(first: 50, types: [NOTE]) { totalCount nodes { id } } } }"""
    seen = (await secretive.heir.read(document, id=secretive.place.id))["lead"]
    whole = (await secretive.admin.read(document, id=secretive.place.id))["lead"]
    assert [note["text"] for note in seen["notes"]["nodes"]] == ["ours"]
    assert seen["notes"]["totalCount"] == 1
    assert whole["notes"]["totalCount"] == 3
    assert seen["notesOnly"]["totalCount"] == len(seen["notesOnly"]["nodes"]) == 1
    assert whole["notesOnly"]["totalCount"] == 6
    assert seen["all"]["totalCount"] == len(seen["all"]["nodes"])
    assert whole["all"]["totalCount"] - seen["all"]["totalCount"] == 5


async def test_a_hidden_note_and_one_that_is_not_there_are_refused_alike(
    secretive: Secretive,
) -> None:
    hidden = await secretive.admin.read(
        "query($id: ID!) { lead(id: $id) { notes(first: 10) { nodes { id visibility } } } }",
        id=secretive.place.id,
    )
    (private, *_) = [
        note["id"] for note in hidden["lead"]["notes"]["nodes"] if note["visibility"] == "PRIVATE"
    ]
    absent = f"note_{'0' * 32}"
    for act in ("editNote", "removeNote"):
        answers = []
        for note_id in (private, absent):
            given = {**secretive.place.given(act), "noteId": note_id}
            made = await secretive.heir.write(act, **given)
            answers.append({name: each for name, each in made.items() if name != "id"})
        assert answers[0] == answers[1]
        assert answers[0]["__typename"] == "NotFoundError"


@pytest.mark.behaviour("A19")
async def test_an_open_card_says_nothing_of_changes_to_hidden_notes(
    secretive: Secretive,
) -> None:
    lead_id = secretive.place.lead_id
    streams = [
        card(secretive.heir, lead_id, part, inner) for part, inner in of_card() if "{" not in part
    ]
    seen = [[await anext(stream)] for stream in streams]
    on = {"leadId": secretive.place.id}
    made = await secretive.admin.done(
        "addNote",
        "note { id }",
        **on,
        html=f"<p>{MARKER}</p>",
        visibility="PRIVATE",
        idempotencyKey=key(),
    )
    await secretive.admin.done("removeNote", **on, noteId=made["note"]["id"])
    await secretive.admin.done("addTags", **on, tags=["after"])
    for stream, answers in zip(streams, seen, strict=True):
        while b"TagsChanged" not in answers[-1].text:
            answers.append(await anext(stream))
        await stream.aclose()
    text = b"".join(answer.text for answers in seen for answer in answers)
    assert MARKER.encode() not in text
    assert b"NoteChanged" not in text


@pytest.mark.behaviour("A19", "C40")
async def test_files_of_private_notes_are_for_their_author_and_admins_while_they_see_the_lead(
    services: Services, secretive: Secretive
) -> None:
    kept, _, removed = secretive.files
    assert await secretive.reads(secretive.admin, kept)
    for client in (
        secretive.heir,
        secretive.author,  # no longer the lead's agent
        await staff_client(services, MANAGER),
        await staff_client(services, AGENT),
    ):
        assert not await secretive.reads(client, kept)
    assert not await secretive.reads(secretive.admin, removed)
    assert secretive.author.actor
    back = encode_id("staff", secretive.author.actor.id)
    await secretive.admin.done("assignLead", leadId=secretive.place.id, staffId=back)
    assert await secretive.reads(secretive.author, kept)


@pytest.mark.behaviour("A19")
async def test_a_link_to_a_file_ends_when_its_note_is_hidden(secretive: Secretive) -> None:
    on = {"leadId": secretive.place.id}
    made = await secretive.admin.done(
        "addNote", "note { id attachments { id } }", **on, html="a", visibility="TEAM",
        idempotencyKey=key(), attachmentUploadIds=[await secretive.upload(secretive.admin)],
    )  # fmt: skip
    (file,) = (each["id"] for each in made["note"]["attachments"])
    assert await secretive.reads(secretive.heir, file)
    note = {"noteId": made["note"]["id"]}
    await secretive.admin.done("editNote", **on, **note, visibility="PRIVATE")
    assert not await secretive.reads(secretive.heir, file)


@pytest.mark.behaviour("A19", "C40")
async def test_a_file_of_a_hidden_note_and_one_that_is_not_there_are_refused_alike(
    secretive: Secretive,
) -> None:
    on = {"leadId": secretive.place.id}
    made = await secretive.heir.done(
        "addNote", "note { id html }", **on, html="mine", idempotencyKey=key()
    )
    own = {**on, "noteId": made["note"]["id"]}
    hidden, absent = secretive.files[0].partition("_")[2], "0" * 32
    for path, noun in (("removeFileIds", "file"), ("addUploadIds", "upload")):
        answers = []
        for each in (hidden, absent):
            told = await secretive.heir.write("editNote", **own, **{path: [f"{noun}_{each}"]})
            answers.append({name: value for name, value in told.items() if name != "id"})
        assert answers[0] == answers[1]
        assert answers[0]["__typename"] == "NotFoundError"
    for each in (hidden, absent):
        html = f'<p>mine <img data-attachment="file_{each}"></p>'
        told = await secretive.heir.done("editNote", "note { html versions { body } }",
                                         **own, html=html)  # fmt: skip
        assert told["note"] == {"html": "<p>mine</p>", "versions": []}


# --- fields that not everybody sees --------------------------------------------------------------


@pytest.mark.behaviour("C43", "B10")
async def test_values_of_hidden_fields_are_masked_wherever_they_stand(services: Services) -> None:
    admin = await staff_client(services)
    clients = {role: await staff_client(services, role) for role in (MANAGER, AGENT)}
    clients[ADMIN] = admin
    place = await make_place(services, admin, clients[AGENT])
    for visibility in FIELD_READERS:
        await admin.done(
            "createField",
            key=f"of_{visibility.lower()}",
            label=f"Of {visibility}",
            type="TEXT",
            visibility=visibility.value,
        )
    values = [
        {"fieldKey": f"of_{each.lower()}", "value": {"text": f"VALUE-{each}-31"}}
        for each in FIELD_READERS
    ]
    for each in values:
        await admin.done("setProperties", leadId=place.id, properties=[each])
    for role, client in clients.items():
        found = await crawl(client, services, place.lead_id)
        for visibility, readers in FIELD_READERS.items():
            assert (f"VALUE-{visibility}-31".encode() in found) == (role in readers), role
    agent = clients[AGENT]
    data = await agent.read(
        """query($id: ID!) { fieldGroups { fields { key } } lead(id: $id) {
          properties { key } property(key: "of_admins") { key }
          history(first: 3) { nodes { diffs { path
            after { __typename display copyText } before { __typename } } } } } }""",
        id=place.id,
    )
    keys = {each["key"] for each in data["lead"]["properties"]}
    keys |= {each["key"] for group in data["fieldGroups"] for each in group["fields"]}
    assert keys & {"of_all", "of_managers", "of_admins"} == {"of_all"}
    assert data["lead"]["property"] is None
    after = {
        diff["path"]: (diff["after"]["__typename"], diff["after"]["copyText"])
        for entry in data["lead"]["history"]["nodes"]
        for diff in entry["diffs"]
    }
    crawled = {path: each for path, each in after.items() if path.startswith("property:")}
    assert set(crawled.values()) <= {("HiddenValue", None), ("TextValue", "VALUE-ALL-31")}


async def test_a_hidden_field_is_written_by_nobody_who_can_not_read_it(services: Services) -> None:
    admin, agent = await staff_client(services), await staff_client(services, AGENT)
    place = await make_place(services, admin, agent)
    await admin.done(
        "createField", key="margin", label="Margin", type="TEXT", visibility="MANAGERS"
    )
    edit = {"fieldKey": "margin", "value": {"text": "VALUE-31"}}
    await admin.done("setProperties", leadId=place.id, properties=[edit])
    for value in ({"text": "mine"}, None):
        async with nothing_written(services):
            made = await agent.write(
                "setProperties",
                leadId=place.id,
                properties=[{"fieldKey": "margin", "value": value}],
            )
        assert made["__typename"] == "InvalidInputError"
        assert made["problems"][0]["code"] == "UNKNOWN"
        assert "VALUE-31" not in str(made)


async def test_addresses_of_colleagues_are_for_admins(services: Services) -> None:
    admin, agent = await staff_client(services), await staff_client(services, AGENT)
    document = "{ me { staff { id } } staffMembers(first: 10) { nodes { id emailAddress } } }"
    told = await agent.read(document)
    mine = told["me"]["staff"]["id"]
    assert {each["id"] for each in told["staffMembers"]["nodes"] if each["emailAddress"]} == {mine}
    every = (await admin.read(document))["staffMembers"]["nodes"]
    assert all(each["emailAddress"] for each in every)
