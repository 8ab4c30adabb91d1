"""Accounts of leads in the portal, and their sign-ins."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from models.ids import new_id
from models.types import UtcDateTime


class LeadAccount(SQLModel, table=True):
    """A lead's account; its sign-in address is that of no other."""

    __tablename__ = "lead_account"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id", unique=True)
    email_address_id: UUID = Field(foreign_key="email_address.id", unique=True)
    password_hash: str = Field(default="", max_length=300)
    """Empty while there is no password; nothing matches it."""
    password_set_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    must_change_password: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)


class LeadSession(SQLModel, table=True):
    """Sign-in of a lead in the portal; the token itself is never stored."""

    __tablename__ = "lead_session"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID = Field(foreign_key="lead_account.id", index=True)
    token_hash: bytes = Field(unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
