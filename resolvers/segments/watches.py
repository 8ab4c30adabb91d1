"""What of a lead decides when time alone changes a clause, read beside the clause itself.

A watch is a value of the lead, mostly the nearest one that some boundary has not passed yet, and
what follows from it. It may be too early: then the lead is weighed once too often. It is never too
late.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, select
from sqlmodel import col

from models.conversations import Conversation
from models.due_bands import SOON_DAYS, Moment, start_of_day
from models.events import Event, EventGroup
from models.fields import Property
from models.leads import Lead
from models.tasks import Task
from models.types import UtcDateTime
from models.visits import PresenceInterval
from resolvers.filters import tree
from resolvers.filters.counting import source
from resolvers.filters.grounds import Grounds
from resolvers.filters.operands import DayNear, InstantTest
from resolvers.segments.boundaries import (
    Boundary,
    boundaries_of,
    days_turning,
    fixed_ends,
    next_turn,
)

Turn = Callable[[Any], datetime | None]


@dataclass(frozen=True)
class Watch:
    """A column, and what the instant is that follows from its value; without one, as it is."""

    turn: Turn
    column: ColumnElement[Any] | None = None


def watches(clause: tree.Test, grounds: Grounds) -> list[Watch]:
    """What to read of a lead for a clause that can be met; nothing where time changes nothing."""
    now = grounds.now
    match clause:
        case tree.InstantOf():
            return list(_instant(clause, now))
        case tree.InStateLonger(period) | tree.ClosedWithin(period):
            return [_single(col(Lead.state_since), Boundary(period), now)]
        case tree.PropertyIs(key, DayNear() as test):
            return [_day(key, test, grounds)]
        case tree.LocalTimeBetween(since, before):
            zones: Any = col(Lead.time_zone)
            return [Watch(lambda zone: next_turn(since, before, zone, now.at), zones)]
        case tree.Events():
            return list(_events(clause, grounds))
        case tree.HasConversation():
            return list(_conversation(clause, now))
        case tree.HasTask() if clause.bands:
            return list(_task(now))
    return []


def _single(column: Any, boundary: Boundary, now: Moment) -> Watch:
    return Watch(lambda value: boundary.passes(value, now), column)


def _instant(clause: tree.InstantOf, now: Moment) -> Iterator[Watch]:
    columns: dict[str, Any] = {
        tree.InstantField.CREATED: col(Lead.created_at),
        tree.InstantField.LAST_ACTIVITY: col(Lead.last_activity_at),
        tree.InstantField.LAST_SEEN: _last_seen(),
    }
    for boundary in boundaries_of(clause.test):
        yield _single(columns[clause.field], boundary, now)
    if clause.field is tree.InstantField.LAST_SEEN:
        # Who is there now is seen now: that comes to fixed instants by itself.
        for end in fixed_ends(clause.test, now):
            if end > now.at:
                yield Watch(lambda _, end=end: end)  # type: ignore[misc]


def _last_seen() -> ColumnElement[Any]:
    """The end of the last stay; NULL while there is one."""
    owner, end = col(PresenceInterval.lead_id), col(PresenceInterval.to_at)
    is_here = exists().where(owner == col(Lead.id), end.is_(None)).correlate(Lead)
    last = select(func.max(end)).where(owner == col(Lead.id)).correlate(Lead).scalar_subquery()
    return case((is_here, None), else_=last)


def _day(key: str, test: DayNear, grounds: Grounds) -> Watch:
    of_lead = col(Property.lead_id) == col(Lead.id)
    value = select(col(Property.date_value)).where(
        of_lead, col(Property.field_id) == grounds.fields[key].id
    )
    now = grounds.now
    return Watch(lambda day: days_turning(test, day, now), value.correlate(Lead).scalar_subquery())


def _nearest(
    owner: Any, column: Any, conditions: Sequence[Any], boundary: Boundary, now: Moment
) -> Iterator[Watch]:
    """The first of a lead's rows that a boundary has yet to pass, or may come back to."""
    here, slack = boundary.at(now), boundary.slack(now)
    spans = [(here, None), (here - slack, here)] if slack else [(here, None)]
    for since, before in spans:
        ahead = column >= _bound(since) if boundary.period else column > _bound(since)
        bounds = [ahead, *([column < _bound(before)] if before else [])]
        rows = select(func.min(column)).where(owner == col(Lead.id), *conditions, *bounds)
        yield _single(rows.correlate(Lead).scalar_subquery(), boundary, now)


def _bound(at: datetime) -> Any:
    return literal(at, UtcDateTime)


def _events(clause: tree.Events, grounds: Grounds) -> Iterator[Watch]:
    table, conditions = source(clause, grounds, is_asked_each=True)
    first, last = (
        (col(EventGroup.first_at), col(EventGroup.last_at))
        if table is EventGroup
        else (col(Event.occurred_at), col(Event.last_at))
    )
    tests: tuple[tuple[InstantTest | None, Any], ...] = (
        (clause.within, first), (clause.first_at, first), (clause.last_at, last),
    )  # fmt: skip
    for test, column in tests:
        for boundary in boundaries_of(test):
            yield from _nearest(table.lead_id, column, conditions, boundary, grounds.now)
    if any(isinstance(each.test, DayNear) for each in clause.parameters):
        tomorrow = grounds.now.start(1)
        yield Watch(lambda _: tomorrow)


def _conversation(clause: tree.HasConversation, now: Moment) -> Iterator[Watch]:
    owner = col(Conversation.lead_id)
    if clause.waiting_longer:
        waits, boundary = col(Conversation.waiting_since), Boundary(clause.waiting_longer)
        yield from _nearest(owner, waits, (), boundary, now)
    for boundary in boundaries_of(clause.last_message_at):
        yield from _nearest(owner, col(Conversation.last_message_at), (), boundary, now)


def _task(now: Moment) -> Iterator[Watch]:
    """When the due band of a task that is open changes."""
    at, on = col(Task.due_at), col(Task.due_on)
    is_open = and_(
        col(Task.lead_id) == col(Lead.id),
        col(Task.completed_at).is_(None),
        col(Task.removed_at).is_(None),
    )

    def first(column: Any, condition: Any) -> Any:
        rows = select(func.min(column)).where(is_open, condition)
        return rows.correlate(Lead).scalar_subquery()

    yield Watch(lambda found: found, first(at, at > _bound(now.at)))
    for days in (1, SOON_DAYS + 1):
        start = partial(_days_before, now=now, days=days - 1)
        yield Watch(start, first(at, at >= _bound(now.start(days))))
    for days in (SOON_DAYS, 0, -1):
        begins = partial(_begins, now=now, days=days)
        yield Watch(begins, first(on, on > now.today + timedelta(days=days)))


def _days_before(at: datetime, *, now: Moment, days: int) -> datetime:
    return start_of_day(now.day_of(at) - timedelta(days=days), now.zone)


def _begins(on: date, *, now: Moment, days: int) -> datetime:
    return start_of_day(on - timedelta(days=days), now.zone)
