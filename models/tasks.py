"""Tasks on a lead; their longer words are append-only versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from models.due_bands import Due
from models.enums import ActorKind
from models.ids import new_id
from models.types import UtcDateTime, one_of


class Task(SQLModel, table=True):
    """Something to do. A removed one stays as a row without place on the card, for its history."""

    __table_args__ = (
        Index("ix_task_lead", "lead_id", "place", "id"),
        Index("ix_task_assignee", "assignee_id", "place", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id")
    title: str = Field(max_length=200)
    body_version: int | None = None
    """The version that wrote the words that count; None: there are none."""
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_on: date | None = None
    """Either an instant or a day, never both."""
    was_due_in_past: bool = False
    assignee_id: UUID | None = Field(default=None, foreign_key="staff.id")
    overdue_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when the log tells that it is overdue; None while it does not."""
    snoozed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    created_by_id: UUID | None = None
    created_by_name: str = Field(max_length=120)
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    completed_by_kind: ActorKind | None = Field(default=None, sa_type=one_of(ActorKind))
    completed_by_id: UUID | None = None
    completed_by_name: str | None = Field(default=None, max_length=120)
    outcome: str | None = Field(default=None, max_length=2000)
    place: int = Field(sa_type=BigInteger)
    """Sorts: open ones by due date, those without one, then done ones, newest first."""
    version: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def due(self) -> Due:
        """What its band follows from."""
        return Due(self.due_at, self.due_on, self.completed_at is not None)


class TaskText(SQLModel, table=True):
    """The words of a task as one version wrote them; append-only."""

    __tablename__ = "task_text"

    task_id: UUID = Field(primary_key=True, foreign_key="task.id")
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    lead_id: UUID
    body: str = Field(sa_type=Text)
