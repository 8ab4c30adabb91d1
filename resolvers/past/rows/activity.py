"""What had been done with a lead: events, messages, notes, tasks, dates, appointments, calls."""

from datetime import datetime
from uuid import UUID

from models.appointments import Appointment
from models.calls import Call
from models.conversations import Conversation, Message
from models.enums import (
    ActorKind,
    AppointmentOutcome,
    CallOutcome,
    ConversationState,
    DeliveryState,
    NoteVisibility,
)
from models.events import Event, EventGroup, EventText
from models.files import File
from models.important_dates import ImportantDate
from models.notes import Note, NoteText
from models.tasks import Task
from models.visits import PresenceInterval
from resolvers import agenda, readers
from resolvers.past.folding import Past
from resolvers.past.rows.copies import copied, day_of, ids_of, instant_of
from resolvers.tasks.recording import place_of
from resolvers.views import View


def event_groups(past: Past) -> list[EventGroup]:
    """Counted events, most recent first."""
    groups = [
        EventGroup(
            lead_id=past.lead.id,
            group_key=then["key"],
            kind_id=UUID(hex=then["kind_id"]) if then["kind_id"] else None,
            name=then["name"],
            count=then["count"],
            first_at=datetime.fromisoformat(then["first_at"]),
            last_at=datetime.fromisoformat(then["last_at"]),
        )
        for then in past.card.groups.values()
    ]
    by_key = sorted(groups, key=lambda group: group.group_key)
    return sorted(by_key, key=lambda group: group.last_at, reverse=True)


def event(past: Past, row: Event) -> Event:
    """An event with the repetitions that had been counted."""
    then = past.card.events[row.id.hex]
    copy: Event = copied(
        row,
        count=then["count"],
        last_at=instant_of(then["last_at"]),
        version=then.get("version", 0),
    )
    return copy


async def event_texts(view: View, past: Past, event_id: UUID) -> list[EventText]:
    """Texts that an event had had, newest first."""
    (rows,) = await readers.event_texts(view, [event_id])
    version = past.card.events[event_id.hex].get("version", 0)
    return [row for row in rows if row.version <= version]


def message(past: Past, row: Message) -> Message:
    """A message with the steps of its delivery that had been told."""
    then = past.card.messages[row.id.hex].get("delivery")
    reached = [step["state"] for step in row.delivery_steps]
    steps = row.delivery_steps[: reached.index(then) + 1] if then else []
    copy: Message = copied(
        row, delivery=DeliveryState(then) if then else None, delivery_steps=steps
    )
    return copy


def _conversation(past: Past, row: Conversation) -> Conversation:
    then = past.card.conversations[row.id.hex]
    last = then["last_message"]
    copy: Conversation = copied(
        row,
        state=ConversationState(then["state"]),
        last_message_id=UUID(hex=last) if last else None,
        last_message_at=instant_of(then["last_message_at"]),
        waiting_since=instant_of(then["waiting_since"]),
        assignee_id=UUID(hex=then["assignee"]) if then.get("assignee") else None,
        snoozed_until=instant_of(then.get("snoozed_until")),
        version=then.get("version", 0),
    )
    return copy


async def conversations(view: View, past: Past) -> dict[UUID, Conversation]:
    """Conversations as they stood, by id."""
    rows = await readers.conversations_by_id(view, ids_of(past.card.conversations))
    return {row.id: _conversation(past, row) for row in rows if row}


async def notes(view: View, past: Past) -> dict[UUID, Note]:
    """Notes with their marks then, by id; those that were removed since are left out."""
    rows = await readers.notes_by_id(view, ids_of(past.card.notes))
    return {row.id: _note(past, row) for row in rows if row}


def _note(past: Past, row: Note) -> Note:
    then = past.card.notes[row.id.hex]
    copy: Note = copied(
        row,
        version=then["version"],
        visibility=NoteVisibility(then["visibility"]),
        is_pinned=then["is_pinned"],
        edited_at=instant_of(then["edited_at"]),
    )
    return copy


async def tasks(view: View, past: Past) -> dict[UUID, Task]:
    """Tasks as they stood, by id; those that were removed since are left out."""
    rows = await readers.tasks_by_id(view, ids_of(past.card.tasks))
    return {row.id: _task(past, row) for row in rows if row}


