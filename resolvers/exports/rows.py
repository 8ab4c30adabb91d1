"""Reading leads for a file: some at once, one statement for each kind of part that is needed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.fields import Property
from models.leads import Lead
from models.pipelines import Pipeline, PipelineState
from models.staff import Staff
from models.tags import LeadTag, Tag
from resolvers import access
from resolvers.contact_points import shown_status
from resolvers.exports.columns import Column, LeadParts
from resolvers.upserts import table_of
from resolvers.views import View

SHOWN = (
    "id", "display_name", "external_id", "is_anonymous", "created_at", "source_channel",
    "source_detail", "state_since", "priority", "last_activity_at",
)  # fmt: skip
"""Columns of a lead itself."""


async def read_leads(view: View, ids: Sequence[UUID], columns: Sequence[Column]) -> list[LeadParts]:
    """The leads in the order of their ids, without those that the viewer may not see any more."""
    lead = table_of(Lead)
    statement = (
        select(
            *(lead.c[name] for name in SHOWN),
            col(PipelineState.name).label("state"),
            col(Pipeline.name).label("pipeline"),
            col(Staff.name).label("assignee"),
        )
        .join_from(lead, PipelineState, col(PipelineState.id) == lead.c.state_id)
        .join(Pipeline, col(Pipeline.id) == col(PipelineState.pipeline_id))
        .outerjoin(Staff, col(Staff.id) == lead.c.assignee_id)
        .where(lead.c.id.in_(ids), access.visible_leads(view.actor))
    )
    found = {row.id: LeadParts(row) for row in await view.rows(statement)}
    keys = {each.key for each in columns}
    if keys & {"emailAddresses", "subscription"}:
        await _read_addresses(view, found)
    if "phoneNumbers" in keys:
        await _read_phones(view, found)
    if "tags" in keys:
        await _read_tags(view, found)
    field_ids = [each.field_id for each in columns if each.field_id]
    if field_ids:
        await _read_values(view, found, field_ids)
    return [found[each] for each in ids if each in found]


async def _read_addresses(view: View, found: dict[UUID, LeadParts]) -> None:
    own = col(LeadEmailAddress.lead_id)
    rows = await view.rows(
        select(
            own,
            col(EmailAddress.key),
            col(EmailAddress.consent),
            col(EmailAddress.deliverability),
        )
        .join(EmailAddress, col(EmailAddress.id) == col(LeadEmailAddress.email_address_id))
        .where(own.in_(found))
        .order_by(own, col(LeadEmailAddress.position))
    )
    for row in rows:
        found[row.lead_id].addresses.append((row.key, shown_status(row)))


async def _read_phones(view: View, found: dict[UUID, LeadParts]) -> None:
    own = col(LeadPhoneNumber.lead_id)
    rows = await view.rows(
        select(own, col(LeadPhoneNumber.number))
        .where(own.in_(found))
        .order_by(own, col(LeadPhoneNumber.position))
    )
    for lead_id, number in rows:
        found[lead_id].phones.append(number)


async def _read_tags(view: View, found: dict[UUID, LeadParts]) -> None:
    own = col(LeadTag.lead_id)
    rows = await view.rows(
        select(own, col(Tag.name))
        .join(Tag, col(Tag.id) == col(LeadTag.tag_id))
        .where(own.in_(found))
        .order_by(own, col(Tag.name_key))
    )
    for lead_id, name in rows:
        found[lead_id].tags.append(name)


async def _read_values(view: View, found: dict[UUID, LeadParts], field_ids: Sequence[UUID]) -> None:
    table: Any = table_of(Property)
    shown = (
        "lead_id", "field_id", "text_value", "number_value", "currency", "date_value", "json_value",
        "stored_type",
    )  # fmt: skip
    statement = select(*(table.c[name] for name in shown))
    is_wanted = table.c.lead_id.in_(found), table.c.field_id.in_(field_ids)
    for row in await view.rows(statement.where(*is_wanted)):
        found[row.lead_id].values[row.field_id] = row
