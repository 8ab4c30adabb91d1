"""Appointments: calls, showings and meetings."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.appointments import Appointment as AppointmentRow
from models.enums import AppointmentKind, AppointmentOutcome
from models.wordings import WordingPart
from resolvers import agenda
from resolvers.wordings import Worded
from schema.context import Info, argument_id
from schema.errors import seal_version
from schema.loaders import SchemaView
from schema.pages import PageInfo
from schema.scalars import Cursor, TimeZone, Version
from schema.staff import Actor, Staff, actor_of, staff_of
from schema.values import global_id

if TYPE_CHECKING:
    from schema.leads import Lead


@strawberry.type(description="Call, showing or meeting with a start and an end.")
class Appointment:
    row: strawberry.Private[AppointmentRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The appointment.")
    def id(self) -> strawberry.ID:
        return global_id("appointment", self.row.id)

    @strawberry.field(description="Kind.")
    def kind(self) -> AppointmentKind:
        return self.row.kind

    @strawberry.field(description="1 to 200 characters.")
    def title(self) -> str:
        return self.row.title

    @strawberry.field(description="Name of the lead; all that is told of one that is not yours.")
    async def lead_name(self) -> str:
        return await self.view.load.lead_name.load(self.row.lead_id)

    @strawberry.field(
        description="The lead; null when it is not yours, and you go there all the same."
    )
    async def lead(self) -> Annotated["Lead", strawberry.lazy("schema.leads")] | None:
        from schema.leads import Lead

        row = await self.view.load.lead.load(self.row.lead_id)
        return Lead(row=row, view=self.view) if row else None

    @strawberry.field(description="Who goes, also when not the lead's assignee; null: nobody yet.")
    async def assignee(self) -> Staff | None:
        return await staff_of(self.view, self.row.assignee_id)

    @strawberry.field(description="Start; of whole days the midnight that they begin at.")
    def starts_at(self) -> datetime:
        return self.row.starts_at

    @strawberry.field(
        description="End, after the start; of whole days the midnight that they end at."
    )
    def ends_at(self) -> datetime:
        return self.row.ends_at

    @strawberry.field(description="Whole days in `timeZone`.")
    def is_all_day(self) -> bool:
        return self.row.is_all_day

    @strawberry.field(description="Zone it was planned in.")
    def time_zone(self) -> TimeZone:
        return TimeZone(self.row.time_zone)

    @strawberry.field(description="Place or link, at most 300 characters.")
    def place(self) -> str | None:
        return self.row.place

    @strawberry.field(description="At most 10,000 characters.")
    async def body(self) -> str | None:
        return await self._text(WordingPart.BODY, self.row.body_version)

    @strawberry.field(description="Minutes ahead of the reminder; null: none.")
    def reminder_minutes(self) -> int | None:
        return self.row.reminder_minutes

    @strawberry.field(
        description="Others of the assignee at the same time that you may see, by start, at most "
        "20; a warning only. Empty on a past card."
    )
    async def overlaps(
        self,
    ) -> list[Annotated["Appointment", strawberry.lazy("schema.appointments")]]:
        rows = await self.view.load.overlaps.load(self.row)
        return [Appointment(row=row, view=self.view) for row in rows]

    @strawberry.field(description="Put down after it took place.")
    def is_logged(self) -> bool:
        return self.row.is_logged

    @strawberry.field(description="Start was in the past when set.")
    def was_start_in_past(self) -> bool:
        return self.row.was_start_in_past

    @strawberry.field(description="When called off.")
    def cancelled_at(self) -> datetime | None:
        return self.row.cancelled_at

    @strawberry.field(description="What came of it.")
    def outcome(self) -> AppointmentOutcome | None:
        return self.row.outcome

    @strawberry.field(description="Note kept with it, at most 20,000 characters.")
    async def outcome_note(self) -> str | None:
        return await self._text(WordingPart.NOTE, self.row.note_version)

    @strawberry.field(description="Who made it.")
    def created_by(self) -> Actor:
        row = self.row
        return actor_of(self.view, row.created_by_kind, row.created_by_id, row.created_by_name)

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)

    async def _text(self, part: WordingPart, version: int | None) -> str | None:
        if version is None:
            return None
        return await self.view.load.wording.load(Worded(self.row.id, part, version))


@strawberry.type(description="Row of AppointmentConnection.")
class AppointmentEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Appointment = strawberry.field(description="The row.")


@strawberry.type(description="Page of appointments.")
class AppointmentConnection:
    edges: list[AppointmentEdge] = strawberry.field(description="With cursors.")
    nodes: list[Appointment] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All that you may see.")
    async def total_count(self) -> int:
        return await self.count()


async def appointment(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The appointment.")],
) -> Appointment | None:
    """One appointment; null for one that is not yours."""
    view = await info.context.reading()
    row = await agenda.find_appointment(view, argument_id("appointment", id))
    return Appointment(row=row, view=view) if row else None
