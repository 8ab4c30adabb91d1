"""Rules that act by themselves: once for each change, in order, stopped when they loop."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import FieldType, StaffRole
from models.fields import FieldDefinition
from models.ids import encode_id
from models.pipelines import PipelineState
from models.workspace import Workspace
from resolvers import visits
from resolvers.actors import SYSTEM
from resolvers.automations import listing
from resolvers.automations.running import DELAYS, MOST_TRIES, forget_runs
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.visits import Told
from resolvers.worker import run_due_jobs
from tests.client import Client, everything, key, lead, nothing_written, staff_client
from tests.factories import make_lead, make_site, make_visit, sign_in_again
from tests.resolvers.scene import Scene

pytestmark = pytest.mark.behaviour("C21")

RUNS = """query ($failed: Boolean! = false) { automations { id name position version isEnabled
  problems trigger { kind words } condition { words filter }
  actions { kind words settings { name value { display } } } updatedBy { name }
  runs(first: 50, failedOnly: $failed) { nodes { id outcome problem attempts nextTryAt
    lead { id } cause { summary } automation { name }
    changes { __typename actor { __typename name ... on AutomationActor { automation { name } } } }
  } } } }"""
PARTS = """query ($id: ID!) { automation(id: $id) { actions { state { id } people { id } text
  dueAfter { amount unit } tags fieldKey webhookId value { ... on ChoiceValue { option { id } } }
} } }"""
DRY = """query ($rule: ID!, $since: DateTime!, $first: Int! = 50, $after: Cursor) {
  automationDryRun(automationId: $rule, since: $since, first: $first, after: $after) {
    nodes { outcome lead { id } cause { summary } } pageInfo { hasNextPage endCursor } } }"""
CARD = """query ($id: ID!) { lead(id: $id) { state { name } assignee { id name } tags { name }
  properties { key value { display } }
  history(first: 50) { nodes { type summary cause { summary cause { summary } }
    actor { __typename kind name staff { name } } } } } }"""
STATES = "{ pipelines { states { id name } } }"


class Desk:
    """ADMIN with the states of the pipeline by name, and a lead."""

    def __init__(self, services: Services, admin: Client) -> None:
        self.services, self.admin = services, admin

    async def set_up(self) -> "Desk":
        found = await self.admin.read(STATES)
        self.states = {each["name"]: each["id"] for each in found["pipelines"][0]["states"]}
        assert self.admin.actor is not None
        self.lead_id = await make_lead(self.services, self.admin.actor)
        return self

    async def rule(self, trigger: Any, *actions: Any, name: str = "Rule", **more: Any) -> Any:
        made = await self.admin.done(
            "saveAutomation", "automation { id version }",
            name=name, trigger=trigger, actions=list(actions), **more,
        )  # fmt: skip
        return made["automation"]

    async def move(self, state: str, lead_id: UUID | None = None) -> Any:
        given = {"leadId": lead(lead_id or self.lead_id), "stateId": self.states[state]}
        return await self.admin.done("changeLeadState", **given)

    async def run(self) -> int:
        return await run_due_jobs(self.services)

    async def runs(self, rule: str = "Rule", **given: Any) -> list[dict[str, Any]]:
        found = (await self.admin.read(RUNS, **given))["automations"]
        (named,) = [each for each in found if each["name"] == rule]
        runs: list[dict[str, Any]] = named["runs"]["nodes"]
        return runs

    async def outcomes(self, rule: str = "Rule") -> list[str]:
        return [run["outcome"] for run in await self.runs(rule)]

    async def card(self, lead_id: UUID | None = None) -> dict[str, Any]:
        found = await self.admin.read(CARD, id=lead(lead_id or self.lead_id))
        card: dict[str, Any] = found["lead"]
        return card

    async def tags(self, lead_id: UUID | None = None) -> list[str]:
        return [tag["name"] for tag in (await self.card(lead_id))["tags"]]


@pytest.fixture
async def desk(services: Services, admin: Client) -> Desk:
    return await Desk(services, admin).set_up()


def entered(desk: Desk, to: str | None = None, since: str | None = None) -> dict[str, Any]:
    ends = {"toStateId": to and desk.states[to], "fromStateId": since and desk.states[since]}
    return {"stateEntered": {name: each for name, each in ends.items() if each}}


@pytest.mark.behaviour("C43")
async def test_a_rule_acts_once_on_a_move_and_history_names_it(desk: Desk) -> None:
    await desk.rule(entered(desk, "Qualified"), {"addTags": ["Hot"]})
    await desk.move("Qualified")
    assert await desk.tags() == []  # the worker does it
    assert await desk.run() == 1
    assert await desk.run() == 0
    card = await desk.card()
    assert [tag["name"] for tag in card["tags"]] == ["Hot"]
    newest = card["history"]["nodes"][0]
    assert newest["summary"] == "Added Hot."
    assert newest["actor"] == {
        "__typename": "AutomationActor", "kind": "AUTOMATION", "name": "Rule", "staff": None,
    }  # fmt: skip
    assert newest["cause"] == {"summary": "Moved the lead to Qualified.", "cause": None}
    assert card["history"]["nodes"][1]["cause"] is None
    (run,) = await desk.runs()
    assert (run["outcome"], run["attempts"], run["lead"]["id"]) == ("DONE", 1, lead(desk.lead_id))
    assert run["cause"]["summary"] == "Moved the lead to Qualified."
    actor = {"__typename": "AutomationActor", "name": "Rule", "automation": {"name": "Rule"}}
    assert run["changes"] == [{"__typename": "TagsChanged", "actor": actor}]
    await desk.move("Proposal")
    await desk.move("Qualified")
    assert await desk.run() == 1
    assert await desk.outcomes() == ["DONE", "DONE"]
    assert (await desk.runs())[0]["changes"] == []  # the tag is there


async def _event(desk: Desk, name: str) -> None:
    given = {"leadId": lead(desk.lead_id), "idempotencyKey": key(), "name": name}
    await desk.admin.done("addEvent", **given)


async def _set(desk: Desk, field: str, text: str) -> None:
    properties = [{"fieldKey": field, "value": {"text": text}}]
    await desk.admin.done("setProperties", leadId=lead(desk.lead_id), properties=properties)


async def _assign(desk: Desk) -> None:
    assert desk.admin.actor is not None
    staff_id = encode_id("staff", desk.admin.actor.id)
    await desk.admin.done("assignLead", leadId=lead(desk.lead_id), staffId=staff_id)


async def _by_way_of_contacted(desk: Desk) -> None:
    await desk.move("Contacted")
    await desk.move("Lost")


Act = Callable[[Desk], Awaitable[Any]]
TRIGGERS: list[tuple[str, Callable[[Desk], dict[str, Any]], Act, Act]] = [
    ("a move to a state", lambda d: entered(d, "Lost"), lambda d: d.move("Lost"),
     lambda d: d.move("Proposal")),
    ("any move", entered, lambda d: d.move("Lost"), lambda d: _event(d, "Call")),
    ("a move between two states", lambda d: entered(d, "Lost", "Contacted"), _by_way_of_contacted,
     lambda d: d.move("Lost")),
    ("a state that is left", lambda d: {"stateLeft": {"fromStateId": d.states["New"]}},
     lambda d: d.move("Lost"), lambda d: _event(d, "Call")),
    ("an event by name", lambda d: {"eventName": "viewing BOOKED"},
     lambda d: _event(d, "Viewing booked"), lambda d: _event(d, "Viewing")),
    ("an assignment", lambda d: {"assigned": True}, _assign, lambda d: d.move("Lost")),
    ("a field", lambda d: {"fieldChanged": "property:rooms"}, lambda d: _set(d, "rooms", "4"),
     lambda d: _set(d, "floor", "2")),
    ("tags", lambda d: {"fieldChanged": "tags"},
     lambda d: d.admin.done("addTags", leadId=lead(d.lead_id), tags=["VIP"]),
     lambda d: _set(d, "floor", "2")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("trigger", "cause", "other"),
    [each[1:] for each in TRIGGERS],
    ids=[each[0].replace(" ", "_") for each in TRIGGERS],
)
async def test_a_trigger_starts_a_rule_and_nothing_else_does(
    desk: Desk, trigger: Callable[[Desk], dict[str, Any]], cause: Act, other: Act
) -> None:
    await _set(desk, "rooms", "3")
    await _set(desk, "floor", "1")
    await desk.rule(trigger(desk), {"notify": {"text": "Look at {{lead.name}}"}})
    await other(desk)
    assert await desk.run() == 0
    await cause(desk)
    assert await desk.run() == 1
    assert await desk.outcomes() == ["DONE"]


async def test_a_new_lead_a_message_and_an_event_kind_start_rules(desk: Desk) -> None:
    found = await desk.admin.read("{ eventKinds { id name } }")
    (kind,) = [each["id"] for each in found["eventKinds"] if each["name"] == "Page view"]
    await desk.rule({"leadCreated": True}, {"addTags": ["New here"]}, name="Created")
    await desk.rule({"eventKindId": kind}, {"addTags": ["Reader"]}, name="Viewed")
    await desk.rule({"messageReceived": ["CHAT"]}, {"addTags": ["Writer"]}, name="Wrote")
    site, _ = await make_site(desk.services)
    visit = await make_visit(desk.services, site)
    page = visits.Page("https://shop.example/lamps")
    await visits.record(desk.services, visit.actor, Told("Page view", "page-0001", 1, page=page))
    await visits.send_visitor_message(desk.services, visit.actor, "Hello", "k1")
    await desk.run()
    assert set(await desk.tags(visit.actor.lead_id)) == {"New here", "Reader", "Writer"}
    given = {"leadId": lead(visit.actor.lead_id), "channel": "CHAT", "text": "Yes?"}
    await desk.admin.done("sendMessage", **given, idempotencyKey=key())
    await desk.run()
    assert await desk.outcomes("Wrote") == ["DONE"]  # what staff write starts nothing


async def test_every_action_is_an_ordinary_act(desk: Desk, services: Services) -> None:
    bo = await staff_client(services, StaffRole.AGENT, "Bo Berg")
    assert bo.actor is not None
    site, _ = await make_site(services)
    visit = await make_visit(services, site)
    await _set(desk, "rooms", "3")
    await desk.rule(
        entered(desk, "Contacted"),
        {"assignToId": encode_id("staff", bo.actor.id)},
        {"setProperty": {"fieldKey": "rooms", "value": {"text": "5"}}},
        {"setProperty": {"fieldKey": "birthday", "value": {"date": "1980-02-29"}}},
        {"sendMessage": {"channel": "CHAT", "text": "{{assignee.name}} will help you."}},
        {"notify": {"text": "{{lead.state}}: yours now"}},
        {"changeStateId": desk.states["Qualified"]},
    )
    await desk.move("Contacted", visit.actor.lead_id)
    assert await desk.run() == 1
    (run,) = await desk.runs()
    assert (run["outcome"], run["problem"]) == ("DONE", None)
    kinds = [each["__typename"] for each in run["changes"]]
    assert kinds == [
        "LeadAssigneeChanged", "PropertiesChanged", "PropertiesChanged", "MessageAdded",
        "LeadStateChanged",
    ]  # fmt: skip
    card = await desk.card(visit.actor.lead_id)
    assert (card["state"]["name"], card["assignee"]["name"]) == ("Qualified", "Bo Berg")
    told = await bo.read("{ notifications(first: 10) { nodes { kind text } } }")
    assert {"kind": "AUTOMATION", "text": "Contacted: yours now"} in told["notifications"]["nodes"]
    parts = "{ visit { messages(first: 5) { nodes { text } } } }"
    visitor = await Client(services, visit.token).read(parts)
    assert visitor["visit"]["messages"]["nodes"] == [{"text": "Bo Berg will help you."}]


TASKS = """query ($id: ID!) { lead(id: $id) { tasks(first: 10) { nodes {
  id title dueAt dueOn assignee { name } } } } }"""


@pytest.mark.parametrize(
    ("after", "due"),
    [
        (None, (None, None)),
        ({"amount": 90, "unit": "MINUTE"}, ("2026-03-02T10:30:00.000000Z", None)),
        ({"amount": 2, "unit": "HOUR"}, ("2026-03-02T11:00:00.000000Z", None)),
        ({"amount": 3, "unit": "DAY"}, (None, "2026-03-05")),
        ({"amount": 2, "unit": "WEEK"}, (None, "2026-03-16")),
        ({"amount": 12, "unit": "MONTH"}, (None, "2027-03-02")),
    ],
)
async def test_a_rule_adds_a_task_with_a_due_date(desk: Desk, after: Any, due: Any) -> None:
    await _assign(desk)
    task = {"title": "Call {{lead.name}}", "dueAfter": after}
    await desk.rule(entered(desk), {"addTask": task})
    await desk.move("Contacted")
    await desk.run()
    assert await desk.outcomes() == ["DONE"]
    found = await desk.admin.read(TASKS, id=lead(desk.lead_id))
    (node,) = found["lead"]["tasks"]["nodes"]
    assert (node["title"], node["assignee"]["name"]) == ("Call Lena Lorenz", "Ada Ames")
    assert (node["dueAt"], node["dueOn"]) == due


async def _task(desk: Desk, **due: Any) -> str:
    given = {"leadId": lead(desk.lead_id), "title": "Call", "idempotencyKey": key()}
    made = await desk.admin.done("createTask", "task { id }", **given, **due)
    task_id: str = made["task"]["id"]
    return task_id


async def test_a_task_that_becomes_overdue_starts_a_rule_once(
    desk: Desk, clock: ManualClock
) -> None:
    def at(minutes: int) -> str:
        return (clock.now() + timedelta(minutes=minutes)).isoformat()

    on_it = {"leadId": lead(desk.lead_id)}
    await _task(desk, dueAt=at(10))
    clock.advance(660)
    await desk.run()
    rule = await desk.rule({"taskOverdue": True}, {"addTags": ["Late"]})
    await desk.run()
    assert await desk.outcomes() == []  # not for the past
    waits, done, moved = [await _task(desk, dueAt=at(10)) for _ in range(3)]
    await desk.admin.done("completeTask", **on_it, taskId=done)
    await desk.admin.done("updateTask", **on_it, taskId=moved, dueAt=at(60))
    clock.advance(599)
    assert await desk.run() == 0
    clock.advance(1)
    await desk.run()
    assert await desk.outcomes() == ["DONE"]
    assert await desk.tags() == ["Late"]
    await desk.admin.done("updateTask", **on_it, taskId=waits, title="Call again")
    await desk.run()
    assert await desk.outcomes() == ["DONE"]
    clock.advance(3_000)
    await desk.run()
    assert await desk.outcomes() == ["DONE", "DONE"]
    causes = [run["cause"]["summary"] for run in await desk.runs()]
    assert causes == ["Found overdue the task “Call”."] * 2
    await _task(desk, dueAt=at(-1))  # whoever wrote it knows
    await desk.admin.done("saveAutomation", automationId=rule["id"], isEnabled=False)
    await _task(desk, dueAt=at(1))
    clock.advance(60)
    await desk.run()
    assert await desk.outcomes() == ["DONE", "DONE"]
    since = (clock.now() - timedelta(days=1)).isoformat()
    async with nothing_written(desk.services):
        page = (await desk.admin.read(DRY, rule=rule["id"], since=since))["automationDryRun"]
    assert [each["outcome"] for each in page["nodes"]] == ["WOULD_RUN"] * 4
    assert {each["cause"]["summary"] for each in page["nodes"]} == set(causes)


async def test_a_day_is_over_when_it_is_over_for_who_has_the_task_or_else_for_the_team(
    desk: Desk, services: Services, clock: ManualClock
) -> None:
    bo = await staff_client(services, StaffRole.AGENT, "Bo Berg")
    assert bo.actor is not None
    await bo.done("changePreferences", timeZone="Asia/Tokyo")
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Workspace).values(time_zone="America/New_York"))
    await desk.rule({"taskOverdue": True}, {"addTags": ["Late"]})
    nobodys = await _task(desk, dueOn="2026-03-02")
    on_it = {"leadId": lead(desk.lead_id)}
    await desk.admin.done("updateTask", **on_it, taskId=nobodys, assigneeId=None)
    await _task(desk, dueOn="2026-03-02", assigneeId=encode_id("staff", bo.actor.id))
    for hours, outcomes in ((5.9, 0), (0.1, 1), (13.9, 1), (0.1, 2)):
        clock.advance(hours * 3_600)  # from 09:00 UTC; Tokyo's day ends at 15:00
        await desk.run()
        assert await desk.outcomes() == ["DONE"] * outcomes


async def test_a_rule_is_told_in_words_and_says_what_it_needs_that_is_gone(desk: Desk) -> None:
    made = await desk.admin.done(
        "createField", "field { id options { id } }", key="size", label="Size", type="DROPDOWN",
        options=[{"label": "Small"}, {"label": "Large"}],
    )  # fmt: skip
    small, large = [each["id"] for each in made["field"]["options"]]
    rule = await desk.rule(
        {"stateLeft": {"fromStateId": desk.states["New"], "toStateId": desk.states["Lost"]}},
        {"setProperty": {"fieldKey": "size", "value": {"optionId": small}}},
        {"addTask": {"title": "Ask why", "dueAfter": {"amount": 1, "unit": "WEEK"}}},
        {"addTags": ["Gone"]},
        {"notify": {"text": "{{lead.name}} is lost"}},
    )
    (told,) = (await desk.admin.read(RUNS))["automations"]
    assert told["trigger"]["words"] == "The lead moves from New to Lost"
    one = await desk.admin.read(PARTS, id=rule["id"])
    size, task, tag, notice = one["automation"]["actions"]
    assert (size["fieldKey"], size["value"]) == ("size", {"option": {"id": small}})
    due = {"amount": 1, "unit": "WEEK"}
    assert (task["text"], task["dueAfter"], task["people"]) == ("Ask why", due, [])
    assert (tag["tags"], notice["text"]) == (["Gone"], "{{lead.name}} is lost")
    assert [each["words"] for each in told["actions"]] == [
        "Set Size to Small", "Add the task “Ask why” for the assignee, due 1 week later",
        "Add the tag Gone", "Notify the assignee: “{{lead.name}} is lost”",
    ]  # fmt: skip
    await desk.move("Lost")
    await desk.run()
    assert await desk.outcomes() == ["DONE"]
    values = {each["key"]: each["value"] for each in (await desk.card())["properties"]}
    assert values["size"] == {"display": "Small"}
    kept = [{"optionId": large, "label": "Large"}]
    await desk.admin.done("updateField", fieldId=made["field"]["id"], options=kept)
    await _archive_state(desk)
    (told,) = (await desk.admin.read(RUNS))["automations"]
    assert told["problems"] == [
        "The state Lost is archived.", "Size: The field has no such option.",
    ]  # fmt: skip
    test = {"property": {"fieldKey": "rooms", "is": {"text": {"contains": "5"}}}}
    await _set(desk, "rooms", "3")
    await desk.rule({"assigned": True}, {"addTags": ["X"]}, name="Other", condition=test)
    await _archive_field(desk)
    _, other = (await desk.admin.read(RUNS))["automations"]
    (problem,) = other["problems"]
    assert problem == f"The condition “{other['condition']['words']}” can't be tested any more."
    assert "Rooms" in problem
    person = await staff_client(desk.services, StaffRole.AGENT, "P")
    gone = {"automationId": rule["id"], "actions": [{"setProperty": {"fieldKey": "size",
            "value": {"optionId": small}}}]}  # fmt: skip
    refused = await desk.admin.write("saveAutomation", **gone)
    assert refused["problems"][0]["path"] == ["actions", "0", "setProperty", "value"]
    assert (await person.read(RUNS))["automations"] == []
    assert (await person.read(PARTS, id=rule["id"]))["automation"] is None


async def test_leads_are_assigned_in_turn_to_people_who_are_active(
    desk: Desk, services: Services
) -> None:
    people = [await staff_client(services, StaffRole.AGENT, f"P{number}") for number in range(3)]
    ids = [encode_id("staff", each.actor.id) for each in people if each.actor]
    await desk.rule(entered(desk, "Qualified"), {"assignInTurnToIds": ids})
    found = []
    for number in range(5):
        if number == 3:
            await desk.admin.done("updateStaff", staffId=ids[0], isActive=False)
        lead_id = await make_lead(services)
        await desk.move("Qualified", lead_id)
        await desk.run()
        found.append((await desk.card(lead_id))["assignee"]["name"])
    assert found[:3] == ["P0", "P1", "P2"]
    assert sorted(found[3:]) == ["P1", "P2"]


async def test_the_condition_decides_by_the_lead_as_it_is_then(desk: Desk) -> None:
    condition = {"or": [{"tags": {"any": ["VIP"]}}, {"not": {"priority": ["NORMAL", "LOW"]}}]}
    await desk.rule(entered(desk), {"addTags": ["Seen"]}, condition=condition)
    (rule,) = (await desk.admin.read(RUNS))["automations"]
    assert rule["condition"] == {
        "words": "has the tag “VIP” or not (priority is normal or low)",
        "filter": '{"or":[{"tags":{"any":["VIP"]}},{"not":{"priority":["NORMAL","LOW"]}}]}',
    }
    await desk.move("Contacted")
    await desk.run()
    assert await desk.outcomes() == ["SKIPPED"]
    await desk.move("Qualified")
    await desk.admin.done("changePriority", leadId=lead(desk.lead_id), priority="HIGH")
    await desk.run()
    assert await desk.outcomes() == ["DONE", "SKIPPED"]
    assert await desk.tags() == ["Seen"]


async def test_switching_on_does_not_run_for_the_past_and_off_does_not_run_late(
    desk: Desk,
) -> None:
    rule = await desk.rule(entered(desk), {"addTags": ["Seen"]}, isEnabled=False)
    await desk.move("Contacted")
    await desk.admin.done("saveAutomation", automationId=rule["id"], isEnabled=True)
    assert await desk.run() == 0
    await desk.move("Qualified")
    await desk.admin.done("saveAutomation", automationId=rule["id"], isEnabled=False)
    await desk.run()
    (run,) = await desk.runs()
    assert (run["outcome"], run["problem"]) == (
        "SKIPPED", "The rule was switched off or removed before its turn.",
    )  # fmt: skip
    await desk.admin.done("saveAutomation", automationId=rule["id"], isEnabled=True)
    await desk.run()
    assert await desk.tags() == []
    await desk.move("Proposal")
    await desk.admin.done("removeAutomation", automationId=rule["id"])
    await desk.run()
    assert await desk.tags() == []
    assert (await desk.admin.read(RUNS))["automations"] == []


async def test_rules_of_one_change_run_in_their_order(desk: Desk) -> None:
    await desk.rule(entered(desk, "Contacted"), {"changeStateId": desk.states["Lost"]}, name="Last")
    await desk.rule(
        entered(desk, "Contacted"), {"changeStateId": desk.states["Proposal"]}, name="First",
        position=0,
    )  # fmt: skip
    names = [each["name"] for each in (await desk.admin.read(RUNS))["automations"]]
    assert names == ["First", "Last"]
    await desk.move("Contacted")
    await desk.run()
    entries = (await desk.card())["history"]["nodes"][:2]
    assert [each["actor"]["name"] for each in entries] == ["Last", "First"]


async def test_a_rule_that_triggers_itself_is_stopped(desk: Desk, services: Services) -> None:
    people = [await staff_client(services, StaffRole.AGENT, f"P{number}") for number in range(2)]
    ids = [encode_id("staff", each.actor.id) for each in people if each.actor]
    await desk.rule({"assigned": True}, {"assignInTurnToIds": ids})
    await _assign(desk)
    await desk.run()
    assert await desk.outcomes() == ["LOOP_STOPPED", *["DONE"] * 5]
    stopped = (await desk.runs(failed=True))[0]
    assert stopped["problem"] == "More than 5 rules have started each other."
    assert await desk.run() == 0


async def test_two_rules_that_start_each_other_are_stopped(desk: Desk) -> None:
    ping, pong = ("Contacted", "Qualified")
    await desk.rule(entered(desk, ping), {"changeStateId": desk.states[pong]}, name="Ping")
    await desk.rule(entered(desk, pong), {"changeStateId": desk.states[ping]}, name="Pong")
    await desk.move(ping)
    await desk.run()
    both = await desk.outcomes("Ping") + await desk.outcomes("Pong")
    assert sorted(both) == ["DONE"] * 5 + ["LOOP_STOPPED"]


async def test_one_rule_runs_ten_times_a_minute_on_one_lead(desk: Desk, clock: ManualClock) -> None:
    await desk.rule(entered(desk), {"addTags": ["Seen"]})
    for number in range(11):
        await desk.move(["Contacted", "Qualified"][number % 2])
        await desk.run()
    assert await desk.outcomes() == ["LOOP_STOPPED", *["DONE"] * 10]
    other = await make_lead(desk.services)
    await desk.move("Contacted", other)
    clock.advance(61)
    await desk.move("Proposal")
    await desk.run()
    assert (await desk.outcomes())[:2] == ["DONE", "DONE"]


async def test_a_failing_action_is_tried_again_shown_and_given_up(
    desk: Desk, clock: ManualClock
) -> None:
    message = {"sendMessage": {"channel": "CHAT", "text": "Hi"}}
    await desk.rule(entered(desk), {"addTags": ["Never alone"]}, message)
    await desk.move("Contacted")
    await desk.run()
    (run,) = await desk.runs()
    assert (run["outcome"], run["attempts"]) == ("RETRYING", 1)
    assert run["problem"] == "This channel can't be used for the lead."
    assert await desk.tags() == []  # all actions or none
    for seconds in DELAYS[: MOST_TRIES - 1]:
        assert await desk.run() == 0
        clock.advance(seconds)
        assert await desk.run() == 1
    (run,) = await desk.runs(failed=True)
    assert (run["outcome"], run["attempts"], run["nextTryAt"]) == ("FAILED", MOST_TRIES, None)
    clock.advance(1e6)
    assert await desk.run() == 0


async def test_a_failing_run_holds_up_no_other(desk: Desk) -> None:
    text = {"sendMessage": {"channel": "CHAT", "text": "Hi"}}
    await desk.rule(entered(desk), text, name="Failing")
    await desk.rule(entered(desk), {"addTags": ["Done"]}, name="Working")
    await desk.move("Contacted")
    await desk.run()
    assert await desk.outcomes("Failing") == ["RETRYING"]
    assert await desk.outcomes("Working") == ["DONE"]


async def _archive_state(desk: Desk) -> None:
    async with unit_of_work(desk.services, SYSTEM) as work:
        await work.session.execute(
            update(PipelineState)
            .where(col(PipelineState.name) == "Lost")
            .values(archived_at=work.at)
        )


async def _archive_field(desk: Desk) -> None:
    async with unit_of_work(desk.services, SYSTEM) as work:
        await work.session.execute(
            update(FieldDefinition)
            .where(col(FieldDefinition.key) == "rooms")
            .values(archived_at=work.at)
        )


async def _let_go(desk: Desk) -> None:
    found = await desk.admin.read("{ staffMembers(first: 10) { nodes { id name } } }")
    (bo,) = [each["id"] for each in found["staffMembers"]["nodes"] if each["name"] == "Bo Berg"]
    await desk.admin.done("updateStaff", staffId=bo, isActive=False)


async def _retype(desk: Desk) -> None:
    async with unit_of_work(desk.services, SYSTEM) as work:
        rooms = update(FieldDefinition).where(col(FieldDefinition.key) == "rooms")
        await work.session.execute(rooms.values(type=FieldType.NUMBER))


SET_ROOMS = {"setProperty": {"fieldKey": "rooms", "value": {"text": "5"}}}


@pytest.mark.parametrize(
    ("archive", "action", "problem", "told"),
    [
        (_archive_state, lambda d, bo: {"changeStateId": d.states["Lost"]},
         "This state can't be entered.", "The state Lost is archived."),
        (_archive_field, lambda d, bo: SET_ROOMS,
         "There is no such field to set.", "The field Rooms is archived."),
        (_retype, lambda d, bo: SET_ROOMS,
         "This field takes a value of type NUMBER.",
         "Rooms: This field takes a value of type NUMBER."),
        (_let_go, lambda d, bo: {"assignToId": bo},
         "This is no active member of the team.", "Bo Berg is not active any more."),
    ],
    ids=["state", "field", "type", "person"],
)  # fmt: skip
async def test_a_rule_that_names_what_is_gone_fails_with_a_clear_problem_until_it_is_repaired(
    desk: Desk,
    services: Services,
    archive: Act,
    action: Callable[[Desk, str], dict[str, Any]],
    problem: str,
    told: str,
) -> None:
    bo = await staff_client(services, StaffRole.AGENT, "Bo Berg")
    assert bo.actor is not None
    await _set(desk, "rooms", "3")
    rule = await desk.rule(entered(desk), action(desk, encode_id("staff", bo.actor.id)))
    assert (await desk.admin.read(RUNS))["automations"][0]["problems"] == []
    await archive(desk)
    assert (await desk.admin.read(RUNS))["automations"][0]["problems"] == [told]
    for state in ("Contacted", "Qualified"):
        await desk.move(state)
        await desk.run()
    notices = "{ notifications(first: 9) { nodes { kind text } } }"
    failures = [
        each["text"]
        for each in (await desk.admin.read(notices))["notifications"]["nodes"]
        if each["kind"] == "INTEGRATION_FAILED"
    ]
    assert failures == [f"The rule Rule failed: {problem}"]  # once for failures in a row
    run, _ = await desk.runs()
    assert (run["outcome"], run["problem"], run["attempts"]) == ("FAILED", problem, 1)
    await desk.admin.done(
        "saveAutomation", automationId=rule["id"], actions=[{"addTags": ["Repaired"]}]
    )
    made = await desk.admin.done("retryAutomationRun", "run { outcome attempts }", runId=run["id"])
    assert made["run"] == {"outcome": "RETRYING", "attempts": 0}
    await desk.run()
    assert await desk.outcomes() == ["DONE", "FAILED"]
    assert await desk.tags() == ["Repaired"]
    assert (await desk.admin.read(RUNS))["automations"][0]["problems"] == []
    async with nothing_written(services):  # a run that is done is not done twice
        await desk.admin.done("retryAutomationRun", "run { outcome }", runId=run["id"])


async def test_a_dry_run_tells_what_would_have_been_and_does_nothing(
    desk: Desk, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [await make_lead(desk.services) for _ in range(3)]
    await desk.admin.done("addTags", leadId=lead(others[0]), tags=["VIP"])
    for each in others:
        await desk.move("Contacted", each)
        await desk.move("Qualified", each)
    rule = await desk.rule(
        entered(desk, "Contacted"), {"addTags": ["Dry"]}, condition={"tags": {"any": ["VIP"]}}
    )
    since = (clock.now() - timedelta(days=1)).isoformat()
    async with nothing_written(desk.services):
        page = (await desk.admin.read(DRY, rule=rule["id"], since=since))["automationDryRun"]
    told = {each["lead"]["id"]: each["outcome"] for each in page["nodes"]}
    assert told == {
        lead(others[0]): "WOULD_RUN", lead(others[1]): "SKIPPED", lead(others[2]): "SKIPPED",
    }  # fmt: skip
    first = (await desk.admin.read(DRY, rule=rule["id"], since=since, first=2))["automationDryRun"]
    after = first["pageInfo"]["endCursor"]
    rest = await desk.admin.read(DRY, rule=rule["id"], since=since, first=2, after=after)
    assert first["nodes"] + rest["automationDryRun"]["nodes"] == page["nodes"]
    assert rest["automationDryRun"]["pageInfo"]["hasNextPage"] is False
    monkeypatch.setattr(listing, "LOOKED_AT_ONCE", 2)  # what starts it lies far apart
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", 100)
    again = await desk.admin.read(DRY, rule=rule["id"], since=since)
    assert again["automationDryRun"]["nodes"] == page["nodes"]
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", 4)  # a short page, and more may follow
    short = (await desk.admin.read(DRY, rule=rule["id"], since=since))["automationDryRun"]
    after = short["pageInfo"]["endCursor"]
    rest = await desk.admin.read(DRY, rule=rule["id"], since=since, after=after)
    assert short["pageInfo"]["hasNextPage"] is True
    assert short["nodes"] + rest["automationDryRun"]["nodes"] == page["nodes"]
    early = (clock.now() - timedelta(days=31)).isoformat()
    assert await desk.admin.refused(DRY, rule=rule["id"], since=early) == "BAD_USER_INPUT"


async def test_agents_see_no_rules_and_managers_shape_them(
    desk: Desk, services: Services, clock: ManualClock
) -> None:
    rule = await desk.rule(entered(desk), {"addTags": ["Seen"]})
    await desk.move("Contacted")
    await desk.run()
    agent = await staff_client(services, StaffRole.AGENT)
    manager = await staff_client(services, StaffRole.MANAGER)
    assert (await agent.read(RUNS))["automations"] == []
    since = clock.now().isoformat()
    assert (await agent.read(DRY, rule=rule["id"], since=since)) == {"automationDryRun": None}
    assert len((await manager.read(RUNS))["automations"][0]["runs"]["nodes"]) == 1
    await manager.done("saveAutomation", automationId=rule["id"], name="Mine now")


async def test_the_same_again_changes_nothing_and_a_version_guards_an_edit(desk: Desk) -> None:
    rule = await desk.rule(entered(desk), {"addTags": ["Seen"]})
    same = {"name": "Rule", "trigger": entered(desk), "actions": [{"addTags": ["Seen"]}]}
    async with nothing_written(desk.services):
        await desk.admin.done("saveAutomation", automationId=rule["id"], **same)
    changed = await desk.admin.done(
        "saveAutomation", "automation { version }", automationId=rule["id"], isEnabled=False,
        expectedVersion=rule["version"], condition={"isAnonymous": False},
    )  # fmt: skip
    assert changed["automation"]["version"] != rule["version"]
    cleared = await desk.admin.done(
        "saveAutomation", "automation { condition { words } }", automationId=rule["id"],
        condition=None,
    )  # fmt: skip
    assert cleared["automation"]["condition"] is None


async def test_a_rule_acts_on_the_survivor_of_a_lead_that_was_merged_meanwhile(
    desk: Desk, services: Services, clock: ManualClock
) -> None:
    scene = await Scene(services, clock).build()
    await desk.rule(entered(desk), {"addTags": ["Seen"]})
    await desk.move("Contacted", scene.lead_id)
    await visits.identify(services, scene.visit.actor, scene.claim("customer-1"))
    survivor = scene.known.actor.lead_id
    assert survivor != scene.lead_id
    await desk.run()
    assert await desk.outcomes() == ["DONE"]
    assert "Seen" in await desk.tags(survivor)


async def test_runs_are_kept_for_a_while(desk: Desk, clock: ManualClock) -> None:
    await desk.rule(entered(desk), {"addTags": ["Seen"]})
    await desk.move("Contacted")
    await desk.run()
    clock.advance(89 * 86_400)
    await forget_runs(desk.services)
    assert (await everything(desk.services))["automation_run"] == 1
    clock.advance(2 * 86_400)
    await forget_runs(desk.services)
    assert (await everything(desk.services))["automation_run"] == 0


async def test_a_rule_does_nothing_that_who_saves_it_could_not_do(
    services: Services, desk: Desk, admin: Client
) -> None:
    manager = await staff_client(services, StaffRole.MANAGER, "Mo Manager")
    tagging = {"trigger": {"leadCreated": True}, "actions": [{"addTags": ["Hot"]}]}
    rule = await desk.rule(tagging["trigger"], {"addTags": ["Hot"]}, name="Theirs")
    await admin.done("createField", key="margin", label="Margin", type="TEXT", visibility="ADMINS")
    for scope in ("OWN", "TEAM"):
        await admin.done("updateProject", managerScope=scope)
        again = await staff_again(services, manager)
        for mutation, given in (
            ("saveAutomation", {"name": "Mine", **tagging}),
            ("saveAutomation", {"automationId": rule["id"], "name": "Mine"}),
            ("removeAutomation", {"automationId": rule["id"]}),
        ):
            refused = await again.write(mutation, **given)
            assert refused["__typename"] == "ForbiddenError", (scope, mutation)
            assert refused["message"].startswith("Rules act on all leads")
    await admin.done("updateProject", managerScope="ALL")
    again = await staff_again(services, manager)
    for hidden in (
        {"name": "Watch", "trigger": {"fieldChanged": "property:margin"},
         "actions": [{"addTags": ["Hot"]}]},
        {"name": "Set", "trigger": {"leadCreated": True},
         "actions": [{"setProperty": {"fieldKey": "margin", "value": {"text": "x"}}}]},
    ):  # fmt: skip
        refused = await again.write("saveAutomation", **hidden)
        assert [each["code"] for each in refused["problems"]] == ["UNKNOWN"], hidden["name"]
        assert "Margin" not in str(refused)
    await _says_nothing_of_hidden_fields(desk, again)
    for scopes, may in (
        (["CONFIGURE"], False),
        (["CONFIGURE", "READ_LEADS"], False),
        (["CONFIGURE", "READ_LEADS", "WRITE_LEADS"], True),
    ):
        made = await admin.done("createApiToken", "token", name=" ".join(scopes), scopes=scopes)
        answer = await Client(services, made["token"]).write(
            "saveAutomation", name=" ".join(scopes), **tagging
        )
        assert (answer["__typename"] == "SaveAutomationSuccess") is may, scopes


async def _says_nothing_of_hidden_fields(desk: Desk, manager: Client) -> None:
    """A rule of ADMIN's on a field that only ADMIN sees; the manager sees that there is one."""
    rule = await desk.rule(
        {"fieldChanged": "property:margin"},
        {"setProperty": {"fieldKey": "margin", "value": {"text": "Big secret"}}},
        name="Margins",
        condition={"property": {"fieldKey": "margin", "is": {"text": {"contains": "Big"}}}},
    )
    field = "{ fieldGroups { fields { id key } } }"
    groups = (await desk.admin.read(field))["fieldGroups"]
    (margin,) = [each for group in groups for each in group["fields"] if each["key"] == "margin"]
    ask = """query ($id: ID!) { automation(id: $id) { name problems trigger { words path }
      condition { words filter clauses { words } }
      actions { words fieldKey settings { name } value { __typename display } } } }"""
    seen = str(await desk.admin.read(ask, id=rule["id"]))
    assert "Big secret" in seen
    assert "Margin changes" in seen
    for _ in range(2):
        answer = await manager.run(ask, id=rule["id"])
        assert answer.data
        told = answer.data["automation"]
        assert told["trigger"] == {"words": "A field that you may not see changes", "path": None}
        assert told["actions"][0]["words"] == "Set a field that you may not see"
        assert told["actions"][0]["value"]["__typename"] == "HiddenValue"
        del told["name"]
        assert not any(word in str(told).lower() for word in ("margin", "big")), told
        await desk.admin.done("updateField", fieldId=margin["id"], isArchived=True)
    assert told["problems"]
    given = {"automationId": rule["id"], "condition": json.loads(told["condition"]["filter"])}
    refused = await manager.write("saveAutomation", **given)
    assert refused["problems"][0]["code"] == "UNKNOWN", "nothing is lost by saving what is shown"


