"""Imports of leads from files: how far each has come, and which row a lead was last given."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from models.ids import new_id
from models.types import Json, UtcDateTime


class LeadImport(SQLModel, table=True):
    """One reading of a file. The counters move in the transaction that writes the leads."""

    __tablename__ = "lead_import"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    identity: bytes = Field(index=True)
    """Digest of the file and of how it is read: the same again goes on where one was cut off."""
    name: str = Field(max_length=200)
    """Of the file, without folders."""
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    """Who began it; None: the command."""
    upload_id: UUID | None = Field(default=None, foreign_key="upload.id", unique=True)
    """The file, if it came by the API; the worker imports those."""
    plan: dict[str, Any] = Field(sa_type=Json)
    """Encoding, separator, columns with their targets, and the key column."""
    total: int
    """Rows in the file."""
    done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejected_bytes: int = Field(default=0, sa_type=BigInteger)
    """Length of the file of rejected rows that belongs to `done`."""
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failure: str | None = Field(default=None, max_length=500)


class ImportedRow(SQLModel, table=True):
    """The row that a lead was last given by files of one layout; a digest, no value.

    The same row again changes nothing, whatever became of the lead since.
    """

    __tablename__ = "imported_row"

    lead_id: UUID = Field(primary_key=True, foreign_key="lead.id")
    layout: bytes = Field(primary_key=True)
    """Digest of the targets and the key column."""
    fingerprint: bytes = Field(unique=True)
    """Digest of the layout and the row's values."""
