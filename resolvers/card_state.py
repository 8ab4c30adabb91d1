"""The card as plain values, read from the tables or folded from the log.

Both ways give the same: that is what makes the log whole. `read_card` is the fresh reading,
`apply_change` brings an older one up to date by one change. What never changes once written
(the words of a note, a message, an event) is named by id and not repeated here.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.appointments import Appointment
from models.calls import Call
from models.changes import RecordedChange
from models.conversations import Conversation, Message
from models.enums import ChangeKind, FileUse, SegmentAct
from models.events import Event, EventGroup
from models.fields import FieldDefinition, Property
from models.files import File
from models.important_dates import ImportantDate
from models.leads import Lead
from models.notes import Note
from models.pipelines import StateTime
from models.segments import SegmentStanding
from models.tags import LeadTag, Tag
from models.tasks import Task
from resolvers import (
    accounts,
    appointments,
    calls,
    contact_points,
    conversations,
    events,
    important_dates,
    naming,
    notes,
    tasks,
)
from resolvers.values import stored

Values = dict[str, Any]


@dataclass
class CardState:
    """Everything on a card that changes, as JSON values, by id where there are many."""

    lead: Values = field(default_factory=dict)
    state_seconds: Values = field(default_factory=dict)
    """Seconds in each state that the lead left, in all visits."""
    properties: Values = field(default_factory=dict)
    tags: Values = field(default_factory=dict)
    email_addresses: list[Values] = field(default_factory=list)
    phone_numbers: list[Values] = field(default_factory=list)
    notes: Values = field(default_factory=dict)
    tasks: Values = field(default_factory=dict)
    important_dates: Values = field(default_factory=dict)
    events: Values = field(default_factory=dict)
    groups: Values = field(default_factory=dict)
    conversations: Values = field(default_factory=dict)
    messages: Values = field(default_factory=dict)
    appointments: Values = field(default_factory=dict)
    calls: Values = field(default_factory=dict)
    account: Values | None = None
    segments: Values = field(default_factory=dict)
    """By id since when the lead is in each, and the clauses that let it in."""


async def read_card(session: AsyncSession, lead_id: UUID) -> CardState:
    """The card as the tables have it, in one transaction of the caller's; empty once erased."""
    lead = await session.get(Lead, lead_id, populate_existing=True)
    if lead is None:
        return CardState()
    card = CardState(lead={**naming.columns(lead), **_places(lead)})
    times = await session.scalars(select(StateTime).where(col(StateTime.lead_id) == lead_id))
    card.state_seconds = {each.state_id.hex: each.seconds for each in times}
    rows = await session.execute(
        select(Property, FieldDefinition)
        .join(FieldDefinition, col(FieldDefinition.id) == col(Property.field_id))
        .where(col(Property.lead_id) == lead_id, col(FieldDefinition.is_listed))
    )
    for row, definition in rows:
        value = stored(definition.type, row)
        if value:
            card.properties[definition.id.hex] = value.logged()
    tag_rows = await session.execute(
        select(col(Tag.id), col(Tag.name))
        .join(LeadTag, col(LeadTag.tag_id) == col(Tag.id))
        .where(col(LeadTag.lead_id) == lead_id)
    )
    card.tags = {tag_id.hex: name for tag_id, name in tag_rows}
    await _read_contact_points(session, lead_id, card)
    account = await accounts.account_of(session, lead_id)
    card.account = accounts.logged(*account) if account else None
    for standing in await session.scalars(
        select(SegmentStanding)
        .where(col(SegmentStanding.lead_id) == lead_id, col(SegmentStanding.since).is_not(None))
        .execution_options(populate_existing=True)
    ):
        assert standing.since
        card.segments[standing.segment_id.hex] = {
            "since": standing.since.isoformat(),
            "because": standing.because,
        }
    await _read_collections(session, lead_id, card)
    return card


def _places(lead: Lead) -> Values:
    return {
        "state": lead.state_id.hex,
        "state_since": lead.state_since.isoformat(),
        "loss_reason": lead.loss_reason,
        "assignee": lead.assignee_id.hex if lead.assignee_id else None,
        "hidden_at": lead.hidden_at.isoformat() if lead.hidden_at else None,
    }


async def _read_contact_points(session: AsyncSession, lead_id: UUID, card: CardState) -> None:
    contacts = await contact_points.listed(session, lead_id)
    card.email_addresses = contacts["email_addresses"]
    card.phone_numbers = contacts["phone_numbers"]


