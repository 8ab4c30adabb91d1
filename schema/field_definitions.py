"""Definitions of fields and their groups, the same for all leads."""

from datetime import datetime
from typing import Annotated

import strawberry

from models.enums import FieldType, FieldVisibility
from models.fields import FieldDefinition as FieldRow
from models.fields import FieldGroup as FieldGroupRow
from resolvers.fields import choice_of, path_of
from resolvers.values import CHOICES, plain
from schema.context import Info
from schema.loaders import SchemaView
from schema.scalars import Decimal, Version
from schema.values import FieldOption, global_id


@strawberry.type(description="Definition of a field, the same for all leads.")
class FieldDefinition:
    row: strawberry.Private[FieldRow]

    @strawberry.field(description="The field.")
    def id(self) -> strawberry.ID:
        return global_id("field", self.row.id)

    @strawberry.field(description="Lower snake case, 1 to 64 characters, never changes.")
    def key(self) -> str:
        return self.row.key

    @strawberry.field(description="How history and triggers of rules name it: `property:budget`.")
    def path(self) -> str:
        return path_of(self.row)

    @strawberry.field(description="1 to 80 characters.")
    def label(self) -> str:
        return self.row.label

    @strawberry.field(description="Type.")
    def type(self) -> FieldType:
        return self.row.type

    @strawberry.field(description="Help for who fills it, at most 300 characters.")
    def hint(self) -> str | None:
        return self.row.hint

    @strawberry.field(description="Part of the product: can't be removed.")
    def is_built_in(self) -> bool:
        return self.row.is_built_in

    @strawberry.field(description="Must be filled when staff make a lead or edit its fields.")
    def is_required(self) -> bool:
        return self.row.is_required

    @strawberry.field(description="Who may read and write it.")
    def visibility(self) -> FieldVisibility:
        return self.row.visibility

    @strawberry.field(description="Personal data: exported and erased with the person.")
    def is_personal_data(self) -> bool:
        return self.row.is_personal_data

    @strawberry.field(
        description="DROPDOWN, MULTI_SELECT: options in order, at most 200; then archived ones."
    )
    async def options(self, info: Info) -> list[FieldOption]:
        if self.row.type not in CHOICES:
            return []
        view = await info.context.reading()
        rows = await view.load.options_of_field.load(self.row.id)
        return [FieldOption(choice=choice_of(row)) for row in rows]

    @strawberry.field(description="NUMBER, MONEY: at least.")
    def minimum(self) -> Decimal | None:
        return Decimal(plain(self.row.minimum)) if self.row.minimum is not None else None

    @strawberry.field(description="NUMBER, MONEY: at most.")
    def maximum(self) -> Decimal | None:
        return Decimal(plain(self.row.maximum)) if self.row.maximum is not None else None

    @strawberry.field(description="NUMBER: unit, at most 12 characters.")
    def unit(self) -> str | None:
        return self.row.unit

    @strawberry.field(description="Its group.")
    async def group(self, info: Info) -> "FieldGroup":
        view = await info.context.reading()
        rows = await view.load.field_groups.load(None)
        row = next(each for each in rows if each.id == self.row.group_id)
        return FieldGroup(row=row, view=view)

    @strawberry.field(
        description="Place in the group from 0, among those that you see; null: not shown."
    )
    async def position(self, info: Info) -> int | None:
        view = await info.context.reading()
        places = [
            row.id
            for row in await view.load.fields.load(None)
            if row.group_id == self.row.group_id and row.archived_at is None
        ]
        return places.index(self.row.id) if self.row.id in places else None

    @strawberry.field(description="Since when no longer shown; values are kept.")
    def archived_at(self) -> datetime | None:
        return self.row.archived_at

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        secrets = info.context.services.secrets
        return Version(secrets.seal("version", self.row.id, "", self.row.version))


@strawberry.type(description="Named group of fields.")
class FieldGroup:
    row: strawberry.Private[FieldGroupRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The group.")
    def id(self) -> strawberry.ID:
        return global_id("group", self.row.id)

    @strawberry.field(description="1 to 60 characters, unique without regard to case.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Place from 0.")
    def position(self) -> int:
        return self.row.position

    @strawberry.field(description="Fields in order; may be empty.")
    async def fields(
        self,
        include_archived: Annotated[
            bool, strawberry.argument(description="Archived ones, too.")
        ] = False,
    ) -> list[FieldDefinition]:
        rows = await self.rows(include_archived=include_archived)
        return [FieldDefinition(row=row) for row in rows]

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        secrets = info.context.services.secrets
        return Version(secrets.seal("version", self.row.id, "", self.row.version))

    async def rows(self, *, include_archived: bool = False) -> list[FieldRow]:
        """Definitions in the group that the viewer sees, in the project's order."""
        return [
            row
            for row in await self.view.load.fields.load(None)
            if row.group_id == self.row.id and (include_archived or row.archived_at is None)
        ]
