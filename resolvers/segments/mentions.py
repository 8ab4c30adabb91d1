"""What a rule looks at and what a change touches: only where the two meet anything is evaluated."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from models.changes import RecordedChange
from models.enums import ChangeKind
from models.fields import FieldDefinition
from resolvers.filters import tree
from resolvers.filters.grounds import BY_CALENDAR, keys_of
from resolvers.presence import SEEN
from resolvers.text import fold

Mentions = frozenset[str]
NOTHING: Mentions = frozenset()
EVERYTHING: Mentions = frozenset({"*"})
ANY_FIELD = "field:*"

CLAUSES: dict[type, str] = {
    tree.StateIn: "state",
    tree.StateKindIn: "state",
    tree.InPipeline: "state",
    tree.InStateLonger: "state",
    tree.ClosedWithin: "state",
    tree.AssigneeIn: "assignee",
    tree.AssigneeInTeam: "assignee",
    tree.AssigneeIsNobody: "assignee",
    tree.HasTags: "tags",
    tree.HasNoTag: "tags",
    tree.StatusIn: "contact",
    tree.HasNoAddress: "contact",
    tree.HasConversation: "conversation",
    tree.HasTask: "task",
    tree.PriorityIn: "path:priority",
    tree.CountryIn: "path:location.country",
    tree.Events: "event",
    tree.CountryIn: "place",
    tree.PlaceIs: "place",
}
"""What clauses of one kind look at. What stands nowhere here looks at whatever is touched."""
FIXED = (tree.Ids, tree.SourceIn, tree.InSegment)
"""Clauses that no change of the lead itself can concern."""
PARTS: dict[str, str] = {
    tree.TextField.NAME: "name",
    tree.TextField.EMAIL_ADDRESS: "contact",
    tree.TextField.PHONE_NUMBER: "contact",
    tree.InstantField.CREATED: "created",
    tree.InstantField.LAST_ACTIVITY: "activity",
    tree.InstantField.LAST_SEEN: SEEN,
    tree.Mark.ANONYMOUS: "contact",
    tree.Mark.HIDDEN: "hidden",
    tree.Mark.INCOMPLETE: ANY_FIELD,
    tree.PlacePart.REGION: "path:location.region",
    tree.PlacePart.CITY: "path:location.city",
}

TOUCHED: dict[ChangeKind, Mentions] = {
    ChangeKind.CONTACT_POINTS_CHANGED: frozenset({"contact", "name"}),
    ChangeKind.LEAD_STATE_CHANGED: frozenset({"state"}),
    ChangeKind.LEAD_ASSIGNEE_CHANGED: frozenset({"assignee", "task"}),
    ChangeKind.TAGS_CHANGED: frozenset({"tags"}),
    ChangeKind.EVENT_ANNOTATED: NOTHING,
    ChangeKind.NOTE_CHANGED: NOTHING,
    ChangeKind.TASK_CHANGED: frozenset({"task"}),
    ChangeKind.IMPORTANT_DATE_CHANGED: NOTHING,
    ChangeKind.MESSAGE_ADDED: frozenset({"conversation", "activity", "hidden"}),
    ChangeKind.MESSAGE_DELIVERY_CHANGED: frozenset({"conversation", "activity", "hidden"}),
    ChangeKind.CONVERSATION_CHANGED: frozenset({"conversation"}),
    ChangeKind.APPOINTMENT_CHANGED: NOTHING,
    ChangeKind.CALL_CHANGED: NOTHING,
    ChangeKind.LEAD_ACCOUNT_CHANGED: NOTHING,
    ChangeKind.LEAD_VISIBILITY_CHANGED: frozenset({"hidden", "activity"}),
    ChangeKind.SEGMENTS_CHANGED: NOTHING,
    ChangeKind.LEAD_ERASED: NOTHING,
}
"""What changes of one kind touch. A kind that is not here touches everything."""

RESHAPING: dict[str, Mentions] = {
    "field_created": frozenset({"fields"}),
    "field_changed": frozenset({"fields"}),
    "project_changed": frozenset({"calendar"}),
    "team_saved": frozenset({"teams"}),
    "pipeline_saved": frozenset({"states"}),
}
"""Changes of the workspace after which rules mean something else, and which rules."""


def looked_at(filter: tree.Filter, fields: Mapping[str, FieldDefinition]) -> Mentions:
    """What the clauses of a rule look at; fields by id."""
    found: set[str] = set()
    for _, clause in tree.clauses(filter):
        found |= _of_clause(clause, fields)
    return frozenset(found)


def _of_clause(clause: tree.Test, fields: Mapping[str, FieldDefinition]) -> set[str]:
    found = {f"field:{fields[key].id.hex}" for key in keys_of(clause) if key in fields}
    if isinstance(clause, tree.Events) and not clause.kind_id and clause.name is None:
        return {"event"}
    if isinstance(clause, tree.Events):
        key = f"kind:{clause.kind_id.hex}" if clause.kind_id else f"name:{fold(clause.name or '')}"
        return {f"event:{key}"}
    if isinstance(clause, tree.TextOf | tree.InstantOf | tree.Marked):
        part = PARTS.get(clause.field)
    elif isinstance(clause, tree.PlaceIs):
        part = PARTS.get(clause.part)
    else:
        part = CLAUSES.get(type(clause))
    if part:
        return {*found, part}
    return found or (set() if isinstance(clause, FIXED) else {"*"})


def named_by(clause: tree.Test, fields: Mapping[str, FieldDefinition]) -> dict[str, Sequence[str]]:
    """Keys of the fields that a clause looks at, and ids of segments, in 32 digits."""
    keys = list(keys_of(clause))
    if isinstance(clause, tree.Marked) and clause.field is tree.Mark.INCOMPLETE:
        keys += [key for key, row in fields.items() if row.is_required]
    named = [clause.id.hex] if isinstance(clause, tree.InSegment) else []
    return {"fields": keys, "segments": named}


def meaning_of(filter: tree.Filter) -> Mentions:
    """What of the workspace the meaning of a rule follows from, as `RESHAPING` names it."""
    found: set[str] = set()
    for _, clause in tree.clauses(filter):
        if keys_of(clause) or isinstance(clause, tree.Marked):
            found.add("fields")
        if isinstance(clause, tree.StateKindIn | tree.InPipeline | tree.ClosedWithin):
            found.add("states")
        for part in tree.everything(clause):
            if isinstance(part, BY_CALENDAR):
                found.add("calendar")
            if isinstance(part, tree.AssigneeInTeam):
                found.add("teams")
    return frozenset(found)


def touched_by(change: RecordedChange) -> Mentions:
    """What a change touches."""
    data: dict[str, Any] = change.data or {}
    if change.kind is ChangeKind.PROPERTIES_CHANGED:
        return _touched_fields(data)
    if change.kind is ChangeKind.EVENT_RECORDED:
        key = data["group"]["key"]
        return frozenset({"event", f"event:{key}", "activity", "hidden"})
    return TOUCHED.get(change.kind, EVERYTHING)


def _touched_fields(data: Mapping[str, Any]) -> Mentions:
    found = {ANY_FIELD}
    for diff in data.get("diffs", ()):
        found.add(f"path:{diff['path']}")
        if diff.get("field_id"):
            found.add(f"field:{diff['field_id']}")
        if diff["path"].startswith("location."):
            found.add("place")
    if data.get("lead"):
        found |= {"name", "contact"}
    return frozenset(found)


def meet(looked: Mentions, touched: Mentions) -> bool:
    """Whether a rule that looks at one may be concerned by the other."""
    return "*" in touched or ("*" in looked and bool(touched)) or not looked.isdisjoint(touched)


def together(touched: Iterable[Mentions]) -> Mentions:
    return frozenset().union(*touched)


Touched = dict[UUID, Mentions]
"""By lead what a unit of work touched."""