async def _read_collections(session: AsyncSession, lead_id: UUID, card: CardState) -> None:
    await _read_notes(session, lead_id, card)
    for task in await session.scalars(
        select(Task).where(col(Task.lead_id) == lead_id, col(Task.removed_at).is_(None))
    ):
        card.tasks[task.id.hex] = tasks.logged(task)
    for date in await session.scalars(
        select(ImportantDate).where(
            col(ImportantDate.lead_id) == lead_id, col(ImportantDate.removed_at).is_(None)
        )
    ):
        card.important_dates[date.id.hex] = important_dates.logged(date)
    for event in await session.scalars(select(Event).where(col(Event.lead_id) == lead_id)):
        card.events[event.id.hex] = events.logged(
            event.name, event.count, event.last_at, event.version
        )
    for group in await session.scalars(
        select(EventGroup).where(col(EventGroup.lead_id) == lead_id)
    ):
        logged = events.logged_group(group)
        card.groups[logged["key"]] = logged
    for conversation in await session.scalars(
        select(Conversation).where(col(Conversation.lead_id) == lead_id)
    ):
        logged = conversations.logged(conversation)
        card.conversations[logged["id"]] = logged
    messages = await session.execute(
        select(col(Message.id), col(Message.delivery)).where(col(Message.lead_id) == lead_id)
    )
    card.messages = {message_id.hex: _message(delivery) for message_id, delivery in messages}
    for appointment in await session.scalars(
        select(Appointment).where(col(Appointment.lead_id) == lead_id)
    ):
        card.appointments[appointment.id.hex] = appointments.logged(appointment)
    for call in await session.scalars(select(Call).where(col(Call.lead_id) == lead_id)):
        card.calls[call.id.hex] = calls.logged(call)


async def _read_notes(session: AsyncSession, lead_id: UUID, card: CardState) -> None:
    files = await session.execute(
        select(col(File.subject_id), col(File.id))
        .where(col(File.lead_id) == lead_id, col(File.use) == FileUse.NOTE)
        .order_by(col(File.id))
    )
    attached = defaultdict(list)
    for note_id, file_id in files:
        attached[note_id].append(file_id)
    for note in await session.scalars(
        select(Note).where(col(Note.lead_id) == lead_id, col(Note.removed_at).is_(None))
    ):
        card.notes[note.id.hex] = notes.logged(note, attached[note.id])


def _message(delivery: str | None) -> Values:
    """What changes of a message: where it stands, as far as that is known."""
    return {"delivery": delivery} if delivery else {}


def apply_change(card: CardState, change: RecordedChange) -> None:
    """Brings the card up to date by one change of its log, in place."""
    assert change.data is not None
    APPLY[change.kind](card, change, change.data)


LATER: Values = dict.fromkeys(
    ("avatar_id", "avatar_source", "hidden_at", "country", "region", "city")
)
"""What logs from before there was such a thing don't tell."""


def _created(card: CardState, change: RecordedChange, data: Values) -> None:
    card.lead = {
        **LATER,
        **data["lead"],
        "state": data["state"],
        "state_since": data["since"],
        "loss_reason": None,
        "assignee": data["assignee"],
    }
    _set_properties(card, data["diffs"])
    card.tags = {tag["id"]: tag["name"] for tag in data["tags"]}
    card.email_addresses = data["email_addresses"]
    card.phone_numbers = data["phone_numbers"]


def _set_properties(card: CardState, diffs: list[Values]) -> None:
    for diff in diffs:
        if diff["path"] == "priority" or not diff["field_id"]:
            continue  # columns of the lead, told there
        if diff["after"] is None:
            card.properties.pop(diff["field_id"], None)
        else:
            card.properties[diff["field_id"]] = diff["after"]


def _properties_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    _set_properties(card, data["diffs"])
    card.lead |= data["lead"]


def _contact_points_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    card.email_addresses = data["email_addresses"]
    card.phone_numbers = data["phone_numbers"]
    card.lead |= data["lead"]


def _state_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    reason = data.get("loss_reason")  # not kept before there were any
    card.lead |= {"state": data["to"], "state_since": data["since"], "loss_reason": reason}
    spent = card.state_seconds.get(data["from"], 0)
    card.state_seconds[data["from"]] = spent + data["seconds_in_from"]


def _assignee_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    card.lead["assignee"] = data["to"]


def _tags_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    for tag in data["removed"]:
        card.tags.pop(tag["id"], None)
    card.tags |= {tag["id"]: tag["name"] for tag in data["added"]}


def _event_recorded(card: CardState, change: RecordedChange, data: Values) -> None:
    assert change.subject_id is not None
    card.events[change.subject_id.hex] = data["event"]
    card.groups[data["group"]["key"]] = data["group"]


def _event_annotated(card: CardState, change: RecordedChange, data: Values) -> None:
    assert change.subject_id is not None
    card.events[change.subject_id.hex] = data["event"]


def _note_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    assert change.subject_id is not None
    if data["action"] == "REMOVED":
        card.notes.pop(change.subject_id.hex, None)
    else:
        card.notes[change.subject_id.hex] = data["note"]


def _task_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    assert change.subject_id is not None
    if data["action"] == "REMOVED":
        card.tasks.pop(change.subject_id.hex, None)
    else:
        card.tasks[change.subject_id.hex] = data["task"]


def _important_date_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    assert change.subject_id is not None
    if data["action"] == "REMOVED":
        card.important_dates.pop(change.subject_id.hex, None)
    else:
        card.important_dates[change.subject_id.hex] = data["date"]


