"""Fields of leads: their definitions, and the one way to edit values."""

from resolvers.fields.checking import checked, fitted, spelled
from resolvers.fields.defining import NewField, create_field, update_field
from resolvers.fields.definitions import (
    KEY,
    MAX_FIELDS,
    READ_ONLY,
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
from resolvers.fields.groups import MAX_GROUPS, move_field, remove_group, save_group
from resolvers.fields.options import OptionEdit, Options, choice_of, options_of
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
    "MAX_GROUPS",
    "READ_ONLY",
    "Edit",
    "NewField",
    "OptionEdit",
    "Options",
    "check_gaps",
    "checked",
    "choice_of",
    "conflict",
    "copy_to_column",
    "create_field",
    "definitions",
    "diff_of",
    "edit",
    "empty",
    "field_for_key",
    "fitted",
    "missing_required",
    "move_field",
    "must_fill",
    "options_of",
    "path_of",
    "property_rows",
    "remove_group",
    "require_filled",
    "required_fields",
    "save_group",
    "source_of",
    "spelled",
    "update_field",
    "value_in",
    "write_value",
]
