"""The lists of a lead and of a conversation, each with its order and who may see which rows."""

from sqlalchemy import ColumnElement, or_
from sqlmodel import col

from models.changes import Change
from models.conversations import Conversation, Message
from models.enums import (
    ChangeKind,
)
from models.events import Event
from models.notes import Note
from models.tasks import Task
from models.visits import PresenceInterval
from resolvers import access, timeline
from resolvers.actors import Actor
from resolvers.due_bands import due_within, in_bands
from resolvers.lists.describing import Chosen, OwnedList, newest_first, was_there, within
from resolvers.pages import Key
from resolvers.text import sought


def _note_order(chosen: Chosen) -> tuple[Key, ...]:
    return (Key(col(Note.is_pinned), True), *newest_first(Note.created_at, Note.id)(chosen))


def _note_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    return [col(Note.removed_at).is_(None), access.visible_notes(actor)]


def _event_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where = was_there(col(Event.id), ChangeKind.EVENT_RECORDED, chosen)
    if chosen.kind_id:
        where.append(col(Event.kind_id) == chosen.kind_id)
    if chosen.name is not None:
        where += [col(Event.name) == sought(chosen.name), col(Event.kind_id).is_(None)]
    return where


def _conversation_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    return [col(Conversation.state).in_(chosen.states)] if chosen.states else []


def _message_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where = was_there(col(Message.id), ChangeKind.MESSAGE_ADDED, chosen)
    if chosen.channels:
        where.append(col(Message.channel).in_(chosen.channels))
    return where


def _interval_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if chosen.until_at:
        where.append(col(PresenceInterval.from_at) <= chosen.until_at)
    if chosen.since:
        ended = col(PresenceInterval.to_at)
        where.append(or_(ended.is_(None), ended > chosen.since))
    if chosen.before:
        where.append(col(PresenceInterval.from_at) < chosen.before)
    return where


def _task_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [col(Task.removed_at).is_(None)]
    if chosen.moment and chosen.bands:
        where.append(in_bands(chosen.bands, chosen.moment))
    if chosen.moment and (chosen.since or chosen.before):
        where.append(due_within(chosen.since, chosen.before, chosen.moment.zone))
    return where


def _history_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where = [access.visible_changes(actor)]
    if chosen.types:
        where.append(col(Change.category).in_(chosen.types))
    if chosen.actors:
        where.append(col(Change.actor_kind).in_(chosen.actors))
    if chosen.since:
        where.append(col(Change.at) >= chosen.since)
    if chosen.before:
        where.append(col(Change.at) < chosen.before)
    if chosen.until:
        where.append(within(chosen.until))
    if chosen.beyond:
        where.append(~within(chosen.beyond))
    return where


def _timeline_where(actor: Actor, chosen: Chosen) -> list[ColumnElement[bool]]:
    where = timeline.items(actor, chosen.items)
    return [*where, within(chosen.until)] if chosen.until else where


def _history_order(chosen: Chosen) -> tuple[Key, ...]:
    # Rows of merged leads stand between those of the survivor: by time, then by their own number.
    descending = not chosen.ascending
    return (
        Key(col(Change.at), descending, is_instant=True),
        Key(col(Change.lead_id), descending, is_id=True),
        Key(col(Change.revision), descending),
    )


NOTES = OwnedList("notes", Note, col(Note.lead_id), (Note.id,), _note_order, _note_where)
TASKS = OwnedList(
    "tasks",
    Task,
    col(Task.lead_id),
    (Task.id,),
    lambda chosen: (Key(col(Task.place)), Key(col(Task.id), is_id=True)),
    _task_where,
)
EVENTS = OwnedList(
    "events",
    Event,
    col(Event.lead_id),
    (Event.lead_id, Event.id),
    newest_first(col(Event.occurred_at), col(Event.id)),
    _event_where,
)
CONVERSATIONS = OwnedList(
    "conversations",
    Conversation,
    col(Conversation.lead_id),
    (Conversation.id,),
    newest_first(col(Conversation.last_message_at), col(Conversation.id)),
    _conversation_where,
)
LEAD_MESSAGES = OwnedList(
    "messages",
    Message,
    col(Message.lead_id),
    (Message.id,),
    newest_first(col(Message.at), col(Message.id)),
    _message_where,
)
CONVERSATION_MESSAGES = OwnedList(
    "conversation.messages",
    Message,
    col(Message.conversation_id),
    (Message.id,),
    newest_first(col(Message.at), col(Message.id)),
    _message_where,
)
INTERVALS = OwnedList(
    "presenceIntervals",
    PresenceInterval,
    col(PresenceInterval.lead_id),
    (PresenceInterval.lead_id, PresenceInterval.epoch, PresenceInterval.version),
    lambda chosen: (
        Key(col(PresenceInterval.from_at), True, is_instant=True),
        Key(col(PresenceInterval.version), True),
    ),
    _interval_where,
)
HISTORY = OwnedList(
    "history",
    Change,
    col(Change.lead_id),
    (Change.lead_id, Change.revision),
    _history_order,
    _history_where,
    is_log=True,
)
TIMELINE = OwnedList(
    "timeline",
    Change,
    col(Change.lead_id),
    (Change.lead_id, Change.revision),
    _history_order,
    _timeline_where,
    is_log=True,
)
