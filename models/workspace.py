"""The one team's settings and its audit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from models.enums import AccessScope, ActorKind, NoteVisibility, Via
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of


class Workspace(SQLModel, table=True):
    """The only row: settings, and the counters that concern everybody."""

    id: int = Field(default=1, primary_key=True)
    epoch: str = Field(max_length=32)
    """Random; a new one after a restore makes every cursor of before void."""
    access_version: int = 1
    """Raised by each change of staff, role or access setting; stored in each change."""
    revision: int = 0
    """Number of the last workspace change."""
    card_version: int = 0
    """Raised by each change of what all cards show: header, pipelines, kinds of events."""
    header_version: int = 0
    """`card_version` that the last change of the header led to."""
    project_version: int = 0
    """Raised by each change of the project's settings."""
    name: str = Field(default="Leadlight", max_length=100)
    time_zone: str = Field(default="UTC", max_length=64)
    is_double_opt_in_on: bool = False
    default_note_visibility: NoteVisibility = Field(
        default=NoteVisibility.PRIVATE, sa_type=one_of(NoteVisibility)
    )
    manager_scope: AccessScope = Field(default=AccessScope.ALL, sa_type=one_of(AccessScope))
    agent_scope: AccessScope = Field(default=AccessScope.OWN, sa_type=one_of(AccessScope))
    can_agents_self_assign: bool = False
    """Leads of nobody are seen by all, and an AGENT may take them."""
    can_agents_assign: bool = False
    can_managers_export: bool = False
    """A MANAGER may take the leads of a filter away as a file."""
    summary_keys: list[str] | None = Field(default=None, sa_type=Json)
    """Lines of every lead's summary, in order; None: the product's own."""
    summary_version: int = 0
    """`card_version` that the last change of the summary led to."""
    default_region: str = Field(default="DE", max_length=2)
    task_legend: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """Colour and label by due band, where they are not the product's own."""
    has_demo_data: bool = False
    is_won_button_shown: bool = True
    won_button_text: str = Field(default="Lead won", max_length=40)
    won_text: str = Field(default="Won", max_length=40)
    is_reopen_allowed: bool = True
    won_needs_required_fields: bool = False
    rules_key: int = Field(default=1, sa_type=BigInteger)
    """Random; another one after each change of an automation or webhook."""


class WorkspaceChange(SQLModel, table=True):
    """Row of the workspace's audit; append-only."""

    __tablename__ = "workspace_change"

    revision: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(default_factory=new_id, unique=True)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str = Field(max_length=60)
    actor_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    actor_id: UUID | None = None
    actor_name: str = Field(max_length=120)
    via: Via = Field(sa_type=one_of(Via))
    data: dict[str, Any] = Field(sa_type=Json)


class Erasing(SQLModel, table=True):
    """Leads whose log rows the running transaction may clear; empty between transactions."""

    lead_id: UUID = Field(primary_key=True)


class WorkerPosition(SQLModel, table=True):
    """How far a background reader has come in its stream."""

    __tablename__ = "worker_position"

    name: str = Field(primary_key=True, max_length=60)
    position: str = Field(max_length=2000)


class Idempotency(SQLModel, table=True):
    """What a caller's key led to; kept 24 h. The result itself is read again, not stored."""

    caller: str = Field(primary_key=True, max_length=80)
    key: str = Field(primary_key=True, max_length=64)
    body_hash: bytes
    result_id: UUID
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
