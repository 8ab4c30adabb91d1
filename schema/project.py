"""The one team's settings, and what all cards show."""

import strawberry

from models.enums import AccessScope, NoteVisibility
from models.fields import FieldDefinition as FieldRow
from models.leads import Lead as LeadRow
from models.workspace import Workspace
from resolvers import readers
from resolvers.project import CARD, PROJECT
from resolvers.summary import OWN_LINES, lines_of
from resolvers.task_legend import legend_of
from schema.context import Info
from schema.errors import seal_version
from schema.events import EventKind
from schema.field_definitions import FieldDefinition, FieldGroup
from schema.loaders import SchemaView
from schema.pipelines import is_won
from schema.scalars import TimeZone, Version
from schema.task_legend import TaskLegendEntry, legend_entry


@strawberry.type(description="Settings of the Won button; ADMIN and MANAGER change them.")
class HeaderSettings:
    is_won_button_shown: bool = strawberry.field(description="Show it.")
    won_button_text: str = strawberry.field(description="1 to 40 characters, plain text.")
    won_text: str = strawberry.field(
        description="Shown instead of the button once won; 1 to 40 characters, plain text."
    )
    is_reopen_allowed: bool = strawberry.field(description="Show Reopen beside it.")


@strawberry.type(
    description="What all cards show; open cards are told at once when it, or a pipeline, changes."
)
class CardConfiguration:
    row: strawberry.Private[Workspace]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The Won button.")
    def header(self) -> HeaderSettings:
        row = self.row
        return HeaderSettings(
            is_won_button_shown=row.is_won_button_shown,
            won_button_text=row.won_button_text,
            won_text=row.won_text,
            is_reopen_allowed=row.is_reopen_allowed,
        )

    @strawberry.field(
        description="Lines of the summary in order: `id`, `contact`, `createdAt`, `source` or keys "
        "of fields; the lead's id is always first."
    )
    async def summary_keys(self) -> list[str]:
        rows = {row.key for row in await self._summary_rows()}
        return [key for key in lines_of(self.row) if key in rows or key in OWN_LINES]

    @strawberry.field(description="Fields among them, in order.")
    async def summary_fields(self) -> list[FieldDefinition]:
        return [FieldDefinition(row=row) for row in await self._summary_rows()]

    async def _summary_rows(self) -> list[FieldRow]:
        """Definitions of those that are there and that the viewer sees."""
        rows = await self.view.load.fields.load(None)
        known = {row.key: row for row in rows if row.archived_at is None}
        wanted = [key for key in lines_of(self.row) if key not in OWN_LINES]
        return [known[key] for key in wanted if key in known]

    @strawberry.field(description="Project-wide groups of fields in order.")
    async def field_groups(self) -> list[FieldGroup]:
        rows = await self.view.load.field_groups.load(None)
        return [FieldGroup(row=row, view=self.view) for row in rows]

    @strawberry.field(description="Events with a button, in order.")
    async def quick_event_kinds(self) -> list[EventKind]:
        rows = await readers.all_event_kinds(self.view, quick_only=True)
        return [EventKind(row=row) for row in rows]

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, CARD, self.row.card_version)


@strawberry.type(description="The one team's settings.")
class Project:
    row: strawberry.Private[Workspace]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="1 to 100 characters.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Zone of project days.")
    def time_zone(self) -> TimeZone:
        return TimeZone(self.row.time_zone)

    @strawberry.field(
        description="Country whose national phone numbers are read, two letters (ISO 3166-1)."
    )
    def default_region(self) -> str:
        return self.row.default_region

    @strawberry.field(description="Visibility offered for new notes.")
    def default_note_visibility(self) -> NoteVisibility:
        return self.row.default_note_visibility

    @strawberry.field(description="What MANAGER sees.")
    def manager_scope(self) -> AccessScope:
        return self.row.manager_scope

    @strawberry.field(description="What AGENT sees.")
    def agent_scope(self) -> AccessScope:
        return self.row.agent_scope

    @strawberry.field(description="An AGENT may take leads of nobody; everybody sees these then.")
    def can_agents_self_assign(self) -> bool:
        return self.row.can_agents_self_assign

    @strawberry.field(description="An AGENT may assign own leads to others.")
    def can_agents_assign(self) -> bool:
        return self.row.can_agents_assign

    @strawberry.field(description="A MANAGER may export the leads of a filter.")
    def can_managers_export(self) -> bool:
        return self.row.can_managers_export

    @strawberry.field(description="Refuse Won while required fields are empty.")
    def won_needs_required_fields(self) -> bool:
        return self.row.won_needs_required_fields

    @strawberry.field(description="Bands of due dates with colours and labels, in order.")
    def task_legend(self) -> list[TaskLegendEntry]:
        return [legend_entry(each) for each in legend_of(self.row.task_legend)]

    @strawberry.field(description="What every card shows.")
    def card(self) -> CardConfiguration:
        return CardConfiguration(row=self.row, view=self.view)

    @strawberry.field(description="Version for `expectedVersion` of `updateProject`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, PROJECT, self.row.project_version)


@strawberry.type(description="The Won button of a lead.")
class WonButton:
    text: str = strawberry.field(description="Text of the button.")
    won_text: str = strawberry.field(description="Text once won.")
    is_won: bool = strawberry.field(description="The lead is in a WON state, however it got there.")
    can_reopen: bool = strawberry.field(
        description="Reopen is offered; `viewerCan` says whether to you."
    )


async def won_button_of(view: SchemaView, lead: LeadRow) -> WonButton | None:
    """The Won button of a lead now; None when it is not shown."""
    row = await workspace_of(view)
    has_won = await is_won(view, lead.state_id)
    if not row.is_won_button_shown or has_won is None:
        return None
    return WonButton(
        text=row.won_button_text,
        won_text=row.won_text,
        is_won=has_won,
        can_reopen=has_won and row.is_reopen_allowed and not view.is_past,
    )


async def workspace_of(view: SchemaView) -> Workspace:
    """The settings, read once for a view."""
    row = await view.load.workspace.load(None)
    assert row is not None
    return row


async def card_configuration_of(view: SchemaView) -> CardConfiguration:
    """What all cards show now."""
    return CardConfiguration(row=await workspace_of(view), view=view)


async def project(info: Info) -> Project:
    """The settings."""
    view = await info.context.reading()
    return Project(row=await workspace_of(view), view=view)
