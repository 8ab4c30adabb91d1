"""Who loses a lead, by its handing over or by a change of teams and settings, loses its card then
and there; who keeps it in sight keeps the stream. On both buses."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from models.enums import AccessScope, ChangeKind, StaffRole
from models.workspace import Workspace
from resolvers import leads, teams
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import AccessEndReason
from resolvers.lead_card import Changed, Ended, Reset, ResetReason, Snapshot
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import actor_of, make_lead, make_staff
from tests.live.following import following, tag
from tests.resolvers.verify import act

pytestmark = pytest.mark.realtime

MANAGER, AGENT = StaffRole.MANAGER, StaffRole.AGENT
Pair = tuple[Services, Services]


async def set_up(services: Services, **settings: Any) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(update(Workspace).values(**settings))
        work.record_workspace("settings_changed", {}, access=True)


async def team_of(
    services: Services, manager: StaffActor, *members: StaffActor, team_id: UUID | None = None
) -> UUID:
    ids = [member.id for member in members]
    saved = await act(services, SYSTEM, teams.save_team, team_id, "West", [manager.id], ids, None)
    found: UUID = saved.id
    return found


def kinds(items: list[Any]) -> list[str]:
    return [
        item.change.kind.value if isinstance(item, Changed) else type(item).__name__
        for item in items
        if isinstance(item, Changed | Snapshot | Reset | Ended)
    ]


@pytest.mark.behaviour("C8")
async def test_the_former_assignees_card_ends_at_that_very_change(pair: Pair) -> None:
    here, there = pair
    admin = await make_staff(here)
    agent = await make_staff(here, AGENT, "Bo Brandt")
    heir = await make_staff(here, AGENT, "Di Dunn")
    lead_id = await make_lead(here, admin, assignee_id=agent.id)
    async with following(there, agent, lead_id) as left, following(there, admin, lead_id) as stays:
        await left.of(Snapshot)
        await stays.of(Snapshot)
        await tag(here, admin, lead_id, "before", "again")
        await left.until(lambda: len(left.revisions) == 2)
        await act(here, admin, leads.assign, lead_id, heir.id, None)
        await tag(here, admin, lead_id, "after")
        items = await left.end()
        ended = items[-1]
        assert isinstance(ended, Ended)
        assert ended.reason is AccessEndReason.REASSIGNED
        tags, assigned = ChangeKind.TAGS_CHANGED.value, ChangeKind.LEAD_ASSIGNEE_CHANGED.value
        assert kinds(items) == ["Snapshot", tags, tags, "Ended"]
        await stays.until(lambda: kinds(stays.items)[-1:] == [tags] and len(stays.revisions) == 4)
        assert kinds(stays.items) == ["Snapshot", tags, tags, assigned, tags]
    async with following(there, heir, lead_id) as follower:
        await follower.of(Snapshot)


@pytest.mark.behaviour("C6")
async def test_a_handing_over_within_the_team_is_one_more_change_for_its_manager(
    pair: Pair,
) -> None:
    here, there = pair
    one, two = await make_staff(here, AGENT, "Bo"), await make_staff(here, AGENT, "Di")
    outside = await make_staff(here, AGENT, "Ed")
    boss = await make_staff(here, MANAGER, "Mo")
    await team_of(here, boss, one, two)
    await set_up(here, manager_scope=AccessScope.TEAM)
    manager = await actor_of(here, boss.session_id)
    lead_id = await make_lead(here, SYSTEM, assignee_id=one.id)
    async with following(there, manager, lead_id) as follower:
        await follower.of(Snapshot)
        await act(here, manager, leads.assign, lead_id, two.id, None)
        await follower.of(Changed)
        await act(here, SYSTEM, leads.assign, lead_id, outside.id, None)
        ended = (await follower.end())[-1]
        assert isinstance(ended, Ended)
        assert ended.reason is AccessEndReason.REASSIGNED
        assert kinds(follower.items) == ["Snapshot", "lead_assignee_changed", "Ended"]


@pytest.mark.behaviour("C6")
async def test_open_cards_follow_a_change_of_the_team(pair: Pair) -> None:
    here, there = pair
    one, two = await make_staff(here, AGENT, "Bo"), await make_staff(here, AGENT, "Di")
    boss = await make_staff(here, MANAGER, "Mo")
    team_id = await team_of(here, boss, one, two)
    await set_up(here, manager_scope=AccessScope.TEAM)
    manager = await actor_of(here, boss.session_id)
    lead_id = await make_lead(here, SYSTEM, assignee_id=one.id)
    async with following(there, manager, lead_id) as follower:
        await follower.of(Snapshot)
        await team_of(here, boss, one, team_id=team_id)
        reset = await follower.of(Reset)
        assert reset.reason is ResetReason.ACCESS_CHANGED
        await follower.of(Snapshot, 2)
        await team_of(here, boss, two, team_id=team_id)
        ended = (await follower.end())[-1]
        assert isinstance(ended, Ended)
        assert ended.reason is AccessEndReason.RIGHTS_CHANGED


@pytest.mark.behaviour("C6")
async def test_open_cards_follow_the_settings_of_who_sees_what(pair: Pair) -> None:
    here, there = pair
    boss = await make_staff(here, MANAGER, "Mo")
    agent = await make_staff(here, AGENT, "Bo")
    lead_id = await make_lead(here)
    async with following(there, boss, lead_id) as follower:
        await follower.of(Snapshot)
        await set_up(here, manager_scope=AccessScope.TEAM)
        ended = (await follower.end())[-1]
        assert isinstance(ended, Ended)
        assert ended.reason is AccessEndReason.RIGHTS_CHANGED
    async with following(there, agent, lead_id) as follower:
        first = (await follower.end())[0]
        assert isinstance(first, Ended)
        assert first.reason is AccessEndReason.NOT_FOUND
    await set_up(here, can_agents_self_assign=True)
    rival = await make_staff(here, AGENT, "Di")
    async with (
        following(there, agent, lead_id) as winner,
        following(there, rival, lead_id) as loser,
    ):
        await winner.of(Snapshot)
        await loser.of(Snapshot)
        agent = await actor_of(here, agent.session_id)
        await act(here, agent, leads.assign, lead_id, agent.id, None)
        await winner.of(Changed)
        assert isinstance((await loser.end())[-1], Ended)
        await set_up(here, can_agents_self_assign=False)
        await winner.of(Snapshot, 2)
