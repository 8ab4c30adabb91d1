"""Prepared answers."""

from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from models.ids import new_id
from models.types import sortable

SHARED, OWN = text("is_shared"), text("NOT is_shared")


class CannedReply(SQLModel, table=True):
    """A prepared answer of one person, or one that the whole team uses."""

    __tablename__ = "canned_reply"
    __table_args__ = (
        Index(
            "ix_canned_reply_shared", "name_key", unique=True,
            sqlite_where=SHARED, postgresql_where=SHARED,
        ),
        Index(
            "ix_canned_reply_own", "owner_id", "name_key", unique=True,
            sqlite_where=OWN, postgresql_where=OWN,
        ),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=60)
    name_key: str = Field(sa_type=sortable(120))
    body: str = Field(sa_type=Text)
    """With variables such as `{{lead.firstName}}`."""
    owner_id: UUID = Field(foreign_key="staff.id")
    """Whose it is; of a shared one who made it."""
    is_shared: bool
    version: int = 0
