"""Numbers for the sidebar, each of the viewer's own."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType

from sqlalchemy import func, or_, select
from sqlmodel import col

from models.enums import DueBand
from models.tasks import Task
from realtime import topics
from resolvers import access, inbox, leads_list, notifications
from resolvers.actors import StaffActor
from resolvers.due_bands import in_bands
from resolvers.views import View

PRESENT = "visitors_present"
APART_SECONDS = 5.0
"""Between two ticks: somebody comes or goes all the time on a busy site."""


async def _notifications(view: View) -> int:
    return await notifications.count_notifications(view, unread_only=True)


async def _in_band(view: View, band: DueBand) -> int:
    """Open tasks of the viewer's in a band; those put off don't count."""
    until = col(Task.snoozed_until)
    statement = select(func.count()).where(
        col(Task.assignee_id) == view.actor.id,
        col(Task.removed_at).is_(None),
        or_(until.is_(None), until <= view.moment.at),
        in_bands([band], view.moment),
        access.visible_tasks(view.actor),
    )
    return await view.scalar(statement) or 0


async def _overdue(view: View) -> int:
    return await _in_band(view, DueBand.OVERDUE)


async def _due_today(view: View) -> int:
    return await _in_band(view, DueBand.TODAY)


COUNTS: Mapping[str, Callable[[View], Awaitable[int]]] = MappingProxyType(
    {
        "notifications_unread": _notifications,
        "inbox_unread": inbox.count_waiting,
        "tasks_overdue": _overdue,
        "tasks_due_today": _due_today,
        PRESENT: leads_list.count_present,
    }
)
"""By name: how each number is read."""


async def read_counters(view: View, since: float) -> Mapping[str, int]:
    """All of them. Visitors are counted once for all with the same rights who had their reason to
    look by `since`."""
    assert isinstance(view.actor, StaffActor)
    whose = view.actor.role, view.actor.rights, view.actor.api_scopes
    # First, as the view begins with it: nobody is told what is older than their reason to look.
    present = await view.services.readings.read(
        (PRESENT, *whose), since, partial(COUNTS[PRESENT], view)
    )
    own = {name: await count(view) for name, count in COUNTS.items() if name != PRESENT}
    return {PRESENT: present, **own}


def channels_of(caller: StaffActor) -> tuple[str, ...]:
    """What may move one of a person's numbers."""
    return (
        topics.notifications(caller.id),
        topics.day(caller.id),
        topics.leads(),
        topics.presence_all(),
        topics.access(),
    )
