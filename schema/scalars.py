"""Scalars: how values that GraphQL has no type for are written."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal as Number
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Cursor = NewType("Cursor", str)
Version = NewType("Version", str)
IdempotencyKey = NewType("IdempotencyKey", str)
EmailAddress = NewType("EmailAddress", str)
PhoneNumber = NewType("PhoneNumber", str)
Url = NewType("Url", str)
Decimal = NewType("Decimal", str)
CurrencyCode = NewType("CurrencyCode", str)
CountryCode = NewType("CountryCode", str)
LanguageTag = NewType("LanguageTag", str)
TimeZone = NewType("TimeZone", str)
Html = NewType("Html", str)
Color = NewType("Color", str)
FilterLiteral = NewType("FilterLiteral", str)
LocalTime = NewType("LocalTime", str)

INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def write_instant(value: datetime) -> str:
    """An instant as the DateTime scalar writes it."""
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def read_instant(value: object) -> datetime:
    """An RFC 3339 instant with its offset, in UTC."""
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise GraphQLError("An instant is written like 2026-03-01T09:30:00Z.")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise GraphQLError("This instant does not exist.") from error


def _read_date(value: object) -> date:
    if not isinstance(value, str) or len(value) != 10:
        raise GraphQLError("A day is written like 2026-03-01.")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise GraphQLError("This day does not exist.") from error


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("Text is expected here.")
    return value


def _text(name: str, description: str) -> ScalarDefinition:
    return strawberry.scalar(
        name=name, description=description, serialize=str, parse_value=_read_text
    )


SCALARS: dict[Any, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="Instant in UTC, RFC 3339 with six decimals: `2026-03-01T09:30:00.000000Z`. "
        "Input may have another offset and fewer decimals.",
        serialize=write_instant,
        parse_value=read_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="Calendar day, `2026-03-01`.",
        serialize=date.isoformat,
        parse_value=_read_date,
    ),
    Cursor: _text(
        "Cursor",
        "Sealed position in a page or stream; equal for equal positions, says nothing else, at "
        "most 512 characters. One from another list, filter or lead is refused.",
    ),
    Version: _text(
        "Version",
        "Opaque version of an object. Sent as `expectedVersion` it guards an edit: fields changed "
        "since then clash with ConflictError, edits of other fields merge; absent, the edit "
        "overwrites.",
    ),
    FilterLiteral: _text(
        "FilterLiteral",
        "A LeadFilter as JSON text with the keys of the input type, to be parsed and sent back as "
        "a variable.",
    ),
    IdempotencyKey: _text(
        "IdempotencyKey",
        "1 to 64 ASCII characters chosen by the caller, kept 24 h for it: the same key and body "
        "give the first result again, another body gives ConflictError.",
    ),
    EmailAddress: _text(
        "EmailAddress",
        "Address of at most 254 characters; given back in lower case, domain in punycode. A "
        "lead's address that breaks the rules is kept as typed and marked INVALID_EMAIL.",
    ),
    PhoneNumber: _text(
        "PhoneNumber",
        "E.164, `+4930123456`. Input may be national, read in the project's default region, with "
        "spaces, dots, dashes and brackets.",
    ),
    Url: _text("URL", "Absolute http or https address, at most 2,048 characters."),
    Decimal: _text(
        "Decimal",
        "Decimal number as a string, `12.50`: optional minus, at most 12 digits before and 6 "
        "after the point; no exponent, comma, NaN or infinity.",
    ),
    CurrencyCode: _text("CurrencyCode", "ISO 4217 code, `EUR`."),
    CountryCode: _text("CountryCode", "ISO 3166-1 alpha-2 code, `DE`."),
    LanguageTag: _text("LanguageTag", "BCP 47 tag, `de-AT`."),
    LocalTime: _text("LocalTime", "Time of day, `09:30` or `09:30:15`."),
    TimeZone: _text("TimeZone", "IANA name, `Europe/Berlin`."),
    Html: _text(
        "HTML",
        "Sanitised HTML: p, br, strong, em, u, s, h1-h3, ul, ol, li, blockquote, code, pre, a "
        "(http, https, mailto, tel), img (own attachments only, by `data-attachment`). Other "
        "input is stripped; at most 100,000 characters.",
    ),
    Color: _text("Color", "Colour, `#1F6FEB`."),
}


def shown(number: Number) -> Decimal:
    """A number as the Decimal scalar writes it."""
    return Decimal(format(number, "f"))