async def test_a_rule_gives_the_reason_that_a_pipeline_asks_for(desk: Desk) -> None:
    admin, lost = desk.admin, desk.states["Lost"]
    on = {"leadCreated": True}
    await desk.rule(on, {"changeStateId": lost}, name="Silent")
    pipelines = "{ pipelines { id name states { id name kind color } } }"
    (first,) = (await admin.read(pipelines))["pipelines"]
    given = {"pipelineId": first["id"], "name": first["name"], "needsLossReason": True}
    states = [{"stateId": each.pop("id"), **each} for each in first["states"]]
    await admin.done("savePipeline", **given, states=states)
    (silent,) = (await admin.read("{ automations { problems } }"))["automations"]
    assert silent["problems"] == ["Lost asks for a reason, and none is given."]
    for action, path, code in (
        ({"changeStateId": lost}, "changeState.lossReason", "REQUIRED"),
        ({"changeState": {"stateId": lost, "lossReason": " "}},
         "changeState.lossReason", "REQUIRED"),
        ({"changeState": {"stateId": desk.states["New"], "lossReason": "Why"}},
         "changeState.lossReason", "CONTRADICTION"),
    ):  # fmt: skip
        refused = await admin.write("saveAutomation", name="R", trigger=on, actions=[action])
        (problem,) = refused["problems"]
        assert (problem["path"], problem["code"]) == (["actions", "0", *path.split(".")], code)
    await desk.rule(
        entered(desk, "Contacted"), {"changeState": {"stateId": lost, "lossReason": "Too far"}}
    )
    ask = """{ automations { name actions { words lossReason state { name } settings { name value {
      display ... on ReferenceValue { referenceId } } } } } }"""
    _, rule = (await admin.read(ask))["automations"]
    assert rule["actions"] == [
        {
            "words": "Move to Lost: “Too far”",
            "lossReason": "Too far",
            "state": {"name": "Lost"},
            "settings": [
                {"name": "state", "value": {"display": "Lost", "referenceId": lost}},
                {"name": "lossReason", "value": {"display": "Too far"}},
            ],
        }
    ]
    await desk.move("Contacted")
    await desk.run()
    found = await admin.read(
        "query ($id: ID!) { lead(id: $id) { lossReason state { name } } }", id=lead(desk.lead_id)
    )
    assert found["lead"] == {"lossReason": "Too far", "state": {"name": "Lost"}}


async def staff_again(services: Services, client: Client) -> Client:
    """The same person with the rights of now."""
    assert client.actor
    signed_in = await sign_in_again(services, client.actor.id)
    return Client(services, signed_in.token, actor=signed_in.actor)
