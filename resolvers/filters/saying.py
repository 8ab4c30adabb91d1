"""Operands of filters in English words."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from resolvers.filters.operands import (
    Ago,
    Ahead,
    At,
    Between,
    Count,
    DayBetween,
    DayNear,
    Empty,
    HasOptions,
    Instant,
    InstantBetween,
    InstantTest,
    IsTrue,
    MoneyTest,
    OnDay,
    Period,
    PropertyTest,
    TextContains,
    TextIn,
    TextStarts,
    WithinLast,
)
from resolvers.values import plain


def listed(values: Sequence[str], *, as_is: bool = False) -> str:
    """`new, open or lost`; words of closed sets are told in lower case."""
    words = [each if as_is else each.replace("_", " ").lower() for each in values]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _quoted(texts: Sequence[str]) -> str:
    return listed([f"“{each}”" for each in texts], as_is=True)


def period_words(period: Period) -> str:
    """`7 days`."""
    unit = period.unit.lower()
    return f"{period.amount:,} {unit}{'' if period.amount == 1 else 's'}"


def count_words(count: Count) -> str:
    """`3 times or more`."""
    if count == Count(least=1):
        return "at least once"
    if count.most == 0:
        return "never"
    if count.least == count.most:
        return f"exactly {_times(count.least)}"
    return (
        f"at least {_times(count.least)}"
        if count.most is None
        else (f"at most {_times(count.most)}")
    )


def _times(number: int | None) -> str:
    return "once" if number == 1 else f"{number or 0:,} times"


def _instant(instant: Instant) -> str:
    match instant:
        case At(at):
            return at.strftime("%Y-%m-%d %H:%M UTC")
        case Ago(period):
            return f"{period_words(period)} ago"
        case Ahead(period):
            return f"{period_words(period)} from now"


def instant_words(test: InstantTest) -> str:
    """`within the last 7 days`."""
    match test:
        case Empty(is_empty):
            return "never" if is_empty else "at any time"
        case OnDay(day):
            return f"on {day.isoformat()}"
        case WithinLast(period, holds):
            return f"{'' if holds else 'not '}within the last {period_words(period)}"
        case InstantBetween(since, before):
            ends = [f"since {_instant(since)}"] if since else []
            return " and ".join([*ends, f"before {_instant(before)}"] if before else ends)


def value_words(test: PropertyTest, names: Mapping[UUID, str] | None = None) -> str:
    """A test of a value, behind the label of what is tested."""
    match test:
        case Empty(is_empty):
            return "is empty" if is_empty else "is filled"
        case TextIn(texts):
            return f"is {_quoted(texts)}"
        case TextContains(text):
            return f"contains “{text}”"
        case TextStarts(text):
            return f"begins with “{text}”"
        case Between():
            return _number(test, "")
        case MoneyTest(currency, amount):
            if isinstance(amount, Empty):
                return f"in {currency} {value_words(amount)}"
            return _number(amount, f" {currency}")
        case IsTrue(value):
            return "is yes" if value else "is no"
        case HasOptions(options, is_all):
            found = [(names or {}).get(each, "an option that is gone") for each in options]
            return f"has {' and '.join(found)}" if is_all else f"is {listed(found, as_is=True)}"
    return _day(test)


def _number(test: Between, unit: str) -> str:
    least, most = plain(test.least), plain(test.most)
    if test.least == test.most:
        return f"is {least}{unit}"
    if test.most is None:
        return f"is at least {least}{unit}"
    return f"is at most {most}{unit}" if test.least is None else f"is {least} to {most}{unit}"


def _day(test: Any) -> str:
    match test:
        case DayNear(days, is_ahead):
            if days == 0:
                return "is today"
            return f"is within the {'next' if is_ahead else 'last'} {days:,} days"
        case DayBetween(since, before) if since and before:
            return f"is {since.isoformat()}"
        case DayBetween(since, before):
            return f"is from {since} on" if since else f"is before {before}"
    raise AssertionError(f"no words for {type(test).__name__}")
