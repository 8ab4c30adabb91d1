"""Moves along a pipeline: the bar and its times, Won and back, rules, reasons, the header."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import StaffRole
from models.fields import FieldDefinition
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, key, lead, nothing_written, staff_client
from tests.factories import make_lead

BAR = "stateBar { state { name } isCurrent isPassed spentSeconds }"
WON = "wonButton { text wonText isWon canReopen }"
PLACE = f"state {{ name }} lossReason {WON}"
SETTINGS = """card { header { isWonButtonShown wonButtonText wonText isReopenAllowed }
  version quickEventKinds { name } fieldGroups { name } }"""


@pytest.fixture
async def lead_id(services: Services) -> str:
    return lead(await make_lead(services))


async def pipeline(client: Client) -> dict[str, Any]:
    """The default pipeline as `savePipeline` takes it."""
    data = await client.read(
        """{ pipelines { id name isDefault needsLossReason wonState { name }
             states { id name kind color } } }"""
    )
    (found,) = [each for each in data["pipelines"] if each["isDefault"]]
    states = [
        {"stateId": each["id"], **{key: each[key] for key in ("name", "kind", "color")}}
        for each in found["states"]
    ]
    return {
        "pipelineId": found["id"],
        "name": found["name"],
        "wonStateName": found["wonState"] and found["wonState"]["name"],
        "states": states,
    }


async def state_ids(client: Client) -> dict[str, str]:
    data = await client.read("{ pipelines { states { id name } } }")
    return {state["name"]: state["id"] for each in data["pipelines"] for state in each["states"]}


async def card(client: Client, lead_id: str, parts: str = PLACE) -> dict[str, Any]:
    data = await client.read(f"query($id: ID!) {{ lead(id: $id) {{ {parts} }} }}", id=lead_id)
    found: dict[str, Any] = data["lead"]
    return found


async def move(client: Client, lead_id: str, name: str, **more: Any) -> dict[str, Any]:
    ids = await state_ids(client)
    parts = f"lead {{ {PLACE} }}"
    return await client.done("changeLeadState", parts, leadId=lead_id, stateId=ids[name], **more)


def step(bar: list[dict[str, Any]], name: str) -> tuple[bool, bool, int]:
    (found,) = [each for each in bar if each["state"]["name"] == name]
    return found["isCurrent"], found["isPassed"], found["spentSeconds"]


# --- the bar -------------------------------------------------------------------------------------


@pytest.mark.behaviour("C4", "C18", "C20")
async def test_the_bar_tells_the_time_in_each_state_in_all_visits(
    admin: Client, lead_id: str, clock: ManualClock
) -> None:
    clock.advance(90)
    await move(admin, lead_id, "Qualified")
    clock.advance(30)
    await move(admin, lead_id, "New")
    clock.advance(10)
    made = await move(admin, lead_id, "Qualified")
    assert [each["entry"]["type"] for each in made["changes"]] == ["STATE"]
    clock.advance(5)
    bar = (await card(admin, lead_id, BAR))["stateBar"]
    assert step(bar, "New") == (False, True, 100)
    assert step(bar, "Contacted") == (False, False, 0)
    assert step(bar, "Qualified") == (True, True, 35)
    data = await admin.read(
        """query($id: ID!) { lead(id: $id) { history(first: 9, types: [STATE]) { nodes {
          change { ... on LeadStateChanged { fromState { name } secondsInFrom } } } } } }""",
        id=lead_id,
    )
    moves = [each["change"] for each in data["lead"]["history"]["nodes"]]
    assert [each["secondsInFrom"] for each in moves] == [10, 30, 90]
    assert moves[-1]["fromState"] == {"name": "New"}


@pytest.mark.behaviour("C4")
async def test_the_bar_of_a_past_card_has_the_times_of_then(
    admin: Client, lead_id: str, clock: ManualClock
) -> None:
    clock.advance(60)
    await move(admin, lead_id, "Lost", lossReason="Too dear")
    clock.advance(40)
    then = clock.now().isoformat()
    clock.advance(100)
    await move(admin, lead_id, "Contacted")
    data = await admin.read(
        f"""query($id: ID!, $at: DateTime!) {{
          lead(id: $id, asOf: {{at: $at}}) {{ {BAR} {PLACE} }}
          leadDiff(id: $id, from: {{at: $at}}) {{ diffs {{ path before {{ display }}
            after {{ display }} }} }} }}""",
        id=lead_id, at=then,
    )  # fmt: skip
    past = data["lead"]
    assert (past["state"]["name"], past["lossReason"]) == ("Lost", "Too dear")
    assert step(past["stateBar"], "New") == (False, True, 60)
    assert step(past["stateBar"], "Lost") == (True, False, 40)
    assert {"path": "lossReason", "before": {"display": "Too dear"}, "after": None} in (
        data["leadDiff"]["diffs"]
    )


@pytest.mark.behaviour("C4")
async def test_a_state_of_another_pipeline_can_be_entered_and_an_archived_one_can_not(
    admin: Client, lead_id: str, services: Services
) -> None:
    made = await admin.done(
        "savePipeline", "pipeline { id version states { id name } }", name="Rentals",
        states=[
            {"name": "Asked", "kind": "OPEN", "color": "#1F6FEB"},
            {"name": "Seen", "kind": "OPEN", "color": "#1F6FEB"},
        ],
    )  # fmt: skip
    rentals = made["pipeline"]
    assert (await move(admin, lead_id, "Seen"))["lead"]["wonButton"] is None
    bar = (await card(admin, lead_id, BAR))["stateBar"]
    assert [each["state"]["name"] for each in bar] == ["Asked", "Seen"]
    ids = await state_ids(admin)
    asked = {"stateId": ids["Asked"], "name": "Asked", "kind": "OPEN", "color": "#1F6FEB"}
    given = {"pipelineId": rentals["id"], "name": "Rentals", "states": [asked]}
    await admin.done("savePipeline", **given)
    left = await card(admin, lead_id, f"state {{ name archivedAt }} {BAR}")
    assert left["state"]["name"] == "Seen"
    assert left["state"]["archivedAt"]
    assert step(left["stateBar"], "Seen")[0]
    await move(admin, lead_id, "Asked")
    for state_id in (ids["Seen"], f"state_{'0' * 32}"):
        async with nothing_written(services):
            told = await admin.write("changeLeadState", leadId=lead_id, stateId=state_id)
        assert told["problems"][0]["path"] == ["stateId"]
    assert not [each for each in (await card(admin, lead_id, BAR))["stateBar"]
                if each["state"]["name"] == "Seen"]  # fmt: skip
    await admin.done("savePipeline", **given, isArchived=True)
    assert (await card(admin, lead_id))["state"] == {"name": "Asked"}
    await move(admin, lead_id, "New")
    told = await admin.write("changeLeadState", leadId=lead_id, stateId=ids["Asked"])
    assert told["problems"][0]["code"] == "UNKNOWN"
    data = await admin.read("{ now: pipelines { name } all: pipelines(includeArchived: true) "
                            "{ name archivedAt } }")  # fmt: skip
    assert [each["name"] for each in data["now"]] == ["Sales"]
    assert [each["name"] for each in data["all"]] == ["Sales", "Rentals"]


@pytest.mark.behaviour("C18")
async def test_a_rule_forbids_a_move_and_no_other(
    admin: Client, lead_id: str, services: Services
) -> None:
    given = await pipeline(admin)
    rules = [
        {"from": "New", "to": "Proposal", "reason": "Qualify first."},
        {"from": None, "to": "New", "reason": "Nobody is new twice."},
    ]
    await admin.done("savePipeline", **given, transitionRules=rules)
    ids = await state_ids(admin)
    async with nothing_written(services):
        told = await admin.write("changeLeadState", leadId=lead_id, stateId=ids["Proposal"])
    assert told["__typename"] == "TransitionRefusedError"
    assert told["rule"] == {
        "from": {"name": "New"}, "to": {"name": "Proposal"}, "reason": "Qualify first."
    }  # fmt: skip
    await move(admin, lead_id, "Contacted")
    await move(admin, lead_id, "Proposal")
    told = await admin.write("changeLeadState", leadId=lead_id, stateId=ids["New"])
    assert told["rule"] == {
        "from": None, "to": {"name": "New"}, "reason": "Nobody is new twice."
    }  # fmt: skip
    data = await admin.read(
        "{ pipelines { transitionRules { from { name } to { name } reason } } }"
    )
    assert [each["to"]["name"] for each in data["pipelines"][0]["transitionRules"]] == [
        "Proposal", "New"
    ]  # fmt: skip


@pytest.mark.behaviour("C4", "C20")
async def test_the_reason_of_a_loss_stays_with_the_lead_until_it_leaves_and_in_its_history(
    admin: Client, lead_id: str, services: Services
) -> None:
    assert (await move(admin, lead_id, "Lost"))["lead"]["lossReason"] is None
    await move(admin, lead_id, "New")
    made = await move(admin, lead_id, "Lost", lossReason="  Too dear  ")
    assert made["lead"]["lossReason"] == "Too dear"
    diffs = made["changes"][0]["entry"]["diffs"]
    assert diffs[1] == {
        "path": "lossReason", "before": None, "after": {"__typename": "TextValue",
                                                       "display": "Too dear"},
    }  # fmt: skip
    async with nothing_written(services):
        assert (await move(admin, lead_id, "Lost", lossReason="Too dear"))["changes"] == []
        assert (await move(admin, lead_id, "Lost"))["changes"] == []
        ids = await state_ids(admin)
        other = {"leadId": lead_id, "stateId": ids["Lost"], "lossReason": "Moved away"}
        told = await admin.write("changeLeadState", **other)
        assert told["problems"][0]["path"] == ["lossReason"]
    assert (await move(admin, lead_id, "New"))["lead"]["lossReason"] is None
    data = await admin.read(
        """query($id: ID!) { lead(id: $id) { history(first: 2, types: [STATE]) { nodes { change {
          ... on LeadStateChanged { lossReason } } } } } }""",
        id=lead_id,
    )
    told_reasons = [each["change"]["lossReason"] for each in data["lead"]["history"]["nodes"]]
    assert told_reasons == [None, "Too dear"]


@pytest.mark.behaviour("A12", "C19")
async def test_a_move_shows_in_every_list_and_on_the_open_card(
    admin: Client, lead_id: str, services: Services, clock: ManualClock
) -> None:
    other = lead(await make_lead(services))
    await move(admin, other, "Contacted")
    ids = await state_ids(admin)
    stream = admin.stream(
        """subscription($id: ID!) { leadCard(id: $id) { __typename
          ... on LeadStateChanged { toState { name } wonButton { isWon } } } }""",
        id=lead_id,
    )
    async with aclosing(stream), asyncio.timeout(10):
        await anext(stream)
        clock.advance(1)
        await admin.done("winLead", leadId=lead_id)
        async for answer in stream:
            assert answer.data
            item = answer.data["leadCard"]
            if item["__typename"] == "LeadStateChanged":
                break
        assert item["toState"] == {"name": "Converted"}
        assert item["wonButton"] == {"isWon": True}
    for name, expected in (("New", []), ("Contacted", [other]), ("Converted", [lead_id])):
        filter = {"state": {"in": [ids[name]]}}
        assert await listed(admin, filter, "STATE") == expected
    assert await listed(admin, None, "STATE") == [lead_id, other]
    assert await listed(admin, None, "STATE_SINCE") == [lead_id, other]


async def listed(client: Client, filter: dict[str, Any] | None, by: str) -> list[str]:
    data = await client.read(
        """query($filter: LeadFilter, $by: LeadSortKey!) {
          leads(first: 10, filter: $filter, sort: {by: $by}) { nodes { id state { name } } } }""",
        filter=filter, by=by,
    )  # fmt: skip
    return [each["id"] for each in data["leads"]["nodes"]]


@pytest.mark.behaviour("A13")
async def test_a_lead_begins_in_the_pipeline_that_is_named(
    admin: Client, services: Services
) -> None:
    asked = {"name": "Asked", "kind": "OPEN", "color": "#1F6FEB"}
    made = await admin.done("savePipeline", "pipeline { id }", name="Rentals", states=[asked])
    rentals = made["pipeline"]["id"]
    given = {"pipelineId": rentals, "idempotencyKey": key()}
    rental = await admin.done("createLead", "lead { id state { name } }", **given)
    assert rental["lead"]["state"] == {"name": "Asked"}
    sale = lead(await make_lead(services))
    await move(admin, sale, "Converted")
    assert await listed(admin, {"state": {"pipelineId": rentals}}, "NAME") == [rental["lead"]["id"]]
    assert await listed(admin, None, "STATE") == [rental["lead"]["id"], sale]
    asked["stateId"] = (await state_ids(admin))["Asked"]
    gone = {"pipelineId": rentals, "name": "Rentals", "states": [asked], "isArchived": True}
    await admin.done("savePipeline", **gone)
    for pipeline_id in (rentals, f"pipeline_{'0' * 32}"):
        async with nothing_written(services):
            told = await admin.write("createLead", pipelineId=pipeline_id, idempotencyKey=key())
        assert told["problems"][0]["path"] == ["pipelineId"]


@pytest.mark.behaviour("C3")
async def test_a_blank_title_is_derived_again(admin: Client, lead_id: str) -> None:
    parts = "lead { title isTitleDerived displayName }"
    made = await admin.done("changePersonInfo", parts, leadId=lead_id, title="Wants brass")
    assert (made["lead"]["title"], made["lead"]["isTitleDerived"]) == ("Wants brass", False)
    made = await admin.done("changePersonInfo", parts, leadId=lead_id, title="  ")
    assert made["lead"]["title"] == made["lead"]["displayName"]
    assert made["lead"]["isTitleDerived"]


# --- Won -----------------------------------------------------------------------------------------


@pytest.mark.behaviour("C9", "C10", "C11", "C12")
async def test_won_by_one_click_and_back_to_where_it_was(
    admin: Client, lead_id: str, services: Services
) -> None:
    await move(admin, lead_id, "Contacted")
    button = {"text": "Lead won", "wonText": "Won", "isWon": False, "canReopen": False}
    assert (await card(admin, lead_id))["wonButton"] == button
    made = await admin.done("winLead", f"lead {{ {PLACE} }}", leadId=lead_id)
    assert made["lead"]["state"] == {"name": "Converted"}
    assert made["lead"]["wonButton"] == {**button, "isWon": True, "canReopen": True}
    async with nothing_written(services):
        assert (await admin.done("winLead", leadId=lead_id))["changes"] == []
    back = await admin.done("reopenLead", f"lead {{ {PLACE} }}", leadId=lead_id)
    assert back["lead"]["state"] == {"name": "Contacted"}
    assert back["lead"]["wonButton"] == button


@pytest.mark.behaviour("C9")
async def test_two_clicks_at_once_are_one_entry(
    admin: Client, lead_id: str, services: Services
) -> None:
    other = await staff_client(services, StaffRole.MANAGER, "Bo Brandt")
    done = await asyncio.gather(
        *(client.done("winLead", leadId=lead_id) for client in (admin, other, admin, other))
    )
    assert sorted(len(each["changes"]) for each in done) == [0, 0, 0, 1]


@pytest.mark.behaviour("C4")
async def test_of_two_people_who_move_a_lead_at_once_the_second_is_told_of_the_first(
    admin: Client, lead_id: str, services: Services
) -> None:
    other = await staff_client(services, StaffRole.MANAGER, "Bo Brandt")
    ids = await state_ids(admin)
    seen = (await card(admin, lead_id, "version"))["version"]
    told = await asyncio.gather(
        *(
            client.write("changeLeadState", leadId=lead_id, stateId=ids[name], expectedVersion=seen)
            for client, name in ((admin, "Contacted"), (other, "Qualified"))
        )
    )
    kinds = {each["__typename"]: each for each in told}
    assert set(kinds) == {"ChangeLeadStateSuccess", "ConflictError"}
    (clash,) = kinds["ConflictError"]["conflicts"]
    state = (await card(admin, lead_id))["state"]["name"]
    assert clash["current"]["display"] == state
    assert clash["base"]["display"] == "New"
    assert clash["attempted"]["display"] != state


@pytest.mark.behaviour("C11", "C12")
async def test_a_lead_that_came_by_the_bar_is_won_too_and_reopens_to_its_last_open_state(
    admin: Client, lead_id: str
) -> None:
    for name in ("Proposal", "Lost", "Converted"):
        made = await move(admin, lead_id, name)
    assert made["lead"]["wonButton"]["isWon"]
    back = await admin.done("reopenLead", f"lead {{ {PLACE} }}", leadId=lead_id)
    assert back["lead"]["state"] == {"name": "Proposal"}
    await admin.done("winLead", leadId=lead_id)
    given = await pipeline(admin)
    given["states"] = [each for each in given["states"] if each["name"] != "Proposal"]
    await admin.done("savePipeline", **given)
    back = await admin.done("reopenLead", f"lead {{ {PLACE} }}", leadId=lead_id)
    assert back["lead"]["state"] == {"name": "New"}


@pytest.mark.behaviour("C12")
async def test_an_agent_wins_own_leads_and_may_not_reopen_them(
    admin: Client, lead_id: str, services: Services
) -> None:
    agent = await staff_client(services, StaffRole.AGENT, "Gus Graf")
    assert agent.actor
    staff_id = f"staff_{agent.actor.id.hex}"
    await admin.done("assignLead", leadId=lead_id, staffId=staff_id)
    can = "viewerCan { changeState reopen }"
    assert await card(agent, lead_id, can) == {"viewerCan": {"changeState": True, "reopen": False}}
    await agent.done("winLead", leadId=lead_id)
    async with nothing_written(services):
        told = await agent.write("reopenLead", leadId=lead_id)
    assert (told["__typename"], told["permission"]) == ("ForbiddenError", "REOPEN_LEAD")
    manager = await staff_client(services, StaffRole.MANAGER, "Bo Brandt")
    await manager.done("reopenLead", leadId=lead_id)


@pytest.mark.behaviour("C10")
async def test_without_a_won_state_there_is_no_button(admin: Client, lead_id: str) -> None:
    given = await pipeline(admin)
    await admin.done("savePipeline", **{**given, "wonStateName": None})
    assert (await card(admin, lead_id))["wonButton"] is None
    told = await admin.write("winLead", leadId=lead_id)
    assert (told["__typename"], told["reason"]) == ("PreconditionError", "NO_WON_STATE")


@pytest.mark.behaviour("C9")
async def test_required_fields_refuse_won_by_setting_and_let_pass_once_filled(
    admin: Client, lead_id: str, services: Services
) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(FieldDefinition)
            .where(col(FieldDefinition.key).in_(("company", "job_title")))
            .values(is_required=True)
        )
    assert (await admin.write("winLead", leadId=lead_id))["labels"]  # so it begins
    await admin.done("updateProject", wonNeedsRequiredFields=False)
    await admin.done("winLead", leadId=lead_id)
    await admin.done("reopenLead", leadId=lead_id)
    made = await admin.done(
        "updateProject", "project { wonNeedsRequiredFields version }", wonNeedsRequiredFields=True
    )
    version = made["project"].pop("version")
    assert made["project"] == {"wonNeedsRequiredFields": True}
    async with nothing_written(services):
        told = await admin.write("winLead", leadId=lead_id)
        await admin.done("updateProject", wonNeedsRequiredFields=True, expectedVersion=version)
    assert sorted(told["labels"]) == ["Company", "Job title"]
    person = {"company": "Oriel", "jobTitle": "Buyer"}
    await admin.done("changePersonInfo", leadId=lead_id, person=person)
    await admin.done("winLead", leadId=lead_id)


# --- the header ----------------------------------------------------------------------------------


@pytest.mark.behaviour("C13", "C15", "C16", "C17")
async def test_admin_and_manager_set_up_the_header_of_all_cards(
    admin: Client, lead_id: str, services: Services
) -> None:
    manager = await staff_client(services, StaffRole.MANAGER, "Bo Brandt")
    made = await manager.done(
        "changeHeaderSettings", SETTINGS, wonButtonText="Close deal", wonText=" Sold ",
        isReopenAllowed=False,
    )  # fmt: skip
    assert made["card"]["header"] == {
        "isWonButtonShown": True, "wonButtonText": "Close deal", "wonText": "Sold",
        "isReopenAllowed": False,
    }  # fmt: skip
    won = await admin.done("winLead", f"lead {{ {WON} }}", leadId=lead_id)
    assert won["lead"]["wonButton"] == {
        "text": "Close deal", "wonText": "Sold", "isWon": True, "canReopen": False
    }  # fmt: skip
    async with nothing_written(services):
        await manager.done("changeHeaderSettings", wonText="Sold", isWonButtonShown=True)
    await admin.done("changeHeaderSettings", isWonButtonShown=False)
    assert (await card(admin, lead_id))["wonButton"] is None
    data = await admin.read(
        "{ workspaceHistory(first: 2) { nodes { summary diffs { label before { display } "
        "after { display } } } } }"
    )
    newest, former = data["workspaceHistory"]["nodes"]
    assert newest == {
        "summary": "Changed the header of all cards.",
        "diffs": [{"label": "Show the Won button", "before": {"display": "Yes"},
                   "after": {"display": "No"}}],
    }  # fmt: skip
    assert len(former["diffs"]) == 3


@pytest.mark.behaviour("C15", "C16", "C17")
async def test_odd_texts_and_null_are_refused(admin: Client, services: Services) -> None:
    odd = {"": "REQUIRED", "  ": "REQUIRED", "x" * 41: "TOO_LARGE", "<b>x</b>": "MALFORMED",
           "a\nb": "MALFORMED"}  # fmt: skip
    for part in ("wonButtonText", "wonText"):
        for text, code in odd.items():
            async with nothing_written(services):
                told = await admin.write("changeHeaderSettings", **{part: text})
            assert told["problems"][0] | {"message": ""} == {
                "path": [part], "code": code, "message": ""
            }  # fmt: skip
        await admin.done("changeHeaderSettings", **{part: "x" * 40})
    for part in ("isWonButtonShown", "isReopenAllowed", "wonText"):
        async with nothing_written(services):
            told = await admin.write("changeHeaderSettings", **{part: None})
        assert (told["problems"][0]["path"], told["problems"][0]["code"]) == ([part], "REQUIRED")


@pytest.mark.behaviour("C13")
async def test_a_header_from_an_old_version_clashes_only_where_it_was_changed_since(
    admin: Client,
) -> None:
    seen = (await admin.read(f"{{ project {{ {SETTINGS} }} }}"))["project"]["card"]
    assert seen["quickEventKinds"]
    assert seen["fieldGroups"]
    given = await pipeline(admin)
    await admin.done("savePipeline", **{**given, "needsLossReason": True})
    await admin.done("changeHeaderSettings", wonText="Sold", expectedVersion=seen["version"])
    told = await admin.write(
        "changeHeaderSettings", wonText="Done", expectedVersion=seen["version"]
    )
    assert (told["__typename"], told["conflictReason"]) == ("ConflictError", "STALE_VERSION")
    again = {"wonText": "Done", "expectedVersion": told["currentVersion"]}
    await admin.done("changeHeaderSettings", **again)
