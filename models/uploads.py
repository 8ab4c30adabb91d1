"""Files that people send: a ticket first, then the bytes, which lie in the data folder."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from models.ids import new_id
from models.types import UtcDateTime


class Upload(SQLModel, table=True):
    """One file of one person. The ticket itself is never stored, and is good for one try."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    token_hash: bytes = Field(unique=True)
    name: str = Field(max_length=200)
    """As the person called it; on the disk the file is named by the id."""
    size_bytes: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    """Of the ticket, and of the file where nothing has used it by then."""
    begun_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """All bytes are there."""
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when a file of the same id has the bytes."""
    content_type: str | None = Field(default=None, max_length=100)
    """What a file of these bytes is; None where it can't be one."""
    stored_bytes: int | None = Field(default=None, sa_type=BigInteger)
    """Size of that file: a picture is drawn anew."""
    width: int | None = None
    height: int | None = None
    problem: str | None = Field(default=None, max_length=200)
    """Why it can't be a file."""