def _task(past: Past, row: Task) -> Task:
    then = past.card.tasks[row.id.hex]
    kind, identity, name = then["completed_by"] or (None, None, None)
    copy: Task = copied(
        row,
        title=then["title"],
        body_version=then["body"],
        due_at=instant_of(then["due_at"]),
        due_on=day_of(then["due_on"]),
        was_due_in_past=then["was_due_in_past"],
        assignee_id=UUID(hex=then["assignee"]) if then["assignee"] else None,
        overdue_since=instant_of(then.get("overdue_since")),
        snoozed_until=instant_of(then["snoozed_until"]),
        completed_at=instant_of(then["completed_at"]),
        completed_by_kind=ActorKind(kind) if kind else None,
        completed_by_id=UUID(hex=identity) if identity else None,
        completed_by_name=name,
        outcome=then["outcome"],
        version=then["version"],
    )
    copy.place = place_of(copy)
    return copy


async def important_dates(view: View, past: Past) -> list[ImportantDate]:
    """Important dates as they stood, by day; those that were removed since are left out."""
    rows = await readers.important_dates_by_id(view, ids_of(past.card.important_dates))
    copies = [_important_date(past, row) for row in rows if row]
    return sorted(copies, key=lambda row: (row.day, row.id))


def _important_date(past: Past, row: ImportantDate) -> ImportantDate:
    then = past.card.important_dates[row.id.hex]
    copy: ImportantDate = copied(
        row,
        kind_id=UUID(hex=then["kind"]),
        day=day_of(then["date"]),
        note=then["note"],
        is_on_dashboard=then["is_on_dashboard"],
        version=then["version"],
    )
    return copy


async def note_texts(view: View, past: Past, note_id: UUID) -> list[NoteText]:
    """Texts that a note had had, newest first."""
    (rows,) = await readers.note_texts(view, [note_id])
    version = past.card.notes[note_id.hex]["version"]
    return [row for row in rows if row.version <= version]


async def appointments(view: View, past: Past) -> dict[UUID, Appointment]:
    """Appointments as they stood, by id."""
    rows = await agenda.appointments_by_id(view, ids_of(past.card.appointments))
    return {row.id: _appointment(past, row) for row in rows if row}


def _appointment(past: Past, row: Appointment) -> Appointment:
    then = past.card.appointments[row.id.hex]
    assignee, outcome = then["assignee"], then["outcome"]
    copy: Appointment = copied(
        row,
        **{key: value for key, value in then.items() if key != "assignee"}
        | {key: instant_of(then[key]) for key in ("starts_at", "ends_at", "cancelled_at")}
        | {
            "assignee_id": UUID(hex=assignee) if assignee else None,
            "kind": row.kind,
            "outcome": AppointmentOutcome(outcome) if outcome else None,
            "changed_at": instant_of(then["changed_at"]),
        },
    )
    return copy


async def calls(view: View, past: Past) -> dict[UUID, Call]:
    """Calls with the outcome and the note that they had, by id."""
    rows = await agenda.calls_by_id(view, ids_of(past.card.calls))
    return {row.id: _call(past, row) for row in rows if row}


def _call(past: Past, row: Call) -> Call:
    then = past.card.calls[row.id.hex]
    copy: Call = copied(row, **{**then, "outcome": CallOutcome(then["outcome"])})
    return copy


async def note_files(view: View, past: Past, note_id: UUID) -> list[File]:
    """Files that a note had and still has; those that were removed since are gone for good."""
    (rows,) = await readers.files_by_subject(view, [note_id])
    then = past.card.notes.get(note_id.hex)
    return rows if then is None else [row for row in rows if row.id.hex in then.get("files", ())]


def interval(past: Past, row: PresenceInterval) -> PresenceInterval:
    """A stretch of presence as far as it had gone."""
    if row.to_at and row.to_at <= past.at:
        return row
    passed = int((past.at - row.from_at).total_seconds())
    copy: PresenceInterval = copied(row, to_at=None, active_seconds=min(row.active_seconds, passed))
    return copy
