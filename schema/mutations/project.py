"""Settings of the project."""

from typing import Annotated, Any

import strawberry
from strawberry import Maybe

from models.enums import AccessScope, NoteVisibility
from resolvers import project
from schema.context import Info
from schema.errors import ConflictError, ForbiddenError, InvalidInputError, read_version
from schema.mutations.pipelines import given
from schema.mutations.writing import INPUT
from schema.project import Project, workspace_of
from schema.scalars import TimeZone, Version
from schema.task_legend import TaskLegendEntryInput

PATHS = {
    "name": "name",
    "time_zone": "timeZone",
    "default_region": "defaultRegion",
    "default_note_visibility": "defaultNoteVisibility",
    "won_needs_required_fields": "wonNeedsRequiredFields",
    "manager_scope": "managerScope",
    "agent_scope": "agentScope",
    "can_agents_self_assign": "canAgentsSelfAssign",
    "can_agents_assign": "canAgentsAssign",
    "can_managers_export": "canManagersExport",
}
"""Each setting and how the input calls it."""


@strawberry.input(description="Input of `updateProject`; what is absent stays as it is.")
class UpdateProjectInput:
    name: Maybe[str | None] = strawberry.field(description="1 to 100 characters.")
    time_zone: Maybe[TimeZone | None] = strawberry.field(description="Zone.")
    default_region: Maybe[str | None] = strawberry.field(
        description="Country whose national phone numbers are read, two letters (ISO 3166-1)."
    )
    default_note_visibility: Maybe[NoteVisibility | None] = strawberry.field(
        description="Visibility offered for notes."
    )
    won_needs_required_fields: Maybe[bool | None] = strawberry.field(
        description="Won needs required fields."
    )
    manager_scope: Maybe[AccessScope | None] = strawberry.field(description="What MANAGER sees.")
    agent_scope: Maybe[AccessScope | None] = strawberry.field(description="What AGENT sees.")
    can_agents_self_assign: Maybe[bool | None] = strawberry.field(
        description="AGENT may take leads of nobody; everybody sees these then."
    )
    can_agents_assign: Maybe[bool | None] = strawberry.field(
        description="AGENT may assign own leads to others."
    )
    can_managers_export: Maybe[bool | None] = strawberry.field(
        description="MANAGER may export the leads of a filter."
    )
    task_legend: list[TaskLegendEntryInput] | None = strawberry.field(
        default=None, description="Legend, each band once; bands that are not named stay."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `updateProject`.")
class UpdateProjectSuccess:
    project: Project = strawberry.field(description="The settings.")


UpdateProjectResult = Annotated[
    UpdateProjectSuccess | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("UpdateProjectResult", description="Result of `updateProject`."),
]


async def update_project(
    info: Info, input: Annotated[UpdateProjectInput, strawberry.argument(description=INPUT)]
) -> UpdateProjectResult:
    """Changes settings of the project."""
    wanted: dict[str, Any] = {key: given(path, getattr(input, key)) for key, path in PATHS.items()}
    legend = [each.given() for each in input.task_legend or ()]
    expected = read_version(info, project.PROJECT, input.expected_version)
    async with info.context.work() as work:
        await project.update_project(work, wanted, legend, expected)
    view = info.context.view(work.actor)
    return UpdateProjectSuccess(project=Project(row=await workspace_of(view), view=view))
