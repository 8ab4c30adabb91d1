"""Tasks on a card: who sees them, in what order and band, and what is done with them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.clock import ManualClock
from models.enums import DueBand, StaffRole
from models.ids import encode_id
from resolvers.services import Services
from tests.client import Client, key, lead, nothing_written
from tests.factories import make_lead
from tests.schema.conftest import ClientFor

TASK = "task { id title body dueAt dueOn dueBand wasDueInPast completedAt outcomeText version }"
TASKS = """query ($id: ID!, $first: Int!, $after: Cursor, $bands: [DueBand!],
    $range: DateTimeRangeInput) {
  lead(id: $id) { tasks(first: $first, after: $after, bands: $bands, range: $range) {
    totalCount nodes { id title dueBand assignee { name } }
    pageInfo { hasNextPage endCursor } } } }"""


@pytest.fixture
async def lead_id(services: Services) -> UUID:
    return await make_lead(services)


async def add(client: Client, lead_id: UUID, title: str = "Call back", **given: Any) -> Any:
    """A new task as the client sees it."""
    made = await client.done(
        "createTask", TASK, leadId=lead(lead_id), title=title, idempotencyKey=key(), **given
    )
    return made["task"]


async def titles(client: Client, lead_id: UUID, **chosen: Any) -> list[str]:
    """Titles of a lead's tasks, read page by page; their number is what the total says."""
    found: list[str] = []
    after = None
    while True:
        chosen = {"id": lead(lead_id), "first": 2, **chosen, "after": after}
        page = (await client.read(TASKS, **chosen))["lead"]["tasks"]
        found += [each["title"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(found)
            return found


def staff_id(client: Client) -> str:
    assert client.actor
    return encode_id("staff", client.actor.id)


@pytest.mark.behaviour("A41", "A42", "C37")
async def test_tasks_stand_open_first_by_due_date_and_are_chosen_by_band(
    admin: Client, lead_id: UUID
) -> None:
    await add(admin, lead_id, "sometime")
    await add(admin, lead_id, "in a month", dueOn="2026-04-02")
    await add(admin, lead_id, "today", dueOn="2026-03-02")
    await add(admin, lead_id, "this week", dueAt="2026-03-05T09:00:00Z")
    await add(admin, lead_id, "an hour ago", dueAt="2026-03-02T08:00:00Z")
    await add(admin, lead_id, "this noon", dueAt="2026-03-02T12:00:00Z")
    done = await add(admin, lead_id, "done", dueOn="2026-03-01")
    await admin.done("completeTask", leadId=lead(lead_id), taskId=done["id"])
    in_order = ["an hour ago", "this noon", "today", "this week", "in a month", "sometime", "done"]
    assert await titles(admin, lead_id) == in_order
    by_band = {
        "OVERDUE": ["an hour ago"],
        "TODAY": ["this noon", "today"],
        "SOON": ["this week"],
        "LATER": ["in a month"],
        "NO_DATE": ["sometime"],
        "DONE": ["done"],
    }
    assert {band: await titles(admin, lead_id, bands=[band]) for band in DueBand} == by_band
    both = await titles(admin, lead_id, bands=["DONE", "OVERDUE"])
    assert both == ["an hour ago", "done"]
    chosen = {"from": "2026-03-02T12:00:00Z", "to": "2026-03-05T09:00:00Z"}
    assert await titles(admin, lead_id, range=chosen) == ["this noon", "today"]


@pytest.mark.behaviour("A42")
async def test_the_band_is_that_of_the_viewers_zone(
    admin: Client, client_for: ClientFor, lead_id: UUID, clock: ManualClock
) -> None:
    there = await client_for(name="Kiri Kora")
    await there.done("changePreferences", timeZone="Pacific/Auckland")
    await add(admin, lead_id, dueOn="2026-03-02")
    clock.advance(3 * 3600)  # 12:00 UTC is 1:00 of the next day there
    assert await titles(admin, lead_id, bands=["TODAY"]) == ["Call back"]
    assert await titles(there, lead_id, bands=["TODAY"]) == []
    assert await titles(there, lead_id, bands=["OVERDUE"]) == ["Call back"]


LEGEND = "project { taskLegend { band color label } }"


@pytest.mark.behaviour("A42")
async def test_each_band_has_a_colour_and_a_label_that_the_team_may_choose(
    admin: Client, client_for: ClientFor
) -> None:
    agent = await client_for(StaffRole.AGENT)
    before = (await agent.read(f"{{ {LEGEND} }}"))["project"]["taskLegend"]
    assert [each["band"] for each in before] == list(DueBand)
    assert all(each["label"] for each in before)
    entry = {"band": "TODAY", "color": "#00aa00", "label": " Now "}
    made = await admin.done("updateProject", LEGEND, taskLegend=[entry])
    chosen = {"band": "TODAY", "color": "#00AA00", "label": "Now"}
    assert made["project"]["taskLegend"] == [
        chosen if each["band"] == "TODAY" else each for each in before
    ]
    day = (await agent.read("{ dashboard { taskLegend { band color label } } }"))["dashboard"]
    assert day["taskLegend"] == made["project"]["taskLegend"]
    async with nothing_written(admin.services):
        await admin.done("updateProject", taskLegend=[entry])
        for wrong, path, code in (
            ({"color": "green"}, "color", "MALFORMED"),
            ({"label": " "}, "label", "REQUIRED"),
            ({"label": "x" * 41}, "label", "TOO_LARGE"),
        ):
            told = await admin.write("updateProject", taskLegend=[{**entry, **wrong}])
            assert told["problems"][0]["path"] == ["taskLegend", "0", path]
            assert told["problems"][0]["code"] == code
        told = await admin.write("updateProject", taskLegend=[entry, entry])
        assert told["problems"][0]["code"] == "TAKEN"
        told = await agent.write("updateProject", taskLegend=[entry])
        assert told["permission"] == "ADMINISTER"
    audit = await admin.read(
        "{ workspaceHistory(first: 1) { nodes { diffs { path after { display } } } } }"
    )
    assert audit["workspaceHistory"]["nodes"][0]["diffs"] == [
        {"path": "taskLegend:TODAY", "after": {"display": "Now, #00AA00"}}
    ]


@pytest.mark.behaviour("C37")
async def test_a_task_due_in_the_past_is_taken_and_marked(admin: Client, lead_id: UUID) -> None:
    late = await add(admin, lead_id, dueOn="2026-02-27")
    assert (late["wasDueInPast"], late["dueBand"]) == (True, "OVERDUE")
    today = await add(admin, lead_id, dueOn="2026-03-02")
    assert (today["wasDueInPast"], today["dueBand"]) == (False, "TODAY")
    moved = await admin.done(
        "updateTask", TASK, leadId=lead(lead_id), taskId=late["id"], dueAt="2026-03-02T10:00:00Z"
    )
    assert (moved["task"]["wasDueInPast"], moved["task"]["dueOn"]) == (False, None)


@pytest.mark.behaviour("A44")
async def test_a_done_task_that_is_edited_stays_done_until_it_is_opened(
    admin: Client, lead_id: UUID
) -> None:
    task = await add(admin, lead_id, body="About the lamp")
    on = {"leadId": lead(lead_id), "taskId": task["id"]}
    done = (await admin.done("completeTask", TASK, **on, outcome="Reached"))["task"]
    assert (done["dueBand"], done["outcomeText"]) == ("DONE", "Reached")
    async with nothing_written(admin.services):
        again = await admin.done("completeTask", TASK, **on, outcome="Other")
    assert (again["changes"], again["task"]["outcomeText"]) == ([], "Reached")
    edited = await admin.done("updateTask", TASK, **on, title="Called", body=None)
    assert edited["task"]["title"] == "Called"
    assert edited["task"]["body"] is None
    assert edited["task"]["completedAt"] == done["completedAt"]
    opened = (await admin.done("reopenTask", TASK, **on))["task"]
    assert (opened["completedAt"], opened["outcomeText"]) == (None, None)
    async with nothing_written(admin.services):
        assert (await admin.done("reopenTask", **on))["changes"] == []
        assert (await admin.done("updateTask", **on, title=" Called "))["changes"] == []


@pytest.mark.behaviour("A44")
async def test_edits_of_different_parts_merge(admin: Client, lead_id: UUID) -> None:
    task = await add(admin, lead_id)
    on = {"leadId": lead(lead_id), "taskId": task["id"]}
    await admin.done("updateTask", **on, title="Visit")
    seen = {"expectedVersion": task["version"]}
    merged = await admin.done("updateTask", TASK, **on, **seen, dueOn="2026-03-09", body="Keys")
    assert (merged["task"]["title"], merged["task"]["dueOn"]) == ("Visit", "2026-03-09")
    same = await admin.done("updateTask", TASK, **on, **seen, title="Visit")
    assert same["changes"] == []
    clash = await admin.write("updateTask", **on, **seen, title="Mail", dueOn=None)
    assert [each["path"] for each in clash["conflicts"]] == ["title", "due"]
    assert clash["conflicts"][1]["base"] is None
    clash = await admin.write("updateTask", **on, **seen, body="Other")
    assert [each["current"]["display"] for each in clash["conflicts"]] == ["Keys"]


@pytest.mark.behaviour("A43")
async def test_a_task_of_another_agent_is_on_the_card_with_its_assignee(
    client_for: ClientFor, services: Services
) -> None:
    owner = await client_for(StaffRole.AGENT, "Olga Oak")
    helper = await client_for(StaffRole.AGENT, "Hal Hunt")
    assert owner.actor
    lead_id = await make_lead(services, assignee_id=owner.actor.id)
    await add(owner, lead_id, "Measure", assigneeId=staff_id(helper))
    data = await owner.read(TASKS, id=lead(lead_id), first=9)
    (task,) = data["lead"]["tasks"]["nodes"]
    assert task["assignee"]["name"] == "Hal Hunt"


@pytest.mark.behaviour("A43")
async def test_open_tasks_of_the_former_assignee_go_along_with_the_lead_when_asked(
    admin: Client, client_for: ClientFor, services: Services
) -> None:
    former = await client_for(StaffRole.AGENT, "Olga Oak")
    helper = await client_for(StaffRole.AGENT, "Hal Hunt")
    assert former.actor
    lead_id = await make_lead(services, assignee_id=former.actor.id)
    await add(former, lead_id, "open")
    await add(former, lead_id, "helper's", assigneeId=staff_id(helper))
    done = await add(former, lead_id, "done")
    await former.done("completeTask", leadId=lead(lead_id), taskId=done["id"])
    given = {"leadId": lead(lead_id), "moveOpenItems": True}
    made = await admin.done("assignLead", **given, staffId=staff_id(admin))
    assert [each["__typename"] for each in made["changes"]] == [
        "LeadAssigneeChanged",
        "TaskChanged",
    ]
    rows = (await admin.read(TASKS, id=lead(lead_id), first=9))["lead"]["tasks"]["nodes"]
    assert {each["title"]: each["assignee"]["name"] for each in rows} == {
        "open": "Ada Ames",
        "helper's": "Hal Hunt",
        "done": "Olga Oak",
    }


SEEN = """query ($id: ID!) { task(id: $id) {
  title leadId leadName lead { id } assignee { name } createdBy { name } } }"""


@pytest.mark.behaviour("A43")
async def test_who_has_a_task_to_do_sees_of_a_foreign_lead_the_name_alone(
    client_for: ClientFor, services: Services
) -> None:
    owner = await client_for(StaffRole.AGENT, "Olga Oak")
    helper = await client_for(StaffRole.AGENT, "Hal Hunt")
    other = await client_for(StaffRole.AGENT, "Ines Ivy")
    assert owner.actor
    lead_id = await make_lead(services, assignee_id=owner.actor.id)
    task = await add(owner, lead_id, "Measure", assigneeId=staff_id(helper))
    seen = (await helper.read(SEEN, id=task["id"]))["task"]
    assert seen == {
        "title": "Measure",
        "leadId": lead(lead_id),
        "leadName": "Lena Lorenz",
        "lead": None,
        "assignee": {"name": "Hal Hunt"},
        "createdBy": {"name": "Olga Oak"},
    }
    assert await helper.read("query($id: ID!) { lead(id: $id) { id } }", id=lead(lead_id)) == {
        "lead": None
    }
    assert (await other.read(SEEN, id=task["id"]))["task"] is None
    on = {"leadId": lead(lead_id), "taskId": task["id"]}
    async with nothing_written(services):
        assert (await other.write("completeTask", **on))["id"] == lead(lead_id)
    done = await helper.done("completeTask", TASK, **on, outcome="2.40 m")
    assert (done["lead"], done["changes"]) == (None, [])
    assert done["task"]["outcomeText"] == "2.40 m"
    assert (await helper.done("reopenTask", TASK, **on))["task"]["completedAt"] is None
    until = "2026-03-03T09:00:00Z"
    await helper.done("snoozeTask", **on, until=until)
    await helper.done("updateTask", **on, title="Measure twice")
    await owner.done("updateTask", **on, assigneeId=staff_id(owner))
    assert (await helper.read(SEEN, id=task["id"]))["task"] is None


async def test_a_program_sees_tasks_only_if_it_may_see_leads(
    admin: Client, services: Services, lead_id: UUID
) -> None:
    task = await add(admin, lead_id)
    for scopes, title in ((["READ_LEADS"], "Call back"), (["CONFIGURE"], None)):
        made = await admin.done("createApiToken", "token", name=scopes[0], scopes=scopes)
        found = (await Client(services, made["token"]).read(SEEN, id=task["id"]))["task"]
        assert (found and found["title"]) == title


@pytest.mark.behaviour("C37")
async def test_history_and_timeline_tell_what_became_of_a_task(
    admin: Client, lead_id: UUID, clock: ManualClock
) -> None:
    task = await add(admin, lead_id, dueOn="2026-03-04")
    on = {"leadId": lead(lead_id), "taskId": task["id"]}
    clock.advance(60)
    await admin.done("snoozeTask", **on, until="2026-03-03T09:00:00Z")
    await admin.done("snoozeTask", **on, until=None)
    await admin.done("updateTask", **on, title="Visit", body="Keys")
    await admin.done("completeTask", **on, outcome="Seen")
    read = """query ($id: ID!) { lead(id: $id) {
      history(first: 9, types: [TASK]) { nodes { summary diffs { path } } }
      timeline(first: 9, kinds: [TASK]) { nodes { kind subject { ... on Task { title } } } } } }"""
    card = (await admin.read(read, id=lead(lead_id)))["lead"]
    assert [each["summary"] for each in card["history"]["nodes"]] == [
        "Completed the task “Visit”.",
        "Changed the task “Visit”.",
        "Took up again the task “Call back”.",
        "Put off the task “Call back”.",
        "Added the task “Call back”.",
    ]
    paths = [[diff["path"] for diff in each["diffs"]] for each in card["history"]["nodes"]]
    assert paths == [
        ["completedAt", "outcome"],
        ["title"],
        ["snoozedUntil"],
        ["snoozedUntil"],
        ["title", "due", "assignee"],
    ]
    assert card["timeline"]["nodes"] == [{"kind": "TASK", "subject": {"title": "Visit"}}]
    await admin.done("removeTask", **on)
    card = (await admin.read(read, id=lead(lead_id)))["lead"]
    assert card["history"]["nodes"][0]["summary"] == "Removed the task “Visit”."
    assert card["timeline"]["nodes"] == []
    assert await titles(admin, lead_id) == []


async def test_a_past_card_has_the_tasks_of_then_in_the_bands_of_then(
    admin: Client, lead_id: UUID, clock: ManualClock
) -> None:
    first = await add(admin, lead_id, "Call back", dueOn="2026-03-02", body="Old words")
    await add(admin, lead_id, "Visit")
    before = clock.now() + timedelta(seconds=1)
    clock.advance(2 * 86_400)
    on = {"leadId": lead(lead_id), "taskId": first["id"]}
    await admin.done("updateTask", **on, title="Called", body="New words")
    await admin.done("completeTask", **on)
    read = """query ($id: ID!, $at: DateTime!) { lead(id: $id, asOf: {at: $at}) {
      tasks(first: 1) { totalCount nodes { title body dueBand } pageInfo { endCursor } }
      due: tasks(first: 9, bands: [TODAY]) { totalCount } } }"""
    then = (await admin.read(read, id=lead(lead_id), at=before.isoformat()))["lead"]
    (task,) = then["tasks"]["nodes"]
    assert task == {"title": "Call back", "body": "Old words", "dueBand": "TODAY"}
    assert (then["tasks"]["totalCount"], then["due"]["totalCount"]) == (2, 1)
    now = (await admin.read(TASKS, id=lead(lead_id), first=9))["lead"]["tasks"]["nodes"]
    assert [(each["title"], each["dueBand"]) for each in now] == [
        ("Visit", "NO_DATE"),
        ("Called", "DONE"),
    ]
    rest = """query ($id: ID!, $at: DateTime!, $after: Cursor) { lead(id: $id, asOf: {at: $at}) {
      tasks(first: 1, after: $after) { nodes { title } } } }"""
    after = then["tasks"]["pageInfo"]["endCursor"]
    then = (await admin.read(rest, id=lead(lead_id), at=before.isoformat(), after=after))["lead"]
    assert then["tasks"]["nodes"] == [{"title": "Visit"}]


async def test_a_repeat_makes_no_second_task(admin: Client, lead_id: UUID) -> None:
    given = {"leadId": lead(lead_id), "title": "Call back", "idempotencyKey": key()}
    first = await admin.done("createTask", TASK, **given)
    async with nothing_written(admin.services):
        again = await admin.done("createTask", TASK, **given)
    assert (again["task"]["id"], again["changes"]) == (first["task"]["id"], [])


async def test_who_is_given_a_task_is_told_and_who_takes_one_is_not(
    admin: Client, client_for: ClientFor, lead_id: UUID
) -> None:
    helper = await client_for(StaffRole.AGENT, "Hal Hunt")
    read = "{ notifications(first: 9) { nodes { kind text } } }"
    await add(admin, lead_id)
    task = await add(admin, lead_id, "Measure", assigneeId=staff_id(helper))
    on = {"leadId": lead(lead_id), "taskId": task["id"]}
    await admin.done("updateTask", **on, title="Measure twice")
    (told,) = (await helper.read(read))["notifications"]["nodes"]
    assert told == {"kind": "TASK_ASSIGNED", "text": "“Measure” is yours to do."}
    assert (await admin.read(read))["notifications"]["nodes"] == []
