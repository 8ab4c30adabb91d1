"""Filters in English words, each clause by itself and all together."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import false, select, union_all
from sqlmodel import col

from models.enums import FieldType
from models.events import EventKind
from models.fields import FieldDefinition, FieldOption
from models.pipelines import Pipeline, PipelineState
from models.segments import Segment
from models.staff import Staff
from models.teams import Team
from resolvers.filters import tree
from resolvers.filters.grounds import Rows, fits
from resolvers.filters.saying import count_words, instant_words, listed, period_words, value_words

NAMED: tuple[tuple[Any, Any], ...] = (
    (PipelineState.id, PipelineState.name),
    (Pipeline.id, Pipeline.name),
    (Staff.id, Staff.name),
    (Team.id, Team.name),
    (EventKind.id, EventKind.name),
    (FieldOption.id, FieldOption.label),
    (Segment.id, Segment.name),
)
"""What a filter can name by id, and where its name is."""


HIDDEN_SEGMENT = "a segment that you may not see"
HIDDEN_CLAUSE = "a field that you may not see is as asked for"


@dataclass(frozen=True)
class Names:
    """What ids and keys of filters are called now."""

    by_id: dict[UUID, str] = field(default_factory=dict)
    fields: dict[str, tuple[str, FieldType, bool]] = field(default_factory=dict)
    """Label and type of a field, and whether it is archived."""
    hidden: Set[str] = frozenset()
    """Keys of fields, and ids of segments in 32 digits, that the reader may not see."""
    archived: set[UUID] = field(default_factory=set)
    """Segments that have no leads any more."""

    def of(self, ids: Sequence[UUID]) -> list[str]:
        return [self.by_id.get(each, "one that is gone") for each in ids]


@dataclass(frozen=True)
class ClauseWords:
    """One clause for people: where it stands, such as `and.0.not`, and its key."""

    path: str
    key: str
    words: str
    is_broken: bool
    """What it names is gone: it never matches."""


@dataclass(frozen=True)
class Explanation:
    words: str
    clauses: tuple[ClauseWords, ...]


async def explain(rows: Rows, root: tree.Filter) -> Explanation:
    """The filter in words."""
    return (await explain_all(rows, [root]))[0]


async def explain_all(
    rows: Rows, roots: Sequence[tree.Filter], hidden: Set[str] = frozenset()
) -> list[Explanation]:
    """Each filter in words; two statements at most for all of them.

    `hidden` are keys of fields and ids of segments that the reader may not see: neither they nor
    what is asked of them is told.
    """
    names = await _names(rows, roots, hidden)
    return [_explanation(root, names) for root in roots]


def _explanation(root: tree.Filter, names: Names) -> Explanation:
    said = tuple(
        ClauseWords(".".join(place), clause.key, _say(clause, names), _is_broken(clause, names))
        for place, clause in tree.clauses(root)
    )
    return Explanation(_join(root, names), said)


async def _names(rows: Rows, roots: Sequence[tree.Filter], hidden: Set[str]) -> Names:
    parts = [part for root in roots for _, clause in tree.clauses(root)
             for part in tree.everything(clause) if not isinstance(clause, tree.Ids)]  # fmt: skip
    ids = {part for part in parts if isinstance(part, UUID)}
    keys = {part.field_key for part in parts if isinstance(part, tree.PropertyIs)}
    names = Names(hidden=hidden)
    if ids:
        found = await rows(
            union_all(
                *(
                    select(col(key), col(name), _is_archived(key)).where(col(key).in_(ids))
                    for key, name in NAMED
                )
            )
        )
        names.by_id.update({row[0]: row[1] for row in found})
        names.archived.update(row[0] for row in found if row[2])
    if keys:
        found = await rows(
            select(
                col(FieldDefinition.key),
                col(FieldDefinition.label),
                col(FieldDefinition.type),
                col(FieldDefinition.archived_at).is_not(None),
            ).where(col(FieldDefinition.key).in_(keys))
        )
        names.fields.update({row[0]: (row[1], row[2], bool(row[3])) for row in found})
    return names


def _is_archived(key: Any) -> Any:
    return col(Segment.archived_at).is_not(None) if key is Segment.id else false()


def _join(part: tree.Filter, names: Names) -> str:
    match part:
        case tree.All(parts) | tree.AnyOf(parts):
            word = " and " if isinstance(part, tree.All) else " or "
            said = [_join(each, names) for each in parts]
            if len(said) == 1:
                return said[0]
            is_joined = [isinstance(each, tree.All | tree.AnyOf) for each in parts]
            return word.join(
                f"({words})" if joined else words
                for words, joined in zip(said, is_joined, strict=True)
            )
        case tree.Not(inner):
            return f"not ({_join(inner, names)})"
    return _say(part, names)


def _is_broken(clause: tree.Test, names: Names) -> bool:
    if isinstance(clause, tree.PropertyIs):
        _, kind, is_archived = names.fields.get(clause.field_key, ("", FieldType.TEXT, True))
        return is_archived or not fits(clause.test, kind)
    match clause:
        case tree.StateIn(ids) | tree.AssigneeIn(ids):
            return not any(each in names.by_id for each in ids)
        case tree.InPipeline(one) | tree.AssigneeInTeam(one):
            return one not in names.by_id
        case tree.Events():
            return clause.kind_id is not None and clause.kind_id not in names.by_id
        case tree.InSegment(segment_id):
            return segment_id not in names.by_id or segment_id in names.archived
    return False


LABELS = {
    "name": "name",
    "title": "title",
    "emailAddress": "an address",
    "phoneNumber": "a number",
    "createdAt": "created",
    "lastActivityAt": "last activity",
    "lastSeenAt": "last seen on a site",
}
MARKS = {
    tree.Mark.HIDDEN: ("hidden from Visitors", "not hidden from Visitors"),
    tree.Mark.ANONYMOUS: ("no address and no number known", "an address or number known"),
    tree.Mark.INCOMPLETE: ("a required field is empty", "all required fields are filled"),
}


def _say(clause: tree.Test, names: Names) -> str:
    match clause:
        case tree.Ids(ids):
            return "one chosen lead" if len(ids) == 1 else f"one of {len(ids)} chosen leads"
        case tree.TextOf(part, test):
            return f"{LABELS[part]} {value_words(test)}"
        case tree.InstantOf(part, test):
            return f"{LABELS[part]} {instant_words(test)}"
        case tree.Marked(mark, is_so):
            return MARKS[mark][0 if is_so else 1]
        case tree.PriorityIn(values):
            return f"priority is {listed(values)}"
        case tree.SourceIn(channels):
            return f"came by {listed(channels)}"
        case tree.ValueIs(test):
            return f"value {value_words(test)}"
        case tree.PriceTouches(test):
            return f"looks for prices that touch: {value_words(test)}"
        case tree.WantsListing(kind):
            return f"looks for {kind.lower()}"
        case tree.HasTags(tags, is_all):
            quoted = [f"“{name}”" for name in tags]
            return f"has {'all of ' if is_all else ''}{_tags(quoted, is_all=is_all)}"
        case tree.HasNoTag(value):
            return "has no tag" if value else "has a tag"
        case tree.PropertyIs(key, _) if key in names.hidden:
            return HIDDEN_CLAUSE
        case tree.PropertyIs(key, test):
            label = names.fields.get(key, (f"the former field {key}",))[0]
            return f"{label} {value_words(test, names.by_id)}"
        case tree.PresenceIn(states):
            return f"is {listed(states)}"
        case tree.StatusIn(statuses):
            return f"the primary address is {listed(statuses)}"
        case tree.HasNoAddress(value):
            return "has no address" if value else "has an address"
        case tree.ZoneIn(zones):
            return f"time zone is {listed(zones, as_is=True)}"
        case tree.CountryIn(codes):
            return f"country is {listed(codes, as_is=True)}"
        case tree.PlaceIs(place, place_test):
            return f"{place} {value_words(place_test)}"
        case tree.LocalTimeBetween(since, before):
            return f"local time is from {since:%H:%M} to {before:%H:%M}"
        case tree.InSegment(segment_id) if segment_id.hex in names.hidden:
            return f"in {HIDDEN_SEGMENT}"
        case tree.InSegment(segment_id):
            return f"in the segment {names.of([segment_id])[0]}"
        case tree.HasConversation():
            return _conversation(clause)
        case tree.Events():
            return _events(clause, names)
        case tree.HasTask():
            what = f"a task that is {listed(clause.bands)}" if clause.bands else "a task"
            whose = f", {_assignee(clause.assignee, names)}" if clause.assignee else ""
            return f"has {what}{whose}"
    return _place(clause, names)


def _tags(quoted: Sequence[str], *, is_all: bool) -> str:
    if len(quoted) == 1:
        return f"the tag {quoted[0]}"
    return f"the tags {', '.join(quoted)}" if is_all else f"one of the tags {', '.join(quoted)}"


def _place(clause: Any, names: Names) -> str:
    match clause:
        case tree.StateIn(ids):
            return f"state is {listed(names.of(ids), as_is=True)}"
        case tree.StateKindIn(kinds):
            return f"state is {listed(kinds)}"
        case tree.InPipeline(pipeline_id):
            return f"in the pipeline {names.of([pipeline_id])[0]}"
        case tree.InStateLonger(period):
            return f"in its state for longer than {period_words(period)}"
        case tree.ClosedWithin(period):
            return f"won or lost within the last {period_words(period)}"
    return _assignee(clause, names)


def _assignee(test: tree.AssigneeTest, names: Names) -> str:
    match test:
        case tree.AssigneeIn(ids):
            return f"assigned to {listed(names.of(ids), as_is=True)}"
        case tree.AssigneeIsMe(is_so):
            return "assigned to you" if is_so else "not assigned to you"
        case tree.AssigneeInTeam(team_id):
            return f"assigned within the team {names.of([team_id])[0]}"
        case tree.AssigneeIsNobody(is_so):
            return "assigned to nobody" if is_so else "assigned to somebody"


def _conversation(clause: tree.HasConversation) -> str:
    told = []
    if clause.states:
        told.append(f"is {listed(clause.states)}")
    if clause.channels:
        told.append(f"was last on {listed(clause.channels)}")
    if clause.waiting_longer:
        told.append(f"waits for longer than {period_words(clause.waiting_longer)}")
    if clause.last_message_at:
        told.append(f"had its last message {instant_words(clause.last_message_at)}")
    if clause.last_direction:
        told.append(f"ended with a message {listed([clause.last_direction])}")
    return "has a conversation" + (f" that {' and '.join(told)}" if told else "")


def _events(clause: tree.Events, names: Names) -> str:
    what = "any event"
    if clause.kind_id:
        what = f"“{names.of([clause.kind_id])[0]}”"
    elif clause.name is not None:
        what = f"“{clause.name}”"
    said = f"{what} happened {count_words(clause.count)}"
    for each in clause.parameters:
        said += f", with {each.name} {value_words(each.test)}"
    for label, test in (
        ("", clause.within),
        ("the first ", clause.first_at),
        ("the last ", clause.last_at),
    ):
        said += f", {label}{instant_words(test)}" if test else ""
    return said
