"""Ends of periods that move with time, and when one passes an instant that stays."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from models.due_bands import Moment, start_of_day
from models.enums import PeriodUnit
from resolvers.filters.operands import (
    Ago,
    Ahead,
    DayNear,
    Instant,
    InstantBetween,
    InstantTest,
    OnDay,
    Period,
    WithinLast,
)
from resolvers.filters.times import EXACT, TICK, away, span_of

CLOCK_SHIFT = timedelta(hours=3)
"""More than clocks are ever put forward or back."""
SHORT_MONTHS = timedelta(days=4)
"""More than months differ."""
OFTEN = timedelta(seconds=30)
STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class Boundary:
    """The instant so long before now with `sign` -1, after now with 1; without a period, now.

    It passes a value at the first instant at which it lies behind the value.
    """

    period: Period | None
    sign: int = -1

    def at(self, now: Moment) -> datetime:
        return away(self.period, now, self.sign) if self.period else now.at

    def slack(self, now: Moment) -> timedelta:
        """How far it may come back from where it is: days of the calendar are not of one length."""
        if self.period is None or self.period.unit in EXACT:
            return timedelta(0)
        if self.period.unit is PeriodUnit.MONTH:
            return SHORT_MONTHS
        here = self.at(now)
        return timedelta(0) if _is_smooth(now.zone, now.at, here) else CLOCK_SHIFT

    def passes(self, value: datetime, now: Moment) -> datetime | None:
        """The first instant after now at which it may be on the other side of the value."""
        if self.period is None:
            return value if value > now.at else None
        if self.period.unit in EXACT:
            passed = value - self.sign * self.period.amount * EXACT[self.period.unit] + TICK
            return passed if passed > now.at else None
        if self._is_behind(value, now.at, now.zone):
            return self._returns(value, now)
        found = self._search(value, now)
        if _is_smooth(now.zone, found, value):
            return found
        return max(found - CLOCK_SHIFT, now.at + OFTEN)

    def _is_behind(self, value: datetime, at: datetime, zone: str) -> bool:
        return self.at(Moment(at, zone)) > value

    def _returns(self, value: datetime, now: Moment) -> datetime | None:
        """When a boundary that is past the value may be before it again."""
        slack = self.slack(now)
        if value < self.at(now) - slack:
            return None
        if not _is_smooth(now.zone, now.at, value):
            return now.at + OFTEN
        return now.start(1) if slack else None

    def _search(self, value: datetime, now: Moment) -> datetime:
        assert self.period
        guess = away(self.period, Moment(value, now.zone), -self.sign)
        if guess >= now.at and not self._is_behind(value, guess, now.zone):
            if self._is_behind(value, guess + TICK, now.zone):
                return guess + TICK
            low = guess
        else:
            low = max(now.at, guess - SHORT_MONTHS)
        if self._is_behind(value, low, now.zone):
            low = now.at
        high = max(guess, low) + SHORT_MONTHS
        while high - low > TICK:
            middle = low + (high - low) / 2
            if self._is_behind(value, middle, now.zone):
                high = middle
            else:
                low = middle
        return high


def _is_smooth(zone: str, *instants: datetime) -> bool:
    """Whether no clock is put forward or back around these instants."""
    return all(
        _offset(zone, each - CLOCK_SHIFT) == _offset(zone, each + CLOCK_SHIFT) for each in instants
    )


def _offset(zone: str, at: datetime) -> timedelta | None:
    return at.astimezone(ZoneInfo(zone)).utcoffset()


def boundaries_of(test: InstantTest | None) -> list[Boundary]:
    """The ends of a test that move with time."""
    match test:
        case InstantBetween(since, before):
            return [each for end in (since, before) if end for each in _of_instant(end)]
        case WithinLast(period):
            return [Boundary(period), Boundary(None)]
    return []


def _of_instant(instant: Instant) -> list[Boundary]:
    match instant:
        case Ago(period):
            return [Boundary(period)]
        case Ahead(period):
            return [Boundary(period, 1)]
    return []


def fixed_ends(test: InstantTest | None, now: Moment) -> list[datetime]:
    """The ends of a test that stay where they are."""
    if not isinstance(test, InstantBetween | OnDay) or boundaries_of(test):
        return []
    return [end for end in span_of(test, now) if end is not None]


def days_turning(test: DayNear, day: date, now: Moment) -> datetime | None:
    """When a day that stays comes into what is near, or leaves it."""
    reach = timedelta(days=test.days)
    first, last = (day - reach, day) if test.is_ahead else (day, day + reach)
    turns = (start_of_day(each, now.zone) for each in (first, last + timedelta(days=1)))
    return min((each for each in turns if each > now.at), default=None)


@lru_cache(maxsize=2_000)
def next_turn(since: time, before: time, zone: str, at: datetime) -> datetime | None:
    """When a clock in the zone comes into the time between, or out of it."""
    local = at.astimezone(ZoneInfo(zone))
    days = [local.date() + timedelta(days=number) for number in (0, 1, 2)]
    ends = [
        datetime.combine(day, end, ZoneInfo(zone)).replace(fold=fold)
        for day in days for end in (since, before) for fold in (0, 1)
    ]  # fmt: skip
    steps = [at + STEP * number for number in range(1, 4 * 26)]
    is_now, last = _shows(since, before, zone, at), at
    for each in sorted({*steps, *(end.astimezone(UTC) for end in ends)}):
        if each <= at:
            continue
        if _shows(since, before, zone, each) is not is_now:
            return _narrow(since, before, zone, last, each)
        last = each
    return None


def _narrow(since: time, before: time, zone: str, low: datetime, high: datetime) -> datetime:
    is_first = _shows(since, before, zone, low)
    while high - low > TICK:
        middle = low + (high - low) / 2
        if _shows(since, before, zone, middle) is is_first:
            low = middle
        else:
            high = middle
    return high


def _shows(since: time, before: time, zone: str, at: datetime) -> bool:
    shown = at.astimezone(ZoneInfo(zone)).time()
    if since <= before:
        return since <= shown < before
    return shown >= since or shown < before
