"""Groups of staff. A person is in one at most, and may manage several.

Whoever is in a team or manages it sees the leads of its members, where their role's scope is TEAM.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import encode_id, new_id
from models.staff import Staff
from models.teams import Team, TeamManager, TeamMember
from resolvers import access
from resolvers.errors import Conflict, ConflictReason, LimitReached, NotFound, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.project import locked
from resolvers.text import fold, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

MOST_TEAMS = 200
MOST_PEOPLE = 200


async def mates(session: AsyncSession, staff_id: UUID) -> set[UUID]:
    """Members of the teams that the person is in or manages."""
    inside = select(col(TeamMember.team_id)).where(col(TeamMember.staff_id) == staff_id)
    managed = select(col(TeamManager.team_id)).where(col(TeamManager.staff_id) == staff_id)
    team_id = col(TeamMember.team_id)
    found = await session.scalars(
        select(col(TeamMember.staff_id)).where(or_(team_id.in_(inside), team_id.in_(managed)))
    )
    return set(found)


async def save_team(
    work: UnitOfWork,
    team_id: UUID | None,
    name: str,
    manager_ids: Sequence[UUID],
    member_ids: Sequence[UUID],
    expected: int | None,
) -> Team:
    """Makes a team, or makes it what is given; a member of another team leaves that.

    Saving what is there changes nothing.
    """
    access.require(work.actor, Permission.ADMINISTER)
    name = required("name", name, 80)
    wanted = {
        "members": await _people(work, "memberIds", member_ids),
        "managers": await _people(work, "managerIds", manager_ids),
    }
    await locked(work)  # of two who change teams, one waits: who moves changes two of them
    team = await (_team(work, team_id) if team_id else _new_team(work, name))
    if expected is not None and team.version > expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The team was changed in the meantime.",
            owner=team.id,
            version=team.version,
        )
    diffs = await _rename(work, team, name, is_new=team_id is None)
    peopled = await _fill(work, team, wanted)
    if not diffs and not peopled:
        return team
    team.version += 1
    data = {"team": team.id.hex, "name": team.name, "diffs": [*diffs, *peopled]}
    work.record_workspace("team_saved", data, access=bool(peopled))
    return team


async def _people(work: UnitOfWork, path: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of the people in the order of their names; InvalidInput for one who is not there."""
    if len(ids) > MOST_PEOPLE:
        raise invalid(path, ProblemCode.TOO_LARGE, "At most 200 people.")
    rows = await work.session.execute(
        select(col(Staff.id), col(Staff.name))
        .where(col(Staff.id).in_(ids))
        .order_by(col(Staff.name_key), col(Staff.id))
    )
    found = {row[0]: row[1] for row in rows}
    for index, each in enumerate(ids):
        if each not in found:
            raise invalid(f"{path}.{index}", ProblemCode.UNKNOWN, "There is no such person.")
    return found


async def _team(work: UnitOfWork, team_id: UUID) -> Team:
    team = await work.session.get(Team, team_id, populate_existing=True)
    if team is None:
        raise NotFound("team", encode_id("team", team_id))
    return team


async def _new_team(work: UnitOfWork, name: str) -> Team:
    """One that is not there yet."""
    count = await work.session.scalar(select(func.count()).select_from(Team))
    if (count or 0) >= MOST_TEAMS:
        raise LimitReached("There are 200 teams.", MOST_TEAMS)
    return Team(id=new_id(), name=name, name_key=fold(name))


async def _rename(work: UnitOfWork, team: Team, name: str, *, is_new: bool) -> list[dict[str, Any]]:
    if name == team.name and not is_new:
        return []
    key = fold(name)
    other = await work.session.scalar(
        select(col(Team.id)).where(col(Team.name_key) == key, col(Team.id) != team.id)
    )
    if other:
        raise Conflict(
            ConflictReason.DUPLICATE,
            "Another team has this name.",
            existing=encode_id("team", other),
        )
    diff = _diff("name", "Name", None if is_new else team.name, name)
    team.name, team.name_key = name, key
    work.session.add(team)
    await work.session.flush()
    return [diff]


