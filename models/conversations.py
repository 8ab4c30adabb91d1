"""Conversations and their messages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from models.enums import (
    ActorKind,
    Channel,
    ConversationState,
    DeliveryState,
    MessageDirection,
    PresenceState,
)
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of


class Conversation(SQLModel, table=True):
    """Thread of messages with one lead."""

    __table_args__ = (
        Index("ix_conversation_lead", "lead_id", "last_message_at", "id"),
        Index("ix_conversation_inbox", "state", "waiting_since", "last_message_at", "id"),
        Index("ix_conversation_assignee", "assignee_id", "state"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id")
    channel: Channel = Field(sa_type=one_of(Channel))
    subject: str | None = Field(default=None, max_length=200)
    state: ConversationState = Field(sa_type=one_of(ConversationState))
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_message_id: UUID | None = None
    last_message_at: datetime = Field(sa_type=UtcDateTime)
    waiting_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when the lead waits for an answer."""
    assignee_id: UUID | None = None
    """Who answers."""
    snoozed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """SNOOZED: when it comes back, unless the lead writes before."""
    version: int = 0
    """How often it changed hands."""


class ConversationRead(SQLModel, table=True):
    """How far one person has read a conversation; their own business, no part of the lead."""

    __tablename__ = "conversation_read"

    staff_id: UUID = Field(foreign_key="staff.id", primary_key=True)
    conversation_id: UUID = Field(foreign_key="conversation.id", primary_key=True, index=True)
    message_at: datetime = Field(sa_type=UtcDateTime)
    """When the last message that was read was written; with its id its place."""
    message_id: UUID


class Message(SQLModel, table=True):
    """Message to, from or about a lead; what was said never changes."""

    __table_args__ = (
        Index("ix_message_lead", "lead_id", "at", "id"),
        Index("ix_message_conversation", "conversation_id", "at", "id"),
        Index("ix_message_delivery", "delivery", "expires_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id")
    conversation_id: UUID = Field(foreign_key="conversation.id")
    channel: Channel = Field(sa_type=one_of(Channel))
    direction: MessageDirection = Field(sa_type=one_of(MessageDirection))
    subject: str | None = Field(default=None, max_length=200)
    text: str = Field(sa_type=Text)
    author_kind: ActorKind = Field(sa_type=one_of(ActorKind))
    author_id: UUID | None = None
    author_name: str = Field(max_length=120)
    at: datetime = Field(sa_type=UtcDateTime)
    logged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was put down by hand; None for what this program sent or received."""
    taken_from: str | None = Field(default=None, max_length=100)
    """TAKEN: whom the words came from."""
    lead_presence: PresenceState | None = Field(default=None, sa_type=one_of(PresenceState))
    """Of the lead when it was written; messages to the lead."""
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Pop-ups: shown only until then."""
    link_text: str | None = Field(default=None, max_length=40)
    """Pop-ups: what their button says."""
    link_url: str | None = Field(default=None, max_length=2048)
    delivery: DeliveryState | None = Field(default=None, sa_type=one_of(DeliveryState))
    """Where a message to the lead stands; None where nobody can tell."""
    delivery_steps: list[Any] = Field(default_factory=list, sa_type=Json)
    """The states so far with their instants, oldest first."""
