"""Where a lead is, as far as known, and what time it is there."""

import strawberry

from models.leads import Lead
from resolvers.zones import LocationSource, source_of, utc_offset
from schema.fields import properties_of
from schema.loaders import SchemaView
from schema.scalars import TimeZone


@strawberry.type(description="Place and time.")
class Location:
    lead: strawberry.Private[Lead]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Zone; null: unknown.")
    def time_zone(self) -> TimeZone | None:
        return TimeZone(self.lead.time_zone) if self.lead.time_zone else None

    @strawberry.field(
        description="Offset from UTC now, in seconds, for a ticking clock; null: unknown."
    )
    def utc_offset_seconds(self) -> int | None:
        zone = self.lead.time_zone
        return utc_offset(zone, self.view.services.clock.now()) if zone else None

    @strawberry.field(description="How it is known.")
    async def source(self) -> LocationSource:
        rows = {
            each.definition.key: each.row for each in await properties_of(self.view, self.lead.id)
        }
        return source_of(self.lead.time_zone, rows.get("time_zone"))
