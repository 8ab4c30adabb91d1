"""Filters of leads as they are kept: plain JSON that gives the same clauses again."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from resolvers.errors import ProblemCode, invalid
from resolvers.leads_list import Clause


def store_clause(path: str, clause: Clause) -> dict[str, Any]:
    """A filter for a column; InvalidInput at `path` for one that means somebody else each time."""
    if clause.key == "assignee" and clause.value[0] == "is_me":
        raise invalid(path, ProblemCode.CONTRADICTION, "A stored filter knows no `isMe`.")
    return {"key": clause.key, "value": _plain(path, clause.value)}


def _plain(path: str, value: Any) -> Any:
    match value:
        case Clause():
            return {"clause": store_clause(path, value)}
        case UUID():
            return {"id": value.hex}
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case Decimal():
            return {"number": str(value)}
        case tuple() | list() | set() | frozenset():
            return [_plain(path, each) for each in value]
        case dict():
            return {"object": {key: _plain(path, each) for key, each in value.items()}}
        case bool() | int() | str() | None:
            return value
    raise invalid(path, ProblemCode.WRONG_TYPE, "This filter can't be kept.")


LABELS = {"is_anonymous": "is anonymous", "ids": "is"}


def words_of(clause: Clause) -> str:
    """A filter in English words; what it names by id is counted, not named."""
    match clause.key:
        case "and" | "or":
            parts = [words_of(each) for each in clause.value]
            return f" {clause.key} ".join(f"({each})" if " " in each else each for each in parts)
        case "not":
            return f"not ({words_of(clause.value)})"
    label = LABELS.get(clause.key, clause.key.replace("_", " "))
    return f"{label} {_said(clause.value)}".strip()


def _said(value: Any) -> str:
    if isinstance(value, Clause):
        return words_of(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        if value and all(isinstance(each, UUID) for each in value):
            return "one chosen" if len(value) == 1 else f"one of {len(value)} chosen"
        return ", ".join(_said(each) for each in value)
    if isinstance(value, UUID):
        return "one chosen"
    return str(value).replace("_", " ") if value is not None else ""


def restore_clause(stored: dict[str, Any]) -> Clause:
    """The clause that was stored."""
    return Clause(stored["key"], _typed(stored["value"]))


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_typed(each) for each in value)
    if not isinstance(value, dict):
        return value
    ((kind, given),) = value.items()
    match kind:
        case "clause":
            return restore_clause(given)
        case "id":
            return UUID(hex=given)
        case "instant":
            return datetime.fromisoformat(given)
        case "date":
            return date.fromisoformat(given)
        case "number":
            return Decimal(given)
    return {key: _typed(each) for key, each in given.items()}
