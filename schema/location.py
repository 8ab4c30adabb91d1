"""Where a lead is, as far as known, and what time it is there."""

import strawberry

from models.leads import Lead
from resolvers.zones import LocationSource, source_of, utc_offset
from schema.fields import properties_of
from schema.loaders import SchemaView
from schema.scalars import CountryCode, TimeZone


@strawberry.type(description="Place and time.")
class Location:
    lead: strawberry.Private[Lead]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Country of the last visit; null: unknown.")
    def country(self) -> CountryCode | None:
        return CountryCode(self.lead.country) if self.lead.country else None

    @strawberry.field(description="Region in English, at most 100 characters; null: unknown.")
    def region(self) -> str | None:
        return self.lead.region

    @strawberry.field(description="City in English, at most 100 characters; null: unknown.")
    def city(self) -> str | None:
        return self.lead.city

    @strawberry.field(description="How country, region and city are known: UNKNOWN or NETWORK.")
    def place_source(self) -> LocationSource:
        return LocationSource.NETWORK if self.lead.country else LocationSource.UNKNOWN

    @strawberry.field(description="Zone; null: unknown.")
    def time_zone(self) -> TimeZone | None:
        return TimeZone(self.lead.time_zone) if self.lead.time_zone else None

    @strawberry.field(
        description="Offset from UTC now, in seconds, for a ticking clock; null: unknown."
    )
    def utc_offset_seconds(self) -> int | None:
        zone = self.lead.time_zone
        return utc_offset(zone, self.view.services.clock.now()) if zone else None

    @strawberry.field(description="How the zone is known.")
    async def source(self) -> LocationSource:
        rows = {
            each.definition.key: each.row for each in await properties_of(self.view, self.lead.id)
        }
        return source_of(self.lead.time_zone, rows.get("time_zone"))
