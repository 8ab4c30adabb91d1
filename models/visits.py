"""Sites that carry the visitor script, the visits they start, and time spent there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.ids import new_id
from models.types import Json, UtcDateTime


class Site(SQLModel, table=True):
    """A site of the team."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=80)
    origins: list[str] = Field(sa_type=Json)
    site_key: str = Field(max_length=64, unique=True)
    """Public; tells which site a script belongs to."""
    identity_secret: str = Field(max_length=64)
    """Known to the site's own server only; signs who a visitor is."""
    greeting: str = Field(default="", max_length=300)
    version: int = 1


class Visit(SQLModel, table=True):
    """A browser on a site, known by its token, of which only the hash is kept."""

    __table_args__ = (Index("ix_visit_lead", "lead_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    lead_id: UUID = Field(foreign_key="lead.id")
    token_hash: bytes = Field(unique=True)
    started_at: datetime = Field(sa_type=UtcDateTime)
    is_identified: bool = False
    time_zone: str | None = Field(default=None, max_length=64)
    country: str | None = Field(default=None, max_length=2)
    region: str | None = Field(default=None, max_length=100)
    city: str | None = Field(default=None, max_length=100)
    referrer: str | None = Field(default=None, max_length=2048)
    """The page of another site that it came from last."""
    device: str | None = Field(default=None, max_length=80)
    """Browser and system in words."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class VisitPage(SQLModel, table=True):
    """What a page of a visit shows. Whether it is open is known to the presence engine alone."""

    __tablename__ = "visit_page"
    __table_args__ = (Index("ix_visit_page_told", "told_at"),)

    visit_id: UUID = Field(primary_key=True, foreign_key="visit.id")
    page: str = Field(primary_key=True, max_length=16)
    """Digest of the key that the page gave itself."""
    url: str = Field(max_length=2048)
    title: str | None = Field(default=None, max_length=200)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    told_at: datetime = Field(sa_type=UtcDateTime)
    """When it last showed something new."""


class PresenceInterval(SQLModel, table=True):
    """Time that a lead was on a site; derived from the presence engine's transitions."""

    __tablename__ = "presence_interval"
    __table_args__ = (Index("ix_presence_interval_time", "lead_id", "from_at"),)

    lead_id: UUID = Field(primary_key=True, foreign_key="lead.id")
    version: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    """Version of the transition that began it, so that a repeat stores nothing twice."""
    epoch: str = Field(primary_key=True, max_length=40)
    from_at: datetime = Field(sa_type=UtcDateTime)
    to_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_version: int = Field(sa_type=BigInteger)
    """Version of the last transition counted in."""
    active_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when ONLINE in it; None while SLEEPING or over."""
    active_seconds: int = 0
