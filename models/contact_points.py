"""Addresses and phone numbers. The status of an address is one row, shared by all its leads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.enums import Consent, Deliverability, InvalidEmailReason
from models.ids import new_id
from models.types import UtcDateTime, one_of


class EmailAddress(SQLModel, table=True):
    """An address and whether it may be mailed: consent on one axis, deliverability on the other."""

    __tablename__ = "email_address"
    __table_args__ = (
        CheckConstraint(
            "(deliverability = 'INVALID') = (invalid_reason IS NOT NULL)", name="invalid_has_reason"
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    key: str = Field(max_length=254, unique=True)
    """Lower case, domain in punycode; of an invalid one the lower-cased input."""
    consent: Consent = Field(sa_type=one_of(Consent))
    deliverability: Deliverability = Field(sa_type=one_of(Deliverability))
    invalid_reason: InvalidEmailReason | None = Field(
        default=None, sa_type=one_of(InvalidEmailReason)
    )
    since: datetime = Field(sa_type=UtcDateTime)


class ErasedAddress(SQLModel, table=True):
    """Status of an address whose leads were erased: it counts again where the address comes back.

    The address itself is not kept, only a hash that nobody can make without the secret key.
    """

    __tablename__ = "erased_address"

    digest: bytes = Field(primary_key=True)
    consent: Consent = Field(sa_type=one_of(Consent))
    deliverability: Deliverability = Field(sa_type=one_of(Deliverability))
    since: datetime = Field(sa_type=UtcDateTime)


class LeadEmailAddress(SQLModel, table=True):
    """An address on a lead; position 0 is the primary one."""

    __tablename__ = "lead_email_address"
    __table_args__ = (UniqueConstraint("lead_id", "email_address_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id", index=True)
    email_address_id: UUID = Field(foreign_key="email_address.id", index=True)
    as_typed: str = Field(max_length=254)
    position: int
    is_verified: bool = False
    added_at: datetime = Field(sa_type=UtcDateTime)


class LeadPhoneNumber(SQLModel, table=True):
    """A phone number on a lead; position 0 is the primary one."""

    __tablename__ = "lead_phone_number"
    __table_args__ = (UniqueConstraint("lead_id", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    lead_id: UUID = Field(foreign_key="lead.id", index=True)
    number: str = Field(max_length=16, index=True)
    as_typed: str = Field(max_length=40)
    label: str | None = Field(default=None, max_length=40)
    position: int
    added_at: datetime = Field(sa_type=UtcDateTime)
