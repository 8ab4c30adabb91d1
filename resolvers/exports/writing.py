"""Rows of a file of leads: CSV for spreadsheets and imports, NDJSON for programs."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson

from models.enums import FieldType
from resolvers.cells import defused, joined
from resolvers.exports.columns import Column, LeadParts, Value
from resolvers.fields.checking import BETWEEN_OPTIONS
from resolvers.imports.rows import BETWEEN_ADDRESSES, BETWEEN_NUMBERS, BETWEEN_TAGS
from resolvers.values import TypedValue, plain

BETWEEN: dict[str, re.Pattern[str]] = {
    "emailAddresses": BETWEEN_ADDRESSES,
    "phoneNumbers": BETWEEN_NUMBERS,
    "tags": BETWEEN_TAGS,
}
"""What parts values where an import reads a column."""
MARK = "\ufeff"
"""Spreadsheets take a file that begins with it for UTF-8."""


def csv_head(columns: Sequence[Column], *, has_mark: bool) -> bytes:
    """The line of headings, behind the mark if it is wanted."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow([each.heading for each in columns])
    return ((MARK if has_mark else "") + text.getvalue()).encode()


def csv_rows(columns: Sequence[Column], leads: Iterable[LeadParts]) -> bytes:
    """One line for each lead; cells with separators, quotes or line ends stand in quotes."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(
        [defused(_cell(each.key, each.read(parts))) for each in columns] for parts in leads
    )
    return text.getvalue().encode()


def json_rows(columns: Sequence[Column], leads: Iterable[LeadParts]) -> bytes:
    """One JSON object for each lead, with every column, null where there is nothing."""
    return b"".join(
        orjson.dumps(
            {each.key: _json(each.read(parts)) for each in columns},
            option=orjson.OPT_APPEND_NEWLINE,
        )
        for parts in leads
    )


def _cell(key: str, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return _instant(value)
    if not isinstance(value, TypedValue):
        return joined(value, BETWEEN[key])
    if value.type is FieldType.MULTI_SELECT:
        return joined([each.label for each in value.options], BETWEEN_OPTIONS)
    return value.words


def _json(value: Value) -> Any:
    if isinstance(value, datetime):
        return _instant(value)
    return _typed(value) if isinstance(value, TypedValue) else value


def _typed(value: TypedValue) -> Any:
    match value.type:
        case FieldType.NUMBER:
            return plain(value.number)  # as text: no reader of JSON keeps all of its digits
        case FieldType.MONEY:
            return {"amount": plain(value.number), "currency": value.currency}
        case FieldType.BOOLEAN:
            return bool(value.number)
        case FieldType.MULTI_SELECT:
            return [each.label for each in value.options]
    return value.words


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
