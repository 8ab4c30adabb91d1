"""Rules for somebody who may not see all fields that they name: what they do, without the names.

Who shapes rules sees all of them, and some fields are for ADMIN alone.
"""

from collections.abc import Mapping
from typing import Any

from models.enums import AutomationActionKind
from resolvers.automations.checking import Stored

HIDDEN_FIELD = "a field that you may not see"
Hidden = Mapping[str, str]
"""Paths of the fields that the viewer may not see, by key."""


def shown_trigger(given: dict[str, Any], hidden: Hidden) -> dict[str, Any]:
    """What starts a rule, as the viewer may read it."""
    if given.get("path") not in hidden.values():
        return given
    return {"path": None, "label": HIDDEN_FIELD.capitalize()}


def shown_action(stored: Stored, hidden: Hidden) -> Stored:
    """What a rule does, as the viewer may read it; `is_masked` where a value is left out."""
    if stored.get("field") not in hidden:
        return stored
    kind, is_set = AutomationActionKind.SET_PROPERTY, stored["value"] is not None
    words = f"{'Set' if is_set else 'Clear'} {HIDDEN_FIELD}"
    return {"kind": kind, "words": words, "told": [], "is_masked": is_set}


def shown_filter(literal: Any, hidden: Hidden) -> Any:
    """A condition as the viewer may read it. It can't be saved so: there is no such field."""
    if isinstance(literal, list):
        return [shown_filter(each, hidden) for each in literal]
    if not isinstance(literal, dict):
        return literal
    return {
        key: {"fieldKey": "", "is": {"isEmpty": True}}
        if key == "property" and isinstance(each, dict) and each.get("fieldKey") in hidden
        else shown_filter(each, hidden)
        for key, each in literal.items()
    }