async def _fill(
    work: UnitOfWork, team: Team, wanted: Mapping[str, Mapping[UUID, str]]
) -> list[dict[str, Any]]:
    """Makes members and managers what is wanted; the diffs of it."""
    diffs = []
    for table, key, label in (
        (TeamMember, "members", "Members"),
        (TeamManager, "managers", "Managers"),
    ):
        present = await _names(work, table, team.id)
        if set(present) == set(wanted[key]):
            continue
        gone, new = set(present) - set(wanted[key]), set(wanted[key]) - set(present)
        await work.session.execute(
            delete(table).where(col(table.team_id) == team.id, col(table.staff_id).in_(gone))
        )
        if table is TeamMember:
            await _leave_others(work, new)
        work.session.add_all(table(team_id=team.id, staff_id=each) for each in sorted(new))
        await work.session.flush()
        diffs.append(_diff(key, label, _listed(present), _listed(wanted[key])))
    return diffs


async def _names(work: UnitOfWork, table: Any, team_id: UUID) -> dict[UUID, str]:
    rows = await work.session.execute(
        select(table.staff_id, col(Staff.name))
        .join(Staff, col(Staff.id) == table.staff_id)
        .where(table.team_id == team_id)
        .order_by(col(Staff.name_key), col(Staff.id))
    )
    return {row[0]: row[1] for row in rows}


async def _leave_others(work: UnitOfWork, staff_ids: set[UUID]) -> None:
    """Takes people out of the teams that they are in."""
    left = select(col(TeamMember.team_id)).where(col(TeamMember.staff_id).in_(staff_ids))
    await work.session.execute(
        update(Team).where(col(Team.id).in_(left)).values(version=col(Team.version) + 1)
    )
    await work.session.execute(delete(TeamMember).where(col(TeamMember.staff_id).in_(staff_ids)))


def _listed(people: Mapping[UUID, str]) -> str | None:
    return ", ".join(people.values()) or None


def _diff(path: str, label: str, before: str | None, after: str | None) -> dict[str, Any]:
    def logged(text: str | None) -> dict[str, str] | None:
        return {"type": "TEXT", "text": text} if text else None

    return {"path": path, "label": label, "before": logged(before), "after": logged(after)}


async def move(work: UnitOfWork, staff: Staff, team_id: UUID | None) -> dict[str, Any] | None:
    """Puts a person into a team, or into none; the diff of it, None for the present one."""
    await locked(work)
    team = await _team(work, team_id) if team_id else None
    present = await work.session.get(TeamMember, staff.id, populate_existing=True)
    former = await _team(work, present.team_id) if present else None
    if former is team:
        return None
    if team and len(await _names(work, TeamMember, team.id)) >= MOST_PEOPLE:
        raise invalid("teamId", ProblemCode.TOO_LARGE, "A team has at most 200 members.")
    await _leave_others(work, {staff.id})
    if team:
        work.session.add(TeamMember(staff_id=staff.id, team_id=team.id))
        team.version += 1
    await work.session.flush()
    return _diff("team", "Team", former.name if former else None, team.name if team else None)


# --- reading -------------------------------------------------------------------------------------


async def all_teams(view: View) -> Sequence[Team]:
    """By name; there are at most 200."""
    return await view.scalars(select(Team).order_by(col(Team.name_key)))


async def teams_by_id(view: View, ids: Sequence[UUID]) -> list[Team | None]:
    """Teams in the order asked for."""
    rows = await view.scalars(select(Team).where(col(Team.id).in_(ids)))
    found = {row.id: row for row in rows}
    return [found.get(each) for each in ids]


async def teams_of_staff(view: View, ids: Sequence[UUID]) -> list[Team | None]:
    """The team that each person is in."""
    rows = await view.rows(
        select(col(TeamMember.staff_id), Team)
        .join(Team, col(Team.id) == col(TeamMember.team_id))
        .where(col(TeamMember.staff_id).in_(ids))
    )
    found = {row[0]: row[1] for row in rows}
    return [found.get(each) for each in ids]


async def members_of_teams(view: View, ids: Sequence[UUID]) -> list[list[Staff]]:
    """Members by name."""
    return await _staff_of(view, TeamMember, ids)


async def managers_of_teams(view: View, ids: Sequence[UUID]) -> list[list[Staff]]:
    """Managers by name."""
    return await _staff_of(view, TeamManager, ids)


async def _staff_of(view: View, table: Any, ids: Sequence[UUID]) -> list[list[Staff]]:
    rows = await view.rows(
        select(table.team_id, Staff)
        .join(Staff, col(Staff.id) == table.staff_id)
        .where(table.team_id.in_(ids))
        .order_by(col(Staff.name_key), col(Staff.id))
    )
    return [[person for team_id, person in rows if team_id == each] for each in ids]
