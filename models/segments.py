"""Segments: rules over leads, and where each lead stands towards them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.enums import FieldVisibility
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of

MEMBERS, WAITING = "since IS NOT NULL", "flips_at IS NOT NULL"


class Segment(SQLModel, table=True):
    """A set of leads that a rule computes. An archived one has no leads."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=80)
    name_key: str = Field(max_length=160, unique=True)
    description: str | None = Field(default=None, max_length=500)
    rule: dict[str, Any] = Field(sa_type=Json)
    """A filter of leads in its stored form."""
    visibility: FieldVisibility = Field(
        default=FieldVisibility.ALL, sa_type=one_of(FieldVisibility)
    )
    """Of all fields that the rule looks at, that of the one which the fewest may see."""
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    version: int = 1
    evaluation_id: UUID | None = None
    """Random; the evaluation of all leads that is under way since the rule was changed."""
    evaluated_to: UUID | None = None
    """The last lead that it has come to."""
    evaluation_total: int = 0
    """Leads that there were when it began."""
    evaluation_done: int = 0


class SegmentStanding(SQLModel, table=True):
    """That a lead is in a segment, or can come to be by time alone; no row says neither.

    Without foreign key to the lead: a check of it would wait for whoever edits that lead.
    """

    __tablename__ = "segment_standing"
    __table_args__ = (
        Index(
            "ix_segment_standing_members", "segment_id", "since", "lead_id",
            postgresql_where=text(MEMBERS), sqlite_where=text(MEMBERS),
        ),
        Index(
            "ix_segment_standing_flips_at", "flips_at",
            postgresql_where=text(WAITING), sqlite_where=text(WAITING),
        ),
    )  # fmt: skip

    lead_id: UUID = Field(primary_key=True)
    segment_id: UUID = Field(primary_key=True, foreign_key="segment.id")
    since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when the lead is in it."""
    because: list[Any] = Field(default_factory=list, sa_type=Json)
    """Clauses that held when it came in: path, key and words of each, and what it names."""
    flips_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The first instant at which time alone may change that."""