def _message_added(card: CardState, change: RecordedChange, data: Values) -> None:
    assert change.subject_id is not None
    card.messages[change.subject_id.hex] = _message(data.get("delivery"))
    card.conversations[data["conversation"]["id"]] = data["conversation"]


def _delivery_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    assert change.subject_id is not None
    card.messages[change.subject_id.hex] = _message(data["state"])


def _conversation_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    card.conversations[data["conversation"]["id"]] = data["conversation"]


def _appointment_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    assert change.subject_id is not None
    card.appointments[change.subject_id.hex] = data["appointment"]


def _call_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    assert change.subject_id is not None
    card.calls[change.subject_id.hex] = data["call"]


def _account_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    card.account = data["account"]


def _segments_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    if data["act"] == SegmentAct.LEFT:
        card.segments.pop(data["segment"]["id"], None)
    else:
        card.segments[data["segment"]["id"]] = {
            "since": change.at.isoformat(),
            "because": data["because"],
        }


def _visibility_changed(card: CardState, change: RecordedChange, data: Values) -> None:
    card.lead["hidden_at"] = data["hidden_at"]


def _nothing_shown(card: CardState, change: RecordedChange, data: Values) -> None:
    """The change stands in the history only."""


def _absorbed(card: CardState, change: RecordedChange, data: Values) -> None:
    moved = data["card"]
    card.lead |= data["lead"]
    card.tags |= moved["tags"]
    card.email_addresses = moved["email_addresses"]
    card.phone_numbers = moved["phone_numbers"]
    card.notes |= moved["notes"]
    card.tasks |= moved.get("tasks", {})
    card.important_dates |= moved.get("important_dates", {})
    card.events |= moved["events"]
    card.groups |= {group["key"]: group for group in data["groups"]}
    card.conversations |= moved["conversations"]
    card.appointments |= moved.get("appointments", {})
    card.calls |= moved.get("calls", {})
    card.account = moved.get("account") or card.account
    messages = moved["messages"]  # a list of ids before states were kept
    card.messages |= messages if isinstance(messages, dict) else {each: {} for each in messages}


def _merged(card: CardState, change: RecordedChange, data: Values) -> None:
    card.tags = data["kept"]["tags"]
    card.email_addresses = data["kept"]["email_addresses"]
    card.phone_numbers = data["kept"]["phone_numbers"]
    card.notes, card.events, card.groups = {}, {}, {}
    card.tasks, card.important_dates = {}, {}
    card.conversations, card.messages = {}, {}
    card.appointments, card.calls = {}, {}
    card.account = data["kept"].get("account")
    card.segments = {}


def _as_told(card: CardState, change: RecordedChange, data: Values) -> None:
    """The change holds the whole card."""
    vars(card).update(vars(CardState(**data["card"])))
    card.lead = {**LATER, **card.lead}


def _erased(card: CardState, change: RecordedChange, data: Values) -> None:
    vars(card).update(vars(CardState()))


APPLY: dict[ChangeKind, Callable[[CardState, RecordedChange, Values], None]] = {
    ChangeKind.LEAD_CREATED: _created,
    ChangeKind.PROPERTIES_CHANGED: _properties_changed,
    ChangeKind.CONTACT_POINTS_CHANGED: _contact_points_changed,
    ChangeKind.LEAD_STATE_CHANGED: _state_changed,
    ChangeKind.LEAD_ASSIGNEE_CHANGED: _assignee_changed,
    ChangeKind.TAGS_CHANGED: _tags_changed,
    ChangeKind.EVENT_RECORDED: _event_recorded,
    ChangeKind.EVENT_ANNOTATED: _event_annotated,
    ChangeKind.NOTE_CHANGED: _note_changed,
    ChangeKind.TASK_CHANGED: _task_changed,
    ChangeKind.IMPORTANT_DATE_CHANGED: _important_date_changed,
    ChangeKind.MESSAGE_ADDED: _message_added,
    ChangeKind.MESSAGE_DELIVERY_CHANGED: _delivery_changed,
    ChangeKind.CONVERSATION_CHANGED: _conversation_changed,
    ChangeKind.APPOINTMENT_CHANGED: _appointment_changed,
    ChangeKind.CALL_CHANGED: _call_changed,
    ChangeKind.LEAD_ACCOUNT_CHANGED: _account_changed,
    ChangeKind.SEGMENTS_CHANGED: _segments_changed,
    ChangeKind.LEAD_VISIBILITY_CHANGED: _visibility_changed,
    ChangeKind.LEAD_IDENTIFIED: _nothing_shown,
    ChangeKind.LEAD_ABSORBED: _absorbed,
    ChangeKind.LEAD_MERGED: _merged,
    ChangeKind.LEAD_UNMERGED: _as_told,
    ChangeKind.LEAD_RESTORED: _as_told,
    ChangeKind.LEAD_ERASED: _erased,
}
"""How each kind of change shows on the card; a test proves each, and that none lacks one."""
