"""Tags."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from models.ids import new_id
from models.types import UtcDateTime, sortable


class Tag(SQLModel, table=True):
    """A word that leads are marked with."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=64)
    name_key: str = Field(sa_type=sortable(200), unique=True)
    """Folded; two tags never differ by case alone."""
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class LeadTag(SQLModel, table=True):
    """A tag on a lead."""

    __tablename__ = "lead_tag"

    lead_id: UUID = Field(primary_key=True, foreign_key="lead.id")
    tag_id: UUID = Field(primary_key=True, foreign_key="tag.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
