"""Background work: one row for each piece of it, written by the act that wants it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.enums import JobKind
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of

WAITING = "token IS NULL AND failed_at IS NULL"


class Job(SQLModel, table=True):
    """Work that waits, is done now, or was given up; done work has no row."""

    __table_args__ = (
        Index(
            "ix_job_due", "queue", "due_at",
            postgresql_where=text("failed_at IS NULL"), sqlite_where=text("failed_at IS NULL"),
        ),
        Index(
            "ux_job_waiting", "kind", "key", unique=True,
            postgresql_where=text(WAITING), sqlite_where=text(WAITING),
        ),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    queue: str = Field(max_length=40)
    kind: JobKind = Field(sa_type=one_of(JobKind))
    key: str | None = Field(default=None, max_length=200)
    """No two jobs of a kind wait under one key."""
    data: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    """When it may be taken; while it is worked on, when somebody else may take it."""
    attempts: int = 0
    token: UUID | None = None
    """Of the worker that has it: one that was too slow finds another one here."""
    problem: str | None = Field(default=None, max_length=500)
    """Why the last try failed."""
    failed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Given up."""
