"""The summary of a lead: what stands first and can be edited nowhere."""

import strawberry

from models.enums import SourceChannel
from models.leads import Lead
from schema.contact_points import addresses_of, phones_of
from schema.loaders import SchemaView
from schema.values import Value, global_id, instant_value, text_value

CHANNELS = {
    SourceChannel.SITE: "Site",
    SourceChannel.STAFF: "Staff",
    SourceChannel.IMPORT: "Import",
    SourceChannel.API: "API",
}
"""How people read the ways to become a lead."""


@strawberry.type(description="Line of the summary.")
class SummaryField:
    key: str = strawberry.field(description="Key: `id`, `contact`, `createdAt`, `source`.")
    label: str = strawberry.field(description="Label.")
    value: Value | None = strawberry.field(description="Value; null: empty.")


async def summary_of(view: SchemaView, lead: Lead) -> list[SummaryField]:
    """Id, contact information, creation date and source, in this order."""
    contact = await _contact(view, lead)
    return [
        SummaryField(key="id", label="Lead ID", value=text_value(global_id("lead", lead.id))),
        SummaryField(
            key="contact", label="Contact", value=text_value(contact) if contact else None
        ),
        SummaryField(key="createdAt", label="Created", value=instant_value(lead.created_at)),
        SummaryField(key="source", label="Source", value=text_value(_source(lead))),
    ]


async def _contact(view: SchemaView, lead: Lead) -> str:
    """The primary address and the primary number."""
    addresses = await addresses_of(view, lead.id)
    numbers = await phones_of(view, lead.id)
    first = [each.shared.key for each in addresses[:1]] + [each.row.number for each in numbers[:1]]
    return ", ".join(first)


def _source(lead: Lead) -> str:
    channel = CHANNELS[lead.source_channel]
    return f"{channel}: {lead.source_detail}" if lead.source_detail else channel
