"""Typed values: how they are checked, stored in columns and written into the log.

In the log a value is a small JSON object with its `type`, so that a history outlives its field.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from models.enums import FieldType
from models.fields import Property
from resolvers.currencies import CURRENCIES
from resolvers.errors import InvalidInput, ProblemCode, invalid
from resolvers.text import clean, fold

DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
CURRENCY = re.compile(r"[A-Z]{3}")
MAX_TEXT = 10_000
MAX_URL = 2048

LoggedValue = dict[str, Any]
"""`{"type": "MONEY", "amount": "12.50", "currency": "EUR"}` and the like."""


CHOICES = (FieldType.DROPDOWN, FieldType.MULTI_SELECT)
"""Types whose values are options of their field."""
NAMED = (*CHOICES, FieldType.FILE)
"""Types whose values are ids of other things with the names that those had."""


@dataclass(frozen=True)
class Choice:
    """An option or file by its id, 32 hexadecimal digits, and the name that it had then."""

    id: str
    label: str = field(compare=False)


@dataclass(frozen=True)
class TypedValue:
    """A checked value of a field's type."""

    type: FieldType
    text: str | None = None
    number: Decimal | None = None
    currency: str | None = None
    day: date | None = None
    options: tuple[Choice, ...] = ()
    """DROPDOWN: one; MULTI_SELECT: in the order of the field; FILE: the file."""

    def logged(self) -> LoggedValue:
        """As the log holds it."""
        match self.type:
            case FieldType.NUMBER:
                return {"type": "NUMBER", "number": plain(self.number)}
            case FieldType.MONEY:
                amount = plain(self.number)
                return {"type": "MONEY", "amount": amount, "currency": self.currency}
            case FieldType.BOOLEAN:
                return {"type": "BOOLEAN", "boolean": bool(self.number)}
            case FieldType.DATE:
                return {"type": "DATE", "date": self.day.isoformat() if self.day else None}
            case FieldType.URL:
                return {"type": "URL", "url": self.text}
            case FieldType.DROPDOWN | FieldType.MULTI_SELECT:
                return {"type": self.type.value, "options": self._choices()}
            case FieldType.FILE:
                return {"type": "FILE", "file": self._choices()[0]}
        return {"type": "TEXT", "text": self.text}

    def _choices(self) -> list[dict[str, str]]:
        return [{"id": each.id, "label": each.label} for each in self.options]

    @property
    def words(self) -> str:
        """As text: what a client may copy."""
        match self.type:
            case FieldType.NUMBER:
                return plain(self.number)
            case FieldType.MONEY:
                return f"{plain(self.number)} {self.currency}"
            case FieldType.BOOLEAN:
                return "Yes" if self.number else "No"
            case FieldType.DATE:
                return self.day.isoformat() if self.day else ""
            case FieldType.DROPDOWN | FieldType.MULTI_SELECT | FieldType.FILE:
                return ", ".join(each.label for each in self.options)
        return self.text or ""

    def columns(self) -> dict[str, Any]:
        """The columns of a row that hold the value; a dropdown is found by its option's id."""
        key = fold(self.text) if self.text is not None else None
        if self.type is FieldType.DROPDOWN and self.options:
            key = self.options[0].id
        return {
            "text_value": self.text,
            "text_key": key,
            "number_value": self.number,
            "currency": self.currency,
            "date_value": self.day,
            "json_value": self._choices() or None,
            "stored_type": self.type,
        }

    def put_into(self, row: Property) -> None:
        """Writes the value's columns."""
        for name, value in self.columns().items():
            setattr(row, name, value)


def from_log(value: LoggedValue) -> TypedValue:
    """A value of a property as the log holds it."""
    match FieldType(value["type"]):
        case FieldType.NUMBER:
            return TypedValue(FieldType.NUMBER, number=Decimal(value["number"]))
        case FieldType.MONEY:
            amount = Decimal(value["amount"])
            return TypedValue(FieldType.MONEY, number=amount, currency=value["currency"])
        case FieldType.BOOLEAN:
            return TypedValue(FieldType.BOOLEAN, number=Decimal(int(value["boolean"])))
        case FieldType.DATE:
            return TypedValue(FieldType.DATE, day=date.fromisoformat(value["date"]))
        case FieldType.URL:
            return TypedValue(FieldType.URL, text=value["url"])
        case FieldType.DROPDOWN | FieldType.MULTI_SELECT as kind:
            return TypedValue(kind, options=_chosen(value["options"]))
        case FieldType.FILE:
            return TypedValue(FieldType.FILE, options=_chosen([value["file"]]))
    return TypedValue(FieldType.TEXT, text=value["text"])


