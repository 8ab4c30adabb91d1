"""What a lead is called: name, else address, else phone, else `Visitor` and four characters."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.fields import FieldDefinition, Property
from models.leads import Lead
from resolvers.text import fold

NAME_KEYS = ("first_name", "last_name", "company")
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def visitor_name(lead_id: UUID) -> str:
    """`Visitor` and four characters made from the id's random end."""
    number = lead_id.int & 0xFFFFFFFF
    letters = []
    for _ in range(4):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return f"Visitor {''.join(letters)}"


def initials(name: str) -> str:
    """The first letter or digit of the first and of the last word; `?` for a name without any."""
    first = [next((c for c in word if c.isalnum()), "") for word in name.split()]
    letters = [letter.upper()[0] for letter in first if letter]
    return "".join(letters[:1] + letters[1:][-1:]) or "?"


def columns(lead: Lead) -> dict[str, Any]:
    """The lead's own columns that changes carry, as JSON values."""
    return {
        "display_name": lead.display_name,
        "title": lead.title,
        "is_anonymous": lead.is_anonymous,
        "priority": lead.priority,
        "time_zone": lead.time_zone,
        "country": lead.country,
        "region": lead.region,
        "city": lead.city,
        "avatar_id": lead.avatar_id.hex if lead.avatar_id else None,
        "avatar_source": lead.avatar_source,
    }


def changed(before: Mapping[str, Any], lead: Lead) -> dict[str, Any]:
    """Those of the lead's own columns that differ from before."""
    return {key: value for key, value in columns(lead).items() if before[key] != value}


async def rename(session: AsyncSession, lead: Lead) -> None:
    """Derives the display name and the anonymous mark anew; flushes what the unit has pending."""
    await session.flush()
    rows = await session.execute(
        select(col(FieldDefinition.key), col(Property.text_value))
        .join(Property, col(Property.field_id) == col(FieldDefinition.id))
        .where(col(Property.lead_id) == lead.id, col(FieldDefinition.key).in_(NAME_KEYS))
    )
    names: dict[str, str | None] = {key: value for key, value in rows}
    address = await session.scalar(
        select(col(EmailAddress.key))
        .join(LeadEmailAddress, col(LeadEmailAddress.email_address_id) == col(EmailAddress.id))
        .where(col(LeadEmailAddress.lead_id) == lead.id)
        .order_by(col(LeadEmailAddress.position))
        .limit(1)
    )
    phone = await session.scalar(
        select(col(LeadPhoneNumber.number))
        .where(col(LeadPhoneNumber.lead_id) == lead.id)
        .order_by(col(LeadPhoneNumber.position))
        .limit(1)
    )
    call(lead, names, address, phone)


def call(
    lead: Lead, names: Mapping[str, str | None], address: str | None, phone: str | None
) -> None:
    """Names the lead by what is known: values of NAME_KEYS, primary address and number."""
    person = " ".join(name for key in NAME_KEYS[:2] if (name := names.get(key)))
    lead.display_name = person or names.get("company") or address or phone or visitor_name(lead.id)
    lead.name_key = fold(lead.display_name, 254)
    lead.is_anonymous = address is None and phone is None
