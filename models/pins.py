"""What people of the team keep in the header of every card."""

from uuid import UUID

from sqlmodel import Field, SQLModel


class PinnedField(SQLModel, table=True):
    """A field that a person pinned; places are in order and may have gaps."""

    __tablename__ = "pinned_field"

    staff_id: UUID = Field(primary_key=True, foreign_key="staff.id")
    field_id: UUID = Field(primary_key=True, foreign_key="field_definition.id")
    position: int
