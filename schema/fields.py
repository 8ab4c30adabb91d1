"""Field definitions and the properties of a lead."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models.enums import FieldType, FieldVisibility, ValueSource
from models.fields import FieldDefinition as FieldRow
from models.fields import FieldGroup as FieldGroupRow
from models.fields import Property as PropertyRow
from resolvers import access, fields, readers
from resolvers.fields import NewField
from resolvers.policy import Permission
from resolvers.values import stored
from schema.context import Info
from schema.errors import ForbiddenError, InvalidInputError, LimitError
from schema.field_definitions import FieldDefinition
from schema.loaders import SchemaView
from schema.scalars import Version
from schema.staff import Actor, actor_of
from schema.values import Value, global_id, value_of


@strawberry.type(description="Named group of fields.")
class FieldGroup:
    row: strawberry.Private[FieldGroupRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The group.")
    def id(self) -> strawberry.ID:
        return global_id("group", self.row.id)

    @strawberry.field(description="1 to 60 characters, unique.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Fields in order; may be empty.")
    async def fields(self) -> list[FieldDefinition]:
        rows = await self.view.load.fields.load(None)
        return [FieldDefinition(row=row) for row in rows if row.group_id == self.row.id]


@strawberry.type(description="Named value on the lead.")
class Property:
    lead_id: strawberry.Private[UUID]
    definition: strawberry.Private[FieldRow]
    row: strawberry.Private[PropertyRow | None]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Key, lower snake case, 1 to 64 characters.")
    def key(self) -> str:
        return self.definition.key

    @strawberry.field(description="Label of the field.")
    def label(self) -> str:
        return self.definition.label

    @strawberry.field(description="Definition.")
    def field(self) -> FieldDefinition:
        return FieldDefinition(row=self.definition)

    @strawberry.field(description="Value; null: empty.")
    def value(self) -> Value | None:
        value = stored(self.definition.type, self.row) if self.row else None
        return value_of(value.logged()) if value else None

    @strawberry.field(description="How it came; null when never set.")
    def source(self) -> ValueSource | None:
        return self.row.source if self.row else None

    @strawberry.field(description="Last change; null when never set.")
    def updated_at(self) -> datetime | None:
        return self.row.updated_at if self.row else None

    @strawberry.field(description="Who changed it last; null when never set.")
    def updated_by(self) -> Actor | None:
        row = self.row
        if row is None:
            return None
        return actor_of(self.view, row.updated_by_kind, row.updated_by_id, row.updated_by_name)

    @strawberry.field(description="In your header.")
    async def is_pinned(self) -> bool:
        return any(each.id == self.definition.id for each in await self.view.load.pins.load(None))

    @strawberry.field(description="You may change it.")
    def can_edit(self) -> bool:
        return access.may(self.view.actor, Permission.EDIT_LEAD)

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        number = self.row.version if self.row else 0
        return Version(info.context.services.secrets.seal("version", self.lead_id, "", number))


async def properties_of(view: SchemaView, lead_id: UUID) -> list[Property]:
    """A value or gap for each listed field that the viewer may see, by label."""
    definitions = await view.load.fields.load(None)
    rows = {row.field_id: row for row in await view.load.properties_of_lead.load(lead_id)}
    made = [
        Property(lead_id=lead_id, definition=each, row=rows.get(each.id), view=view)
        for each in definitions
        if each.archived_at is None or each.id in rows
    ]
    return sorted(made, key=lambda each: (each.definition.label.casefold(), each.definition.key))


async def pinned_of(view: SchemaView, lead_id: UUID) -> list[Property]:
    """What the viewer has in the header, in order."""
    made = {each.definition.id: each for each in await properties_of(view, lead_id)}
    return [made[each.id] for each in await view.load.pins.load(None) if each.id in made]


async def missing_of(view: SchemaView, lead_id: UUID) -> list[FieldDefinition]:
    """Required fields without a value, as far as the viewer sees them, by label."""
    return [
        FieldDefinition(row=each.definition)
        for each in await properties_of(view, lead_id)
        if fields.must_fill(view.actor, each.definition)
        and (each.row is None or stored(each.definition.type, each.row) is None)
    ]


async def field_groups(info: Info) -> list[FieldGroup]:
    """Groups in the project's order."""
    view = await info.context.reading()
    return [FieldGroup(row=row, view=view) for row in await readers.all_field_groups(view)]


@strawberry.input(description="Input of `createField`.")
class CreateFieldInput:
    key: str = strawberry.field(
        description="Lower snake case, 1 to 64 characters, not reserved, unique."
    )
    label: str = strawberry.field(description="1 to 80 characters.")
    type: FieldType = strawberry.field(description="Type.")
    hint: str | None = strawberry.field(default=None, description="At most 300 characters.")
    unit: str | None = strawberry.field(default=None, description="At most 12 characters.")
    visibility: FieldVisibility = strawberry.field(
        default=FieldVisibility.ALL, description="Who may read and write it."
    )


@strawberry.type(description="Success of `createField`.")
class CreateFieldSuccess:
    field: FieldDefinition = strawberry.field(description="The field.")


CreateFieldResult = Annotated[
    CreateFieldSuccess | ForbiddenError | LimitError | InvalidInputError,
    strawberry.union("CreateFieldResult", description="Result of `createField`."),
]


async def create_field(
    info: Info,
    input: Annotated[CreateFieldInput, strawberry.argument(description="What to do it with.")],
) -> CreateFieldResult:
    """Defines a field for all leads."""
    new = NewField(input.key, input.label, input.type, input.hint, input.unit, input.visibility)
    async with info.context.work() as work:
        row = await fields.create_field(work, new)
    return CreateFieldSuccess(field=FieldDefinition(row=row))
