"""Events and their groups."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from models.enums import EventOrigin
from models.events import Event as EventRow
from models.events import EventGroup as EventGroupRow
from models.events import EventKind as EventKindRow
from models.events import EventText as EventTextRow
from resolvers import readers
from resolvers.events import logged_group
from schema.context import Info
from schema.errors import seal_version
from schema.loaders import SchemaView
from schema.pages import Count, PageInfo
from schema.scalars import Cursor, Url, Version
from schema.staff import Actor, actor_of
from schema.texts import TextVersion
from schema.values import Parameter, global_id, value_of

MAX_FORMER = 50


@strawberry.type(description="Kind of event.")
class EventKind:
    row: strawberry.Private[EventKindRow]

    @strawberry.field(description="The kind.")
    def id(self) -> strawberry.ID:
        return global_id("eventkind", self.row.id)

    @strawberry.field(description="1 to 60 characters, unique.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Name of an icon from the product's set.")
    def icon(self) -> str:
        return self.row.icon

    @strawberry.field(description="Has a button on each card.")
    def is_quick(self) -> bool:
        return self.row.is_quick

    @strawberry.field(description="Place from 0.")
    def position(self) -> int:
        return self.row.position

    @strawberry.field(description="Since when it can't be used; null: it can.")
    def archived_at(self) -> datetime | None:
        return self.row.archived_at

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


@strawberry.type(description="Text added to an event.")
class EventAnnotation:
    body: str = strawberry.field(description="1 to 20,000 characters.")
    author: Actor = strawberry.field(description="Who.")
    at: datetime = strawberry.field(description="When.")
    former: list[TextVersion] = strawberry.field(
        description="Former texts, newest first; at most 50."
    )


@strawberry.type(description="Something that happened.")
class Event:
    row: strawberry.Private[EventRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The event.")
    def id(self) -> strawberry.ID:
        return global_id("event", self.row.id)

    @strawberry.field(description="Kind; null for free names.")
    async def event_kind(self) -> EventKind | None:
        return await kind_of(self.view, self.row.kind_id)

    @strawberry.field(
        description="Name at that time; a later rename of the kind does not touch it."
    )
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Who did it.")
    def actor(self) -> Actor:
        row = self.row
        return actor_of(self.view, row.actor_kind, row.actor_id, row.actor_name)

    @strawberry.field(description="Where it came from.")
    def origin(self) -> EventOrigin:
        return self.row.origin

    @strawberry.field(description="When it happened.")
    def occurred_at(self) -> datetime:
        return self.row.occurred_at

    @strawberry.field(description="When the server got it.")
    def received_at(self) -> datetime:
        return self.row.received_at

    @strawberry.field(
        description="The told time was more than 5 minutes ahead and was set to `receivedAt`."
    )
    def is_clamped(self) -> bool:
        return self.row.is_clamped

    @strawberry.field(description="Told more than 5 minutes after it happened.")
    def is_backdated(self) -> bool:
        return self.row.is_backdated

    @strawberry.field(
        description="How often it repeated in one visit; repeated views of a page are one event."
    )
    def count(self) -> int:
        return self.row.count

    @strawberry.field(description="Last repetition.")
    def last_at(self) -> datetime:
        return self.row.last_at

    @strawberry.field(description="Parameters, at most 50.")
    def parameters(self) -> list[Parameter]:
        return [
            Parameter(name=each["name"], value=value)
            for each in self.row.parameters
            if (value := value_of(each["value"])) is not None
        ]

    @strawberry.field(description="What was added later; null: nothing.")
    async def annotation(self) -> EventAnnotation | None:
        if not self.row.version:
            return None
        texts = await self.view.load.event_texts.load(self.row.id)
        if not texts or not texts[0].body:
            return None
        now, *former = [text_of(self.view, row) for row in texts if row.body]
        return EventAnnotation(
            body=now.body, author=now.author, at=now.at, former=former[:MAX_FORMER]
        )

    @strawberry.field(description="Version of its annotation, for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)

    @strawberry.field(description="Page where it happened.")
    def page_url(self) -> Url | None:
        return Url(self.row.page_url) if self.row.page_url else None


@strawberry.type(description="Row of EventConnection.")
class EventEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Event = strawberry.field(description="The row.")


@strawberry.type(description="Page of events.")
class EventConnection:
    edges: list[EventEdge] = strawberry.field(description="With cursors.")
    nodes: list[Event] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All that you may see; costs a count.")
    async def total_count(self) -> Count:
        return Count(value=await self.count(), is_exact=True)


@strawberry.type(description="Events of one kind or name.")
class EventGroup:
    logged: strawberry.Private[dict[str, Any]]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Kind; null for free names.")
    async def event_kind(self) -> EventKind | None:
        kind_id = self.logged["kind_id"]
        return await kind_of(self.view, UUID(hex=kind_id) if kind_id else None)

    @strawberry.field(description="Name.")
    def name(self) -> str:
        return str(self.logged["name"])

    @strawberry.field(description="How many.")
    def count(self) -> int:
        return int(self.logged["count"])

    @strawberry.field(description="First.")
    def first_at(self) -> datetime:
        return datetime.fromisoformat(self.logged["first_at"])

    @strawberry.field(description="Last.")
    def last_at(self) -> datetime:
        return datetime.fromisoformat(self.logged["last_at"])


def group_of(view: SchemaView, row: EventGroupRow) -> EventGroup:
    """A stored group."""
    return EventGroup(logged=logged_group(row), view=view)


async def kind_of(view: SchemaView, kind_id: UUID | None) -> EventKind | None:
    """The kind with this id."""
    row = await view.load.event_kind.load(kind_id) if kind_id else None
    return EventKind(row=row) if row else None


def text_of(view: SchemaView, row: EventTextRow) -> TextVersion:
    """What was written on an event at one time."""
    author = actor_of(view, row.author_kind, row.author_id, row.author_name)
    return TextVersion(body=row.body, author=author, at=row.at)


async def event_kinds(
    info: Info,
    quick_only: Annotated[
        bool, strawberry.argument(description="Only those with a button on each card.")
    ] = False,
    include_archived: Annotated[
        bool, strawberry.argument(description="Archived ones too.")
    ] = False,
) -> list[EventKind]:
    """Kinds of events in order."""
    view = await info.context.reading()
    rows = await readers.all_event_kinds(
        view, quick_only=quick_only, with_archived=include_archived
    )
    return [EventKind(row=row) for row in rows]
