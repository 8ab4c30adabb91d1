"""What time it is where a lead is."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.enums import FieldType, ValueSource
from models.fields import FieldDefinition, Property
from models.leads import Lead
from resolvers import fields
from resolvers.fields import Edit
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import TypedValue


class LocationSource(StrEnum):
    UNKNOWN = "UNKNOWN"
    BROWSER = "BROWSER"
    NETWORK = "NETWORK"
    STATED = "STATED"


def source_of(zone: str | None, row: Property | None) -> LocationSource:
    """How a lead's zone is known: what a page told is the browser's, everything else was stated."""
    if zone is None:
        return LocationSource.UNKNOWN
    is_told = row is not None and row.source is ValueSource.SITE
    return LocationSource.BROWSER if is_told else LocationSource.STATED


def utc_offset(zone: str, at: datetime) -> int:
    """Seconds to add to UTC at that instant, summer time included."""
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


async def is_news(session: AsyncSession, lead_id: UUID, zone: str) -> bool:
    """Whether a browser's zone is another one than is known, and none was stated."""
    row = await session.scalar(
        select(Property)
        .join(FieldDefinition, col(FieldDefinition.id) == col(Property.field_id))
        .where(col(Property.lead_id) == lead_id, col(FieldDefinition.key) == "time_zone")
    )
    if row is None or row.text_value is None:
        return True
    return row.source is ValueSource.SITE and row.text_value != zone


async def hear_browser(work: UnitOfWork, lead: Lead, zone: str) -> None:
    """Takes up the zone of the visitor's browser, unless one was stated. The lead is locked."""
    if await is_news(work.session, lead.id, zone):
        field = (await fields.definitions(work.session, "time_zone"))["time_zone"]
        await fields.edit(work, lead, [Edit(field, TypedValue(FieldType.TEXT, text=zone))])
