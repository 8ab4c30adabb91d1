"""Which changes start which rules; decided from a change alone, without a look at any table."""

from typing import Any

from models.changes import RecordedChange
from models.enums import ChangeKind, MessageDirection, TriggerKind
from resolvers.text import fold

KINDS: dict[TriggerKind, frozenset[ChangeKind]] = {
    TriggerKind.STATE_ENTERED: frozenset({ChangeKind.LEAD_STATE_CHANGED}),
    TriggerKind.STATE_LEFT: frozenset({ChangeKind.LEAD_STATE_CHANGED}),
    TriggerKind.EVENT_RECORDED: frozenset({ChangeKind.EVENT_RECORDED}),
    TriggerKind.LEAD_CREATED: frozenset({ChangeKind.LEAD_CREATED}),
    TriggerKind.ASSIGNED: frozenset({ChangeKind.LEAD_ASSIGNEE_CHANGED}),
    TriggerKind.FIELD_CHANGED: frozenset(
        {
            ChangeKind.PROPERTIES_CHANGED,
            ChangeKind.CONTACT_POINTS_CHANGED,
            ChangeKind.LEAD_STATE_CHANGED,
            ChangeKind.LEAD_ASSIGNEE_CHANGED,
            ChangeKind.TAGS_CHANGED,
        }
    ),
    TriggerKind.MESSAGE_RECEIVED: frozenset({ChangeKind.MESSAGE_ADDED}),
    TriggerKind.TASK_OVERDUE: frozenset({ChangeKind.TASK_CHANGED}),
    TriggerKind.SEGMENT_ENTERED: frozenset({ChangeKind.SEGMENTS_CHANGED}),
    TriggerKind.SEGMENT_LEFT: frozenset({ChangeKind.SEGMENTS_CHANGED}),
}
"""Kinds of changes that may start a rule with such a trigger."""


def starts(kind: TriggerKind, trigger: dict[str, Any], change: RecordedChange) -> bool:
    """Whether a change starts a rule with this trigger; never, once it is erased."""
    data = change.data
    if data is None or change.kind not in KINDS[kind]:
        return False
    match kind:
        case TriggerKind.STATE_ENTERED | TriggerKind.STATE_LEFT:
            return all(trigger[end] in (None, data[end]) for end in ("from", "to"))
        case TriggerKind.EVENT_RECORDED:
            group = data["group"]
            if "kind" in trigger:
                return bool(group["kind_id"] == trigger["kind"])
            return fold(group["name"]) == str(trigger["name_key"])
        case TriggerKind.FIELD_CHANGED:
            return trigger["path"] in _paths(change.kind, data)
        case TriggerKind.MESSAGE_RECEIVED:
            channels = trigger["channels"]
            is_theirs = data["direction"] == MessageDirection.FROM_LEAD
            return is_theirs and (not channels or data["channel"] in channels)
        case TriggerKind.SEGMENT_ENTERED | TriggerKind.SEGMENT_LEFT:
            is_it = data["segment"]["id"] == trigger["segment"]
            return is_it and bool(data["act"] == kind.value.removeprefix("SEGMENT_"))
        case TriggerKind.TASK_OVERDUE:
            return bool(data["act"] == FELL_DUE)
    return True


def _paths(kind: ChangeKind, data: dict[str, Any]) -> set[str]:
    """Fields that a change touched; the parts of an address count as `email_addresses`."""
    if kind is ChangeKind.TAGS_CHANGED:
        return {"tags"}
    whole = {each["path"] for each in data.get("diffs", ())}
    return whole | {path.partition(":")[0] for path in whole if kind is not _PROPERTIES}


FELL_DUE = "FELL_DUE"
"""The act of a task that `tasks/falling_due.py` writes at its instant."""
_PROPERTIES = ChangeKind.PROPERTIES_CHANGED
