"""Events: facts that happened, what was written on them later, and their counts by kind."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.enums import ActorKind, EventOrigin
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of


class EventKind(SQLModel, table=True):
    """Kind of event."""

    __tablename__ = "event_kind"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=60)
    name_key: str = Field(max_length=120, unique=True)
    icon: str = Field(max_length=40)
    is_quick: bool = False
    """Has a button on each card."""
    position: int
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    version: int = 1


class Event(SQLModel, table=True):
    """Something that happened. Repeated views of one page in a visit are one row with a count."""

    __table_args__ = (
        UniqueConstraint("lead_id", "page_key", "sequence"),
        Index("ix_event_time", "lead_id", "occurred_at", "id"),
        Index("ix_event_group_time", "group_key", "occurred_at", "lead_id", "count"),
        {"postgresql_partition_by": "HASH (lead_id)"},
    )

    lead_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind_id: UUID | None = None
    name: str = Field(max_length=100)
    group_key: str = Field(max_length=220)
    origin: EventOrigin = Field(sa_type=one_of(EventOrigin))
    actor_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    actor_id: UUID | None = None
    actor_name: str = Field(max_length=120)
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime)
    is_clamped: bool = False
    is_backdated: bool = False
    count: int = 1
    last_at: datetime = Field(sa_type=UtcDateTime)
    told_at: datetime = Field(sa_type=UtcDateTime)
    """When its last change was recorded; repetitions within 30 s add to the count silently."""
    parameters: list[Any] = Field(default_factory=list, sa_type=Json)
    page_url: str | None = Field(default=None, max_length=2048)
    visit_id: UUID | None = None
    page_key: str | None = Field(default=None, max_length=64)
    sequence: int | None = None
    version: int = 0
    """Of what was written on it later: the number of its newest text, 0 for none."""


class EventText(SQLModel, table=True):
    """What somebody wrote on an event at one time; append-only. A blank one took the text away."""

    __tablename__ = "event_text"

    event_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    lead_id: UUID
    """The lead that the event was on when this was written."""
    body: str = Field(sa_type=Text)
    author_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    author_id: UUID | None = None
    author_name: str = Field(max_length=120)
    at: datetime = Field(sa_type=UtcDateTime)


class EventGroup(SQLModel, table=True):
    """Events of a lead counted by kind or name, kept in the transaction that counts."""

    __tablename__ = "event_group"
    __table_args__ = (Index("ix_event_group_key", "group_key", "lead_id"),)

    lead_id: UUID = Field(primary_key=True, foreign_key="lead.id")
    group_key: str = Field(primary_key=True, max_length=220)
    kind_id: UUID | None = None
    name: str = Field(max_length=100)
    count: int
    first_at: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime)
