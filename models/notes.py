"""Notes about leads; their texts are append-only versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from models.enums import ActorKind, NoteVisibility
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of


class Note(SQLModel, table=True):
    """A note. A removed one stays as a row without place on the card, for its history."""

    __table_args__ = (Index("ix_note_lead", "lead_id", "is_pinned", "created_at", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id")
    author_id: UUID = Field(foreign_key="staff.id")
    """The person who answers for it: of a program's note the owner of its token."""
    author_kind: ActorKind = Field(default=ActorKind.STAFF, sa_type=one_of(ActorKind))
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
    document: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)
    """The text as a tree, see `resolvers/formatted_text.py`; None for one from before there was."""
    html: str = Field(sa_type=Text)
    """Made from the tree."""
    text: str = Field(sa_type=Text)
    author_id: UUID
    author_kind: ActorKind = Field(default=ActorKind.STAFF, sa_type=one_of(ActorKind))
    author_name: str = Field(max_length=120)
    at: datetime = Field(sa_type=UtcDateTime)
