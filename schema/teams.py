"""Groups of staff."""

from typing import Annotated

import strawberry

from models.teams import Team as TeamRow
from resolvers import teams
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    read_version,
    seal_version,
)
from schema.loaders import SchemaView
from schema.mutations.writing import INPUT
from schema.scalars import Version
from schema.staff import Staff
from schema.values import global_id


@strawberry.type(description="Group of staff.")
class Team:
    row: strawberry.Private[TeamRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The team.")
    def id(self) -> strawberry.ID:
        return global_id("team", self.row.id)

    @strawberry.field(description="1 to 80 characters, unique without regard to case.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Managers of the team, by name; at most 200.")
    async def managers(self) -> list[Staff]:
        rows = await self.view.load.managers_of_team.load(self.row.id)
        return [Staff(row=row, view=self.view) for row in rows]

    @strawberry.field(description="Members by name; at most 200. A person is in one team at most.")
    async def members(self) -> list[Staff]:
        rows = await self.view.load.members_of_team.load(self.row.id)
        return [Staff(row=row, view=self.view) for row in rows]

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


async def team_of(view: SchemaView, row: TeamRow | None) -> Team | None:
    """The team of a row, if there is one."""
    return Team(row=row, view=view) if row else None


@strawberry.input(description="Input of `saveTeam`.")
class SaveTeamInput:
    name: str = strawberry.field(description="1 to 80 characters, unique.")
    manager_ids: list[strawberry.ID] = strawberry.field(
        description="Managers, at most 200, members or not."
    )
    member_ids: list[strawberry.ID] = strawberry.field(
        description="Members, at most 200; who is in another team leaves that."
    )
    team_id: strawberry.ID | None = strawberry.field(
        default=None, description="The team; absent: a new one."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `saveTeam`.")
class SaveTeamSuccess:
    team: Team = strawberry.field(description="The team.")


SaveTeamResult = Annotated[
    SaveTeamSuccess
    | ForbiddenError
    | NotFoundError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SaveTeamResult", description="Result of `saveTeam`."),
]


async def all_teams(info: Info) -> list[Team]:
    """All teams, by name."""
    view = await info.context.reading()
    return [Team(row=row, view=view) for row in await teams.all_teams(view)]


async def save_team(
    info: Info, input: Annotated[SaveTeamInput, strawberry.argument(description=INPUT)]
) -> SaveTeamResult:
    """Makes or changes a team."""
    team_id = read_id("teamId", "team", input.team_id) if input.team_id else None
    managers, members = (
        [read_id(f"{path}.{index}", "staff", each) for index, each in enumerate(ids)]
        for path, ids in (("managerIds", input.manager_ids), ("memberIds", input.member_ids))
    )
    expected = read_version(info, team_id, input.expected_version) if team_id else None
    async with info.context.work() as work:
        row = await teams.save_team(work, team_id, input.name, managers, members, expected)
    # the caller's rights may be others by now
    view = info.context.view(await info.context.for_operation().staff())
    return SaveTeamSuccess(team=Team(row=row, view=view))
