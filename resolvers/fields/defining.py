"""Defining fields and changing their definitions, without losing a value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from models.enums import FieldType, FieldVisibility
from models.fields import FieldDefinition, FieldGroup, Property
from models.ids import encode_id
from models.leads import Lead
from resolvers import access
from resolvers.errors import (
    Conflict,
    ConflictReason,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.fields.checking import fitted
from resolvers.fields.definitions import KEY, READ_ONLY, definitions, insert_field
from resolvers.fields.options import OptionEdit, options_of, save_options
from resolvers.policy import Permission
from resolvers.project import locked
from resolvers.text import optional, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import table_of
from resolvers.values import CHOICES, LoggedValue, TypedValue, decimal, plain, stored

BOUNDED = (FieldType.NUMBER, FieldType.MONEY)
OF_BUILT_IN = frozenset({"label", "hint", "is_required"})
"""What may be changed of fields that are part of the product."""
LABELS = {
    "label": "Label",
    "type": "Type",
    "hint": "Hint",
    "is_required": "Required",
    "visibility": "Visibility",
    "is_personal_data": "Personal data",
    "minimum": "At least",
    "maximum": "At most",
    "unit": "Unit",
    "archived_at": "Archived",
}
"""Columns that a change can touch, as the audit calls them."""


@dataclass(frozen=True)
class NewField:
    """What `createField` takes; bounds as canonical decimals."""

    key: str
    label: str
    type: FieldType
    hint: str | None = None
    unit: str | None = None
    visibility: FieldVisibility = FieldVisibility.ALL
    group_id: UUID | None = None
    is_required: bool = False
    is_personal_data: bool = True
    options: Sequence[OptionEdit] | None = None
    minimum: str | None = None
    maximum: str | None = None


async def create_field(work: UnitOfWork, new: NewField) -> FieldDefinition:
    """Defines a field for all leads, in the group or the one for new fields."""
    access.require(work.actor, Permission.CONFIGURE_CARD)
    if not KEY.fullmatch(new.key):
        raise invalid(
            "key", ProblemCode.MALFORMED, "A key has 1 to 64 lower-case letters, digits and _."
        )
    await locked(work)
    taken = new.key in READ_ONLY or await definitions(work.session, new.key)
    if taken:
        raise invalid("key", ProblemCode.TAKEN, "This key is taken.")
    more: dict[str, Any] = {}
    if new.group_id is not None:
        more["group_id"] = (await group_for(work, new.group_id)).id
    _check_visibility(work, new.visibility)
    field = await insert_field(
        work,
        new.key,
        required("label", new.label, 80),
        new.type,
        hint=optional("hint", new.hint, 300),
        unit=optional("unit", new.unit, 12),
        visibility=new.visibility,
        is_required=new.is_required,
        is_personal_data=new.is_personal_data,
        **_bounds(new.type, {"minimum": new.minimum, "maximum": new.maximum}),
        **more,
    )
    if new.options is not None:
        _check_has_options(new.type)
        await save_options(work, field, new.options)
    return field


async def update_field(
    work: UnitOfWork, field_id: UUID, given: Mapping[str, Any], expected: int | None
) -> tuple[FieldDefinition, int]:
    """Changes what is given of a definition; answers it, and how many leads have a value that
    does not fit its type.

    `given` has columns of the definition, `options` (a list of OptionEdit) and `is_archived`.
    Values stay as they are stored, under another type, too.
    """
    access.require(work.actor, Permission.CONFIGURE_CARD)
    await locked(work)
    field = await field_for_id(work, field_id)
    columns = _columns(work, field, given)
    changed = {key: value for key, value in columns.items() if value != getattr(field, key)}
    if expected is not None and field.version > expected and (changed or "options" in given):
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The field was changed in the meantime.",
            owner=field.id,
            version=field.version,
        )
    if field.is_built_in and (not changed.keys() <= OF_BUILT_IN or "options" in given):
        raise Precondition(
            PreconditionReason.READ_ONLY,
            "Of a field that is part of the product only label, hint and required change.",
        )
    diffs = [
        {
            "path": key,
            "label": LABELS[key],
            "before": _logged(getattr(field, key)),
            "after": _logged(value),
        }
        for key, value in changed.items()
    ]
    if "type" in changed:
        await _keep_types(work, field)
    for key, value in changed.items():
        setattr(field, key, value)
    has_options = "options" in given
    if has_options:
        _check_has_options(field.type)
        has_options = await save_options(work, field, given["options"])
    if changed or has_options:
        field.version += 1
        await work.session.flush()
        work.record_workspace(
            "field_changed",
            {"field": field.id.hex, "key": field.key, "label": field.label, "diffs": diffs},
            access="visibility" in changed,
            card=True,
        )
    return field, await count_misfits(work, field)


async def field_for_id(work: UnitOfWork, field_id: UUID) -> FieldDefinition:
    """A field that is listed and that the actor may see, or NotFound."""
    field = await work.session.scalar(
        select(FieldDefinition)
        .where(
            col(FieldDefinition.id) == field_id,
            col(FieldDefinition.is_listed),
            access.visible_fields(work.actor),
        )
        .execution_options(populate_existing=True)
    )
    if field is None:
        raise NotFound("field", encode_id("field", field_id))
    return field


async def group_for(work: UnitOfWork, group_id: UUID, *, is_to_go: bool = False) -> FieldGroup:
    """The group, or NotFound; with `is_to_go`, nobody puts a field into it meanwhile."""
    group = await work.session.get(
        FieldGroup, group_id, populate_existing=True, with_for_update=is_to_go or None
    )
    if group is None:
        raise NotFound("group of fields", encode_id("group", group_id))
    return group


def _columns(work: UnitOfWork, field: FieldDefinition, given: Mapping[str, Any]) -> dict[str, Any]:
    """The checked columns that are given, and those that follow from another type."""
    columns: dict[str, Any] = {
        key: given[key] for key in ("type", "is_required", "is_personal_data") if key in given
    }
    if "label" in given:
        columns["label"] = required("label", given["label"], 80)
    for key, limit in (("hint", 300), ("unit", 12)):
        if key in given:
            columns[key] = optional(key, given[key], limit)
    if "visibility" in given:
        columns["visibility"] = given["visibility"]
        _check_visibility(work, given["visibility"])
    if "is_archived" in given:
        archived = field.archived_at or work.at
        columns["archived_at"] = archived if given["is_archived"] else None
    kind = columns.get("type", field.type)
    bounds = {"minimum": field.minimum, "maximum": field.maximum} if kind in BOUNDED else {}
    return columns | _bounds(kind, {**bounds, **{k: given[k] for k in BOUNDS if k in given}})


BOUNDS = ("minimum", "maximum")


def _bounds(kind: FieldType, given: Mapping[str, str | Decimal | None]) -> dict[str, Any]:
    """Both bounds, None where there is none."""
    bounds = {
        key: decimal(key, value) if isinstance(value, str) else value
        for key, value in given.items()
    }
    for key, value in bounds.items():
        if value is not None and kind not in BOUNDED:
            raise invalid(key, ProblemCode.CONTRADICTION, "Only numbers and money have bounds.")
    least, most = bounds.get("minimum"), bounds.get("maximum")
    if least is not None and most is not None and least > most:
        raise invalid("maximum", ProblemCode.CONTRADICTION, "The most is below the least.")
    return {"minimum": least, "maximum": most}


def _check_visibility(work: UnitOfWork, visibility: FieldVisibility) -> None:
    if not access.reads_field(work.actor, visibility):
        raise invalid("visibility", ProblemCode.CONTRADICTION, "You would not see it yourself.")


def _check_has_options(kind: FieldType) -> None:
    if kind not in CHOICES:
        raise invalid(
            "options", ProblemCode.CONTRADICTION, "Only dropdowns and multi-selects have options."
        )


async def _keep_types(work: UnitOfWork, field: FieldDefinition) -> None:
    """Has values that don't say so yet say of which type they are."""
    await work.session.execute(
        update(Property)
        .where(col(Property.field_id) == field.id, col(Property.stored_type).is_(None))
        .values(stored_type=field.type),
        execution_options={"synchronize_session": False},
    )


async def count_misfits(work: UnitOfWork, field: FieldDefinition) -> int:
    """Leads that the actor sees whose value does not fit the field's type."""
    rows = table_of(Property)
    found = await work.session.execute(
        select(rows)
        .join(Lead, col(Lead.id) == rows.c.lead_id)
        .where(
            rows.c.field_id == field.id,
            rows.c.stored_type != field.type,
            access.visible_leads(work.actor),
        )
    )
    options = (await options_of(work.session, field.id)).get(field.id, ())
    values = (stored(field.type, row) for row in found)
    return sum(value is not None and fitted(field, options, value) is None for value in values)


def _logged(value: Any) -> LoggedValue | None:
    """A column of a definition as the audit has it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return {"type": "BOOLEAN", "boolean": value}
    if isinstance(value, Decimal):
        return {"type": "NUMBER", "number": plain(value)}
    return TypedValue(FieldType.TEXT, text=str(value)).logged()
