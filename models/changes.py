"""The log: one row for each change of a lead, numbered without gaps, chained by digests."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.enums import ActorKind, ChangeKind, HistoryType, Via
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of

PARTITIONS = 16
"""Hash partitions of `change` and `event` on PostgreSQL, by lead."""


class LeadFeed(SQLModel, table=True):
    """Where a lead's log stands. A table of its own, so that numbering rewrites no wide row."""

    __tablename__ = "lead_feed"

    lead_id: UUID = Field(primary_key=True)
    revision: int = Field(default=0, sa_type=BigInteger)
    floor: int = Field(default=0, sa_type=BigInteger)
    """Changes up to here can't be read again."""
    head: bytes = b""
    """Digest of the last change."""
    last_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Instant of the last change; the next is never before it."""
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Set: the lead is erased, its changes are without content, and no other follows."""


class RecordedChange(SQLModel):
    """What happened to a lead, with old and new values, as an act records and the bus tells it.

    Making one costs a tenth of what an object of the table costs.
    """

    lead_id: UUID = Field(primary_key=True)
    revision: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    id: UUID = Field(default_factory=new_id)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: ChangeKind = Field(sa_type=one_of(ChangeKind))
    category: HistoryType = Field(sa_type=one_of(HistoryType))
    subject_kind: str | None = Field(default=None, max_length=40)
    subject_id: UUID | None = None
    actor_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    actor_id: UUID | None = None
    actor_name: str = Field(max_length=120)
    via: Via = Field(sa_type=one_of(Via))
    access_version: int = Field(sa_type=BigInteger)
    """The workspace's access version in the transaction that wrote the change."""
    cause_id: UUID | None = None
    """The change, of whatever lead, that made a rule write this one."""
    data: dict[str, Any] | None = Field(sa_type=Json)
    """Old and new of every scalar; None once erased."""
    salt: bytes | None
    commitment: bytes
    """Hash over salt and data; it outlives them."""
    digest: bytes
    """Hash over the digest before and this row."""


class Change(RecordedChange, table=True):
    """A change in the log; append-only."""

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_lead_id_id", "lead_id", "id"),
        Index("ix_change_id", "id"),
        {"postgresql_partition_by": "HASH (lead_id)"},
    )
