"""Teams, and what their managers and members see and hand over by it."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from models.enums import AccessScope, StaffRole
from models.ids import encode_id
from models.teams import TeamMember
from models.workspace import Workspace
from resolvers import teams
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, key, lead, nothing_written, staff_client
from tests.factories import make_lead, make_site, make_visit
from tests.resolvers.verify import act
from tests.schema.conftest import ClientFor

ADMIN, MANAGER, AGENT = StaffRole.ADMIN, StaffRole.MANAGER, StaffRole.AGENT
PATIENCE = 10.0
TEAM = "team { id name version managers { name } members { name team { name } } }"


async def set_up(services: Services, **settings: object) -> None:
    """Settings of the workspace."""
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Workspace).values(**settings))
        work.record_workspace("settings_changed", {}, access=True)


def sid(client: Client) -> str:
    assert client.actor
    return encode_id("staff", client.actor.id)


async def save(admin: Client, name: str, managers: list[Client], members: list[Client]) -> str:
    made = await admin.done(
        "saveTeam", TEAM, name=name,
        managerIds=[sid(each) for each in managers], memberIds=[sid(each) for each in members],
    )  # fmt: skip
    identity: str = made["team"]["id"]
    return identity


# --- keeping teams -------------------------------------------------------------------------------


@pytest.mark.behaviour("C6")
async def test_a_team_is_made_changed_and_listed_by_name(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    bo, cy = await client_for(AGENT, "Bo"), await client_for(AGENT, "Cy")
    west = await save(admin, "West", [admin], [cy, bo])
    await save(admin, "East", [], [])
    data = await admin.read("{ teams { name managers { name } members { name } } }")
    assert data["teams"] == [
        {"name": "East", "managers": [], "members": []},
        {"name": "West", "managers": [{"name": "Ada Ames"}],
         "members": [{"name": "Bo"}, {"name": "Cy"}]},
    ]  # fmt: skip
    whole = {"teamId": west, "name": "West", "managerIds": [sid(admin)]}
    async with nothing_written(services):
        same = await admin.done("saveTeam", TEAM, **whole, memberIds=[sid(bo), sid(cy)])
    assert same["team"]["members"][0]["team"] == {"name": "West"}
    made = await admin.done("saveTeam", TEAM, **{**whole, "name": "WEST"}, memberIds=[sid(bo)])
    assert [each["name"] for each in made["team"]["members"]] == ["Bo"]
    data = await admin.read("{ workspaceHistory(first: 1) { nodes { summary diffs { path } } } }")
    (entry,) = data["workspaceHistory"]["nodes"]
    assert entry["summary"] == "Saved the team WEST."
    assert {diff["path"] for diff in entry["diffs"]} == {"name", "members"}


async def test_a_person_is_in_one_team_and_moves_to_the_next(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    bo = await client_for(AGENT, "Bo")
    west = await save(admin, "West", [], [bo])
    before = (await admin.read("{ teams { id version } }"))["teams"]
    await save(admin, "East", [], [bo])
    data = await admin.read("{ teams { name version members { name } } }")
    east_now, west_now = data["teams"]
    assert (east_now["members"], west_now["members"]) == ([{"name": "Bo"}], [])
    assert west_now["version"] != before[0]["version"]
    moved = await admin.done("updateStaff", "staff { team { name } }", staffId=sid(bo), teamId=west)
    assert moved["staff"]["team"] == {"name": "West"}
    async with nothing_written(services):
        await admin.done("updateStaff", "staff { team { name } }", staffId=sid(bo), teamId=west)
    left = await admin.done("updateStaff", "staff { team { name } }", staffId=sid(bo), teamId=None)
    assert left["staff"]["team"] is None
    assert bo.actor
    async with services.database.read_session() as session:
        rows = await session.scalars(select(TeamMember))
        assert [row.team_id for row in rows if row.staff_id == bo.actor.id] == []


async def test_a_person_is_invited_into_a_team_and_stays_there_when_invited_anew(
    services: Services, admin: Client
) -> None:
    west = await save(admin, "West", [], [])
    cy = {"name": "Cy", "emailAddress": "cy@team.example", "role": "AGENT"}
    made = await admin.done("inviteStaff", "staff { team { name } }", **cy, teamId=west)
    assert made["staff"]["team"] == {"name": "West"}
    again = await admin.done("inviteStaff", "staff { isInvited team { name } }", **cy)
    assert again["staff"] == {"isInvited": True, "team": {"name": "West"}}
    data = await admin.read("{ workspaceHistory(first: 2) { nodes { summary diffs { path } } } }")
    assert [each["diffs"] for each in data["workspaceHistory"]["nodes"]] == [[], [{"path": "team"}]]


async def test_two_who_claim_one_person_leave_them_in_one_team(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    bo = await client_for(AGENT, "Bo")
    assert bo.actor
    await asyncio.gather(
        *(
            act(
                services,
                admin.actor or SYSTEM,
                teams.save_team,
                None,
                name,
                [],
                [bo.actor.id],
                None,
            )
            for name in ("West", "East", "North")
        )
    )
    data = await admin.read("{ teams { members { name } } }")
    assert sorted(len(team["members"]) for team in data["teams"]) == [0, 0, 1]


# --- what one sees -------------------------------------------------------------------------------

SEES = """query ($lead: ID!, $talk: ID!) {
  lead(id: $lead) { id viewerCan { assign assignToMe } }
  leads(first: 100) { nodes { id } totalCount { value } }
  nobodys: leads(first: 100, filter: { assignee: { isNobody: true } }) { nodes { id } }
  visitors(first: 100) { nodes { id } totalCount { value } }
  counters { visitorsPresent }
  conversation(id: $talk) { id }
  leadDiff(id: $lead, from: { at: "2026-03-02T09:00:00Z" }) { __typename }
}"""


@dataclass
class Held:
    """A visitor's lead that somebody has, with a conversation."""

    lead_id: UUID
    talk: str

    @property
    def id(self) -> str:
        return lead(self.lead_id)


