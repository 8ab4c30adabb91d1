"""What relative instants and days mean at a moment of the project's calendar."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from models.due_bands import Moment, start_of_day
from models.enums import PeriodUnit
from resolvers.filters.operands import (
    Ago,
    Ahead,
    At,
    DayBetween,
    DayNear,
    Instant,
    InstantBetween,
    OnDay,
    Period,
    WithinLast,
)

TICK = timedelta(microseconds=1)
EXACT = {PeriodUnit.MINUTE: timedelta(minutes=1), PeriodUnit.HOUR: timedelta(hours=1)}
DAYS = {PeriodUnit.DAY: 1, PeriodUnit.WEEK: 7}


def away(period: Period, now: Moment, sign: int) -> datetime:
    """The instant so long after now, or before with -1; days keep the clock's time."""
    amount = sign * period.amount
    if period.unit in EXACT:
        return now.at + amount * EXACT[period.unit]
    local = now.at.astimezone(ZoneInfo(now.zone))
    if period.unit is PeriodUnit.MONTH:
        months = local.year * 12 + local.month - 1 + amount
        year, month = months // 12, months % 12 + 1
        day = date(year, month, min(local.day, monthrange(year, month)[1]))
    else:
        day = local.date() + timedelta(days=amount * DAYS[period.unit])
    return datetime.combine(day, local.timetz()).astimezone(UTC)


def instant_of(instant: Instant, now: Moment) -> datetime:
    match instant:
        case At(at):
            return at
        case Ago(period):
            return away(period, now, -1)
        case Ahead(period):
            return away(period, now, 1)


def span_of(
    test: InstantBetween | OnDay | WithinLast, now: Moment
) -> tuple[datetime | None, datetime | None]:
    """From when on, and up to when, which is not included; None is no end."""
    match test:
        case InstantBetween(since, before):
            return (
                instant_of(since, now) if since else None,
                instant_of(before, now) if before else None,
            )
        case OnDay(day):
            return start_of_day(day, now.zone), start_of_day(day + timedelta(days=1), now.zone)
        case WithinLast(period):
            return away(period, now, -1), now.at + TICK


def days_of(test: DayBetween | DayNear, now: Moment) -> tuple[date | None, date | None]:
    """From which day on, and up to which, which is not included; None is no end."""
    if isinstance(test, DayBetween):
        return test.since, test.before
    today, reach = now.today, timedelta(days=test.days)
    tomorrow = today + timedelta(days=1)
    return (today, tomorrow + reach) if test.is_ahead else (today - reach, tomorrow)


def zones_between(since: time, before: time, at: datetime) -> list[str]:
    """Zones whose clocks show a time within at an instant."""
    return [name for name in _zones() if _is_between(since, before, name, at)]


def _is_between(since: time, before: time, zone: str, at: datetime) -> bool:
    shown = at.astimezone(ZoneInfo(zone)).time()
    if since <= before:
        return since <= shown < before
    return shown >= since or shown < before


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones() - {"Factory", "localtime"}))
