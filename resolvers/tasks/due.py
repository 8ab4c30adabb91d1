"""When a task is due, as it is told to us."""

from datetime import date, datetime

from models.due_bands import FIRST_DAY, LAST_DAY, Due, Moment, band_of
from models.enums import DueBand
from resolvers.actors import Actor, zone_of
from resolvers.errors import ProblemCode, invalid


def check_day(path: str, day: date) -> date:
    """A day that people plan with; InvalidInput for one far away, which is a slip."""
    if not FIRST_DAY <= day <= LAST_DAY:
        code = ProblemCode.TOO_SMALL if day < FIRST_DAY else ProblemCode.TOO_LARGE
        raise invalid(path, code, f"A day from {FIRST_DAY} to {LAST_DAY}.")
    return day


def check_instant(path: str, at: datetime) -> datetime:
    """An instant on such a day."""
    check_day(path, at.date())
    return at


def check_due(due_at: datetime | None, due_on: date | None) -> Due:
    """Either an instant or a day."""
    if due_at and due_on:
        raise invalid("dueOn", ProblemCode.CONTRADICTION, "Either an instant or a day, not both.")
    return Due(
        check_instant("dueAt", due_at) if due_at else None,
        check_day("dueOn", due_on) if due_on else None,
    )


def is_past(due: Due, actor: Actor, now: datetime) -> bool:
    """Whether this is overdue from the start, where the actor is."""
    return band_of(due, Moment(now, zone_of(actor))) is DueBand.OVERDUE
