"""API tokens: what a program may, what it never sees, and when it ends."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models.clock import ManualClock
from models.enums import ApiScope, NoteVisibility, StaffRole
from models.ids import encode_id
from resolvers import notes
from resolvers.policy import API_SCOPES, Permission
from resolvers.services import Services
from tests.client import Client, key, lead, nothing_written, staff_client
from tests.factories import PASSWORD, make_lead
from tests.resolvers.verify import act
from tests.schema.test_permissions import (
    ACTS,
    MARKER,
    Place,
    card,
    crawl,
    first_item,
    make_place,
)

PATIENCE = 10.0
READ = ApiScope.READ_LEADS
TOKEN = "id name isPersonal scopes createdAt lastUsedAt expiresAt owner { name }"
LIST = f"{{ apiTokens {{ {TOKEN} }} }}"
ENTRIES = """query($id: ID!) { lead(id: $id) { source { channel }
  properties { key source updatedBy { __typename name } }
  events(first: 5) { nodes { origin actor { __typename name staff { name } } } }
  history(first: 20) { nodes { via summary actor { __typename kind name staff { name } } } } } }"""


async def token_client(owner: Client, *scopes: ApiScope, **given: Any) -> Client:
    """A client with a new token."""
    whole = {"name": f"Token {key()[:8]}", "scopes": [each.value for each in scopes], **given}
    made = await owner.done("createApiToken", f"token apiToken {{ {TOKEN} }}", **whole)
    return Client(owner.services, made["token"])


@pytest.fixture
async def place(services: Services, admin: Client) -> Place:
    return await make_place(services, admin, None)


# --- who acts ------------------------------------------------------------------------------------


@pytest.mark.behaviour("A6")
@pytest.mark.parametrize("is_personal", [True, False])
async def test_what_a_token_does_is_told_under_its_name_or_its_owners(
    admin: Client, is_personal: bool
) -> None:
    scopes = (READ, ApiScope.WRITE_LEADS)
    client = await token_client(admin, *scopes, name="Importer", isPersonal=is_personal)
    made = await client.done(
        "createLead", "lead { id }", idempotencyKey=key(), person={"firstName": "Nora"}
    )
    on = {"leadId": made["lead"]["id"]}
    rooms = {"fieldKey": "rooms", "value": {"number": "3"}}
    await client.done("setProperties", **on, properties=[rooms])
    await client.done("addEvent", **on, name="Called", idempotencyKey=key())
    told = (await admin.read(ENTRIES, id=on["leadId"]))["lead"]
    kind, name = ("StaffActor", "Ada Ames") if is_personal else ("ApiActor", "Importer")
    assert told["source"]["channel"] == "API"
    (found,) = [each for each in told["properties"] if each["key"] == "rooms"]
    assert found["source"] == "API"
    assert found["updatedBy"] == {"__typename": kind, "name": name}
    who = {"__typename": kind, "name": name, "staff": {"name": "Ada Ames"}}
    assert told["events"]["nodes"] == [{"origin": "API", "actor": who}]
    short = {"STAFF" if is_personal else "API"}
    for entry in told["history"]["nodes"]:
        assert entry["via"] == "API"
        assert entry["actor"].pop("kind") in short
        assert entry["actor"] == who
    me = (await client.read("{ me { staff { name } permissions sessions { id } } }"))["me"]
    allowed = [
        each
        for each, scope in API_SCOPES.items()
        if scope in (ApiScope.READ_LEADS, ApiScope.WRITE_LEADS)
    ]
    wanted = {"staff": {"name": "Ada Ames"}, "permissions": allowed, "sessions": []}
    assert me == (wanted if is_personal else None)


@pytest.mark.behaviour("A6")
@pytest.mark.parametrize("is_personal", [True, False])
async def test_a_note_by_a_token_has_its_true_author(admin: Client, is_personal: bool) -> None:
    scopes = (READ, ApiScope.WRITE_LEADS, ApiScope.NOTES)
    client = await token_client(admin, *scopes, name="Importer", isPersonal=is_personal)
    made = await admin.done("createLead", idempotencyKey=key(), person={"firstName": "Nora"})
    parts = """note { id canEdit author { __typename name staff { name } }
        versions { author { __typename name } } }"""
    given = {"leadId": made["lead"]["id"], "idempotencyKey": key(), "html": "<p>a</p>"}
    note = (await client.done("addNote", parts, **given))["note"]
    kind, name = ("StaffActor", "Ada Ames") if is_personal else ("ApiActor", "Importer")
    assert note["author"] == {"__typename": kind, "name": name, "staff": {"name": "Ada Ames"}}
    assert note["canEdit"]
    own = {"leadId": given["leadId"], "noteId": note["id"], "html": "<p>b</p>"}
    note = (await admin.done("editNote", parts, **own))["note"]
    assert note["versions"] == [{"author": {"__typename": kind, "name": name}}]


async def test_an_integration_has_idempotency_keys_of_its_own(admin: Client) -> None:
    first, second = [
        await token_client(admin, READ, ApiScope.WRITE_LEADS, isPersonal=False) for _ in range(2)
    ]
    given = {"idempotencyKey": key(), "person": {"firstName": "Nora"}}
    made = [
        (await each.done("createLead", "lead { id }", **given))["lead"]["id"]
        for each in (first, second, admin, first)
    ]
    assert len(set(made)) == 3
    assert made[0] == made[3]


# --- what it may ---------------------------------------------------------------------------------


def test_every_permission_needs_a_scope_or_is_for_people_alone() -> None:
    # a secret that is shown once is for somebody's eyes
    assert set(API_SCOPES) == set(Permission) - {Permission.RESET_LEAD_PASSWORD}
    assert set(API_SCOPES.values()) | {READ} == set(ApiScope)


@pytest.mark.parametrize("scope", [None, *(each for each in ApiScope if each is not READ)])
async def test_a_token_does_what_its_scopes_are_for_and_nothing_else(
    admin: Client, place: Place, scope: ApiScope | None
) -> None:
    client = await token_client(admin, READ, *([scope] if scope else []))
    for name, permission in ACTS.items():
        needed = Permission.WRITE_NOTES if name == "addNote" else permission
        if API_SCOPES[needed] is scope:
            made = await client.write(name, **place.given(name))
            assert made["__typename"].endswith("Success"), (name, made)
        else:
            async with nothing_written(admin.services):
                made = await client.write(name, **place.given(name))
            assert made["__typename"] in ("ForbiddenError", "NotFoundError"), (name, made)
    field = {"key": "extra", "label": "Extra", "type": "TEXT"}
    made = await client.write("createField", **field)
    assert (made["__typename"] == "CreateFieldSuccess") == (scope is ApiScope.CONFIGURE)
    data = await client.read(
        "query($id: ID!) { workspaceHistory(first: 1) { nodes { id } } sites { id } "
        "apiTokens { id } verifyHistory(leadId: $id) { isIntact } }",
        id=place.id,
    )
    administers = scope is ApiScope.ADMINISTER
    assert (data["workspaceHistory"] is not None) == administers
    assert bool(data["sites"]) == bool(data["apiTokens"]) == administers
    assert (data["verifyHistory"] is not None) == (scope is ApiScope.NOTES)


async def test_a_token_without_leads_sees_none(admin: Client, place: Place) -> None:
    client = await token_client(admin, ApiScope.CONFIGURE)
    data = await client.read(
        """query($id: ID!, $conversation: ID!, $entry: ID!) { lead(id: $id) { id }
          leads(first: 5) { nodes { id } totalCount { value } } visitors(first: 5) { nodes { id } }
          conversation(id: $conversation) { id } historyEntry(id: $entry) { id } }""",
        id=place.id, conversation=place.conversation_id, entry=place.entry_id,
    )  # fmt: skip
    assert data == {
        "lead": None,
        "leads": {"nodes": [], "totalCount": {"value": 0}},
        "visitors": {"nodes": []},
        "conversation": None,
        "historyEntry": None,
    }
    assert (await first_item(client, place.id))["__typename"] == "AccessEnded"


async def test_a_token_never_may_more_than_its_owner_may_now(
    admin: Client, services: Services
) -> None:
    manager = await staff_client(services, StaffRole.MANAGER, "Mo Mann")
    assert manager.actor
    scopes = [each for each in ApiScope if each is not ApiScope.ADMINISTER]
    client = await token_client(manager, *scopes)
    place = await make_place(services, admin, None)
    edit = ("editNote", place.given("editNote"))
    assert (await client.write(edit[0], **edit[1]))["permission"] == "READ_ALL_NOTES"
    await client.done("assignLead", **place.given("assignLead"))
    who = {"staffId": encode_id("staff", manager.actor.id)}
    await admin.done("updateStaff", **who, role="AGENT")
    data = await client.read("query($id: ID!) { lead(id: $id) { id } }", id=place.id)
    assert data == {"lead": None}
    await admin.done("updateStaff", **who, isActive=False)
    assert await client.refused("{ leads(first: 1) { nodes { id } } }") == "UNAUTHENTICATED"
    await admin.done("updateStaff", **who, isActive=True)
    assert await client.refused("{ leads(first: 1) { nodes { id } } }") == "UNAUTHENTICATED"


@pytest.mark.behaviour("A19")
async def test_without_its_scope_notes_leave_no_word_count_entry_or_gap(
    admin: Client, services: Services, place: Place
) -> None:
    assert admin.actor
    for visibility in NoteVisibility:
        await act(
            services, admin.actor, notes.add_note, place.lead_id, f"<p>{MARKER}</p>", visibility,
            True, key(),
        )  # fmt: skip
    blind = await token_client(admin, *(each for each in ApiScope if each is not ApiScope.NOTES))
    seeing = await token_client(admin, READ, ApiScope.NOTES)
    assert MARKER.encode() in await crawl(seeing, services, place.lead_id)
    assert MARKER.encode() not in await crawl(blind, services, place.lead_id)
    document = """query($id: ID!, $entry: ID!) { lead(id: $id) {
      notes(first: 10) { totalCount nodes { id } }
      history(first: 50) { totalCount nodes { type } }
      notesOnly: history(first: 50, types: [NOTE]) { totalCount } }
      historyEntry(id: $entry) { id } }"""
    data = await blind.read(document, id=place.id, entry=place.entry_id)
    told = data["lead"]
    assert told["notes"] == {"totalCount": 0, "nodes": []}
    assert told["notesOnly"] == {"totalCount": 0}
    assert told["history"]["totalCount"] == len(told["history"]["nodes"])
    assert data["historyEntry"] is None
    whole = (await seeing.read(document, id=place.id, entry=place.entry_id))["lead"]
    assert whole["notes"]["totalCount"] == 3


async def test_a_stream_without_the_scope_says_nothing_of_notes(
    admin: Client, place: Place
) -> None:
    client = await token_client(admin, *(each for each in ApiScope if each is not ApiScope.NOTES))
    stream = card(client, place.lead_id, "LeadChange", "{ cursor }")
    seen = [await anext(stream)]
    await admin.done("editNote", **place.given("editNote"))
    await admin.done("editNote", leadId=place.id, noteId=place.note_id, visibility="PRIVATE")
    await admin.done("removeNote", **place.given("removeNote"))
    await admin.done("addTags", leadId=place.id, tags=["after"])
    while b"TagsChanged" not in seen[-1].text:
        seen.append(await anext(stream))
    await stream.aclose()
    kinds = [answer.data["leadCard"]["__typename"] for answer in seen if answer.data]
    assert set(kinds[1:-1]) <= {"PresenceChanged", "ViewersChanged"}


async def test_a_program_that_follows_a_card_is_no_viewer(admin: Client, place: Place) -> None:
    client = await token_client(admin, READ)
    stream = card(client, place.lead_id, "LeadChange", "{ cursor }")
    await anext(stream)
    assert (await admin.services.viewers.read(place.lead_id)).count == 0
    await stream.aclose()


ACCOUNT = {
    "signOut": None,
    "changePassword": {"currentPassword": PASSWORD, "newPassword": "another long password"},
    "endSession": {"sessionId": f"session_{'0' * 32}"},
    "changePreferences": {"language": "de"},
    "startTotp": {"currentPassword": PASSWORD},
    "confirmTotp": {"totpCode": "000000"},
    "removeTotp": {"currentPassword": PASSWORD},
    "removeStaffTotp": {"staffId": f"staff_{'0' * 32}"},
    "createApiToken": {"name": "Another", "scopes": ["READ_LEADS"]},
    "revokeApiToken": {"apiTokenId": f"api_token_{'0' * 32}"},
}


@pytest.mark.parametrize("name", ACCOUNT)
async def test_a_token_can_not_touch_its_owners_account(admin: Client, name: str) -> None:
    client = await token_client(admin, *ApiScope)
    kind = f"{name[0].upper()}{name[1:]}"
    given = ACCOUNT[name]
    document = (
        f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename }} }}"
        if given
        else f"mutation {{ {name} {{ __typename }} }}"
    )
    async with nothing_written(admin.services):
        assert await client.refused(document, input=given) == "UNAUTHENTICATED"


async def test_an_own_name_is_changed_by_the_person_and_not_by_a_token(services: Services) -> None:
    agent = await staff_client(services, StaffRole.AGENT)
    assert agent.actor
    client = await token_client(agent, READ, ApiScope.WRITE_LEADS)
    given = {"staffId": encode_id("staff", agent.actor.id), "name": "Other"}
    assert (await client.write("updateStaff", **given))["permission"] == "ADMINISTER"


# --- how it is kept and ends ---------------------------------------------------------------------


async def test_tokens_are_listed_with_their_last_use_and_without_their_secret(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    agent = await staff_client(services, StaffRole.AGENT, "Cy Coe")
    mine = await token_client(agent, ApiScope.NOTES, READ, name="beta")
    await token_client(admin, READ, name="Alpha", isPersonal=False)
    clock.advance(60)
    assert [each["lastUsedAt"] for each in (await admin.read(LIST))["apiTokens"]] == [None, None]
    await mine.read("{ me { staff { id } } }")
    told = (await admin.read(LIST))["apiTokens"]
    assert [(each["name"], each["owner"]["name"]) for each in told] == [
        ("Alpha", "Ada Ames"),
        ("beta", "Cy Coe"),
    ]
    assert told[1]["lastUsedAt"] > told[1]["createdAt"]
    assert told[1]["scopes"] == ["READ_LEADS", "NOTES"]
    assert (await agent.read(LIST))["apiTokens"] == told[1:]
    assert mine.token
    async with services.database.read_session() as session:
        for table in ("api_token", "workspace_change"):
            rows = (await session.execute(text(f"SELECT * FROM {table}"))).all()
            assert mine.token.partition("_")[2] not in str(rows)


async def test_a_token_ends_when_it_expires_or_is_revoked(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    until = clock.now() + timedelta(hours=1)
    short = await token_client(admin, READ, name="Short", expiresAt=until.isoformat())
    other = await token_client(admin, READ, name="Other")
    agent = await staff_client(services, StaffRole.AGENT)
    clock.advance(3599)
    assert await short.read("{ me { staff { name } } }") == {"me": {"staff": {"name": "Ada Ames"}}}
    (kept, _) = (await admin.read(LIST))["apiTokens"]
    clock.advance(1)
    assert await short.read("{ me { staff { name } } }") == {"me": None}
    assert (await admin.read(LIST))["apiTokens"] == [kept]
    async with nothing_written(services):
        made = await agent.write("revokeApiToken", apiTokenId=kept["id"])
    assert made["__typename"] == "NotFoundError"
    await admin.done("revokeApiToken", apiTokenId=kept["id"])
    assert await other.refused("{ leads(first: 1) { nodes { id } } }") == "UNAUTHENTICATED"
    assert (await admin.read(LIST))["apiTokens"] == []
    assert (await admin.write("revokeApiToken", apiTokenId=kept["id"]))["id"] == kept["id"]


async def test_a_revoked_tokens_stream_ends(admin: Client, services: Services) -> None:
    lead_id = await make_lead(services)
    client = await token_client(admin, READ)
    stream = client.stream(
        "subscription($id: ID!) { leadCard(id: $id) { __typename "
        "... on AccessEnded { endReason } } }",
        id=lead(lead_id),
    )
    async with asyncio.timeout(PATIENCE):
        await anext(stream)
    (token,) = (await admin.read(LIST))["apiTokens"]
    await admin.done("revokeApiToken", apiTokenId=token["id"])
    async with asyncio.timeout(1):
        seen = [answer.data["leadCard"] async for answer in stream if answer.data]
    assert seen[-1] == {"__typename": "AccessEnded", "endReason": "SIGNED_OUT"}


async def test_two_at_once_with_one_name_make_one_token(admin: Client) -> None:
    given = {"name": "Same", "scopes": ["READ_LEADS"]}
    made = await asyncio.gather(*(admin.write("createApiToken", **given) for _ in range(2)))
    assert sorted(each["__typename"] for each in made) == ["ConflictError", "CreateApiTokenSuccess"]
