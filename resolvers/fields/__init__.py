"""Fields of leads: their definitions, and the one way to edit values."""

from resolvers.fields.definitions import (
    KEY,
    MAX_FIELDS,
    READ_ONLY,
    NewField,
    create_field,
    definitions,
    field_for_key,
    path_of,
)
from resolvers.fields.editing import (
    conflict,
    copy_to_column,
    diff_of,
    edit,
    source_of,
    write_value,
)
from resolvers.fields.required import (
    check_gaps,
    empty,
    missing_required,
    must_fill,
    require_filled,
    required_fields,
)
from resolvers.fields.rows import Edit, property_rows, value_in

__all__ = [
    "KEY",
    "MAX_FIELDS",
    "READ_ONLY",
    "Edit",
    "NewField",
    "check_gaps",
    "conflict",
    "copy_to_column",
    "create_field",
    "definitions",
    "diff_of",
    "edit",
    "empty",
    "field_for_key",
    "missing_required",
    "must_fill",
    "path_of",
    "property_rows",
    "require_filled",
    "required_fields",
    "source_of",
    "value_in",
    "write_value",
]
