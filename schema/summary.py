"""The summary of a lead: what stands first and can be edited nowhere."""

from collections.abc import Awaitable, Callable

import strawberry

from models.enums import SourceChannel
from models.leads import Lead
from resolvers.summary import lines_of
from schema.contact_points import addresses_of, phones_of
from schema.fields import properties_of
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
    key: str = strawberry.field(
        description="Key: `id`, `contact`, `createdAt`, `source`, or that of a field."
    )
    label: str = strawberry.field(description="Label.")
    value: Value | None = strawberry.field(description="Value; null: empty.")


async def summary_of(view: SchemaView, lead: Lead) -> list[SummaryField]:
    """The lines of the setting; of fields those that are there and that the viewer may see."""
    workspace = await view.load.workspace.load(None)
    assert workspace is not None
    keys = lines_of(workspace)
    fields = {}
    if not set(keys) <= OWN.keys():
        rows = await properties_of(view, lead.id)
        fields = {each.definition.key: each for each in rows if not each.definition.archived_at}
    made = []
    for key in keys:
        if key in OWN:
            label, read = OWN[key]
            made.append(SummaryField(key=key, label=label, value=await read(view, lead)))
        elif key in fields:
            field = fields[key]
            made.append(
                SummaryField(key=key, label=field.definition.label, value=await field.shown())
            )
    return made


async def _id(view: SchemaView, lead: Lead) -> Value:
    return text_value(global_id("lead", lead.id))


async def _created(view: SchemaView, lead: Lead) -> Value:
    return instant_value(lead.created_at)


async def _contact(view: SchemaView, lead: Lead) -> Value | None:
    """The primary address and the primary number."""
    addresses = await addresses_of(view, lead.id)
    numbers = await phones_of(view, lead.id)
    first = [each.shared.key for each in addresses[:1]] + [each.row.number for each in numbers[:1]]
    return text_value(", ".join(first)) if first else None


async def _source(view: SchemaView, lead: Lead) -> Value:
    channel = CHANNELS[lead.source_channel]
    return text_value(f"{channel}: {lead.source_detail}" if lead.source_detail else channel)


OWN: dict[str, tuple[str, Callable[[SchemaView, Lead], Awaitable[Value | None]]]] = {
    "id": ("Lead ID", _id),
    "contact": ("Contact", _contact),
    "createdAt": ("Created", _created),
    "source": ("Source", _source),
}
"""Label and value of the lines that are no field's."""
