"""Phone calls that staff put down."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.enums import ActorKind, CallOutcome, MessageDirection
from models.ids import new_id
from models.types import UtcDateTime, one_of


class Call(SQLModel, table=True):
    """A phone call; outcome and note may be corrected, and the note is a wording."""

    __table_args__ = (Index("ix_call_lead", "lead_id", "occurred_at", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id")
    direction: MessageDirection = Field(sa_type=one_of(MessageDirection))
    number: str | None = Field(default=None, max_length=20)
    """E.164."""
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    duration_seconds: int
    outcome: CallOutcome = Field(sa_type=one_of(CallOutcome))
    note_version: int | None = None
    """Version of the call that wrote its note; None without one."""
    is_backdated: bool
    author_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    author_id: UUID | None = None
    author_name: str = Field(max_length=120)
    created_at: datetime = Field(sa_type=UtcDateTime)
    version: int = 1
