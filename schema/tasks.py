"""Tasks."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.due_bands import band_of
from models.enums import DueBand
from models.tasks import Task as TaskRow
from schema.context import Info, argument_id
from schema.errors import seal_version
from schema.loaders import SchemaView
from schema.pages import PageInfo
from schema.scalars import Cursor, Version
from schema.staff import Actor, Staff, actor_of, staff_of
from schema.values import global_id

if TYPE_CHECKING:
    from schema.leads import Lead


@strawberry.type(description="Something to do. Who has to do it sees it, whosever the lead is.")
class Task:
    row: strawberry.Private[TaskRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The task.")
    def id(self) -> strawberry.ID:
        return global_id("task", self.row.id)

    @strawberry.field(description="1 to 200 characters.")
    def title(self) -> str:
        return self.row.title

    @strawberry.field(description="At most 10,000 characters.")
    async def body(self) -> str | None:
        row = self.row
        if row.body_version is None:
            return None
        return await self.view.load.task_text.load((row.id, row.body_version))

    @strawberry.field(description="Id of the lead, for acts on the task.")
    def lead_id(self) -> strawberry.ID:
        return global_id("lead", self.row.lead_id)

    @strawberry.field(description="Name of the lead; all that is told of one that is not yours.")
    async def lead_name(self) -> str:
        return await self.view.load.lead_name.load(self.row.lead_id)

    @strawberry.field(description="The lead; null when it is not yours.")
    async def lead(self) -> Annotated["Lead", strawberry.lazy("schema.leads")] | None:
        from schema.leads import Lead

        row = await self.view.load.lead.load(self.row.lead_id)
        return Lead(row=row, view=self.view) if row else None

    @strawberry.field(description="Who does it, also when not the lead's assignee.")
    async def assignee(self) -> Staff | None:
        return await staff_of(self.view, self.row.assignee_id)

    @strawberry.field(description="Who made it.")
    def created_by(self) -> Actor:
        row = self.row
        return actor_of(self.view, row.created_by_kind, row.created_by_id, row.created_by_name)

    @strawberry.field(description="When made.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="Due instant; null: none.")
    def due_at(self) -> datetime | None:
        return self.row.due_at

    @strawberry.field(
        description="Due day without time; null when `dueAt` is set or nothing is due."
    )
    def due_on(self) -> date | None:
        return self.row.due_on

    @strawberry.field(
        description="Band in your zone; flips at your midnight and at the due instant without a "
        "write."
    )
    def due_band(self) -> DueBand:
        return band_of(self.row.due, self.view.moment)

    @strawberry.field(description="Due was in the past when set.")
    def was_due_in_past(self) -> bool:
        return self.row.was_due_in_past

    @strawberry.field(description="Hidden from the dashboard until then.")
    def snoozed_until(self) -> datetime | None:
        return self.row.snoozed_until

    @strawberry.field(description="When done; null: open.")
    def completed_at(self) -> datetime | None:
        return self.row.completed_at

    @strawberry.field(description="Who did it.")
    def completed_by(self) -> Actor | None:
        row = self.row
        if row.completed_by_kind is None:
            return None
        name = row.completed_by_name or ""
        return actor_of(self.view, row.completed_by_kind, row.completed_by_id, name)

    @strawberry.field(description="What came of it; at most 2,000 characters.")
    def outcome_text(self) -> str | None:
        return self.row.outcome

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


@strawberry.type(description="Row of TaskConnection.")
class TaskEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Task = strawberry.field(description="The row.")


@strawberry.type(description="Page of tasks.")
class TaskConnection:
    edges: list[TaskEdge] = strawberry.field(description="With cursors.")
    nodes: list[Task] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All that you may see.")
    async def total_count(self) -> int:
        return await self.count()


async def task(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The task.")]
) -> Task | None:
    """A task of a lead that is yours, or that is yours to do."""
    view = await info.context.reading()
    row = await view.load.task.load(argument_id("task", id))
    return Task(row=row, view=view) if row else None
