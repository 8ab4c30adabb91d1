"""Files of leads. Their bytes lie in the store, named by the id and nothing else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.enums import FileUse
from models.types import UtcDateTime, one_of


class File(SQLModel, table=True):
    """One file and what it is part of. Never changed: a new upload is a new file."""

    __table_args__ = (
        Index("ix_file_lead", "lead_id", "use"),
        Index("ix_file_subject", "subject_id"),
    )

    id: UUID = Field(primary_key=True)
    """The id of the upload that it came by."""
    lead_id: UUID | None = Field(default=None, foreign_key="lead.id")
    """None: the workspace's, as the pictures of staff are."""
    use: FileUse = Field(sa_type=one_of(FileUse))
    subject_id: UUID
    """What it is part of: a note, a field, the lead itself, a person of the team."""
    name: str = Field(max_length=200)
    content_type: str = Field(max_length=100)
    """Found from the content."""
    size_bytes: int = Field(sa_type=BigInteger)
    width: int | None = None
    """Pixels, of pictures only; those have previews in the store beside them."""
    height: int | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)


class RemovedFile(SQLModel, table=True):
    """Bytes that nothing belongs to any more; the row goes when they are gone."""

    __tablename__ = "removed_file"

    id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
