"""The timeline: the human part of a lead's log, one item for each thing that happened.

It has no source but the log. A thing stands where it was told first; what became of it since (an
edit, a text, a repetition) shows in the thing itself, and what was taken off the card is no item.
"""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, exists, true
from sqlmodel import col

from models.changes import Change
from models.enums import ChangeKind
from models.notes import Note
from resolvers import access
from resolvers.actors import Actor


class TimelineKind(StrEnum):
    NOTE = "NOTE"
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
    ChangeKind.MESSAGE_ADDED: TimelineKind.MESSAGE,
    ChangeKind.MESSAGE_DELIVERY_CHANGED: None,
    ChangeKind.CONVERSATION_CHANGED: None,
    ChangeKind.LEAD_IDENTIFIED: TimelineKind.CHANGE,
    ChangeKind.LEAD_ABSORBED: TimelineKind.CHANGE,
    ChangeKind.LEAD_MERGED: None,
}
"""Where each kind of change stands; None: in the history only. A test finds kinds without one."""


def kind_of(change: Change) -> TimelineKind | None:
    """The kind of item that a change begins; None if it begins none."""
    data = change.data
    if data is None:
        return None
    if change.kind is ChangeKind.NOTE_CHANGED and data["action"] != "ADDED":
        return None
    if change.kind is ChangeKind.EVENT_RECORDED and data["event"]["count"] != 1:
        return None
    return PLACES[change.kind]


def items(actor: Actor, kinds: Sequence[TimelineKind]) -> list[ColumnElement[bool]]:
    """Which rows of a log are items that the actor may see; of all kinds without any."""
    wanted = [kind for kind, place in PLACES.items() if place and place in (kinds or TimelineKind)]
    data, kind = col(Change.data), col(Change.kind)
    on_card = exists().where(col(Note.id) == col(Change.subject_id), col(Note.removed_at).is_(None))
    begins = case(
        (kind == ChangeKind.NOTE_CHANGED, and_(data["action"].as_string() == "ADDED", on_card)),
        (kind == ChangeKind.EVENT_RECORDED, data["event"]["count"].as_integer() == 1),
        else_=true(),
    )
    return [kind.in_(wanted), data.is_not(None), begins, access.visible_changes(actor)]
