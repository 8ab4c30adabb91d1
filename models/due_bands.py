"""Due bands: how urgent a thing is, seen from an instant in somebody's time zone. Pure rules.

A band follows from time alone, so it changes at midnights and due instants without any write;
`next_flip` says when. Days begin when the zone's clock first shows them, whatever it skips or
repeats for summer time.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from models.enums import DueBand

SOON_DAYS = 7
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""Days that people plan with; what lies beyond is a slip of the keyboard."""


def start_of_day(day: date, zone: str) -> datetime:
    """The first instant of a day in an IANA zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True)
class Moment:
    """An instant as somebody in a zone sees it."""

    at: datetime
    zone: str = "UTC"

    @cached_property
    def today(self) -> date:
        return self.day_of(self.at)

    def day_of(self, at: datetime) -> date:
        """The day that an instant lies in."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def start(self, days: int = 0) -> datetime:
        """When today began; so many days later or earlier with `days`."""
        return start_of_day(self.today + timedelta(days=days), self.zone)


@dataclass(frozen=True)
class Due:
    """When a thing is due: at an instant, on a day, or never."""

    at: datetime | None = None
    on: date | None = None
    is_done: bool = False


def band_of(due: Due, now: Moment) -> DueBand:
    """The band of a thing at a moment; an instant is past as soon as it is there."""
    if due.is_done:
        return DueBand.DONE
    day = _day(due, now)
    if day is None:
        return DueBand.NO_DATE
    if day < now.today or (due.at is not None and due.at <= now.at):
        return DueBand.OVERDUE
    if day == now.today:
        return DueBand.TODAY
    return DueBand.SOON if day <= now.today + timedelta(days=SOON_DAYS) else DueBand.LATER


def next_flip(due: Due, now: Moment) -> datetime | None:
    """When the band changes next by time alone; None if it does not."""
    day = _day(due, now)
    if day is None or due.is_done:
        return None
    flips = [
        start_of_day(day - timedelta(days=SOON_DAYS), now.zone),
        start_of_day(day, now.zone),
        due.at or start_of_day(day + timedelta(days=1), now.zone),
    ]
    return min((flip for flip in flips if flip > now.at), default=None)


def overdue_from(due: Due, zone: str) -> datetime | None:
    """The instant at which a thing is overdue in a zone; None without a due date."""
    if due.at is not None:
        return due.at
    return start_of_day(due.on + timedelta(days=1), zone) if due.on else None


def is_due_within(due: Due, since: datetime | None, before: datetime | None, zone: str) -> bool:
    """Whether it is due in a period; on a day, if the period has a part of that day."""
    if due.at is not None:
        return (since is None or due.at >= since) and (before is None or due.at < before)
    if due.on is None:
        return False
    last = Moment(before - timedelta(microseconds=1), zone).today if before else due.on
    return (since is None or due.on >= Moment(since, zone).today) and due.on <= last


def _day(due: Due, now: Moment) -> date | None:
    return now.day_of(due.at) if due.at is not None else due.on
