"""The inbox as clients read it, and prepared answers."""

from typing import Any

import pytest

from models.enums import StaffRole
from models.ids import encode_id
from resolvers import access
from resolvers.actors import SYSTEM
from resolvers.merging import absorb
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, key, lead, nothing_written, visitor_client
from tests.factories import make_lead
from tests.schema.conftest import ClientFor

INBOX = """query ($filter: ConversationFilter, $first: Int! = 10, $after: Cursor) {
  conversations(filter: $filter, first: $first, after: $after) {
    totalCount { value isExact } pageInfo { hasNextPage endCursor }
    nodes { id state waitingSince unreadCount snoozedUntil version assignee { name }
      viewers { staff { name } } lastMessage { id text } lead { id displayName tags { name } } } }
  counters { inboxUnread } }"""
REPLIES = """query ($search: String, $lead: ID!) { cannedReplies(first: 10, search: $search) {
  nodes { id name isShared canEdit owner { name } filled(leadId: $lead) { text missing } } } }"""


async def write(client: Client, text: str = "Hello") -> None:
    await client.done("sendVisitorMessage", text=text, idempotencyKey=key())


@pytest.mark.behaviour("B2", "B29")
async def test_the_inbox_shows_the_very_card_and_follows_a_merge(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    visitor, lead_id = await visitor_client(services)
    await write(visitor)
    await admin.done("addTags", leadId=lead(lead_id), tags=["VIP"])
    data = await admin.read(INBOX)
    (row,) = data["conversations"]["nodes"]
    assert (row["state"], row["unreadCount"], row["assignee"]) == ("OPEN", 1, None)
    assert data["conversations"]["totalCount"] == {"value": 1, "isExact": True}
    assert data["counters"] == {"inboxUnread": 1}
    document = """query ($id: ID!, $lead: ID!) { lead(id: $lead) { ...Card }
      conversation(id: $id) { lead { ...Card } } }
      fragment Card on Lead { id displayName version tags { name } state { name }
        conversations(first: 5) { nodes { id unreadCount } } }"""
    both = await admin.read(document, id=row["id"], lead=lead(lead_id))
    assert both["conversation"]["lead"] == both["lead"]
    # a merged lead: the open conversation leads to the survivor
    into = await make_lead(services, first_name="Ann")
    async with unit_of_work(services, SYSTEM) as work:
        await absorb(work, *await access.lock_leads(work.session, into, lead_id))
    (row,) = (await admin.read(INBOX))["conversations"]["nodes"]
    assert (row["lead"]["id"], row["lead"]["tags"]) == (lead(into), [{"name": "VIP"}])
    given = {"leadId": lead(lead_id), "conversationId": row["id"]}
    assert admin.actor
    taken = await admin.done(
        "assignConversation",
        "conversation { assignee { name } lead { id } version }",
        **given,
        staffId=encode_id("staff", admin.actor.id),
    )
    assert taken["conversation"]["assignee"] == {"name": "Ada Ames"}
    assert taken["lead"]["id"] == taken["conversation"]["lead"]["id"] == lead(into)
    (change,) = taken["changes"]
    assert change["entry"]["summary"] == "Took a conversation."
    (diff,) = change["entry"]["diffs"]
    assert (diff["path"], diff["before"], diff["after"]["display"]) == (
        "assignee", None, "Ada Ames",
    )  # fmt: skip
    agent = await client_for(StaffRole.AGENT)
    assert (await agent.read(INBOX))["conversations"]["nodes"] == []
    one = "query ($id: ID!) { conversation(id: $id) { id } }"
    assert (await agent.read(one, id=row["id"]))["conversation"] is None


async def test_parts_of_the_inbox_are_chosen_and_read_page_by_page(
    services: Services, admin: Client
) -> None:
    for _ in range(3):
        visitor, _lead = await visitor_client(services)
        await write(visitor)
    nodes = (await admin.read(INBOX))["conversations"]["nodes"]
    await admin.done(
        "changeConversationState",
        leadId=nodes[0]["lead"]["id"],
        conversationId=nodes[0]["id"],
        state="SNOOZED",
        snoozedUntil="2026-03-05T09:00:00Z",
    )
    await admin.done(
        "markConversationRead",
        conversationId=nodes[1]["id"],
        messageId=nodes[1]["lastMessage"]["id"],
    )

    async def chosen(**filter: Any) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            page = await admin.read(INBOX, filter=filter, first=1, after=after)
            found += [each["id"] for each in page["conversations"]["nodes"]]
            if not page["conversations"]["pageInfo"]["hasNextPage"]:
                return found
            after = page["conversations"]["pageInfo"]["endCursor"]

    ids = [each["id"] for each in nodes]
    assert await chosen() == ids[1:]
    assert await chosen(states=["OPEN", "SNOOZED"]) == ids
    assert await chosen(states=[]) == []
    assert await chosen(isUnread=True) == [ids[2]]
    assert await chosen(isUnread=False) == [ids[1]]
    assert await chosen(assignee={"isMe": True}) == []
    assert await chosen(assignee={"in": []}) == []
    assert await chosen(channels=["CHAT"], waitingForSeconds=0) == ids[1:]
    for wrong in ({"waitingForSeconds": -1}, {"assignee": {"in": ["lead_1"]}}):
        assert await admin.refused(INBOX, filter=wrong) == "BAD_USER_INPUT"
    first = (await admin.read(INBOX, first=1))["conversations"]["pageInfo"]["endCursor"]
    other = {"states": ["CLOSED"]}
    assert await admin.refused(INBOX, filter=other, after=first) == "BAD_USER_INPUT"


async def test_a_prepared_answer_is_filled_with_what_the_person_may_see(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    lead_id = await make_lead(services, email_addresses=["lena@mail.example"])
    agent = await client_for(StaffRole.AGENT, "Bo Brandt")
    body = "Hello {{ lead.firstName }} ({{lead.email}}), {{lead.phone}}? {{me.name}} {{lead.phone}}"
    shared = await admin.done(
        "saveCannedReply", "cannedReply { id version }", name="Zoom", body=body, isShared=True
    )
    await admin.done("saveCannedReply", name="Mine", body="{{lead.assignee}}")
    own = await agent.done("saveCannedReply", "cannedReply { id }", name="Mine", body="100%_")
    (mine, zoom) = (await admin.read(REPLIES, lead=lead(lead_id)))["cannedReplies"]["nodes"]
    assert mine["filled"] == {"text": "", "missing": ["lead.assignee"]}
    assert zoom["filled"] == {
        "text": "Hello Lena (lena@mail.example), ? Ada Ames ",
        "missing": ["lead.phone"],
    }
    (theirs, zoom) = (await agent.read(REPLIES, lead=lead(lead_id)))["cannedReplies"]["nodes"]
    assert (theirs["id"], theirs["filled"]) == (own["cannedReply"]["id"], None)
    assert (zoom["canEdit"], theirs["canEdit"], zoom["owner"]) == (
        False, True, {"name": "Ada Ames"},
    )  # fmt: skip
    for search, names in (("zÓo", ["Zoom"]), ("100%_", ["Mine"]), ("%", ["Mine"]), ("_x", [])):
        data = await agent.read(REPLIES, lead=lead(lead_id), search=search)
        assert [each["name"] for each in data["cannedReplies"]["nodes"]] == names
    assert await agent.refused(REPLIES, lead=lead(lead_id), search="x" * 201) == "BAD_USER_INPUT"
    same = {"cannedReplyId": shared["cannedReply"]["id"], "name": "Zoom", "body": body}
    async with nothing_written(services):
        await admin.done("saveCannedReply", **same, isShared=True)
    # who makes one of the team's their own has it, beside a private one of the former owner's name
    manager = await client_for(StaffRole.MANAGER, "Mo")
    taken = await manager.done(
        "saveCannedReply", "cannedReply { owner { name } }", **{**same, "name": "Mine"}
    )
    assert taken["cannedReply"]["owner"] == {"name": "Mo"}
    await manager.done("removeCannedReply", cannedReplyId=same["cannedReplyId"])
    data = await agent.read(REPLIES, lead=lead(lead_id))
    assert [each["name"] for each in data["cannedReplies"]["nodes"]] == ["Mine"]
