"""Rows of all tables as JSON that reads alike whichever database they came from.

`{table: {"columns": {name: kind}, "rows": [[value, ...], ...]}}`, tables in the order in which
foreign keys let them be filled. The kinds are written down because a later release may know a
column by another type, or not at all.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import AutoString

from models.types import Json, ScaledDecimal, UtcDateTime

Recorded = dict[str, dict[str, Any]]

TYPES: dict[str, Any] = {
    "boolean": sa.Boolean(),
    "bytes": sa.LargeBinary(),
    "date": sa.Date(),
    "decimal": sa.BigInteger(),  # millionths, as both databases keep it
    "instant": UtcDateTime(),
    "integer": sa.BigInteger(),
    "json": Json,
    "text": sa.Text(),
    "uuid": sa.Uuid(),
}
READ = {
    "bytes": bytes.fromhex,
    "date": date.fromisoformat,
    "instant": datetime.fromisoformat,
    "uuid": UUID,
}


def kind_of(kind: Any) -> str:
    """The kind of a column as the models declare it."""
    for name, declared in (
        ("instant", UtcDateTime),
        ("decimal", ScaledDecimal),
        ("boolean", sa.Boolean),
        ("uuid", sa.Uuid),
        ("json", sa.JSON),
        ("bytes", sa.LargeBinary),
        ("date", sa.Date),
        ("integer", sa.Integer),
        ("text", sa.String | AutoString),
    ):
        if isinstance(kind, declared):
            return name
    raise TypeError(f"no kind for {kind!r}")


def record(connection: Connection, metadata: sa.MetaData) -> Recorded:
    """All rows of the tables that the models describe, except of empty tables."""
    recorded: Recorded = {}
    for table in metadata.sorted_tables:
        columns = {column.name: kind_of(column.type) for column in table.columns}
        keys = [column.name for column in table.primary_key]
        rows = read(connection, table.name, columns, keys)
        if rows:
            recorded[table.name] = {"columns": columns, "rows": rows}
    return recorded


def read(
    connection: Connection, name: str, columns: Mapping[str, str], order: list[str]
) -> list[list[Any]]:
    """Rows of one table in the recorded form."""
    table = _table(name, columns)
    rows = connection.execute(sa.select(table).order_by(*(table.c[key] for key in order)))
    return [[_written(value) for value in row] for row in rows]


def write(connection: Connection, recorded: Recorded) -> None:
    """Puts recorded rows into a database with the tables of their release."""
    for name, content in recorded.items():
        columns = content["columns"]
        connection.execute(
            sa.insert(_table(name, columns)),
            [
                {
                    key: _read(kind, value)
                    for (key, kind), value in zip(columns.items(), row, strict=True)
                }
                for row in content["rows"]
            ],
        )


def encode(recorded: Recorded) -> bytes:
    """A file with one line for each row."""
    tables = []
    for name, content in recorded.items():
        rows = b",\n  ".join(orjson.dumps(row) for row in content["rows"])
        columns = orjson.dumps(content["columns"])
        tables.append(b'"%s": {"columns": %s, "rows": [\n  %s\n]}' % (name.encode(), columns, rows))
    return b"{" + b",\n".join(tables) + b"}\n"


def _table(name: str, columns: Mapping[str, str]) -> Any:
    return sa.table(name, *(sa.column(key, TYPES[kind]) for key, kind in columns.items()))


def _written(value: Any) -> Any:
    match value:
        case UUID() | bytes():
            return value.hex() if isinstance(value, bytes) else value.hex
        case datetime() | date():
            return value.isoformat()
    return value


def _read(kind: str, value: Any) -> Any:
    return value if value is None or kind not in READ else READ[kind](value)
