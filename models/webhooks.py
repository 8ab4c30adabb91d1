"""Addresses that are told of changes, and what became of each telling."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.ids import new_id
from models.types import Json, UtcDateTime

NO_CHANGE = (UUID(int=0), 0)
"""Lead and revision of a delivery that tells of no change: a test."""


class Webhook(SQLModel, table=True):
    """An address; a removed one stays as long as its deliveries."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    url: str = Field(max_length=2048)
    types: list[str] = Field(sa_type=Json)
    """History types; empty: all."""
    is_enabled: bool = True
    disabled_reason: str | None = Field(default=None, max_length=300)
    """Why it was switched off by itself."""
    secret: bytes
    """Key of the signatures, sealed."""
    failures: int = 0
    """Tries that failed since the last success."""
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """An address that fails is left alone for a while."""
    version: int = 1
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WebhookDelivery(SQLModel, table=True):
    """One change for one address, written in the change's own commit; kept 30 days."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_webhook_id_id", "webhook_id", "id"),
        Index("ix_webhook_delivery_created_at", "created_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    webhook_id: UUID = Field(foreign_key="webhook.id")
    automation_id: UUID | None = None
    """The rule that calls the webhook; None: the webhook wants such changes itself."""
    lead_id: UUID
    revision: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=UtcDateTime)
    tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """First try."""
    attempts: int = 0
    response_code: int | None = None
    problem: str | None = Field(default=None, max_length=500)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_try_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def is_test(self) -> bool:
        """Whether somebody only wants to see what the address answers."""
        return (self.lead_id, self.revision) == NO_CHANGE
