"""What clauses of a filter compare with, as clients write it."""

from datetime import date, datetime

import strawberry

from models.enums import PeriodUnit
from schema.leads import DateTimeRangeInput
from schema.scalars import CurrencyCode, Decimal, LocalTime


@strawberry.input(description="Test of a text; case and accents ignored.", one_of=True)
class TextFilter:
    is_: strawberry.Maybe[str] = strawberry.field(name="is", description="Equal.")
    in_: strawberry.Maybe[list[str]] = strawberry.field(name="in", description="One of 1 to 200.")
    contains: strawberry.Maybe[str] = strawberry.field(
        description="Contains; not a pattern. Of a property its first 200 characters are looked at."
    )
    starts_with: strawberry.Maybe[str] = strawberry.field(description="Begins with.")
    is_empty: strawberry.Maybe[bool] = strawberry.field(description="Empty or not.")


@strawberry.input(description="Range of numbers.")
class DecimalRangeInput:
    from_: Decimal = strawberry.field(name="from", description="Smallest.")
    to: Decimal = strawberry.field(description="Largest, not below.")


@strawberry.input(description="Test of a number.", one_of=True)
class NumberFilter:
    is_: strawberry.Maybe[Decimal] = strawberry.field(name="is", description="Equal.")
    at_least: strawberry.Maybe[Decimal] = strawberry.field(description="Not below.")
    at_most: strawberry.Maybe[Decimal] = strawberry.field(description="Not above.")
    between: strawberry.Maybe[DecimalRangeInput] = strawberry.field(
        description="Within, ends included."
    )
    is_empty: strawberry.Maybe[bool] = strawberry.field(description="Empty or not.")


@strawberry.input(description="Test of an amount; other currencies do not match.")
class MoneyFilter:
    currency: CurrencyCode = strawberry.field(description="Currency.")
    amount: NumberFilter = strawberry.field(description="Test of the amount.")


@strawberry.input(description="Length of time.")
class PeriodInput:
    amount: int = strawberry.field(description="1 to 10,000.")
    unit: PeriodUnit = strawberry.field(description="Unit.")


@strawberry.input(description="Instant, fixed or relative to now.", one_of=True)
class MomentInput:
    at: strawberry.Maybe[datetime] = strawberry.field(description="Fixed.")
    ago: strawberry.Maybe[PeriodInput] = strawberry.field(description="Ago.")
    ahead: strawberry.Maybe[PeriodInput] = strawberry.field(description="Ahead.")


@strawberry.input(description="Test of an instant.", one_of=True)
class InstantFilter:
    before: strawberry.Maybe[MomentInput] = strawberry.field(description="Before.")
    since: strawberry.Maybe[MomentInput] = strawberry.field(description="Not before.")
    between: strawberry.Maybe[DateTimeRangeInput] = strawberry.field(description="Within.")
    on: strawberry.Maybe[date] = strawberry.field(description="On a project day.")
    within_last: strawberry.Maybe[PeriodInput] = strawberry.field(description="Within the last.")
    not_within_last: strawberry.Maybe[PeriodInput] = strawberry.field(
        description="Not within the last; flips by time alone."
    )
    is_empty: strawberry.Maybe[bool] = strawberry.field(description="Empty or not.")


@strawberry.input(description="Test of a day.", one_of=True)
class DateFilter:
    is_: strawberry.Maybe[date] = strawberry.field(name="is", description="Equal.")
    before: strawberry.Maybe[date] = strawberry.field(description="Before.")
    since: strawberry.Maybe[date] = strawberry.field(description="Not before.")
    within_next_days: strawberry.Maybe[int] = strawberry.field(
        description="Today or within the next days, 0 to 3,650."
    )
    within_last_days: strawberry.Maybe[int] = strawberry.field(
        description="Today or within the last days, 0 to 3,650."
    )
    is_empty: strawberry.Maybe[bool] = strawberry.field(description="Empty or not.")


@strawberry.input(description="Test of a count.", one_of=True)
class CountFilter:
    is_: strawberry.Maybe[int] = strawberry.field(name="is", description="Exactly, 0 or more.")
    at_least: strawberry.Maybe[int] = strawberry.field(description="At least.")
    at_most: strawberry.Maybe[int] = strawberry.field(description="At most.")


@strawberry.input(description="Test by type.", one_of=True)
class PropertyTest:
    text: strawberry.Maybe[TextFilter] = strawberry.field(description="TEXT, URL.")
    number: strawberry.Maybe[NumberFilter] = strawberry.field(description="NUMBER.")
    money: strawberry.Maybe[MoneyFilter] = strawberry.field(description="MONEY.")
    date: strawberry.Maybe[DateFilter] = strawberry.field(description="DATE.")
    boolean: strawberry.Maybe[bool] = strawberry.field(description="BOOLEAN.")
    any_option: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="DROPDOWN, MULTI_SELECT: one of."
    )
    all_options: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="MULTI_SELECT: all of."
    )
    is_empty: strawberry.Maybe[bool] = strawberry.field(description="Any type: empty or not.")


@strawberry.input(description="Range of times of day.")
class LocalTimeRangeInput:
    from_: LocalTime = strawberry.field(name="from", description="From.")
    to: LocalTime = strawberry.field(description="To, not included.")