async def hold(services: Services, admin: Client, site: Any, owner: Client | None) -> Held:
    visit = await make_visit(services, site)
    lead_id = visit.actor.lead_id
    visitor = Client(services, visit.token)
    await visitor.done("heartbeat", idleMs=0, isVisible=True, pageKey=key())
    if owner:
        await admin.done("assignLead", leadId=lead(lead_id), staffId=sid(owner))
    made = await admin.done(
        "sendMessage", "sentMessage { conversation { id } }",
        leadId=lead(lead_id), channel="CHAT", text="Hi", idempotencyKey=key(),
    )  # fmt: skip
    return Held(lead_id, made["sentMessage"]["conversation"]["id"])


async def first_kind(client: Client, lead_id: str) -> str:
    stream = client.stream(
        "subscription($id: ID!) { leadCard(id: $id) { __typename } }", id=lead_id
    )
    async with asyncio.timeout(PATIENCE):
        answer = await anext(stream)
    await stream.aclose()
    assert answer.data
    kind: str = answer.data["leadCard"]["__typename"]
    return kind


@pytest.mark.behaviour("A16", "C6")
@pytest.mark.parametrize("takes", [False, True])
@pytest.mark.parametrize("role", [MANAGER, AGENT])
async def test_the_scope_of_a_team_is_the_same_through_every_way_in(
    services: Services, role: StaffRole, takes: bool
) -> None:
    admin = await staff_client(services)
    one = await staff_client(services, role, "Mo Marsh")
    mate = await staff_client(services, AGENT, "Bo Brandt")
    other = await staff_client(services, AGENT, "Di Dunn")
    in_both = [one] if role is AGENT else []
    await save(admin, "West", [one] if role is MANAGER else [], [mate, *in_both])
    await save(admin, "East", [], [other])
    await set_up(
        services, manager_scope=AccessScope.TEAM, agent_scope=AccessScope.TEAM,
        can_agents_self_assign=takes,
    )  # fmt: skip
    site, _ = await make_site(services)
    held = {
        who: await hold(services, admin, site, owner)
        for who, owner in (("own", one), ("mate", mate), ("other", other), ("nobody", None))
    }
    wanted = {"own", "mate"} | ({"nobody"} if takes else set())
    ids = {held[who].id for who in wanted}
    for who, place in held.items():
        is_seen = who in wanted
        data = await one.read(SEES, lead=place.id, talk=place.talk)
        assert (data["lead"] is not None) is is_seen, who
        assert (data["conversation"] is not None) is is_seen, who
        assert (data["leadDiff"] is not None) is is_seen, who
        for name in ("leads", "visitors"):
            assert {row["id"] for row in data[name]["nodes"]} == ids
            assert data[name]["totalCount"]["value"] == len(ids)
        assert data["counters"]["visitorsPresent"] == len(ids)
        assert len(data["nobodys"]["nodes"]) == int(takes)
        if is_seen:
            takeable = role is MANAGER and who == "mate" or who == "nobody"
            can = {"assign": role is MANAGER, "assignToMe": takeable}
            assert data["lead"]["viewerCan"] == can, who
        kind = "LeadCardSnapshot" if is_seen else "AccessEnded"
        assert await first_kind(one, place.id) == kind
        made = await one.write("addTags", leadId=place.id, tags=["VIP"])
        assert made["__typename"] == ("AddTagsSuccess" if is_seen else "NotFoundError"), who
        note = {"html": "<p>a</p>", "visibility": "TEAM", "idempotencyKey": key()}
        made = await one.write("addNote", leadId=place.id, **note)
        assert made["__typename"] == ("AddNoteSuccess" if is_seen else "NotFoundError"), who
        event = {"name": "Met", "idempotencyKey": key()}
        made = await one.write("addEvent", leadId=place.id, **event)
        assert made["__typename"] == ("AddEventSuccess" if is_seen else "NotFoundError"), who


