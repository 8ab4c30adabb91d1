"""Fields of a lead that have an act of their own: state and assignee."""

from typing import Any

from models.enums import FieldType
from models.leads import Lead
from resolvers import fields
from resolvers.fields import Edit
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import TypedValue


async def change_own_field(
    work: UnitOfWork,
    lead: Lead,
    key: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    value: str | None,
    expected: int | None,
) -> tuple[dict[str, Any], Any]:
    """Version check, value row and diff of a field that has an act of its own."""
    definition = (await fields.definitions(work.session, key))[key]
    rows = await fields.property_rows(work.session, lead.id, [definition.id])
    present = rows.get(definition.id)
    typed = TypedValue(FieldType.TEXT, text=value) if value else None
    if expected is not None and present and present.version > expected:
        stale = Edit(definition, typed, expected)
        raise await fields.conflict(work, lead, rows, [stale], {definition.id: (before, after)})
    row = fields.write_value(work, lead.id, rows, definition, typed)
    diff = {
        "path": key,
        "field_id": definition.id.hex,
        "label": definition.label,
        "before": before,
        "after": after,
    }
    return diff, row
