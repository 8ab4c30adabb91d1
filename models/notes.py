"""Notes about leads; their texts are append-only versions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from models.enums import NoteVisibility
from models.ids import new_id
from models.types import UtcDateTime, one_of


class Note(SQLModel, table=True):
    """A note. A removed one stays as a row without place on the card, for its history."""

    __table_args__ = (Index("ix_note_lead", "lead_id", "is_pinned", "created_at", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id")
    author_id: UUID = Field(foreign_key="staff.id")
    author_name: str = Field(max_length=120)
    visibility: NoteVisibility = Field(sa_type=one_of(NoteVisibility))
    is_pinned: bool = False
    version: int = 1
    """Of the text and the marks together; the text of this version or the last before it counts."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    edited_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class NoteText(SQLModel, table=True):
    """One version of a note's text; append-only."""

    __tablename__ = "note_text"

    note_id: UUID = Field(primary_key=True, foreign_key="note.id")
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    html: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    author_id: UUID
    author_name: str = Field(max_length=120)
    at: datetime = Field(sa_type=UtcDateTime)
