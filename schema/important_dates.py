"""Important dates and their kinds."""

from datetime import date as Day
from datetime import datetime

import strawberry

from models.important_dates import ImportantDate as DateRow
from models.important_dates import ImportantDateKind as KindRow
from resolvers import readers
from schema.context import Info
from schema.errors import seal_version
from schema.loaders import SchemaView
from schema.scalars import Version
from schema.values import global_id


@strawberry.type(description="Kind of important date.")
class ImportantDateKind:
    row: strawberry.Private[KindRow]

    @strawberry.field(description="The kind.")
    def id(self) -> strawberry.ID:
        return global_id("datekind", self.row.id)

    @strawberry.field(description="1 to 60 characters, such as Closing or P&S due.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Place in lists, from 0.")
    def position(self) -> int:
        return self.row.position

    @strawberry.field(description="Since when it can't be chosen.")
    def archived_at(self) -> datetime | None:
        return self.row.archived_at


@strawberry.type(description="Day that matters.")
class ImportantDate:
    row: strawberry.Private[DateRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The date.")
    def id(self) -> strawberry.ID:
        return global_id("importantdate", self.row.id)

    @strawberry.field(description="Kind.")
    async def kind(self) -> ImportantDateKind:
        row = await self.view.load.important_date_kind.load(self.row.kind_id)
        assert row is not None
        return ImportantDateKind(row=row)

    @strawberry.field(description="Day.")
    def date(self) -> Day:
        return self.row.day

    @strawberry.field(description="At most 500 characters.")
    def note(self) -> str | None:
        return self.row.note

    @strawberry.field(description="Shown on the assignee's dashboard that day.")
    def is_on_dashboard(self) -> bool:
        return self.row.is_on_dashboard

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


async def important_date_kinds(info: Info) -> list[ImportantDateKind]:
    """Kinds in order, archived ones last."""
    view = await info.context.reading()
    return [ImportantDateKind(row=row) for row in await readers.all_important_date_kinds(view)]
