"""What is compared with: texts, numbers, days, instants and counts, as a filter holds them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from models.enums import PeriodUnit


@dataclass(frozen=True)
class Empty:
    """There is no value, or there is one."""

    is_empty: bool


@dataclass(frozen=True)
class TextIn:
    """Equal to one of these, case and accents ignored."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class TextContains:
    text: str


@dataclass(frozen=True)
class TextStarts:
    text: str


TextTest = TextIn | TextContains | TextStarts | Empty


@dataclass(frozen=True)
class Between:
    """A number within, ends included; None is no end."""

    least: Decimal | None = None
    most: Decimal | None = None


NumberTest = Between | Empty


@dataclass(frozen=True)
class MoneyTest:
    """An amount in one currency; other currencies do not match."""

    currency: str
    amount: NumberTest


@dataclass(frozen=True)
class Period:
    """A length of time: days and weeks are those of the project's calendar, months end early
    where a month is shorter."""

    amount: int
    unit: PeriodUnit


@dataclass(frozen=True)
class At:
    at: datetime


@dataclass(frozen=True)
class Ago:
    period: Period


@dataclass(frozen=True)
class Ahead:
    period: Period


Instant = At | Ago | Ahead


@dataclass(frozen=True)
class InstantBetween:
    """From the first instant on, up to the second, which is not included; None is no end."""

    since: Instant | None = None
    before: Instant | None = None


@dataclass(frozen=True)
class OnDay:
    """On a day of the project's calendar."""

    day: date


@dataclass(frozen=True)
class WithinLast:
    """From so long ago until now; `holds` False: at any other time."""

    period: Period
    holds: bool = True


InstantTest = InstantBetween | OnDay | WithinLast | Empty


@dataclass(frozen=True)
class DayBetween:
    """From the first day on, up to the second, which is not included; None is no end."""

    since: date | None = None
    before: date | None = None


@dataclass(frozen=True)
class DayNear:
    """Today or within so many days to come, or to that have gone."""

    days: int
    is_ahead: bool


DayTest = DayBetween | DayNear | Empty


@dataclass(frozen=True)
class Count:
    """How many, ends included; None is no end."""

    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class IsTrue:
    value: bool


@dataclass(frozen=True)
class HasOptions:
    """One of these options of a dropdown or multi-select, or with `is_all` each of them."""

    options: tuple[UUID, ...]
    is_all: bool = False


PropertyTest = (
    TextIn | TextContains | TextStarts | Between | MoneyTest | DayBetween | DayNear | IsTrue
    | HasOptions | Empty
)  # fmt: skip


def is_for_missing(test: object) -> bool:
    """Whether a test asks for what is not there."""
    if isinstance(test, MoneyTest):
        test = test.amount
    return isinstance(test, Empty) and test.is_empty
