"""Keyset pages: forward only, sealed cursors, every order ends with the id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, and_, literal, or_

from resolvers.errors import BadArgument
from resolvers.secrets import Secrets
from resolvers.views import View

MAX_FIRST = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Key:
    """One column of an order."""

    column: Any
    descending: bool = False
    is_instant: bool = False
    is_id: bool = False
    is_number: bool = False
    is_day: bool = False
    is_nullable: bool = False
    """NULLs come last in either direction."""
    kind: str = ""
    """What its values are, where that may change between two pages."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows with their cursors, and whether more follow."""

    rows: Sequence[T]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool


def check_first(first: int) -> int:
    """BadArgument unless 1 to 100."""
    if not 1 <= first <= MAX_FIRST:
        raise BadArgument(f"`first` must be 1 to {MAX_FIRST}.")
    return first


async def read_page(
    view: View,
    statement: Select[Any],
    order: Sequence[Key],
    scope: str,
    first: int,
    after: str | None,
) -> Page[Any]:
    """One page of a statement whose first column is the row.

    `scope` names the list with its filter and order: a cursor of another one is refused.
    """
    first = check_first(first)
    secrets = view.services.secrets
    position = unseal_position(secrets, scope, after, order) if after is not None else None
    found = await rows_behind(view, statement, order, position, first + 1)
    rows = found[:first]
    cursors = [seal(secrets, scope, row[-len(order) :]) for row in rows]
    return Page([row[0] for row in rows], cursors, len(found) > first, after is not None)


async def rows_behind(
    view: View,
    statement: Select[Any],
    order: Sequence[Key],
    position: Sequence[Any] | None,
    most: int,
) -> list[Any]:
    """At most so many rows in an order, behind a position; the columns of the order come last.

    Where NULLs come last they are asked for by themselves: an index leads to a place among the
    values, and no further than those.
    """
    if position is None or position[0] is None or not order[0].is_nullable:
        return list(await view.rows(_ordered(statement, order, position).limit(most)))
    column = order[0].column
    valued = statement.where(_from(order[0], position[0]))
    found = list(await view.rows(_ordered(valued, order, position).limit(most)))
    if len(found) < most:
        rest = _ordered(statement.where(column.is_(None)), order, None)
        found += await view.rows(rest.limit(most - len(found)))
    return found


def _ordered(
    statement: Select[Any], order: Sequence[Key], position: Sequence[Any] | None
) -> Select[Any]:
    if position is not None:
        statement = statement.where(_behind(order, position))
        if position[0] is not None and not order[0].is_nullable:
            statement = statement.where(_from(order[0], position[0]))
    for key in order:
        column = key.column.desc() if key.descending else key.column.asc()
        statement = statement.order_by(column.nulls_last() if key.is_nullable else column)
    return statement.add_columns(*(key.column for key in order))


def _from(key: Key, value: Any) -> Any:
    """Follows from being behind the position; databases find the place in an index by it alone."""
    bound = literal(value, key.column.type)
    return key.column <= bound if key.descending else key.column >= bound


def page_of(
    view: View, rows: Sequence[T], order: Sequence[Key], scope: str, first: int, after: str | None
) -> Page[T]:
    """One page of rows that are at hand, by an order whose columns all go one way."""
    first = check_first(first)
    secrets = view.services.secrets

    def place(row: T) -> list[Any]:
        return [getattr(row, key.column.key) for key in order]

    descending = order[0].descending
    sorted_rows = sorted(rows, key=place, reverse=descending)
    if after is not None:
        position = unseal_position(secrets, scope, after, order)
        sorted_rows = [
            row
            for row in sorted_rows
            if (place(row) < position if descending else place(row) > position)
        ]
    shown = sorted_rows[:first]
    cursors = [seal(secrets, scope, place(row)) for row in shown]
    return Page(shown, cursors, len(sorted_rows) > first, after is not None)


def seal(secrets: Secrets, scope: str, values: Sequence[Any]) -> str:
    """The cursor of a row with these values of the order's columns."""
    return secrets.seal_page(scope, orjson.dumps([_plain(value) for value in values]))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value.hex if isinstance(value, UUID) else value


def unseal_position(secrets: Secrets, scope: str, after: str, order: Sequence[Key]) -> list[Any]:
    try:
        values = orjson.loads(secrets.unseal_page(scope, after))
        return [_typed(key, value) for key, value in zip(order, values, strict=True)]
    except (ValueError, ArithmeticError, TypeError) as error:  # sealed otherwise, or as others
        raise BadArgument("`after` is no cursor of this list.") from error


def _typed(key: Key, value: Any) -> Any:
    if value is None:
        return None
    if key.is_instant:
        return datetime.fromisoformat(value)
    if key.is_day:
        return date.fromisoformat(value)
    if key.is_number:
        return Decimal(value)
    return UUID(hex=value) if key.is_id else value


def _behind(order: Sequence[Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows after the position: equal in the first columns, further in the next."""
    steps = []
    for depth, key in enumerate(order):
        equal = [_equal(each, value) for each, value in zip(order[:depth], values, strict=False)]
        further = _further(key, values[depth])
        if further is not None:
            steps.append(and_(*equal, further))
    return or_(*steps)


def _equal(key: Key, value: Any) -> Any:
    return key.column.is_(None) if value is None else key.column == value


def _further(key: Key, value: Any) -> Any:
    if value is None:
        return None
    bound = literal(value, key.column.type)  # a bare True or False can only be tested for equality
    further = key.column < bound if key.descending else key.column > bound
    return or_(further, key.column.is_(None)) if key.is_nullable else further
