"""Phone calls that staff put down."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from models.calls import Call as CallRow
from models.enums import CallOutcome, MessageDirection
from models.wordings import WordingPart
from resolvers.wordings import Worded
from schema.context import Info
from schema.errors import seal_version
from schema.loaders import SchemaView
from schema.pages import PageInfo
from schema.scalars import Cursor, PhoneNumber, Version
from schema.staff import Actor, actor_of
from schema.values import global_id


@strawberry.type(description="Phone call put down by staff.")
class Call:
    row: strawberry.Private[CallRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The call.")
    def id(self) -> strawberry.ID:
        return global_id("call", self.row.id)

    @strawberry.field(description="Who called.")
    def direction(self) -> MessageDirection:
        return self.row.direction

    @strawberry.field(description="Number; null: none was known.")
    def phone_number(self) -> PhoneNumber | None:
        return PhoneNumber(self.row.number) if self.row.number else None

    @strawberry.field(description="Start.")
    def occurred_at(self) -> datetime:
        return self.row.occurred_at

    @strawberry.field(description="Length.")
    def duration_seconds(self) -> int:
        return self.row.duration_seconds

    @strawberry.field(description="What came of it.")
    def call_outcome(self) -> CallOutcome:
        return self.row.outcome

    @strawberry.field(description="At most 20,000 characters.")
    async def note(self) -> str | None:
        version = self.row.note_version
        if version is None:
            return None
        return await self.view.load.wording.load(Worded(self.row.id, WordingPart.NOTE, version))

    @strawberry.field(description="Who put it down.")
    def author(self) -> Actor:
        row = self.row
        return actor_of(self.view, row.author_kind, row.author_id, row.author_name)

    @strawberry.field(description="Put down more than 5 minutes after its end.")
    def is_backdated(self) -> bool:
        return self.row.is_backdated

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


@strawberry.type(description="Row of CallConnection.")
class CallEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Call = strawberry.field(description="The row.")


@strawberry.type(description="Page of calls.")
class CallConnection:
    edges: list[CallEdge] = strawberry.field(description="With cursors.")
    nodes: list[Call] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All that you may see.")
    async def total_count(self) -> int:
        return await self.count()
