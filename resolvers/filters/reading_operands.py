"""What clauses compare with, from what clients write."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from models.enums import PeriodUnit
from models.ids import decode_id
from resolvers import values
from resolvers.currencies import CURRENCIES
from resolvers.errors import InvalidInput, ProblemCode
from resolvers.filters.checking import BadFilter
from resolvers.filters.operands import (
    Ago,
    Ahead,
    At,
    Between,
    Count,
    DayBetween,
    DayNear,
    DayTest,
    Empty,
    HasOptions,
    Instant,
    InstantBetween,
    InstantTest,
    IsTrue,
    MoneyTest,
    NumberTest,
    OnDay,
    Period,
    PropertyTest,
    TextContains,
    TextIn,
    TextStarts,
    TextTest,
    WithinLast,
)
from resolvers.text import time_zone

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Given = Any
MOST_TEXT, MOST_WORDS, MOST_PERIODS, MOST_DAYS = 500, 200, 10_000, 3_650
MOST_TIMES = 1_000_000
FIRST_YEAR, LAST_YEAR = 1000, 9998
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")


def one_key(path: str, given: Given) -> tuple[str, Given]:
    """The only key of an object and its value."""
    if not isinstance(given, Mapping) or len(given) != 1:
        raise BadFilter(path, ProblemCode.MALFORMED, "Exactly one key.")
    ((key, value),) = given.items()
    if value is None:
        raise BadFilter(f"{path}.{key}".lstrip("."), ProblemCode.REQUIRED, "This can't be null.")
    return str(key), value


def mapping(path: str, given: Given, keys: set[str]) -> Mapping[str, Given]:
    """An object with none but these keys, its nulls left out."""
    if not isinstance(given, Mapping) or not set(given) <= keys:
        raise BadFilter(path, ProblemCode.MALFORMED, f"Only {', '.join(sorted(keys))}.")
    return {key: value for key, value in given.items() if value is not None}


def many(path: str, given: Given, reader: Callable[[str, Given], T], most: int) -> tuple[T, ...]:
    """A list of at most so many, each once."""
    if not isinstance(given, list):
        raise BadFilter(path, ProblemCode.MALFORMED, "A list is expected.")
    if len(given) > most:
        raise BadFilter(path, ProblemCode.TOO_LARGE, f"1 to {most:,}.")
    found = [reader(f"{path}.{index}", each) for index, each in enumerate(given)]
    return tuple(dict.fromkeys(found))


def flag(path: str, given: Given) -> bool:
    if not isinstance(given, bool):
        raise BadFilter(path, ProblemCode.WRONG_TYPE, "True or false.")
    return given


def whole(path: str, given: Given, least: int, most: int) -> int:
    """A whole number within, ends included."""
    if not isinstance(given, int) or isinstance(given, bool):
        raise BadFilter(path, ProblemCode.WRONG_TYPE, "A whole number.")
    if not least <= given <= most:
        code = ProblemCode.TOO_LARGE if given > most else ProblemCode.TOO_SMALL
        raise BadFilter(path, code, f"{least:,} to {most:,}.")
    return given


def text(path: str, given: Given) -> str:
    """A text to compare with; never a pattern."""
    if not isinstance(given, str):
        raise BadFilter(path, ProblemCode.WRONG_TYPE, "A text is expected.")
    if "\0" in given:
        raise BadFilter(path, ProblemCode.MALFORMED, "Control characters are found nowhere.")
    if len(given) > MOST_TEXT:
        raise BadFilter(path, ProblemCode.TOO_LARGE, f"At most {MOST_TEXT} characters.")
    return given


def known(kind: type[E]) -> Callable[[str, Given], E]:
    """Reads one of a closed set of words."""

    def read(path: str, given: Given) -> E:
        if not isinstance(given, str) or given not in kind.__members__:
            raise BadFilter(path, ProblemCode.UNKNOWN, f"One of {', '.join(kind.__members__)}.")
        return kind[given]

    return read


def identity(noun: str) -> Callable[[str, Given], UUID]:
    """Reads an id."""

    def read(path: str, given: Given) -> UUID:
        try:
            return decode_id(noun, str(given))
        except ValueError as error:
            message = f"An id of the form {noun}_<32 hexadecimal digits> is expected."
            raise BadFilter(path, ProblemCode.MALFORMED, message) from error

    return read


def country(path: str, given: Given) -> str:
    """Two letters; whether there is such a country is not known."""
    code = text(path, given)
    if not re.fullmatch("[A-Za-z]{2}", code):
        raise BadFilter(path, ProblemCode.MALFORMED, "A country's two letters, such as DE.")
    return code.upper()


def zone(path: str, given: Given) -> str:
    return _as_stored(path, lambda: time_zone(path, text(path, given)))


def decimal(path: str, given: Given) -> Decimal:
    return _as_stored(path, lambda: values.decimal(path, text(path, given)))


def _as_stored(path: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except InvalidInput as error:
        (problem,) = error.problems
        raise BadFilter(path, problem.code, problem.message) from error


def day(path: str, given: Given) -> date:
    try:
        found = date.fromisoformat(text(path, given))
    except ValueError as error:
        raise BadFilter(path, ProblemCode.MALFORMED, "A day such as 2026-03-01.") from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadFilter(path, ProblemCode.MALFORMED, f"A year from {FIRST_YEAR} to {LAST_YEAR}.")
    return found


def instant(path: str, given: Given) -> datetime:
    try:
        at = datetime.fromisoformat(text(path, given))
        if at.tzinfo is None:
            raise ValueError("no zone")
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        message = "An instant such as 2026-03-01T09:30:00Z."
        raise BadFilter(path, ProblemCode.MALFORMED, message) from error


def time_of_day(path: str, given: Given) -> time:
    words = text(path, given)
    if not CLOCK.fullmatch(words):
        raise BadFilter(path, ProblemCode.MALFORMED, "A time of day such as 09:30.")
    return time.fromisoformat(words)


def period(path: str, given: Given) -> Period:
    part = mapping(path, given, {"amount", "unit"})
    amount = whole(f"{path}.amount", part.get("amount"), 1, MOST_PERIODS)
    return Period(amount, known(PeriodUnit)(f"{path}.unit", part.get("unit")))


def text_test(path: str, given: Given) -> TextTest:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    match how:
        case "is":
            return TextIn((text(path, value),))
        case "in":
            return TextIn(many(path, value, text, MOST_WORDS))
        case "contains":
            return TextContains(text(path, value))
        case "startsWith":
            return TextStarts(text(path, value))
        case "isEmpty":
            return Empty(flag(path, value))
    raise _unknown(path)


def number_test(path: str, given: Given) -> NumberTest:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    match how:
        case "is":
            number = decimal(path, value)
            return Between(number, number)
        case "atLeast":
            return Between(least=decimal(path, value))
        case "atMost":
            return Between(most=decimal(path, value))
        case "between":
            part = mapping(path, value, {"from", "to"})
            ends = [decimal(f"{path}.{end}", part.get(end)) for end in ("from", "to")]
            if ends[0] > ends[1]:
                raise BadFilter(path, ProblemCode.CONTRADICTION, "`to` is below `from`.")
            return Between(*ends)
        case "isEmpty":
            return Empty(flag(path, value))
    raise _unknown(path)


def money_test(path: str, given: Given) -> MoneyTest:
    part = mapping(path, given, {"currency", "amount"})
    currency = text(f"{path}.currency", part.get("currency"))
    if currency not in CURRENCIES:
        message = f"There is no currency {currency}."
        raise BadFilter(f"{path}.currency", ProblemCode.UNKNOWN, message)
    return MoneyTest(currency, number_test(f"{path}.amount", part.get("amount")))


def _instant(path: str, given: Given) -> Instant:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    match how:
        case "at":
            return At(instant(path, value))
        case "ago":
            return Ago(period(path, value))
        case "ahead":
            return Ahead(period(path, value))
    raise _unknown(path)


def instant_test(path: str, given: Given) -> InstantTest:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    match how:
        case "before":
            return InstantBetween(before=_instant(path, value))
        case "since":
            return InstantBetween(since=_instant(path, value))
        case "between":
            part = mapping(path, value, {"from", "to"})
            ends = {end: At(instant(f"{path}.{end}", at)) for end, at in part.items()}
            if not ends:
                raise BadFilter(path, ProblemCode.REQUIRED, "At least one end.")
            return InstantBetween(ends.get("from"), ends.get("to"))
        case "on":
            return OnDay(day(path, value))
        case "withinLast":
            return WithinLast(period(path, value))
        case "notWithinLast":
            return WithinLast(period(path, value), holds=False)
        case "isEmpty":
            return Empty(flag(path, value))
    raise _unknown(path)


def day_test(path: str, given: Given) -> DayTest:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    match how:
        case "is":
            only = day(path, value)
            return DayBetween(only, only + timedelta(days=1))
        case "before":
            return DayBetween(before=day(path, value))
        case "since":
            return DayBetween(since=day(path, value))
        case "withinNextDays":
            return DayNear(whole(path, value, 0, MOST_DAYS), is_ahead=True)
        case "withinLastDays":
            return DayNear(whole(path, value, 0, MOST_DAYS), is_ahead=False)
        case "isEmpty":
            return Empty(flag(path, value))
    raise _unknown(path)


def number_of_times(path: str, given: Given) -> Count:
    how, value = one_key(path, given)
    path = f"{path}.{how}"
    if how not in ("is", "atLeast", "atMost"):
        raise _unknown(path)
    number = whole(path, value, 0, MOST_TIMES)
    return Count(None if how == "atMost" else number, None if how == "atLeast" else number)


def property_test(path: str, given: Given, *, of_parameter: bool = False) -> PropertyTest:
    """A test of a property, or of a parameter of an event, which knows no options."""
    how, value = one_key(path, given)
    place = f"{path}.{how}"
    match how:
        case "text":
            return text_test(place, value)
        case "number":
            return number_test(place, value)
        case "money":
            return money_test(place, value)
        case "date":
            return day_test(place, value)
        case "boolean":
            return IsTrue(flag(place, value))
        case "isEmpty":
            return Empty(flag(place, value))
        case "anyOption" | "allOptions" if not of_parameter:
            options = many(place, value, identity("option"), MOST_WORDS)
            return HasOptions(options, is_all=how == "allOptions")
    raise _unknown(place)


def _unknown(path: str) -> BadFilter:
    return BadFilter(path, ProblemCode.UNKNOWN, "There is no such test here.")
