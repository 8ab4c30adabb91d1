"""The timeline of a lead: what people did and said, in one stream."""

from datetime import datetime
from typing import Annotated

import strawberry

from models.changes import RecordedChange
from resolvers.timeline import TimelineKind, kind_of
from schema.appointments import Appointment
from schema.calls import Call
from schema.conversations import Message
from schema.events import Event
from schema.history import HistoryEntry
from schema.loaders import SchemaView
from schema.notes import Note
from schema.pages import PageInfo
from schema.scalars import Cursor
from schema.staff import Actor, actor_of
from schema.subjects import subject_of
from schema.tasks import Task
from schema.values import global_id

TimelineSubject = Annotated[
    Call | Message | Appointment | Note | Task | Event | HistoryEntry,
    strawberry.union("TimelineSubject", description="What a timeline item shows."),
]


@strawberry.type(description="Item of the timeline.")
class TimelineItem:
    row: strawberry.Private[RecordedChange]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The item.")
    def id(self) -> strawberry.ID:
        return global_id("timelineitem", self.row.id)

    @strawberry.field(
        description="When it was told, its place in time; ties by order of recording. What "
        "happened earlier says so itself."
    )
    def at(self) -> datetime:
        return self.row.at

    @strawberry.field(description="Kind.")
    def kind(self) -> TimelineKind:
        kind = kind_of(self.row)
        assert kind is not None
        return kind

    @strawberry.field(description="Who.")
    def actor(self) -> Actor:
        row = self.row
        return actor_of(self.view, row.actor_kind, row.actor_id, row.actor_name)

    @strawberry.field(description="The thing itself as it is now.")
    async def subject(self) -> TimelineSubject:
        return await subject_of(self.view, self.row) or HistoryEntry(row=self.row, view=self.view)


async def item_of(view: SchemaView, row: RecordedChange) -> TimelineItem | None:
    """The item that a row of the log begins; None if none, or for a thing that is gone by now."""
    kind = kind_of(row)
    if kind is TimelineKind.NOTE and row.subject_id:
        kind = kind if await view.load.note.load(row.subject_id) else None
    if kind is TimelineKind.TASK and row.subject_id:
        kind = kind if await view.load.task.load(row.subject_id) else None
    return TimelineItem(row=row, view=view) if kind else None


@strawberry.type(description="Row of TimelineItemConnection.")
class TimelineItemEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: TimelineItem = strawberry.field(description="The row.")


@strawberry.type(description="Page of timeline items.")
class TimelineItemConnection:
    edges: list[TimelineItemEdge] = strawberry.field(description="With cursors.")
    nodes: list[TimelineItem] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
