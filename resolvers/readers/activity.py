"""What is done with leads: notes, files, tasks, dates, events, messages."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from models.conversations import Conversation, Message
from models.events import Event, EventGroup, EventText
from models.files import File
from models.important_dates import ImportantDate
from models.leads import Lead, LeadAlias
from models.notes import Note, NoteText
from models.tasks import Task, TaskText
from resolvers import access
from resolvers.readers.rows import rows_by_id
from resolvers.views import View, by_key


async def conversations_by_id(view: View, ids: Sequence[UUID]) -> list[Conversation | None]:
    """Conversations with leads that the viewer may see."""
    return await rows_by_id(view, Conversation, ids, access.visible_conversations(view.actor))


async def messages_by_id(view: View, ids: Sequence[UUID]) -> list[Message | None]:
    return await rows_by_id(view, Message, ids)


async def notes_by_id(view: View, ids: Sequence[UUID]) -> list[Note | None]:
    """Notes on the card that the viewer may see."""
    return await rows_by_id(
        view, Note, ids, col(Note.removed_at).is_(None), access.visible_notes(view.actor)
    )


async def note_texts(view: View, ids: Sequence[UUID]) -> list[list[NoteText]]:
    """Texts of notes, newest first."""
    rows = await view.scalars(
        select(NoteText)
        .where(col(NoteText.note_id).in_(ids))
        .order_by(col(NoteText.version).desc())
    )
    return by_key(rows, ids, "note_id")


async def files_by_id(view: View, ids: Sequence[UUID]) -> list[File | None]:
    """Files that the viewer may see."""
    return await rows_by_id(view, File, ids, access.visible_files(view.actor))


async def files_by_subject(view: View, ids: Sequence[UUID]) -> list[list[File]]:
    """Files of notes and the like that the viewer may see, in order of their upload."""
    rows = await view.scalars(
        select(File)
        .where(col(File.subject_id).in_(ids), access.visible_files(view.actor))
        .order_by(col(File.id))
    )
    return by_key(rows, ids, "subject_id")


async def tasks_by_id(view: View, ids: Sequence[UUID]) -> list[Task | None]:
    """Tasks that are there and that the viewer may see, whosever their leads are."""
    return await rows_by_id(
        view, Task, ids, col(Task.removed_at).is_(None), access.visible_tasks(view.actor)
    )


async def task_texts(view: View, keys: Sequence[tuple[UUID, int | None]]) -> list[str | None]:
    """The words of tasks by (task, version)."""
    rows = await view.scalars(
        select(TaskText).where(col(TaskText.task_id).in_({task for task, _ in keys}))
    )
    found = {(row.task_id, row.version): row.body for row in rows}
    return [found.get((task, version or 0)) for task, version in keys]


async def important_dates_by_lead(view: View, ids: Sequence[UUID]) -> list[list[ImportantDate]]:
    """Important dates of leads, by day."""
    rows = await view.scalars(
        select(ImportantDate)
        .where(col(ImportantDate.lead_id).in_(ids), col(ImportantDate.removed_at).is_(None))
        .order_by(col(ImportantDate.day), col(ImportantDate.id))
    )
    return by_key(rows, ids, "lead_id")


async def important_dates_by_id(view: View, ids: Sequence[UUID]) -> list[ImportantDate | None]:
    """Important dates of leads that the viewer may see."""
    leads = select(col(Lead.id)).where(access.visible_leads(view.actor))
    return await rows_by_id(
        view,
        ImportantDate,
        ids,
        col(ImportantDate.removed_at).is_(None),
        col(ImportantDate.lead_id).in_(leads),
    )


async def events_by_id(view: View, keys: Sequence[tuple[UUID, UUID]]) -> list[Event | None]:
    """Events by (lead, event); those of a merged lead are its survivor's now."""
    leads = {lead for lead, _ in keys}
    survivors = select(col(LeadAlias.lead_id)).where(col(LeadAlias.alias_id).in_(leads))
    rows = await view.scalars(
        select(Event).where(
            or_(col(Event.lead_id).in_(leads), col(Event.lead_id).in_(survivors)),
            col(Event.id).in_({event for _, event in keys}),
        )
    )
    found = {row.id: row for row in rows}
    return [found.get(event) for _, event in keys]


async def event_texts(view: View, ids: Sequence[UUID]) -> list[list[EventText]]:
    """Texts of events, newest first, those that took a text away included."""
    rows = await view.scalars(
        select(EventText)
        .where(col(EventText.event_id).in_(ids))
        .order_by(col(EventText.version).desc())
    )
    return by_key(rows, ids, "event_id")


async def event_groups_by_lead(view: View, ids: Sequence[UUID]) -> list[list[EventGroup]]:
    """Counted events, most recent first."""
    rows = await view.scalars(
        select(EventGroup)
        .where(col(EventGroup.lead_id).in_(ids))
        .order_by(col(EventGroup.last_at).desc(), col(EventGroup.group_key))
    )
    return by_key(rows, ids, "lead_id")
