"""Leads and what is a lead's own: names, addresses, numbers, values, tags, times."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from models.changes import Change, LeadFeed
from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.fields import FieldDefinition, Property
from models.leads import Assignment, Lead
from models.pipelines import StateTime
from models.tags import LeadTag, Tag
from resolvers import access
from resolvers.contact_points import MAX_OTHERS
from resolvers.readers.rows import rows_by_id
from resolvers.views import View, by_key


async def leads_by_id(view: View, ids: Sequence[UUID]) -> list[Lead | None]:
    """Leads that the viewer may see; for the id of a merged one its survivor."""
    found = await rows_by_id(view, Lead, ids, access.visible_leads(view.actor))
    for index, each in enumerate(ids):
        if found[index] is None:
            found[index] = await view.run(access.find_lead, view.actor, each)
    return found


async def names_of_leads(view: View, ids: Sequence[UUID]) -> list[str]:
    """Names of leads whose tasks the viewer was given: nothing else of them is told thereby."""
    rows = await view.rows(
        select(col(Lead.id), col(Lead.display_name)).where(col(Lead.id).in_(ids))
    )
    found = {row[0]: row[1] for row in rows}
    return [found[each] for each in ids]


async def tags_by_lead(view: View, ids: Sequence[UUID]) -> list[list[Tag]]:
    """Tags of leads, by name."""
    rows = await view.rows(
        select(col(LeadTag.lead_id), Tag)
        .join(Tag, col(Tag.id) == col(LeadTag.tag_id))
        .where(col(LeadTag.lead_id).in_(ids))
        .order_by(col(Tag.name_key))
    )
    return [[tag for lead_id, tag in rows if lead_id == each] for each in ids]


async def tags_by_id(view: View, ids: Sequence[UUID]) -> list[Tag | None]:
    return await rows_by_id(view, Tag, ids)


AddressRow = tuple[LeadEmailAddress, EmailAddress]


async def addresses_by_lead(view: View, ids: Sequence[UUID]) -> list[list[AddressRow]]:
    """Addresses of leads with their status rows, primary first."""
    rows = await view.rows(
        select(LeadEmailAddress, EmailAddress)
        .join(EmailAddress, col(EmailAddress.id) == col(LeadEmailAddress.email_address_id))
        .where(col(LeadEmailAddress.lead_id).in_(ids))
        .order_by(col(LeadEmailAddress.position))
    )
    return [[(row, address) for row, address in rows if row.lead_id == each] for each in ids]


async def leads_by_address(view: View, ids: Sequence[UUID]) -> list[list[Lead]]:
    """Leads with an address that the viewer may see, newest first; one more than are shown."""
    place = func.row_number().over(
        partition_by=col(LeadEmailAddress.email_address_id), order_by=col(Lead.id).desc()
    )
    found = (
        select(
            col(LeadEmailAddress.email_address_id).label("address_id"),
            col(Lead.id).label("lead_id"),
            place.label("place"),
        )
        .join(Lead, col(Lead.id) == col(LeadEmailAddress.lead_id))
        .where(col(LeadEmailAddress.email_address_id).in_(ids), access.visible_leads(view.actor))
        .subquery()
    )
    rows = await view.rows(
        select(found.c.address_id, Lead)
        .join(found, found.c.lead_id == col(Lead.id))
        .where(found.c.place <= MAX_OTHERS + 1)
        .order_by(col(Lead.id).desc())
    )
    return [[lead for address_id, lead in rows if address_id == each] for each in ids]


async def phones_by_lead(view: View, ids: Sequence[UUID]) -> list[list[LeadPhoneNumber]]:
    """Numbers of leads, primary first."""
    rows = await view.scalars(
        select(LeadPhoneNumber)
        .where(col(LeadPhoneNumber.lead_id).in_(ids))
        .order_by(col(LeadPhoneNumber.position))
    )
    return by_key(rows, ids, "lead_id")


async def properties_by_lead(view: View, ids: Sequence[UUID]) -> list[list[Property]]:
    """Values of listed fields that the viewer may see."""
    rows = await view.scalars(
        select(Property)
        .join(FieldDefinition, col(FieldDefinition.id) == col(Property.field_id))
        .where(
            col(Property.lead_id).in_(ids),
            col(FieldDefinition.is_listed),
            access.visible_fields(view.actor),
        )
    )
    return by_key(rows, ids, "lead_id")


async def versions_by_lead(view: View, ids: Sequence[UUID]) -> list[int]:
    """The last revision that changed one of a lead's own fields, as far as the viewer sees them.

    Not the log's own revision: that would tell of changes that the viewer may not see.
    """
    rows = await view.rows(
        select(col(Property.lead_id), func.max(col(Property.version)))
        .join(FieldDefinition, col(FieldDefinition.id) == col(Property.field_id))
        .where(col(Property.lead_id).in_(ids), access.visible_fields(view.actor))
        .group_by(col(Property.lead_id))
    )
    found = {row[0]: row[1] for row in rows}
    return [found.get(each, 0) for each in ids]


async def assignments_by_lead(view: View, ids: Sequence[UUID]) -> list[list[Assignment]]:
    """Present and former assignments, newest first."""
    rows = await view.scalars(
        select(Assignment)
        .where(col(Assignment.lead_id).in_(ids))
        .order_by(col(Assignment.from_at).desc())
    )
    return by_key(rows, ids, "lead_id")


async def state_times_by_lead(view: View, ids: Sequence[UUID]) -> list[list[StateTime]]:
    """How long leads were in the states that they left."""
    rows = await view.scalars(select(StateTime).where(col(StateTime.lead_id).in_(ids)))
    return by_key(rows, ids, "lead_id")


async def change_by_id(view: View, change_id: UUID) -> Change | None:
    """One row of a log, if the viewer may see both the lead and the row."""
    change: Change | None = await view.scalar(
        select(Change).where(col(Change.id) == change_id, access.visible_changes(view.actor))
    )
    if change is None:
        return None
    lead = await view.run(access.find_lead, view.actor, change.lead_id)
    return change if lead is not None else None


async def changes_by_id(view: View, ids: Sequence[UUID]) -> list[Change | None]:
    """Rows of logs, as far as the viewer may see both the lead and the row."""
    rows = await rows_by_id(view, Change, ids, access.visible_changes(view.actor))
    leads = list({row.lead_id for row in rows if row is not None})
    visible = await leads_by_id(view, leads) if leads else []
    seen = {lead_id for lead_id, lead in zip(leads, visible, strict=True) if lead is not None}
    return [row if row is not None and row.lead_id in seen else None for row in rows]


async def feed_revision(view: View, lead_id: UUID) -> int:
    """Where the lead's log stands in this view."""
    found = await view.scalar(
        select(col(LeadFeed.revision)).where(col(LeadFeed.lead_id) == lead_id)
    )
    return found or 0
