"""Days that matter for a lead, such as a closing, and their kinds."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.ids import new_id
from models.types import UtcDateTime


class ImportantDateKind(SQLModel, table=True):
    """Kind of important date."""

    __tablename__ = "important_date_kind"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=60)
    name_key: str = Field(max_length=120, unique=True)
    position: int
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ImportantDate(SQLModel, table=True):
    """A day that matters. A removed one stays as a row without place on the card."""

    __tablename__ = "important_date"
    __table_args__ = (
        Index("ix_important_date_lead", "lead_id", "day", "id"),
        Index("ix_important_date_day", "day", "lead_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id")
    kind_id: UUID = Field(foreign_key="important_date_kind.id")
    day: date
    note: str | None = Field(default=None, max_length=500)
    is_on_dashboard: bool = True
    version: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
