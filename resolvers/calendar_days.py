"""Days as people have them: in a time zone, from one midnight to the next."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day_of(at: datetime, zone: str) -> date:
    """The day that it is in the zone at an instant."""
    return at.astimezone(ZoneInfo(zone)).date()


def start_of(day: date, zone: str) -> datetime:
    """The first instant of a day in the zone, in UTC; also where clocks jump over midnight."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def whole_days(starts_at: datetime, ends_at: datetime, zone: str) -> tuple[date, date]:
    """The first day that a period touches in the zone, and the day after the last one."""
    end = day_of(ends_at, zone)
    if start_of(end, zone) < ends_at:
        end += timedelta(days=1)
    return day_of(starts_at, zone), end
