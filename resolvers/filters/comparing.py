"""Texts, numbers, days and instants compared in SQL."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, true

from models.due_bands import Moment
from resolvers.filters.operands import (
    Between,
    Count,
    DayBetween,
    DayNear,
    DayTest,
    Empty,
    InstantTest,
    NumberTest,
    TextContains,
    TextIn,
    TextTest,
    WithinLast,
)
from resolvers.filters.times import days_of, span_of
from resolvers.text import fold

Condition = ColumnElement[bool]


def name_key(text: str) -> str:
    """As names are kept for looking up."""
    return fold(text, 254)


def place_key(text: str) -> str:
    """As regions and cities are kept for looking up."""
    return fold(text, 100)


def email_key(text: str) -> str:
    """As addresses are kept for looking up."""
    return text.strip().lower()


def phone_digits(text: str) -> str:
    """A number without what people put between digits."""
    return "".join(each for each in text if each.isdigit() or each == "+")


def emptiness(test: Empty, column: Any) -> Condition:
    """A column that holds NULL, or one that does not."""
    condition: Condition = column.is_(None) if test.is_empty else column.is_not(None)
    return condition


def is_text(test: TextTest, column: Any, key: Callable[[str], str]) -> Condition:
    """A column of keys against texts, which are no patterns; what has no key is found nowhere."""
    if isinstance(test, Empty):
        return emptiness(test, column)
    if isinstance(test, TextIn):
        keys = [found for text in test.texts if (found := key(text))]
        return and_(column.is_not(None), column.in_(keys))
    sought = key(test.text)
    if not sought:
        return false()
    if isinstance(test, TextContains):
        return and_(column.is_not(None), column.contains(sought, autoescape=True))
    return and_(column.is_not(None), column.startswith(sought, autoescape=True))


def is_number(test: NumberTest, column: Any) -> Condition:
    if isinstance(test, Empty):
        return emptiness(test, column)
    return and_(column.is_not(None), within(test, column))


def within(test: Between | Count, column: Any) -> Condition:
    """A number that is there within bounds."""
    conditions: list[Condition] = [true()]
    if test.least is not None:
        conditions.append(column >= test.least)
    if test.most is not None:
        conditions.append(column <= test.most)
    return and_(*conditions)


def is_day(test: DayTest, column: Any, now: Moment) -> Condition:
    if isinstance(test, Empty):
        return emptiness(test, column)
    assert isinstance(test, DayBetween | DayNear)
    return and_(column.is_not(None), *_span(column, *days_of(test, now)))


def is_instant(test: InstantTest, column: Any, now: Moment) -> Condition:
    """An instant that may be missing; missing ones are only empty."""
    if isinstance(test, Empty):
        return emptiness(test, column)
    return and_(column.is_not(None), in_span(test, column, now))


def in_span(test: InstantTest, column: Any, now: Moment) -> Condition:
    """An instant that is there."""
    if isinstance(test, Empty):
        return false() if test.is_empty else true()
    condition = and_(true(), *_span(column, *span_of(test, now)))
    is_turned = isinstance(test, WithinLast) and not test.holds
    return not_(condition) if is_turned else condition


def _span(column: Any, since: Any, before: Any) -> list[Condition]:
    conditions = [column >= since] if since is not None else []
    return [*conditions, column < before] if before is not None else conditions
