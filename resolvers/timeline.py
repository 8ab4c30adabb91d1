"""The timeline: the human part of a lead's log, one item for each thing that happened.

It has no source but the log. A thing stands where it was told first; what became of it since (an
edit, a text, a repetition) shows in the thing itself, and what was taken off the card is no item.
"""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, exists, or_, true
from sqlmodel import col

from models.changes import Change, RecordedChange
from models.enums import ChangeKind, Channel
from models.notes import Note
from models.tasks import Task
from resolvers import access
from resolvers.actors import Actor


class TimelineKind(StrEnum):
    CALL = "CALL"
    EMAIL = "EMAIL"
    MEETING = "MEETING"
    NOTE = "NOTE"
    TASK = "TASK"
    MESSAGE = "MESSAGE"
    EVENT = "EVENT"
    CHANGE = "CHANGE"


PLACES: dict[ChangeKind, TimelineKind | None] = {
    ChangeKind.LEAD_CREATED: TimelineKind.CHANGE,
    ChangeKind.PROPERTIES_CHANGED: None,
    ChangeKind.CONTACT_POINTS_CHANGED: None,
    ChangeKind.LEAD_STATE_CHANGED: TimelineKind.CHANGE,
    ChangeKind.LEAD_ASSIGNEE_CHANGED: TimelineKind.CHANGE,
    ChangeKind.TAGS_CHANGED: None,
    ChangeKind.EVENT_RECORDED: TimelineKind.EVENT,
    ChangeKind.EVENT_ANNOTATED: None,
    ChangeKind.NOTE_CHANGED: TimelineKind.NOTE,
    ChangeKind.TASK_CHANGED: TimelineKind.TASK,
    ChangeKind.IMPORTANT_DATE_CHANGED: None,
    ChangeKind.MESSAGE_ADDED: TimelineKind.MESSAGE,
    ChangeKind.MESSAGE_DELIVERY_CHANGED: None,
    ChangeKind.CONVERSATION_CHANGED: None,
    ChangeKind.APPOINTMENT_CHANGED: TimelineKind.MEETING,
    ChangeKind.CALL_CHANGED: TimelineKind.CALL,
    ChangeKind.LEAD_ACCOUNT_CHANGED: None,
    ChangeKind.SEGMENTS_CHANGED: None,
    ChangeKind.LEAD_VISIBILITY_CHANGED: None,
    ChangeKind.LEAD_IDENTIFIED: TimelineKind.CHANGE,
    ChangeKind.LEAD_ABSORBED: TimelineKind.CHANGE,
    ChangeKind.LEAD_MERGED: None,
    ChangeKind.LEAD_ERASED: None,
    ChangeKind.LEAD_UNMERGED: TimelineKind.CHANGE,
    ChangeKind.LEAD_RESTORED: TimelineKind.CHANGE,
}
"""Where each kind of change stands; None: in the history only. A test finds kinds without one."""
BEGUN_BY_ADDING = frozenset(
    {
        ChangeKind.APPOINTMENT_CHANGED,
        ChangeKind.CALL_CHANGED,
        ChangeKind.NOTE_CHANGED,
        ChangeKind.TASK_CHANGED,
    }
)
"""Kinds that tell of a thing again and again: only `action` ADDED begins an item."""


def kind_of(change: RecordedChange) -> TimelineKind | None:
    """The kind of item that a change begins; None if it begins none."""
    data = change.data
    if data is None:
        return None
    if change.kind in BEGUN_BY_ADDING and data["action"] != "ADDED":
        return None
    if change.kind is ChangeKind.EVENT_RECORDED and data["event"]["count"] != 1:
        return None
    place = PLACES[change.kind]
    if place is TimelineKind.MESSAGE and data["channel"] == Channel.EMAIL:
        return TimelineKind.EMAIL
    return place


def items(actor: Actor, kinds: Sequence[TimelineKind]) -> list[ColumnElement[bool]]:
    """Which rows of a log are items that the actor may see; of all kinds without any."""
    data, kind = col(Change.data), col(Change.kind)
    is_added, subject = data["action"].as_string() == "ADDED", col(Change.subject_id)
    note = exists().where(col(Note.id) == subject, col(Note.removed_at).is_(None))
    task = exists().where(col(Task.id) == subject, col(Task.removed_at).is_(None))
    begins = case(
        (kind == ChangeKind.NOTE_CHANGED, and_(is_added, note)),
        (kind == ChangeKind.TASK_CHANGED, and_(is_added, task)),
        (kind.in_(BEGUN_BY_ADDING), is_added),
        (kind == ChangeKind.EVENT_RECORDED, data["event"]["count"].as_integer() == 1),
        else_=true(),
    )
    return [
        _stands_among(kinds or list(TimelineKind)),
        data.is_not(None),
        begins,
        access.visible_changes(actor),
    ]


def _stands_among(kinds: Sequence[TimelineKind]) -> ColumnElement[bool]:
    """Rows of kinds of change that stand in one of these places; a mail is a message of a kind."""
    wanted = {kind for kind, place in PLACES.items() if place in kinds}
    message = ChangeKind.MESSAGE_ADDED
    has_mails, has_others = TimelineKind.EMAIL in kinds, TimelineKind.MESSAGE in kinds
    if has_mails is has_others:
        return col(Change.kind).in_(wanted)
    is_mail = col(Change.data)["channel"].as_string() == Channel.EMAIL.value
    messages = and_(col(Change.kind) == message, is_mail if has_mails else ~is_mail)
    return or_(col(Change.kind).in_(wanted - {message}), messages)
