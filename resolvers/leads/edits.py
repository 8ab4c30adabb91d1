"""What clients send of personal fields and properties, checked into edits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from models.enums import FieldType, FileUse
from models.fields import FieldDefinition, Property
from models.ids import decode_id
from resolvers import built_in, fields, files
from resolvers.errors import ProblemCode, invalid
from resolvers.fields import Edit, Options
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import CHOICES, Choice, TypedValue

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


async def property_edits(
    work: UnitOfWork, given: Sequence[PropertyEdit], lead_id: UUID
) -> list[Edit]:
    """Checked edits for keys of properties of the lead, each key once."""
    if len(given) > MAX_PROPERTIES:
        raise invalid("properties", ProblemCode.TOO_LARGE, f"At most {MAX_PROPERTIES} at once.")
    named: list[tuple[str, PropertyEdit, FieldDefinition]] = []
    seen = set()
    # By key, so that two acts that make the same fields never wait for each other.
    for index, each in sorted(enumerate(given), key=lambda pair: pair[1].key):
        path = f"properties.{index}"
        if each.key in seen:
            raise invalid(f"{path}.fieldKey", ProblemCode.CONTRADICTION, "Each key once.")
        seen.add(each.key)
        kind = type_of(each.value)
        definition = await fields.field_for_key(work, f"{path}.fieldKey", each.key, kind)
        named.append((path, each, definition))
    options, held = await _options(work, [field for _, _, field in named], lead_id)
    edits = []
    for path, each, field in named:
        path = f"{path}.value"
        value: TypedValue | None
        if field.type is FieldType.FILE and each.value is not None:
            value = await _file(work, lead_id, field, path, each.value)
        else:
            value = _checked(path, each, field, options, fields.value_in(held, field))
        edits.append(Edit(field, value, each.expected))
    return edits


async def _file(
    work: UnitOfWork, lead_id: UUID, field: FieldDefinition, path: str, given: dict[str, Any]
) -> TypedValue:
    """The file that an upload becomes; the one before it stays, for past cards."""
    if "upload_id" not in given:
        raise invalid(path, ProblemCode.WRONG_TYPE, "This field takes a file.")
    try:
        upload_id = decode_id("upload", given["upload_id"])
    except ValueError as error:
        raise invalid(path, ProblemCode.MALFORMED, "An id of an upload.") from error
    new = files.NewFile(lead_id, FileUse.PROPERTY, field.id)
    file = await files.attach(work, upload_id, new)
    return TypedValue(FieldType.FILE, options=(Choice(file.id.hex, file.name),))


async def _options(
    work: UnitOfWork, named: Sequence[FieldDefinition], lead_id: UUID
) -> tuple[Options, Mapping[UUID, Property]]:
    """Options of the fields that have some, and what the lead has chosen of them."""
    choices = [field.id for field in named if field.type in CHOICES]
    if not choices:
        return {}, {}
    options = await fields.options_of(work.session, *choices)
    return options, await fields.property_rows(work.session, lead_id, choices)


def _checked(
    path: str,
    each: PropertyEdit,
    field: FieldDefinition,
    options: Options,
    held: TypedValue | None,
) -> TypedValue | None:
    if each.value is None:
        return None
    value = fields.checked(field, options.get(field.id, ()), path, each.value, held)
    if value is not None and field.is_built_in:
        return built_in.check(path, field.key, value)
    if value is not None and value.type in (FieldType.TEXT, FieldType.URL) and not value.text:
        return None
    return value


def type_of(given: dict[str, Any] | None) -> FieldType:
    """The type of field that a value asks for when its key is unknown."""
    key = next(iter(given)) if given else "text"
    return FieldType[key.upper()] if key.upper() in FieldType.__members__ else FieldType.TEXT
