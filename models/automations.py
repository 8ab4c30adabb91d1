"""Rules that act by themselves, and each time that one did or tried to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.enums import ActorKind, RunOutcome, TriggerKind
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of

OPEN_RUNS = "outcome IN ('WAITING', 'RETRYING')"


class Automation(SQLModel, table=True):
    """A rule; a removed one stays, so that its runs can name it."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=80)
    name_key: str = Field(max_length=160)
    is_enabled: bool = True
    trigger_kind: TriggerKind = Field(sa_type=one_of(TriggerKind))
    trigger: dict[str, Any] = Field(sa_type=Json)
    condition: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """A filter of leads in its stored form; None: always."""
    actions: list[Any] = Field(sa_type=Json)
    position: int
    turn: int = 0
    """How often it has assigned in turn."""
    version: int = 1
    updated_at: datetime = Field(sa_type=UtcDateTime)
    updated_by_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    updated_by_id: UUID | None = None
    updated_by_name: str = Field(max_length=120)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AutomationRun(SQLModel, table=True):
    """One rule and one change that triggered it, written in that change's own commit."""

    __tablename__ = "automation_run"
    __table_args__ = (
        UniqueConstraint("automation_id", "change_id"),
        Index("ix_automation_run_automation_id_id", "automation_id", "id"),
        Index("ix_automation_run_lead_id_done_at", "lead_id", "done_at"),
        Index(
            "ix_automation_run_open", "lead_id", "revision", "position",
            postgresql_where=text(OPEN_RUNS), sqlite_where=text(OPEN_RUNS),
        ),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    automation_id: UUID = Field(foreign_key="automation.id")
    lead_id: UUID
    """Of the change's log; what is done is done to the lead that it stands for by then."""
    revision: int = Field(sa_type=BigInteger)
    change_id: UUID
    position: int
    depth: int
    """1 for a change by people; one more than the run that caused the change."""
    at: datetime = Field(sa_type=UtcDateTime)
    outcome: RunOutcome = Field(sa_type=one_of(RunOutcome))
    problem: str | None = Field(default=None, max_length=500)
    attempts: int = 0
    next_try_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wrote: list[str] = Field(default_factory=list, sa_type=Json)
    """Ids of the changes that it wrote."""
