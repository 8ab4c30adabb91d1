"""What was a lead's own: tags, values, addresses, numbers, states, assignees, presence."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.accounts import LeadAccount
from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.fields import FieldDefinition, Property
from models.leads import Assignment
from models.pipelines import StateTime
from models.tags import Tag
from models.visits import PresenceInterval
from realtime.presence import PresenceState as EngineState
from realtime.presence import Reading
from resolvers import access, readers, values
from resolvers.accounts import AccountRow
from resolvers.fields import source_of
from resolvers.past.folding import Past
from resolvers.past.rows.copies import copied, ids_of, instant_of
from resolvers.readers import AddressRow
from resolvers.segments.listing import Membership, segments_by_id
from resolvers.views import View

FIRST = 1
"""Revision of the change that created the lead, with its state and assignee."""


async def tags(view: View, past: Past) -> list[Tag]:
    """Tags by name, with the names that they had."""
    found = await readers.tags_by_id(view, ids_of(past.card.tags))
    rows = [copied(row, name=past.card.tags[row.id.hex]) for row in found if row]
    return sorted(rows, key=lambda row: row.name_key)


async def memberships(view: View, past: Past) -> list[Membership]:
    """Segments by name, as far as the viewer may know of them."""
    kept = past.card.segments
    found = await segments_by_id(view, ids_of(kept))
    rows = sorted((row for row in found if row), key=lambda row: row.name_key)
    return [
        Membership(
            past.lead.id,
            row,
            datetime.fromisoformat(kept[row.id.hex]["since"]),
            kept[row.id.hex]["because"],
        )
        for row in rows
    ]


async def properties(view: View, past: Past) -> list[Property]:
    """Listed fields that had been set, a cleared one without value, as far as the viewer may see
    them."""
    visible = await readers.all_fields(view)
    return [_property(past, row.id.hex) for row in visible if row.id.hex in past.set_by]


def _property(past: Past, field_id: str) -> Property:
    change, value = past.set_by[field_id], past.card.properties.get(field_id)
    row = Property(
        lead_id=past.lead.id,
        field_id=UUID(hex=field_id),
        version=change.revision,
        source=source_of(change.actor_kind, change.via),
        updated_at=change.at,
        updated_by_kind=change.actor_kind,
        updated_by_id=change.actor_id,
        updated_by_name=change.actor_name,
    )
    if value is not None:
        values.from_log(value).put_into(row)
    return row


async def version(view: View, past: Past) -> int:
    """The last revision that had changed one of the lead's own fields that the viewer may see."""
    visible = await view.scalars(
        select(col(FieldDefinition.id)).where(access.visible_fields(view.actor))
    )
    set_by = [past.set_by[each.hex].revision for each in visible if each.hex in past.set_by]
    return max([FIRST, *set_by])


async def addresses(view: View, past: Past) -> list[AddressRow]:
    """Addresses, primary first; the status of each is the address's own, as it is now."""
    (now,) = await readers.addresses_by_lead(view, [past.lead.id])
    kept = {row.id.hex: row.added_at for row, _ in now}
    keys = [then["address"] for then in past.card.email_addresses]
    statement = select(EmailAddress).where(col(EmailAddress.key).in_(keys))
    shared = {row.key: row for row in await view.scalars(statement)}
    return [
        (
            LeadEmailAddress(
                id=UUID(hex=then["id"]),
                lead_id=past.lead.id,
                email_address_id=shared[then["address"]].id,
                position=position,
                as_typed=str(then.get("as_typed", then["address"])),
                is_verified=then["is_verified"],
                added_at=_came(past, then["id"], kept),
            ),
            shared[then["address"]],
        )
        for position, then in enumerate(past.card.email_addresses)
    ]


async def account(view: View, past: Past) -> AccountRow | None:
    """The portal account as it was."""
    then = past.card.account
    if then is None:
        return None
    row = LeadAccount(
        id=UUID(hex=then["id"]),
        lead_id=past.lead.id,
        email_address_id=UUID(hex=then["address_id"]),
        password_set_at=instant_of(then["password_set_at"]),
        must_change_password=then["must_change_password"],
        created_at=datetime.fromisoformat(then["created_at"]),
    )
    return row, then["address"]


def _came(past: Past, identity: str, kept: dict[str, datetime]) -> datetime:
    """When an entry came to be what it was: as its row says, unless it was corrected later."""
    now = kept.get(identity)
    return now if now and now <= past.at else past.known_since[identity][1]


async def phones(view: View, past: Past) -> list[LeadPhoneNumber]:
    """Numbers, primary first."""
    (now,) = await readers.phones_by_lead(view, [past.lead.id])
    kept = {row.id.hex: row.added_at for row in now}
    return [
        LeadPhoneNumber(
            id=UUID(hex=then["id"]),
            lead_id=past.lead.id,
            number=then["number"],
            as_typed=str(then.get("as_typed", then["number"])),
            label=then.get("label"),
            position=position,
            added_at=_came(past, then["id"], kept),
        )
        for position, then in enumerate(past.card.phone_numbers)
    ]


async def state_times(view: View, past: Past) -> list[StateTime]:
    """How long the lead had been in the states that it had left."""
    return [
        StateTime(lead_id=past.lead.id, state_id=UUID(hex=key), seconds=seconds)
        for key, seconds in past.card.state_seconds.items()
    ]


async def assignments(view: View, past: Past) -> list[Assignment]:
    """Assignments that had begun, newest first; one that had not ended has no end."""
    (rows,) = await readers.assignments_by_lead(view, [past.lead.id])
    return [
        copied(row, to_at=row.to_at if row.to_at and row.to_at <= past.at else None)
        for row in rows
        if row.from_at <= past.at
    ]


async def presence(view: View, past: Past) -> Reading:
    """Whether the lead was on a site; ONLINE is told as not sure, for SLEEPING is not kept."""
    row = await view.scalar(
        select(PresenceInterval)
        .where(
            col(PresenceInterval.lead_id) == past.lead.id,
            col(PresenceInterval.from_at) <= past.at,
        )
        .order_by(col(PresenceInterval.from_at).desc())
        .limit(1)
    )
    offline = Reading.unknown(past.lead.id, past.at, "", False)
    if row is None:
        return offline
    if row.to_at and row.to_at <= past.at:
        return replace(offline, since=row.to_at)
    online = EngineState.ONLINE
    return replace(offline, state=online, since=row.from_at, provisional=True)
