"""Long texts of things on a card; each version is written once."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from models.types import one_of


class WordingPart(StrEnum):
    """Which of its texts."""

    BODY = "BODY"
    NOTE = "NOTE"


class Wording(SQLModel, table=True):
    """What a thing says since one version of it; append-only. The log names it by that version."""

    owner_id: UUID = Field(primary_key=True)
    part: WordingPart = Field(sa_type=one_of(WordingPart), primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    lead_id: UUID = Field(foreign_key="lead.id", index=True)
    """The lead that it was written on; the thing itself may be on another since."""
    text: str = Field(sa_type=Text)
