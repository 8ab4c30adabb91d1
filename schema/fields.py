"""The properties of a lead, one by one and in groups."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import strawberry

from models.enums import ValueSource
from models.fields import FieldDefinition as FieldRow
from models.fields import FieldLayout as LayoutRow
from models.fields import FieldOption as OptionRow
from models.fields import Property as PropertyRow
from resolvers import access, fields, layouts
from resolvers.policy import Permission
from resolvers.values import CHOICES, TypedValue, stored
from schema.context import Info
from schema.field_definitions import FieldDefinition, FieldGroup
from schema.loaders import SchemaView
from schema.scalars import Version
from schema.staff import Actor, actor_of
from schema.values import Value, value_of


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

    @strawberry.field(description="Value; null: empty. A misfit is told as it was stored.")
    async def value(self) -> Value | None:
        return await self.shown()

    @strawberry.field(
        description="The value is from when the field was of another type, and does not fit."
    )
    async def is_misfit(self) -> bool:
        _, is_misfit = await self._fitted()
        return is_misfit

    async def shown(self) -> Value | None:
        """As `value`."""
        value, _ = await self._fitted()
        return value_of(value.logged()) if value else None

    async def _fitted(self) -> tuple[TypedValue | None, bool]:
        """The value as the field's type has it, else as it was stored, which is a misfit."""
        definition = self.definition
        value = stored(definition.type, self.row) if self.row else None
        if value is None:
            return None, False
        options: list[OptionRow] = []
        if definition.type in CHOICES:
            options = await self.view.load.options_of_field.load(definition.id)
        found = fields.fitted(definition, options, value)
        if found is None:
            return value, True
        if options and not self.view.is_past:
            found = with_present_labels(found, options)
        return found, False

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


def with_present_labels(value: TypedValue, options: Sequence[OptionRow]) -> TypedValue:
    """A choice with the labels that its options have now."""
    labels = {each.id.hex: each.label for each in options}
    chosen = (replace(each, label=labels.get(each.id, each.label)) for each in value.options)
    return replace(value, options=tuple(chosen))


@strawberry.type(description="Group of fields as you see it.")
class LeadFieldGroup:
    lead_id: strawberry.Private[UUID]
    layout: strawberry.Private[LayoutRow | None]
    group: FieldGroup = strawberry.field(description="The group.")

    @strawberry.field(description="Folded in your layout.")
    def is_collapsed(self) -> bool:
        return self.layout is not None and self.layout.is_collapsed

    @strawberry.field(
        description="Fields in your order; those that you took out, and archived ones, left out."
    )
    async def properties(self) -> list[Property]:
        view = self.group.view
        made = {each.definition.id: each for each in await properties_of(view, self.lead_id)}
        own = [row for row in await self.group.rows() if row.id in made]
        return [made[row.id] for row in layouts.arranged(own, self.layout)]


async def groups_of(view: SchemaView, lead_id: UUID) -> list[LeadFieldGroup]:
    """All groups in the project's order, as the viewer sees them."""
    found = await view.load.layouts.load(None)
    return [
        LeadFieldGroup(
            lead_id=lead_id, layout=found.get(row.id), group=FieldGroup(row=row, view=view)
        )
        for row in await view.load.field_groups.load(None)
    ]


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
    return await groups_in(await info.context.reading())


async def groups_in(view: SchemaView) -> list[FieldGroup]:
    """Groups in the project's order, as a view has them."""
    rows = await view.load.field_groups.load(None)
    return [FieldGroup(row=row, view=view) for row in rows]
