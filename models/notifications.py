"""What people of the team are told apart from open cards."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.enums import ActorKind, NotificationKind
from models.ids import new_id
from models.types import UtcDateTime, one_of


class Notification(SQLModel, table=True):
    """Something that one person should know."""

    __table_args__ = (
        Index("ix_notification_revision", "staff_id", "revision", unique=True),
        Index("ix_notification_at", "staff_id", "at", "id"),
        Index("ix_notification_unread", "staff_id", "read_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id")
    revision: int = Field(sa_type=BigInteger)
    """Place among all that came to the person or was read by them; reading moves it on."""
    kind: NotificationKind = Field(sa_type=one_of(NotificationKind))
    at: datetime = Field(sa_type=UtcDateTime)
    actor_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    actor_id: UUID | None = None
    actor_name: str = Field(max_length=120)
    text: str = Field(max_length=200)
    """May name the lead, so it is shown only to who sees the lead."""
    lead_id: UUID | None = Field(default=None, foreign_key="lead.id", index=True)
    subject_kind: str | None = Field(default=None, max_length=40)
    subject_id: UUID | None = None
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class NotificationFeed(SQLModel, table=True):
    """Where a person's notifications stand; its row lock puts writers in order."""

    __tablename__ = "notification_feed"

    staff_id: UUID = Field(foreign_key="staff.id", primary_key=True)
    revision: int = Field(sa_type=BigInteger)
