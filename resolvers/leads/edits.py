"""What clients send of personal fields and properties, checked into edits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.enums import (
    FieldType,
)
from models.fields import FieldDefinition
from resolvers import built_in, fields
from resolvers.errors import ProblemCode, invalid
from resolvers.fields import Edit
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import TypedValue, of_type

MAX_PROPERTIES = 50


@dataclass(frozen=True)
class PropertyEdit:
    """One key and value as a client sent it; `expected` is the revision that it saw."""

    key: str
    value: dict[str, Any] | None
    expected: int | None = None


def person_edits(
    known: Mapping[str, FieldDefinition],
    person: Mapping[str, str | date | None],
    expected: int | None,
) -> list[Edit]:
    """Edits of the personal fields that are named; None clears one."""
    edits = []
    for key, value in person.items():
        path = built_in.PERSON_PATHS[key]
        if key == "birthday":
            day = value if isinstance(value, date) else None
            typed = TypedValue(FieldType.DATE, day=day) if day else None
        else:
            typed = built_in.text(path, key, str(value) if value else None)
        edits.append(Edit(known[key], typed, expected))
    return edits


async def property_edits(work: UnitOfWork, given: Sequence[PropertyEdit]) -> list[Edit]:
    """Checked edits for keys of properties, each key once."""
    if len(given) > MAX_PROPERTIES:
        raise invalid("properties", ProblemCode.TOO_LARGE, f"At most {MAX_PROPERTIES} at once.")
    edits, seen = [], set()
    # By key, so that two acts that make the same fields never wait for each other.
    for index, each in sorted(enumerate(given), key=lambda pair: pair[1].key):
        path = f"properties.{index}"
        if each.key in seen:
            raise invalid(f"{path}.fieldKey", ProblemCode.CONTRADICTION, "Each key once.")
        seen.add(each.key)
        kind = type_of(each.value)
        definition = await fields.field_for_key(work, f"{path}.fieldKey", each.key, kind)
        value = None
        if each.value is not None:
            value = of_type(definition.type, f"{path}.value", each.value)
            if definition.is_built_in:
                value = built_in.check(f"{path}.value", definition.key, value)
            elif value.type in (FieldType.TEXT, FieldType.URL) and not value.text:
                value = None
        edits.append(Edit(definition, value, each.expected))
    return edits


def type_of(given: dict[str, Any] | None) -> FieldType:
    """The type of field that a value asks for when its key is unknown."""
    key = next(iter(given)) if given else "text"
    return FieldType[key.upper()] if key.upper() in FieldType.__members__ else FieldType.TEXT
