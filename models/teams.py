"""Groups of staff: who is in one, and who manages it."""

from uuid import UUID

from sqlmodel import Field, SQLModel

from models.ids import new_id
from models.types import sortable


class Team(SQLModel, table=True):
    """Group of staff; never deleted."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=80)
    name_key: str = Field(sa_type=sortable(160), unique=True)
    version: int = 0


class TeamMember(SQLModel, table=True):
    """A person is in one team at most."""

    __tablename__ = "team_member"

    staff_id: UUID = Field(foreign_key="staff.id", primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", index=True)


class TeamManager(SQLModel, table=True):
    """A person may manage several teams, in them or not."""

    __tablename__ = "team_manager"

    team_id: UUID = Field(foreign_key="team.id", primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id", primary_key=True, index=True)
