"""Saved views of the list of leads."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.ids import new_id
from models.types import Json, sortable

SHARED, OWN = text("is_shared"), text("NOT is_shared")


class SavedView(SQLModel, table=True):
    """A filter, words, an order and columns under a name: of one person, or of the team."""

    __tablename__ = "saved_view"
    __table_args__ = (
        Index(
            "ix_saved_view_shared", "name_key", unique=True,
            sqlite_where=SHARED, postgresql_where=SHARED,
        ),
        Index(
            "ix_saved_view_own", "owner_id", "name_key", unique=True,
            sqlite_where=OWN, postgresql_where=OWN,
        ),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=80)
    name_key: str = Field(sa_type=sortable(160))
    owner_id: UUID = Field(foreign_key="staff.id")
    """Whose it is; of a shared one who made it."""
    is_shared: bool
    filter: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """As `resolvers/filters/storing.py` keeps it; None: all leads."""
    search: str | None = Field(default=None, max_length=200)
    sort_by: str = Field(max_length=32)
    sort_descending: bool
    sort_field_key: str | None = Field(default=None, max_length=64)
    columns: list[str] = Field(sa_type=Json)
    position: int
    version: int = 0
