"""The lead itself, what is counted on it, and who worked on it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.enums import AvatarSource, Priority, SourceChannel
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of, sortable

ACTIVITY_INDEX = "ix_lead_newest_activity"
"""On PostgreSQL alone, where the other index of the last activity has leads without one first."""


class Lead(SQLModel, table=True):
    """A person the team talks to. Columns here are what lists sort and filter by."""

    __table_args__ = (
        Index("ix_lead_activity", "last_activity_at", "id"),
        Index("ix_lead_name", "name_key", "id"),
        Index("ix_lead_created", "created_at", "id"),
        Index("ix_lead_state_activity", "state_id", "last_activity_at", "id"),
        Index("ix_lead_state_since", "state_since", "id"),
        Index("ix_lead_assignee_activity", "assignee_id", "last_activity_at", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    display_name: str = Field(max_length=254)
    """Name, else address, else phone, else `Visitor` and four characters."""
    name_key: str = Field(sa_type=sortable(254))
    title: str | None = Field(default=None, max_length=120)
    external_id: str | None = Field(default=None, max_length=128, unique=True)
    is_anonymous: bool
    created_at: datetime = Field(sa_type=UtcDateTime)
    source_channel: SourceChannel = Field(sa_type=one_of(SourceChannel))
    source_detail: str | None = Field(default=None, max_length=200)
    source_referrer: str | None = Field(default=None, max_length=2048)
    source_recorded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    state_id: UUID = Field(foreign_key="pipeline_state.id")
    state_since: datetime = Field(sa_type=UtcDateTime)
    loss_reason: str | None = Field(default=None, max_length=500)
    """Why it was lost; only in a LOST state."""
    assignee_id: UUID | None = Field(default=None, foreign_key="staff.id")
    assigned_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    priority: Priority = Field(default=Priority.NORMAL, sa_type=one_of(Priority))
    time_zone: str | None = Field(default=None, max_length=64)
    country: str | None = Field(default=None, max_length=2)
    region: str | None = Field(default=None, max_length=100)
    city: str | None = Field(default=None, max_length=100)
    region_key: str | None = Field(default=None, sa_type=sortable(100))
    city_key: str | None = Field(default=None, sa_type=sortable(100))
    last_activity_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Of the lead's own end."""
    avatar_id: UUID | None = None
    """The file that shows the lead; none: its initials do."""
    avatar_source: AvatarSource | None = Field(default=None, sa_type=one_of(AvatarSource))
    hidden_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    merged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Set: the lead is an alias; `lead_alias` says of whom."""


class LeadAlias(SQLModel, table=True):
    """A lead that went into another; its id leads there."""

    __tablename__ = "lead_alias"

    alias_id: UUID = Field(primary_key=True, foreign_key="lead.id")
    lead_id: UUID = Field(foreign_key="lead.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    moved: dict[str, Any] = Field(sa_type=Json)
    """Ids of the rows that moved along, by table, for the way back."""


class Assignment(SQLModel, table=True):
    """Former or present assignment of a lead."""

    lead_id: UUID = Field(primary_key=True, foreign_key="lead.id")
    from_at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    staff_id: UUID = Field(foreign_key="staff.id")
    to_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
