"""Pipelines and their ordered states."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.enums import StateKind
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of


class Pipeline(SQLModel, table=True):
    """Ordered states; new leads begin in the first state of the default pipeline."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=60, unique=True)
    position: int = 0
    is_default: bool = False
    needs_loss_reason: bool = False
    transition_rules: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """Forbidden moves: `from` (a state's id as 32 digits, None for any), `to`, `reason`."""
    version: int = 1
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PipelineState(SQLModel, table=True):
    """Position in a pipeline."""

    __tablename__ = "pipeline_state"
    __table_args__ = (UniqueConstraint("pipeline_id", "name"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    pipeline_id: UUID = Field(foreign_key="pipeline.id")
    name: str = Field(max_length=60)
    kind: StateKind = Field(sa_type=one_of(StateKind))
    position: int
    color: str = Field(max_length=7)
    is_goal: bool = False
    """Where Won leads to; at most one of a pipeline."""
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StateTime(SQLModel, table=True):
    """Time that a lead spent in a state in visits that are over; a row for each state it left."""

    __tablename__ = "state_time"

    lead_id: UUID = Field(primary_key=True, foreign_key="lead.id")
    state_id: UUID = Field(primary_key=True, foreign_key="pipeline_state.id")
    seconds: int = Field(sa_type=BigInteger)
