"""Fields of a lead: their definitions and typed values."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from models.enums import ActorKind, FieldType, FieldVisibility, ValueSource
from models.ids import new_id
from models.types import Json, ScaledDecimal, UtcDateTime, one_of


class FieldGroup(SQLModel, table=True):
    """Named group of fields."""

    __tablename__ = "field_group"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=60, unique=True)
    position: int
    version: int = 1


class FieldDefinition(SQLModel, table=True):
    """A field that every lead has, filled or not."""

    __tablename__ = "field_definition"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    key: str = Field(max_length=64, unique=True)
    label: str = Field(max_length=80)
    type: FieldType = Field(sa_type=one_of(FieldType))
    hint: str | None = Field(default=None, max_length=300)
    is_built_in: bool = False
    is_listed: bool = True
    """False: a version's home only (state, assignee, priority); shown elsewhere on the card."""
    is_required: bool = False
    visibility: FieldVisibility = Field(
        default=FieldVisibility.ALL, sa_type=one_of(FieldVisibility)
    )
    is_personal_data: bool = True
    unit: str | None = Field(default=None, max_length=12)
    minimum: Decimal | None = Field(default=None, sa_type=ScaledDecimal)
    maximum: Decimal | None = Field(default=None, sa_type=ScaledDecimal)
    group_id: UUID = Field(foreign_key="field_group.id")
    position: int
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    version: int = 1


class FieldOption(SQLModel, table=True):
    """Option of a dropdown or multi-select; values name it and keep the label that it had."""

    __tablename__ = "field_option"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    field_id: UUID = Field(foreign_key="field_definition.id", index=True)
    label: str = Field(max_length=80)
    position: int
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FieldLayout(SQLModel, table=True):
    """How a person sees a group of fields, where that differs from the project's default."""

    __tablename__ = "field_layout"

    staff_id: UUID = Field(primary_key=True, foreign_key="staff.id")
    group_id: UUID = Field(primary_key=True, foreign_key="field_group.id")
    is_collapsed: bool = False
    shown: list[str] | None = Field(default=None, sa_type=Json)
    """Ids of fields in the person's order; None: the project's default."""
    hidden: list[str] | None = Field(default=None, sa_type=Json)
    """Ids of fields that the person took out; what is in neither list follows the shown ones."""


class Property(SQLModel, table=True):
    """Value of one field of one lead. A cleared one stays, so that its version does."""

    __table_args__ = (
        Index("ix_property_text", "field_id", "text_key", "lead_id"),
        Index("ix_property_number", "field_id", "number_value", "lead_id"),
        Index("ix_property_date", "field_id", "date_value", "lead_id"),
    )

    lead_id: UUID = Field(primary_key=True, foreign_key="lead.id")
    field_id: UUID = Field(primary_key=True, foreign_key="field_definition.id")
    text_value: str | None = Field(default=None, sa_type=Text)
    text_key: str | None = Field(default=None, max_length=200)
    """Beginning of the folded text, for looking up."""
    number_value: Decimal | None = Field(default=None, sa_type=ScaledDecimal)
    """NUMBER, MONEY in the main unit, BOOLEAN as 0 or 1."""
    currency: str | None = Field(default=None, max_length=3)
    date_value: date | None = None
    instant_value: datetime | None = Field(default=None, sa_type=UtcDateTime)
    json_value: list[Any] | None = Field(default=None, sa_type=Json)
    """DROPDOWN, MULTI_SELECT: id and label of each option, in the order of the field; FILE: id and
    name of the file."""
    stored_type: FieldType | None = Field(default=None, sa_type=one_of(FieldType))
    """The type that the value was stored as: the field may have got another one since. None: its
    present one."""
    version: int = Field(default=0, sa_type=BigInteger)
    """Revision of the lead's log that last changed it."""
    source: ValueSource = Field(sa_type=one_of(ValueSource))
    updated_at: datetime = Field(sa_type=UtcDateTime)
    updated_by_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    updated_by_id: UUID | None = None
    updated_by_name: str = Field(max_length=120)
