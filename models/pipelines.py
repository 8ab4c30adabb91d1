"""Pipelines and their ordered states."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.enums import StateKind
from models.ids import new_id
from models.types import UtcDateTime, one_of


class Pipeline(SQLModel, table=True):
    """Ordered states; new leads begin in the first state of the default pipeline."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=60, unique=True)
    position: int = 0
    is_default: bool = False
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
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
