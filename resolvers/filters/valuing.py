"""Values of fields compared in SQL."""

from decimal import Decimal

from sqlalchemy import ColumnElement, String, and_, cast, func, not_, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from models.due_bands import Moment
from models.enums import ListingType
from models.fields import FieldDefinition, Property
from models.leads import Lead
from resolvers.filters.comparing import is_day, is_number, is_text
from resolvers.filters.grounds import TYPES, Grounds
from resolvers.filters.operands import (
    Between,
    DayBetween,
    DayNear,
    Empty,
    HasOptions,
    IsTrue,
    MoneyTest,
    PropertyTest,
    is_for_missing,
)
from resolvers.text import fold

Condition = ColumnElement[bool]
FILLED = or_(
    col(Property.text_value).is_not(None),
    col(Property.number_value).is_not(None),
    col(Property.date_value).is_not(None),
    col(Property.json_value).is_not(None),
)


def has_property(field: FieldDefinition, condition: Condition, *, leads: bool) -> Condition:
    """Leads whose field has a value under a condition."""
    rows = select(col(Property.lead_id)).where(
        col(Property.field_id) == field.id, FILLED, condition
    )
    if leads:
        return col(Lead.id).in_(rows)
    return rows.where(col(Property.lead_id) == col(Lead.id)).correlate(Lead).exists()


def has_value(key: str, test: PropertyTest, grounds: Grounds, *, leads: bool) -> Condition:
    """Leads whose field meets a test that fits it."""
    field = grounds.fields[key]
    if is_for_missing(test):
        return not_(has_property(field, _holds(_opposite(test), grounds), leads=False))
    return has_property(field, _holds(test, grounds), leads=leads)


def _opposite(test: PropertyTest) -> PropertyTest:
    filled = Empty(is_empty=False)
    return MoneyTest(test.currency, filled) if isinstance(test, MoneyTest) else filled


def _holds(test: PropertyTest, grounds: Grounds) -> Condition:
    """The test on a row that has a value; one kept as a former type of its field meets none."""
    if isinstance(test, Empty):
        return true()
    kept = col(Property.stored_type)
    is_fit = or_(kept.is_(None), kept.in_(TYPES[type(test)]))
    return and_(is_fit, _meets(test, grounds.now, is_sqlite=grounds.is_sqlite))


def _meets(test: PropertyTest, now: Moment, *, is_sqlite: bool) -> Condition:
    match test:
        case Between():
            return is_number(test, col(Property.number_value))
        case MoneyTest(currency, amount):
            is_same = col(Property.currency) == currency
            return and_(is_same, is_number(amount, col(Property.number_value)))
        case IsTrue(value):
            return col(Property.number_value) == Decimal(int(value))
        case DayBetween() | DayNear():
            return is_day(test, col(Property.date_value), now)
        case HasOptions(options, is_all):
            chosen = [_has_option(option.hex, is_sqlite=is_sqlite) for option in options]
            return and_(*chosen) if is_all else or_(*chosen)
        case _:
            return is_text(test, col(Property.text_key), fold)


def _has_option(option: str, *, is_sqlite: bool) -> Condition:
    """Options are kept as a list of objects with `id`."""
    column = col(Property.json_value)
    if not is_sqlite:
        return cast(column, JSONB).contains([{"id": option}])
    each = func.json_each(column).table_valued("value", joins_implicitly=True)
    is_it = cast(func.json_extract(each.c.value, "$.id"), String) == option
    return select(1).select_from(each).where(is_it).correlate(Property).exists()


def price_touches(test: MoneyTest, grounds: Grounds) -> Condition:
    """Leads whose range of prices, open where an end is missing, has a part of this one."""
    low, high = grounds.fields["sales_price_min"], grounds.fields["sales_price_max"]
    same = col(Property.currency) == test.currency
    amount = col(Property.number_value)
    some = or_(has_property(low, same, leads=False), has_property(high, same, leads=False))
    if isinstance(test.amount, Empty):
        return not_(some) if test.amount.is_empty else some
    conditions = [some]
    if test.amount.most is not None:
        above = and_(same, amount > test.amount.most)
        conditions.append(not_(has_property(low, above, leads=False)))
    if test.amount.least is not None:
        below = and_(same, amount < test.amount.least)
        conditions.append(not_(has_property(high, below, leads=False)))
    return and_(*conditions)


def wants_listing(kind: ListingType, grounds: Grounds, *, leads: bool) -> Condition:
    """Leads that look for this; what they look for is kept a word a line."""
    both = "\n".join(ListingType)
    is_wanted = col(Property.text_value).in_((kind.value, both))
    return has_property(grounds.fields["sales_listing_types"], is_wanted, leads=leads)