# --- handing over --------------------------------------------------------------------------------


async def lead_of(services: Services, owner: Client) -> UUID:
    """A lead that is with somebody."""
    assert owner.actor
    return await make_lead(services, assignee_id=owner.actor.id)


async def give(client: Client, lead_id: UUID, to: Client | None) -> str:
    """What a handing over answers."""
    made = await client.write("assignLead", leadId=lead(lead_id), staffId=sid(to) if to else None)
    kind: str = made["__typename"]
    if kind == "ForbiddenError":
        assert made["permission"] == "ASSIGN_LEAD"
    return kind.removeprefix("AssignLead")


async def offered(client: Client) -> set[str]:
    """Whom the person may choose as an assignee."""
    data = await client.read("{ staffMembers(first: 100, assignableOnly: true) { nodes { id } } }")
    return {row["id"] for row in data["staffMembers"]["nodes"]}


@pytest.mark.behaviour("C6")
async def test_a_manager_of_a_team_hands_leads_over_within_it(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    manager, mate = await client_for(MANAGER, "Mo"), await client_for(AGENT, "Bo")
    other = await client_for(AGENT, "Di")
    await save(admin, "West", [manager], [mate])
    await set_up(services, manager_scope=AccessScope.TEAM)
    lead_id = await lead_of(services, manager)
    assert await offered(manager) == {sid(manager), sid(mate)}
    assert {sid(manager), sid(mate), sid(other), sid(admin)} <= await offered(admin)
    assert await give(manager, lead_id, mate) == "Success"
    assert await give(manager, lead_id, manager) == "Success"
    for to in (other, admin, None):
        async with nothing_written(services):
            assert await give(manager, lead_id, to) == "ForbiddenError"
    assert await give(mate, lead_id, mate) == "NotFoundError"
    assert await give(admin, lead_id, other) == "Success"
    assert await give(manager, lead_id, mate) == "NotFoundError"
    new = {"idempotencyKey": key(), "assigneeId": sid(other)}
    assert (await manager.write("createLead", **new))["__typename"] == "ForbiddenError"
    new = {"idempotencyKey": key(), "assigneeId": sid(mate)}
    assert (await manager.write("createLead", **new))["__typename"] == "CreateLeadSuccess"
    made = await manager.done("createLead", "lead { assignee { name } }", idempotencyKey=key())
    assert made["lead"]["assignee"] == {"name": "Mo"}
    await set_up(services, can_agents_self_assign=True)
    again = await lead_of(services, mate)
    assert await give(manager, again, None) == "Success"


@pytest.mark.behaviour("C6")
async def test_agents_take_leads_of_nobody_where_the_setting_lets_them(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    agent, rival = await client_for(AGENT, "Bo"), await client_for(AGENT, "Di")
    lead_id = await make_lead(services)
    assert await give(agent, lead_id, agent) == "NotFoundError"
    assert await offered(agent) == set()
    await set_up(services, can_agents_self_assign=True)
    assert await offered(agent) == {sid(agent)}
    can = (
        "query ($id: ID!) { lead(id: $id) { viewerCan { assign assignToMe } } me { permissions } }"
    )
    data = await agent.read(can, id=lead(lead_id))
    assert data["lead"]["viewerCan"] == {"assign": False, "assignToMe": True}
    assert "ASSIGN_SELF" in data["me"]["permissions"]
    assert await give(agent, lead_id, rival) == "ForbiddenError"
    assert await give(agent, lead_id, agent) == "Success"
    async with nothing_written(services):
        assert await give(agent, lead_id, agent) == "Success"
    assert await give(rival, lead_id, rival) == "NotFoundError"
    assert await give(agent, lead_id, None) == "ForbiddenError"
    data = await agent.read(can, id=lead(lead_id))
    assert data["lead"]["viewerCan"] == {"assign": False, "assignToMe": False}
    contested = await make_lead(services)
    answers = await asyncio.gather(give(agent, contested, agent), give(rival, contested, rival))
    assert sorted(answers) == ["NotFoundError", "Success"]


@pytest.mark.behaviour("C6")
async def test_agents_give_own_leads_away_where_the_setting_lets_them(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    agent, colleague = await client_for(AGENT, "Bo"), await client_for(AGENT, "Di")
    lead_id = await lead_of(services, agent)
    assert await give(agent, lead_id, colleague) == "ForbiddenError"
    await set_up(services, can_agents_assign=True)
    assert {sid(agent), sid(colleague)} <= await offered(agent)
    assert await give(agent, lead_id, colleague) == "Success"
    assert await give(agent, lead_id, agent) == "NotFoundError"
    assert await give(colleague, lead_id, None) == "Success"


@pytest.mark.behaviour("A43")
async def test_items_that_move_along_are_counted_and_only_when_asked(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    agent, heir = await client_for(AGENT, "Bo"), await client_for(AGENT, "Di")
    lead_id = await lead_of(services, agent)
    day = {"startsAt": "2026-03-09T10:00:00Z", "endsAt": "2026-03-09T11:00:00Z"}
    for kind in ("SHOWING", "CALL"):
        planned = {"leadId": lead(lead_id), "kind": kind, "assigneeId": sid(agent)}
        await admin.done("scheduleAppointment", **planned, **day, idempotencyKey=key())
    parts = """lead { appointments(first: 9) { nodes { assignee { name } } } }
      changes { ... on LeadAssigneeChanged { movedItemCount } }"""
    counts, owners = [], []
    for to, moves in ((heir, True), (agent, False), (heir, True), (None, True)):
        made = await admin.done(
            "assignLead", parts, leadId=lead(lead_id), staffId=sid(to) if to else None,
            moveOpenItems=moves,
        )  # fmt: skip
        assigned, *items = [each["__typename"] for each in made["changes"]]
        counts.append(made["changes"][0]["movedItemCount"])
        owners.append({row["assignee"]["name"] for row in made["lead"]["appointments"]["nodes"]})
        assert (assigned, len(items)) == ("LeadAssigneeChanged", counts[-1])
    assert counts == [2, 0, 0, 0], "only what was somebody's goes to somebody"
    assert owners == [{"Di"}] * 4


@pytest.mark.behaviour("C6")
async def test_settings_of_who_sees_what_are_the_admins(
    services: Services, admin: Client, client_for: ClientFor
) -> None:
    parts = """project { name timeZone defaultNoteVisibility managerScope agentScope
      canAgentsSelfAssign canAgentsAssign }"""
    wanted = {
        "name": "West Homes", "timeZone": "Europe/Berlin", "defaultNoteVisibility": "TEAM",
        "managerScope": "TEAM", "agentScope": "TEAM", "canAgentsSelfAssign": True,
        "canAgentsAssign": True,
    }  # fmt: skip
    manager = await client_for(MANAGER, "Mo")
    await lead_of(services, admin)
    count = "{ leads(first: 9) { nodes { id } } }"
    assert len((await manager.read(count))["leads"]["nodes"]) == 1
    made = await admin.done("updateProject", parts, **wanted)
    assert made["project"] == wanted
    assert (await manager.read(count))["leads"]["nodes"] == []
    async with nothing_written(services):
        await admin.done("updateProject", parts, **wanted)
    refused = await manager.write("updateProject", managerScope="ALL")
    assert refused["permission"] == "ADMINISTER"
    for path, value, code in (
        ("name", " ", "REQUIRED"),
        ("timeZone", "Mars/Base", "UNKNOWN"),
        ("agentScope", None, "REQUIRED"),
    ):
        refused = await admin.write("updateProject", **{path: value})
        assert [(each["path"], each["code"]) for each in refused["problems"]] == [([path], code)]
    data = await admin.read("{ workspaceHistory(first: 1) { nodes { diffs { path } } } }")
    (entry,) = data["workspaceHistory"]["nodes"]
    assert {diff["path"] for diff in entry["diffs"]} == set(wanted)
