"""Calls, showings and meetings with a start and an end."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.enums import ActorKind, AppointmentKind, AppointmentOutcome
from models.ids import new_id
from models.types import UtcDateTime, one_of


class Appointment(SQLModel, table=True):
    """An appointment; one that was called off stays. Its long texts are wordings."""

    __table_args__ = (
        Index("ix_appointment_lead", "lead_id", "starts_at", "id"),
        Index("ix_appointment_assignee", "assignee_id", "starts_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id")
    kind: AppointmentKind = Field(sa_type=one_of(AppointmentKind))
    title: str = Field(max_length=200)
    assignee_id: UUID | None = Field(default=None, foreign_key="staff.id")
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    is_all_day: bool = False
    """Start and end are then beginnings of days in `time_zone`."""
    time_zone: str = Field(max_length=64)
    place: str | None = Field(default=None, max_length=300)
    reminder_minutes: int | None = None
    is_logged: bool = False
    was_start_in_past: bool = False
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: AppointmentOutcome | None = Field(default=None, sa_type=one_of(AppointmentOutcome))
    body_version: int | None = None
    """Version of the appointment that wrote its text; None without one."""
    note_version: int | None = None
    """The same of the note on its outcome."""
    created_by_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    created_by_id: UUID | None = None
    created_by_name: str = Field(max_length=120)
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    version: int = 1
