"""Events of a lead counted in SQL."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Numeric,
    Select,
    String,
    and_,
    cast,
    func,
    not_,
    select,
    type_coerce,
)
from sqlmodel import col

from models.events import Event, EventGroup
from models.leads import Lead
from models.types import SCALE, ScaledDecimal
from resolvers.filters.comparing import in_span, is_instant, is_number, within
from resolvers.filters.grounds import Grounds
from resolvers.filters.operands import (
    Between,
    Count,
    DayBetween,
    DayNear,
    Empty,
    IsTrue,
    MoneyTest,
    PropertyTest,
    TextContains,
    TextIn,
    TextStarts,
    is_for_missing,
)
from resolvers.filters.times import days_of
from resolvers.filters.tree import Events, Parameter
from resolvers.text import fold

Condition = ColumnElement[bool]


def events(clause: Events, grounds: Grounds, *, leads: bool) -> Condition:
    """Leads with so many such events. Repeats of one page in a visit count each."""
    is_asked_each = not leads or _holds_for_none(clause)
    rows, numbers, owner = _counted(clause, grounds, is_asked_each=is_asked_each)
    tests = _tests(clause, numbers, grounds)
    if _holds_for_none(clause):
        # Whoever has none of them is not among the rows, so the rows tell who is to be left out.
        return not_(_found(rows.having(not_(and_(*tests))), owner, leads=False))
    if clause.count != Count(least=1) or clause.first_at or clause.last_at:
        rows = rows.having(and_(*tests))
    return _found(rows, owner, leads=leads)


def _found(rows: Select[Any], owner: Any, *, leads: bool) -> Condition:
    if leads:
        return col(Lead.id).in_(rows)
    return rows.where(owner == col(Lead.id)).correlate(Lead).exists()


def _counted(
    clause: Events, grounds: Grounds, *, is_asked_each: bool
) -> tuple[Select[Any], tuple[Any, Any, Any], Any]:
    """The events by lead; the number, the first and the last of them; whose they are.

    Of all events of a kind or name there is a count for each lead already.
    """
    table, conditions = source(clause, grounds, is_asked_each=is_asked_each)
    numbers = (
        func.sum(col(EventGroup.count)),
        func.min(col(EventGroup.first_at)),
        func.max(col(EventGroup.last_at)),
    )
    if table is Event:
        numbers = (
            func.sum(col(Event.count)),
            func.min(col(Event.occurred_at)),
            func.max(col(Event.last_at)),
        )
    if clause.within:
        conditions.append(is_instant(clause.within, col(Event.occurred_at), grounds.now))
    rows = select(table.lead_id).where(*conditions).group_by(table.lead_id)
    return rows, numbers, table.lead_id


def source(
    clause: Events, grounds: Grounds, *, is_asked_each: bool = False
) -> tuple[Any, list[Condition]]:
    """The table whose rows are counted, and which of them, whenever they happened.

    `is_asked_each`: each lead is asked for its own.
    """
    table: Any = Event if clause.within or clause.parameters else EventGroup
    key: Any = table.group_key
    if table is Event and grounds.is_sqlite and is_asked_each:
        # Else SQLite goes through everybody's events of the group, once for each lead.
        key = func.coalesce(key, "")
    conditions: list[Condition] = []
    if clause.kind_id:
        conditions.append(key == f"kind:{clause.kind_id.hex}")
    elif clause.name is not None:
        conditions.append(key == f"name:{fold(clause.name)}")
    return table, [*conditions, *(_has_parameter(each, grounds) for each in clause.parameters)]


def _tests(clause: Events, numbers: tuple[Any, Any, Any], grounds: Grounds) -> list[Condition]:
    count, first_at, last_at = numbers
    tests = [within(clause.count, count)]
    if clause.first_at:
        tests.append(in_span(clause.first_at, first_at, grounds.now))
    if clause.last_at:
        tests.append(in_span(clause.last_at, last_at, grounds.now))
    return tests


def _holds_for_none(clause: Events) -> bool:
    """Whether a lead without such events is meant too."""
    return not clause.count.least and all(
        each is None or is_for_missing(each) for each in (clause.first_at, clause.last_at)
    )


def _has_parameter(parameter: Parameter, grounds: Grounds) -> Condition:
    """Events with a parameter of this name that meets the test; empty is what is not there.

    Parameters are a list of objects, which each database unfolds in its own words.
    """
    test, part = parameter.test, _Part(grounds.is_sqlite)
    rows = select(1).select_from(part.each).where(part.text("name") == parameter.name)
    if not isinstance(test, Empty):
        rows = rows.where(_meets(part, test, grounds))
    some = rows.correlate(Event).exists()
    return not_(some) if is_for_missing(test) else some


class _Part:
    """One parameter of an event."""

    def __init__(self, is_sqlite: bool) -> None:
        self.is_sqlite = is_sqlite
        unfold = func.json_each if is_sqlite else func.jsonb_array_elements
        self.each = unfold(col(Event.parameters)).table_valued("value", joins_implicitly=True)

    def text(self, *keys: str) -> Any:
        """What stands under the keys, as text; NULL where nothing does."""
        if self.is_sqlite:
            return cast(func.json_extract(self.each.c.value, "$." + ".".join(keys)), String)
        return func.jsonb_extract_path_text(self.each.c.value, *keys)

    def number(self, key: str) -> Any:
        """A number of the value, in the form that columns keep."""
        scaled = func.round(cast(self.text("value", key), Numeric) * 10**SCALE)
        return type_coerce(cast(scaled, BigInteger), ScaledDecimal)

    def words(self) -> Any:
        """The value's text or link; texts of parameters have no keys, so they are as written."""
        return func.coalesce(self.text("value", "text"), self.text("value", "url"))

    def holds(self, text: str) -> Any:
        place = func.instr if self.is_sqlite else func.strpos
        return place(self.words(), text) > 0


def _meets(part: _Part, test: PropertyTest, grounds: Grounds) -> Any:
    match test:
        case Between():
            return is_number(test, part.number("number"))
        case MoneyTest(currency, amount):
            is_same = part.text("value", "currency") == currency
            return (
                is_same
                if isinstance(amount, Empty)
                else and_(is_same, is_number(amount, part.number("amount")))
            )
        case IsTrue(wanted):
            return part.text("value", "boolean").in_(("1", "true") if wanted else ("0", "false"))
        case DayBetween() | DayNear():
            since, before = days_of(test, grounds.now)
            day = part.text("value", "date")
            first = [day >= since.isoformat()] if since else []
            return and_(day.is_not(None), *first, *([day < before.isoformat()] if before else []))
        case TextIn(texts):
            return part.words().in_(texts)
        case TextContains(text):
            return part.holds(text)
        case TextStarts(text):
            return func.substr(part.words(), 1, len(text)) == text
    raise AssertionError(f"no SQL for {type(test).__name__}")
