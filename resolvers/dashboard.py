"""A person's day: appointments, what is due, important dates of their leads; once, and live.

The live day is the same reading again, whenever a hint says that it moved, an instant is reached at
which a band flips or a day ends, or a while has passed; it is told only if it differs.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import and_, or_, select
from sqlmodel import col

from models.appointments import Appointment
from models.due_bands import Moment, band_of, next_flip, start_of_day
from models.important_dates import ImportantDate, ImportantDateKind
from models.leads import Lead
from models.tasks import Task
from realtime import topics
from resolvers import access, agenda
from resolvers.actors import Actor, StaffActor
from resolvers.errors import BadArgument, InvalidInput
from resolvers.present_view import present_view
from resolvers.services import Services
from resolvers.task_legend import LegendEntry, read_legend
from resolvers.tasks.due import check_day
from resolvers.views import View

V = TypeVar("V", bound=View)
MAX_TASKS, MAX_DATES = 500, 200
LOOK_SECONDS = 15.0
"""How often a stream looks for what no hint told."""
APART_SECONDS = 1.0
"""Between two items: what happens at once is told at once."""


@dataclass(frozen=True)
class Day:
    """One day of one person."""

    date: date
    appointments: Sequence[Appointment]
    tasks: Sequence[Task]
    dates: Sequence[ImportantDate]
    legend: Sequence[LegendEntry]
    mark: Hashable
    """Equal for days that look the same."""
    flips_at: datetime
    """When it may look different by time alone."""


async def read_day(view: View, wanted: date | None) -> Day:
    """The viewer's day in their zone, today without `wanted`. BadArgument for a day far away."""
    now = view.moment
    try:
        day = check_day("date", wanted) if wanted else now.today
    except InvalidInput as error:
        raise BadArgument(error.message) from error
    rows = await view.rows(_due(view, day))
    hidden = [task.snoozed_until for task, _ in rows if _is_hidden(task, day, now)]
    tasks = [row for row in rows if not _is_hidden(row[0], day, now)][:MAX_TASKS]
    dates = await view.rows(_dates(view, day))
    meetings = await _appointments(view, day)
    legend = await read_legend(view)
    flips = [flip for task, _ in tasks if (flip := next_flip(task.due, now))]
    wakes = [until for until in hidden if until and until > now.at]
    return Day(
        date=day,
        appointments=meetings,
        tasks=[task for task, _ in tasks],
        dates=[row[0] for row in dates],
        legend=legend,
        mark=(
            day,
            now.zone,
            tuple((each.id, each.version) for each in meetings),
            tuple((task.id, task.version, band_of(task.due, now), name) for task, name in tasks),
            tuple((row[0].id, row[0].version, row[1], row[2]) for row in dates),
            tuple(legend),
        ),
        flips_at=min([now.start(1), *flips, *wakes]),
    )


async def _appointments(view: View, day: date) -> Sequence[Appointment]:
    """The viewer's appointments that touch the day; whole days are the same days everywhere."""
    if not isinstance(view.actor, StaffActor):
        return ()
    found: Sequence[Appointment] = await view.run(agenda.appointments_of_day, view.actor, day)
    return found


def _due(view: View, day: date) -> Any:
    """The viewer's open tasks due that day or overdue by now, by due date, with lead's names."""
    now = view.moment
    begin = start_of_day(day, now.zone)
    end = start_of_day(day + timedelta(days=1), now.zone)
    at, on = col(Task.due_at), col(Task.due_on)
    return (
        select(Task, col(Lead.display_name))
        .join(Lead, col(Lead.id) == col(Task.lead_id))
        .where(
            col(Task.assignee_id) == view.actor.id,
            access.visible_tasks(view.actor),
            col(Task.completed_at).is_(None),
            col(Task.removed_at).is_(None),
            or_(
                and_(at >= begin, at < end),
                at <= now.at,
                on == day,
                on < now.today,
            ),
        )
        .order_by(col(Task.place), col(Task.id))
        .limit(2 * MAX_TASKS)
    )


def _is_hidden(task: Task, day: date, now: Moment) -> bool:
    """Whether a task is put off beyond the day, or today beyond now."""
    if task.snoozed_until is None:
        return False
    if day > now.today:
        return task.snoozed_until >= start_of_day(day + timedelta(days=1), now.zone)
    return task.snoozed_until > now.at


def _dates(view: View, day: date) -> Any:
    """Important dates of the viewer's own leads, with the names that are shown."""
    return (
        select(ImportantDate, col(ImportantDateKind.name), col(Lead.display_name))
        .join(Lead, col(Lead.id) == col(ImportantDate.lead_id))
        .join(ImportantDateKind, col(ImportantDateKind.id) == col(ImportantDate.kind_id))
        .where(
            col(ImportantDate.day) == day,
            col(ImportantDate.is_on_dashboard),
            col(ImportantDate.removed_at).is_(None),
            col(Lead.assignee_id) == view.actor.id,
            access.visible_leads(view.actor),
        )
        .order_by(col(ImportantDateKind.position), col(Lead.name_key), col(ImportantDate.id))
        .limit(MAX_DATES)
    )


@dataclass(frozen=True)
class DayTold(Generic[V]):
    """The day as it is now; read what hangs on it through `view`."""

    day: Day
    view: V


async def follow_day(
    services: Services,
    caller: StaffActor,
    wanted: date | None,
    make_view: Callable[[Actor], V],
) -> AsyncGenerator[DayTold[V], None]:
    """The day, then again each time that it differs, until the person is signed out.

    Without `wanted` it is always today's: at midnight the next one follows.
    """
    told: Hashable = None
    async with services.bus.subscribe(topics.day(caller.id)) as hints:
        while True:
            async with present_view(services, caller, make_view) as view:
                if view is None:
                    return
                day = await read_day(view, wanted)
                has_moved, told = day.mark != told, day.mark
                if has_moved:
                    yield DayTold(day, view)
            if has_moved:
                await asyncio.sleep(APART_SECONDS)
            left = (day.flips_at - services.clock.now()).total_seconds()
            if not await hints.moved(min(LOOK_SECONDS, max(left, 0.01))):
                return
