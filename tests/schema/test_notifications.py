"""A person's notifications as the schema has them: own ones only, and no name of a lost lead."""

import pytest

from models.enums import NotificationKind, StaffRole
from models.ids import encode_id
from resolvers.actors import SYSTEM, VisitorActor
from resolvers.notifications import HIDDEN_TEXT, HIDDEN_TEXTS, notify
from resolvers.services import Services
from tests.client import Client, key, lead, visitor_client
from tests.factories import make_lead, make_visit
from tests.resolvers.verify import act
from tests.schema.conftest import ClientFor

LIST = """query ($first: Int!, $after: Cursor, $unread: Boolean) {
  notifications(first: $first, after: $after, unreadOnly: $unread) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id kind at text readAt lead { id displayName } actor { kind name } }
  }
  counters { notificationsUnread visitorsPresent }
}"""
STREAM = """subscription ($after: Cursor) {
  notifications(after: $after) {
    cursor unreadCount notification { id text lead { displayName } readAt }
  }
}"""


async def listed(client: Client, first: int = 10, **more: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await client.read(LIST, first=first, **more))[
        "notifications"
    ]["nodes"]
    return found


def staff_id(client: Client) -> str:
    assert client.actor
    return encode_id("staff", client.actor.id)


async def test_pages_are_newest_first_and_can_leave_out_what_was_read(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    assert admin.actor
    kind = NotificationKind.AUTOMATION
    for text in "abc":
        await act(services, SYSTEM, notify, [admin.actor.id], kind, text)
    page = await admin.read(LIST, first=2)
    assert [each["text"] for each in page["notifications"]["nodes"]] == ["c", "b"]
    assert page["notifications"]["totalCount"] == 3
    after = page["notifications"]["pageInfo"]["endCursor"]
    (a,) = await listed(admin, 2, after=after)
    assert (a["text"], a["lead"], a["readAt"]) == ("a", None, None)
    assert a["actor"] == {"kind": "SYSTEM", "name": "Leadlight"}
    done = await admin.done("markNotificationsRead", "unreadCount", notificationIds=[a["id"]])
    assert done["unreadCount"] == 2
    assert [each["text"] for each in await listed(admin, unread=True)] == ["c", "b"]
    assert (await admin.read(LIST, first=1))["counters"]["notificationsUnread"] == 2
    assert (await admin.done("markNotificationsRead", "unreadCount"))["unreadCount"] == 0
    assert await listed(admin, unread=True) == []
    other = await client_for(StaffRole.ADMIN, "Bo Brandt")
    assert await listed(other) == []
    assert await other.refused(LIST, first=1, after=after) == "BAD_USER_INPUT"
    assert await admin.refused(LIST, first=101) == "BAD_USER_INPUT"


@pytest.mark.behaviour("C8")
async def test_a_lead_that_is_no_longer_yours_has_no_name_in_your_notifications(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    agent = await client_for(StaffRole.AGENT, "Bo Brandt")
    lead_id = await make_lead(services, admin.actor or SYSTEM, first_name="Secretia")
    on = {"leadId": lead(lead_id)}
    await admin.done("assignLead", **on, staffId=staff_id(agent))
    (told,) = await listed(agent)
    assert told["text"] == "Secretia Lorenz is now yours."
    assert told["lead"] == {"id": lead(lead_id), "displayName": "Secretia Lorenz"}
    assert told["actor"] == {"kind": "STAFF", "name": "Ada Ames"}
    begun = await anext(agent.stream(STREAM))
    assert begun.data
    assert begun.data["notifications"]["unreadCount"] == 1
    await admin.done("assignLead", **on, staffId=None)
    answer = await agent.run(LIST, first=10)
    assert b"Secretia" not in answer.text
    lost, had = await listed(agent)
    assert (lost["text"], lost["lead"]) == (HIDDEN_TEXTS[NotificationKind.LEAD_UNASSIGNED], None)
    assert (had["text"], had["lead"]) == (HIDDEN_TEXTS[NotificationKind.LEAD_ASSIGNED], None)
    cursor = begun.data["notifications"]["cursor"]
    stream = agent.stream(STREAM, after=cursor)
    item = await anext(stream)
    await stream.aclose()
    assert b"Secretia" not in item.text
    assert item.data
    assert item.data["notifications"]["notification"]["text"] == lost["text"]
    assert (await listed(admin)) == []


async def test_a_lead_that_did_something_has_no_name_either(
    services: Services, client_for: ClientFor
) -> None:
    agent = await client_for(StaffRole.AGENT, "Bo Brandt")
    assert agent.actor
    visit = await make_visit(services)
    actor: VisitorActor = visit.actor
    kind = NotificationKind.AUTOMATION
    await act(services, actor, notify, [agent.actor.id], kind, f"{actor.name} wrote", actor.lead_id)
    (told,) = await listed(agent)
    assert told["actor"] == {"kind": "LEAD", "name": "A lead"}
    assert (told["text"], told["lead"]) == (HIDDEN_TEXT, None)


async def test_present_visitors_are_counted_as_far_as_they_are_yours(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    visitor, _ = await visitor_client(services)
    await visitor.done("heartbeat", idleMs=0, isVisible=True, pageKey="page-0001")
    agent = await client_for(StaffRole.AGENT, "Bo Brandt")
    assert (await admin.read(LIST, first=1))["counters"]["visitorsPresent"] == 1
    assert (await agent.read(LIST, first=1))["counters"]["visitorsPresent"] == 0


@pytest.mark.behaviour("C8")
async def test_a_notification_leads_to_what_it_is_about_while_that_is_there(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    agent = await client_for(StaffRole.AGENT, "Bo Brandt")
    on = {"leadId": lead(await make_lead(services, admin.actor or SYSTEM))}
    made = await admin.done(
        "createTask", "task { id }", **on, title="Call", assigneeId=staff_id(agent),
        idempotencyKey=key(),
    )  # fmt: skip
    ask = """{ notifications(first: 9) { nodes { lead { id } about { __typename
      ... on Task { id leadName lead { id } } } } } }"""
    (told,) = (await agent.read(ask))["notifications"]["nodes"]
    task = {"__typename": "Task", **made["task"], "leadName": "Lena Lorenz", "lead": None}
    assert told == {"lead": None, "about": task}
    await admin.done("removeTask", **on, taskId=made["task"]["id"])
    assert (await agent.read(ask))["notifications"]["nodes"] == [{"lead": None, "about": None}]
    entries = await admin.read(
        """query($id: ID!) { lead(id: $id) { history(first: 9) { nodes { summary about {
          __typename ... on Note { text } ... on Task { title } } } } } }""",
        id=on["leadId"],
    )
    abouts = [entry["about"] for entry in entries["lead"]["history"]["nodes"]]
    assert abouts == [None] * len(abouts), "the task is gone, and the rest is about the lead"
    await admin.done("addNote", **on, html="<p>Hello</p>", idempotencyKey=key())
    (entry,) = (
        await admin.read(
            """query($id: ID!) { lead(id: $id) { history(first: 1) { nodes { about {
              ... on Note { text } } } } } }""",
            id=on["leadId"],
        )
    )["lead"]["history"]["nodes"]
    assert entry == {"about": {"text": "Hello"}}


async def test_wrong_ids_and_cursors_are_refused(admin: Client) -> None:
    refused = await admin.write("markNotificationsRead", notificationIds=["lead_1"])
    assert refused["problems"][0]["path"] == ["notificationIds", "0"]
    assert refused["problems"][0]["code"] == "MALFORMED"
    answer = await anext(admin.stream(STREAM, after="nonsense"))
    assert answer.codes == ["BAD_USER_INPUT"]
