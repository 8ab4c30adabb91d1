"""Presence of leads, and staff who look at a card."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import strawberry

from models.enums import PresenceState
from models.visits import PresenceInterval as IntervalRow
from resolvers.last_visits import LastVisit as LastVisitRow
from resolvers.open_pages import PresenceSession as SessionRow
from resolvers.presence import Reading
from resolvers.presence import Viewer as ViewerRow
from resolvers.viewing import typed_in
from schema.loaders import SchemaView
from schema.pages import PageInfo
from schema.scalars import Cursor, Url
from schema.sites import Site
from schema.staff import Staff, staff_of
from schema.values import global_id


@strawberry.type(
    description="Is the lead on a site? ONLINE: input within 120 s; SLEEPING: a live page, no "
    "input for 120 s; OFFLINE: no live page. While connected, trust what is told; a client that "
    "hears nothing turns the lamp off by itself at `activeUntil` and `leaseUntil`."
)
class Presence:
    reading: strawberry.Private[Reading]
    view: strawberry.Private[SchemaView]

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
        if reading.since is not None:
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

    @strawberry.field(
        description="Live pages, what the lead looks at first; at most 32. After an outage those "
        "that came back."
    )
    async def sessions(self) -> list["PresenceSession"]:
        found = await self.view.load.presence_sessions.load(self.reading)
        return [PresenceSession(row=row) for row in found]


@strawberry.type(description="Live page of a lead.")
class PresenceSession:
    row: strawberry.Private[SessionRow]

    @strawberry.field(description="The session.")
    def id(self) -> strawberry.ID:
        return global_id("page", self.row.id)

    @strawberry.field(description="Site.")
    def site(self) -> Site:
        return Site(row=self.row.site)

    @strawberry.field(
        description="Present page without its query and fragment; null when not told."
    )
    def page_url(self) -> Url | None:
        return Url(self.row.shown.url) if self.row.shown else None

    @strawberry.field(description="Its title, at most 200 characters.")
    def page_title(self) -> str | None:
        return self.row.shown.title if self.row.shown else None

    @strawberry.field(description="Page of another site that the visit came from.")
    def referrer(self) -> Url | None:
        return Url(self.row.visit.referrer) if self.row.visit.referrer else None

    @strawberry.field(description="Since when.")
    def started_at(self) -> datetime:
        return self.row.started_at

    @strawberry.field(description="Last input; the start, while there was none.")
    def last_active_at(self) -> datetime:
        return self.row.page.active_at or self.row.started_at

    @strawberry.field(description="Page is in front.")
    def is_visible(self) -> bool:
        return self.row.page.is_visible

    @strawberry.field(description="Browser and system.")
    def device(self) -> str:
        return self.row.device


@strawberry.type(
    description="The visit that a lead came by last, while it goes on and after it: what its page "
    "showed last is kept for a day."
)
class LastVisit:
    row: strawberry.Private[LastVisitRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Site.")
    def site(self) -> Site:
        return Site(row=self.row.site)

    @strawberry.field(description="When this browser came first.")
    def started_at(self) -> datetime:
        return self.row.visit.started_at

    @strawberry.field(description="Page shown last, without its query; null when not known.")
    def page_url(self) -> Url | None:
        return Url(self.row.page.url) if self.row.page else None

    @strawberry.field(description="Its title, at most 200 characters.")
    def page_title(self) -> str | None:
        return self.row.page.title if self.row.page else None

    @strawberry.field(description="Page of another site that the visit came from.")
    def referrer(self) -> Url | None:
        return Url(self.row.visit.referrer) if self.row.visit.referrer else None

    @strawberry.field(description="Browser and system.")
    def device(self) -> str:
        return self.row.device

    @strawberry.field(description="The lead was on a site before, in an earlier stay.")
    async def is_returning(self) -> bool:
        reading = await self.view.load.presence.load(self.row.visit.lead_id)
        return self.row.is_return(is_there=reading.state.value != PresenceState.OFFLINE.value)


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

    @strawberry.field(
        description="Path of the field being edited, such as `person.firstName` or "
        "`property:budget`; null: none that you see."
    )
    def editing_path(self) -> str | None:
        return None if typed_in(self.row) else self.row.editing

    @strawberry.field(description="Conversation being typed in; null: none.")
    def typing_in_conversation_id(self) -> strawberry.ID | None:
        typed = typed_in(self.row)
        return global_id("conversation", typed) if typed else None


async def presence_of(view: SchemaView, lead_id: UUID) -> Presence:
    """Presence of a lead now."""
    return Presence(reading=await view.load.presence.load(lead_id), view=view)
