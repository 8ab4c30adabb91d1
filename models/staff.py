"""People of the team, their sign-ins, and the API tokens that they answer for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from models.enums import StaffRole
from models.ids import new_id
from models.types import Json, UtcDateTime, one_of, sortable


class Staff(SQLModel, table=True):
    """Person of the team; never deleted, only made inactive."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=100)
    name_key: str = Field(sa_type=sortable(200))
    email_address: str = Field(max_length=254, unique=True)
    password_hash: str = Field(max_length=300)
    """Empty while the person has no password; nothing matches it."""
    role: StaffRole = Field(sa_type=one_of(StaffRole))
    is_active: bool = True
    is_invited: bool = False
    """Has an invitation and has not come yet; then never active."""
    time_zone: str = Field(default="UTC", max_length=64)
    is_time_zone_chosen: bool = False
    """By the person; else it is what the workspace had when they were added."""
    language: str = Field(default="en", max_length=35)
    version: int = 0
    avatar_id: UUID | None = None
    """The file that shows the person; none: their initials do."""
    calendar_serial: int = 0
    """Counts the addresses that the person's diary has had."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class StaffInvitation(SQLModel, table=True):
    """The link that an invited person comes by; a newer one takes its place."""

    __tablename__ = "staff_invitation"

    staff_id: UUID = Field(foreign_key="staff.id", primary_key=True)
    token_hash: bytes = Field(unique=True)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class StaffSession(SQLModel, table=True):
    """Sign-in of a staff member; the token itself is never stored."""

    __tablename__ = "staff_session"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    token_hash: bytes = Field(unique=True)
    device: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StaffTotp(SQLModel, table=True):
    """A person's authenticator; its secret can be read with the deployment's key only."""

    __tablename__ = "staff_totp"

    staff_id: UUID = Field(foreign_key="staff.id", primary_key=True)
    sealed_secret: bytes
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when a code is demanded; None while the person has not shown a first one."""
    last_step: int | None = Field(default=None, sa_type=BigInteger)
    """Time step of the last code that was used: it and those before are used up."""


class RecoveryCode(SQLModel, table=True):
    """Stands in for one code of a lost authenticator; removed when used."""

    __tablename__ = "recovery_code"

    code_hash: bytes = Field(primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)


class ApiToken(SQLModel, table=True):
    """Way in for a program; it may a part of what its owner may. The token itself is not stored."""

    __tablename__ = "api_token"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="staff.id", index=True)
    name: str = Field(max_length=80)
    is_personal: bool
    scopes: list[str] = Field(sa_type=Json)
    token_hash: bytes = Field(unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
