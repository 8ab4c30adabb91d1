"""A person's day."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date as Day
from typing import Annotated

import strawberry

from resolvers import dashboard as days
from resolvers.actors import Actor as Caller
from resolvers.errors import BadArgument
from schema.appointments import Appointment
from schema.context import Info
from schema.important_dates import ImportantDate
from schema.leads import Lead, lead_of
from schema.loaders import SchemaView
from schema.operation_errors import Code, operation_error
from schema.task_legend import TaskLegendEntry, legend_entry
from schema.tasks import Task


@strawberry.type(description="Important date of a lead of yours.")
class DashboardDate:
    important_date: ImportantDate = strawberry.field(description="The date.")

    @strawberry.field(description="The lead.")
    async def lead(self) -> Lead:
        return await lead_of(self.important_date.view, self.important_date.row.lead_id)


@strawberry.type(description="One day of yours.")
class Dashboard:
    day: strawberry.Private[days.Day]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The day in your zone.")
    def date(self) -> Day:
        return self.day.date

    @strawberry.field(description="Appointments that touch the day, by start; at most 200.")
    def appointments(self) -> list[Appointment]:
        return [Appointment(row=row, view=self.view) for row in self.day.appointments]

    @strawberry.field(
        description="Tasks of yours due that day or overdue, by due date; those put off left out; "
        "at most 500."
    )
    def tasks(self) -> list[Task]:
        return [Task(row=row, view=self.view) for row in self.day.tasks]

    @strawberry.field(description="Important dates of your leads that day; at most 200.")
    def important_dates(self) -> list[DashboardDate]:
        return [
            DashboardDate(important_date=ImportantDate(row=row, view=self.view))
            for row in self.day.dates
        ]

    @strawberry.field(description="Bands with colours.")
    def task_legend(self) -> list[TaskLegendEntry]:
        return [legend_entry(each) for each in self.day.legend]


Date = Annotated[
    Day | None, strawberry.argument(description="Day in your time zone; absent: today.")
]
LiveDate = Annotated[
    Day | None,
    strawberry.argument(description="Day in your time zone; absent: today, moving on at midnight."),
]


async def dashboard(info: Info, date: Date = None) -> Dashboard:
    """Your day."""
    view = await info.context.reading()
    try:
        return Dashboard(day=await days.read_day(view, date), view=view)
    except BadArgument as error:
        raise operation_error(Code.BAD_USER_INPUT, str(error)) from error


async def follow_dashboard(info: Info, date: LiveDate = None) -> AsyncGenerator[Dashboard, None]:
    """Your day, again each time that it differs."""
    context = info.context
    caller = await context.staff()

    def make_view(actor: Caller) -> SchemaView:
        return SchemaView(context.services, actor)

    stream = days.follow_day(context.services, caller, date, make_view)
    try:
        async with aclosing(stream) as items:
            async for item in items:
                yield Dashboard(day=item.day, view=context.adopt(item.view))
                del item
    except BadArgument as error:
        raise operation_error(Code.BAD_USER_INPUT, str(error)) from error
