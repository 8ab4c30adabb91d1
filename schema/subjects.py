"""What a row of a log or a notification is about: the thing as it is now, if it is the viewer's."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from models.changes import RecordedChange
from models.notifications import Notification
from schema.appointments import Appointment
from schema.calls import Call
from schema.conversations import Message
from schema.events import Event
from schema.loaders import SchemaView
from schema.notes import Note
from schema.tasks import Task

if TYPE_CHECKING:
    from schema.segments import Segment

HistorySubject = Annotated[
    Call
    | Message
    | Appointment
    | Note
    | Task
    | Event
    | Annotated["Segment", strawberry.lazy("schema.segments")],
    strawberry.union("HistorySubject", description="What an entry can be about."),
]


async def subject_of(
    view: SchemaView, row: RecordedChange | Notification
) -> Call | Message | Appointment | Note | Task | Event | None:
    """None for a row about the lead itself, and for what is gone or not the viewer's."""
    if row.subject_id is None:
        return None
    load, about = view.load, row.subject_id
    match row.subject_kind:
        case "note":
            note = await load.note.load(about)
            return Note(row=note, view=view) if note else None
        case "task":
            task = await load.task.load(about)
            return Task(row=task, view=view) if task else None
        case "call":
            call = await load.call.load(about)
            return Call(row=call, view=view) if call else None
        case "appointment":
            appointment = await load.appointment.load(about)
            return Appointment(row=appointment, view=view) if appointment else None
        case "message":
            message = await load.message.load(about)
            return Message(row=message, view=view) if message else None
        case "event" if row.lead_id is not None:
            event = await load.event.load((row.lead_id, about))
            return Event(row=event, view=view) if event else None
    return None
