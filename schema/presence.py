"""Presence of leads, and staff who look at a card."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import strawberry

from models.enums import PresenceState
from models.visits import PresenceInterval as IntervalRow
from resolvers.presence import Reading
from resolvers.presence import Viewer as ViewerRow
from schema.loaders import SchemaView
from schema.pages import PageInfo
from schema.scalars import Cursor
from schema.staff import Staff, staff_of


@strawberry.type(
    description="Is the lead on a site? ONLINE: input within 120 s; SLEEPING: a live page, no "
    "input for 120 s; OFFLINE: no live page. While connected, trust what is told; a client that "
    "hears nothing turns the lamp off by itself at `activeUntil` and `leaseUntil`."
)
class Presence:
    reading: strawberry.Private[Reading]
    view: strawberry.Private[SchemaView | None]

    @strawberry.field(description="State at `at`.")
    def state(self) -> PresenceState:
        return PresenceState(self.reading.state.value)

    @strawberry.field(description="Since when in this state; null: since before memory.")
    def since(self) -> datetime | None:
        return self.reading.since

    @strawberry.field(description="When the server computed this; keep the newer of two.")
    def at(self) -> datetime:
        return self.reading.at

    @strawberry.field(description="Last moment with a live page, as far as known.")
    async def last_seen_at(self) -> datetime | None:
        reading = self.reading
        if reading.state.value != PresenceState.OFFLINE.value:
            return reading.at
        if reading.since is not None or self.view is None:
            return reading.since
        return await self.view.load.last_seen.load(reading.lead_id)

    @strawberry.field(description="Last input.")
    def last_active_at(self) -> datetime | None:
        return self.reading.active_at

    @strawberry.field(
        description="Last input plus 120 s: then SLEEPING; null when OFFLINE. Moves on silently "
        "with each input."
    )
    def active_until(self) -> datetime | None:
        return self.reading.active_until

    @strawberry.field(
        description="Longest lease: then OFFLINE unless renewed, which is silent; null when "
        "OFFLINE."
    )
    def lease_until(self) -> datetime | None:
        return self.reading.lease_until

    @strawberry.field(description="After an outage: last known, not yet sure.")
    def is_provisional(self) -> bool:
        return self.reading.provisional


@strawberry.type(description="Time on the site.")
class PresenceInterval:
    row: strawberry.Private[IntervalRow]

    @strawberry.field(name="from", description="From.")
    def from_at(self) -> datetime:
        return self.row.from_at

    @strawberry.field(name="to", description="To; null: still there.")
    def to_at(self) -> datetime | None:
        return self.row.to_at

    @strawberry.field(description="Seconds with input not older than 120 s.")
    def active_seconds(self) -> int:
        return self.row.active_seconds


@strawberry.type(description="Row of PresenceIntervalConnection.")
class PresenceIntervalEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: PresenceInterval = strawberry.field(description="The row.")


@strawberry.type(description="Page of presence intervals.")
class PresenceIntervalConnection:
    edges: list[PresenceIntervalEdge] = strawberry.field(description="With cursors.")
    nodes: list[PresenceInterval] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]


@strawberry.type(description="Staff member looking at the card.")
class CardViewer:
    row: strawberry.Private[ViewerRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Who.")
    async def staff(self) -> Staff:
        person = await staff_of(self.view, self.row.staff_id)
        assert person is not None
        return person

    @strawberry.field(description="Since when.")
    def since(self) -> datetime:
        return self.row.since


async def presence_of(view: SchemaView, lead_id: UUID) -> Presence:
    """Presence of a lead now."""
    return Presence(reading=await view.load.presence.load(lead_id), view=view)