def stored(kind: FieldType, row: Any) -> TypedValue | None:
    """The value in a row with a property's columns; None when it was cleared.

    It is of the type that it was stored as, which may be a former one of its field: `kind` is the
    type of values that don't say.
    """
    kind = row.stored_type or kind
    if kind in NAMED:
        return TypedValue(kind, options=_chosen(row.json_value)) if row.json_value else None
    if row.text_value is None and row.number_value is None and row.date_value is None:
        return None
    return TypedValue(kind, row.text_value, row.number_value, row.currency, row.date_value)


def _chosen(kept: list[dict[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(each["id"], each["label"]) for each in kept)


def plain(number: Decimal | None) -> str:
    """Without exponent and trailing zeros: `12.5`."""
    return format(number, "f") if number is not None else ""


def text(path: str, value: str, limit: int = MAX_TEXT) -> TypedValue:
    return TypedValue(FieldType.TEXT, text=clean(path, value, limit, lines=True))


def decimal(path: str, value: str) -> Decimal:
    """Only the canonical form: `12.50`, never `12,50`, `1e3` or `NaN`."""
    if not DECIMAL.fullmatch(value):
        raise invalid(
            path, ProblemCode.MALFORMED, "A number such as 12.50: a point, at most 6 decimals."
        )
    return Decimal(value).normalize() + 0


def money(path: str, amount: str, currency: str) -> TypedValue:
    """An amount from 0 in a currency of ISO 4217, with no more decimals than it has."""
    number = decimal(f"{path}.amount", amount)
    if number < 0:
        raise invalid(f"{path}.amount", ProblemCode.TOO_SMALL, "An amount can't be negative.")
    if not CURRENCY.fullmatch(currency):
        raise invalid(f"{path}.currency", ProblemCode.MALFORMED, "Three letters such as EUR.")
    decimals = CURRENCIES.get(currency)
    if decimals is None:
        raise invalid(f"{path}.currency", ProblemCode.UNKNOWN, f"There is no currency {currency}.")
    if number != round(number, decimals):
        raise invalid(
            f"{path}.amount",
            ProblemCode.MALFORMED,
            f"An amount in {currency} has at most {decimals} decimals.",
        )
    return TypedValue(FieldType.MONEY, number=number, currency=currency)


def web_address(path: str, value: str) -> str:
    """An absolute http or https address."""
    value = clean(path, value, MAX_URL)
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise invalid(path, ProblemCode.MALFORMED, "An address with http or https.") from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise invalid(path, ProblemCode.MALFORMED, "An address with http or https.")
    return value


def url(path: str, value: str) -> TypedValue:
    """As `web_address`, as a value of a field."""
    return TypedValue(FieldType.URL, text=web_address(path, value))


def of_type(kind: FieldType, path: str, given: dict[str, Any]) -> TypedValue:
    """Checks what a client sent (`{"text": ...}` or another single key) against a field's type."""
    key, value = next(iter(given.items()))
    match kind, key:
        case FieldType.TEXT, "text":
            return text(path, value)
        case FieldType.URL, "url":
            return url(path, value)
        case FieldType.NUMBER, "number":
            return TypedValue(kind, number=decimal(path, value))
        case FieldType.BOOLEAN, "boolean":
            return TypedValue(kind, number=Decimal(int(value)))
        case FieldType.DATE, "date":
            return TypedValue(kind, day=value)
        case FieldType.MONEY, "money":
            return money(path, value["amount"], value["currency"])
    raise invalid(path, ProblemCode.WRONG_TYPE, f"This field takes a value of type {kind}.")


def reference(name: str, identity: UUID | None) -> LoggedValue:
    """Mention of another object by its name then."""
    return {"type": "REFERENCE", "name": name, "id": identity.hex if identity else None}


def collect(problems: list[InvalidInput]) -> None:
    """Raises all problems at once, if there are any."""
    if problems:
        raise InvalidInput(*(problem for each in problems for problem in each.problems))
