"""Field definitions, the same for all leads."""

import strawberry

from models.enums import FieldType, FieldVisibility
from models.fields import FieldDefinition as FieldRow
from schema.values import global_id


@strawberry.type(description="Definition of a field, the same for all leads.")
class FieldDefinition:
    row: strawberry.Private[FieldRow]

    @strawberry.field(description="The field.")
    def id(self) -> strawberry.ID:
        return global_id("field", self.row.id)

    @strawberry.field(description="Lower snake case, 1 to 64 characters, never changes.")
    def key(self) -> str:
        return self.row.key

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

    @strawberry.field(description="NUMBER: unit, at most 12 characters.")
    def unit(self) -> str | None:
        return self.row.unit
