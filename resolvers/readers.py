"""Batch readers: many keys, one statement. Loaders in `schema/` only restore the order.

Rows that hang on a lead are asked for by ids of leads that the caller was given through
`access`; notes and fields carry their own predicate besides.
"""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import SQLModel, col

from models.changes import Change, LeadFeed
from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.conversations import Conversation, Message
from models.events import Event, EventGroup, EventKind, EventText
from models.fields import FieldDefinition, FieldGroup, FieldOption, Property
from models.files import File
from models.important_dates import ImportantDate, ImportantDateKind
from models.leads import Assignment, Lead, LeadAlias
from models.notes import Note, NoteText
from models.pipelines import Pipeline, PipelineState, StateTime
from models.staff import Staff
from models.tags import LeadTag, Tag
from models.tasks import Task, TaskText
from models.visits import Site
from models.workspace import Workspace
from resolvers import access
from resolvers.contact_points import MAX_OTHERS
from resolvers.views import View, by_key

M = TypeVar("M", bound=SQLModel)


async def _by_id(view: View, model: Any, ids: Sequence[UUID], *where: Any) -> list[Any]:
    rows = await view.scalars(select(model).where(model.id.in_(ids), *where))
    found = {row.id: row for row in rows}
    return [found.get(each) for each in ids]


async def leads_by_id(view: View, ids: Sequence[UUID]) -> list[Lead | None]:
    """Leads that the viewer may see; for the id of a merged one its survivor."""
    found = await _by_id(view, Lead, ids, access.visible_leads(view.actor))
    for index, each in enumerate(ids):
        if found[index] is None:
            found[index] = await view.run(access.find_lead, view.actor, each)
    return found


async def staff_by_id(view: View, ids: Sequence[UUID]) -> list[Staff | None]:
    return await _by_id(view, Staff, ids)


async def states_by_id(view: View, ids: Sequence[UUID]) -> list[PipelineState | None]:
    return await _by_id(view, PipelineState, ids)


async def pipelines_by_id(view: View, ids: Sequence[UUID]) -> list[Pipeline | None]:
    return await _by_id(view, Pipeline, ids)


async def event_kinds_by_id(view: View, ids: Sequence[UUID]) -> list[EventKind | None]:
    return await _by_id(view, EventKind, ids)


async def conversations_by_id(view: View, ids: Sequence[UUID]) -> list[Conversation | None]:
    """Conversations with leads that the viewer may see."""
    return await _by_id(view, Conversation, ids, access.visible_conversations(view.actor))


async def messages_by_id(view: View, ids: Sequence[UUID]) -> list[Message | None]:
    return await _by_id(view, Message, ids)


async def notes_by_id(view: View, ids: Sequence[UUID]) -> list[Note | None]:
    """Notes on the card that the viewer may see."""
    return await _by_id(
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
    return await _by_id(view, File, ids, access.visible_files(view.actor))


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
    return await _by_id(
        view, Task, ids, col(Task.removed_at).is_(None), access.visible_tasks(view.actor)
    )


async def task_texts(view: View, keys: Sequence[tuple[UUID, int | None]]) -> list[str | None]:
    """The words of tasks by (task, version)."""
    rows = await view.scalars(
        select(TaskText).where(col(TaskText.task_id).in_({task for task, _ in keys}))
    )
    found = {(row.task_id, row.version): row.body for row in rows}
    return [found.get((task, version or 0)) for task, version in keys]


async def names_of_leads(view: View, ids: Sequence[UUID]) -> list[str]:
    """Names of leads whose tasks the viewer was given: nothing else of them is told thereby."""
    rows = await view.rows(
        select(col(Lead.id), col(Lead.display_name)).where(col(Lead.id).in_(ids))
    )
    found = {row[0]: row[1] for row in rows}
    return [found[each] for each in ids]


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
    return await _by_id(
        view,
        ImportantDate,
        ids,
        col(ImportantDate.removed_at).is_(None),
        col(ImportantDate.lead_id).in_(leads),
    )


async def important_date_kinds_by_id(
    view: View, ids: Sequence[UUID]
) -> list[ImportantDateKind | None]:
    return await _by_id(view, ImportantDateKind, ids)


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


async def tags_by_lead(view: View, ids: Sequence[UUID]) -> list[list[Tag]]:
    """Tags of leads, by name."""
    rows = await view.rows(
        select(col(LeadTag.lead_id), Tag)
        .join(Tag, col(Tag.id) == col(LeadTag.tag_id))
        .where(col(LeadTag.lead_id).in_(ids))
        .order_by(col(Tag.name_key))
    )
    return [[tag for lead_id, tag in rows if lead_id == each] for each in ids]


async def tags_by_id(view: View, ids: Sequence[UUID]) -> list[Tag | None]:
    return await _by_id(view, Tag, ids)


AddressRow = tuple[LeadEmailAddress, EmailAddress]


async def addresses_by_lead(view: View, ids: Sequence[UUID]) -> list[list[AddressRow]]:
    """Addresses of leads with their status rows, primary first."""
    rows = await view.rows(
        select(LeadEmailAddress, EmailAddress)
        .join(EmailAddress, col(EmailAddress.id) == col(LeadEmailAddress.email_address_id))
        .where(col(LeadEmailAddress.lead_id).in_(ids))
        .order_by(col(LeadEmailAddress.position))
    )
    return [[(row, address) for row, address in rows if row.lead_id == each] for each in ids]


async def leads_by_address(view: View, ids: Sequence[UUID]) -> list[list[Lead]]:
    """Leads with an address that the viewer may see, newest first; one more than are shown."""
    place = func.row_number().over(
        partition_by=col(LeadEmailAddress.email_address_id), order_by=col(Lead.id).desc()
    )
    found = (
        select(
            col(LeadEmailAddress.email_address_id).label("address_id"),
            col(Lead.id).label("lead_id"),
            place.label("place"),
        )
        .join(Lead, col(Lead.id) == col(LeadEmailAddress.lead_id))
        .where(col(LeadEmailAddress.email_address_id).in_(ids), access.visible_leads(view.actor))
        .subquery()
    )
    rows = await view.rows(
        select(found.c.address_id, Lead)
        .join(found, found.c.lead_id == col(Lead.id))
        .where(found.c.place <= MAX_OTHERS + 1)
        .order_by(col(Lead.id).desc())
    )
    return [[lead for address_id, lead in rows if address_id == each] for each in ids]


async def phones_by_lead(view: View, ids: Sequence[UUID]) -> list[list[LeadPhoneNumber]]:
    """Numbers of leads, primary first."""
    rows = await view.scalars(
        select(LeadPhoneNumber)
        .where(col(LeadPhoneNumber.lead_id).in_(ids))
        .order_by(col(LeadPhoneNumber.position))
    )
    return by_key(rows, ids, "lead_id")


async def properties_by_lead(view: View, ids: Sequence[UUID]) -> list[list[Property]]:
    """Values of listed fields that the viewer may see."""
    rows = await view.scalars(
        select(Property)
        .join(FieldDefinition, col(FieldDefinition.id) == col(Property.field_id))
        .where(
            col(Property.lead_id).in_(ids),
            col(FieldDefinition.is_listed),
            access.visible_fields(view.actor),
        )
    )
    return by_key(rows, ids, "lead_id")


async def versions_by_lead(view: View, ids: Sequence[UUID]) -> list[int]:
    """The last revision that changed one of a lead's own fields, as far as the viewer sees them.

    Not the log's own revision: that would tell of changes that the viewer may not see.
    """
    rows = await view.rows(
        select(col(Property.lead_id), func.max(col(Property.version)))
        .join(FieldDefinition, col(FieldDefinition.id) == col(Property.field_id))
        .where(col(Property.lead_id).in_(ids), access.visible_fields(view.actor))
        .group_by(col(Property.lead_id))
    )
    found = {row[0]: row[1] for row in rows}
    return [found.get(each, 0) for each in ids]


async def assignments_by_lead(view: View, ids: Sequence[UUID]) -> list[list[Assignment]]:
    """Present and former assignments, newest first."""
    rows = await view.scalars(
        select(Assignment)
        .where(col(Assignment.lead_id).in_(ids))
        .order_by(col(Assignment.from_at).desc())
    )
    return by_key(rows, ids, "lead_id")


async def event_groups_by_lead(view: View, ids: Sequence[UUID]) -> list[list[EventGroup]]:
    """Counted events, most recent first."""
    rows = await view.scalars(
        select(EventGroup)
        .where(col(EventGroup.lead_id).in_(ids))
        .order_by(col(EventGroup.last_at).desc(), col(EventGroup.group_key))
    )
    return by_key(rows, ids, "lead_id")


async def all_fields(view: View) -> Sequence[FieldDefinition]:
    """Listed fields that the viewer may see, by group and place."""
    return await view.scalars(
        select(FieldDefinition)
        .join(FieldGroup, col(FieldGroup.id) == col(FieldDefinition.group_id))
        .where(col(FieldDefinition.is_listed), access.visible_fields(view.actor))
        .order_by(col(FieldGroup.position), col(FieldDefinition.position), col(FieldDefinition.id))
    )


async def options_by_field(view: View, ids: Sequence[UUID]) -> list[list[FieldOption]]:
    """Options of fields in order, archived ones last."""
    rows = await view.scalars(
        select(FieldOption)
        .where(col(FieldOption.field_id).in_(ids))
        .order_by(
            col(FieldOption.archived_at).is_not(None),
            col(FieldOption.position),
            col(FieldOption.id),
        )
    )
    return by_key(rows, ids, "field_id")


async def options_by_id(view: View, ids: Sequence[UUID]) -> list[FieldOption | None]:
    return await _by_id(view, FieldOption, ids)


async def hidden_field_ids(view: View) -> frozenset[UUID]:
    """Fields whose values the viewer may not see."""
    rows = await view.scalars(
        select(col(FieldDefinition.id)).where(~access.visible_fields(view.actor))
    )
    return frozenset(rows)


async def all_field_groups(view: View) -> Sequence[FieldGroup]:
    return await view.scalars(
        select(FieldGroup).order_by(col(FieldGroup.position), col(FieldGroup.id))
    )


async def all_pipelines(view: View, *, with_archived: bool = False) -> Sequence[Pipeline]:
    """Pipelines in order."""
    statement = select(Pipeline).order_by(col(Pipeline.position), col(Pipeline.id))
    if not with_archived:
        statement = statement.where(col(Pipeline.archived_at).is_(None))
    return await view.scalars(statement)


async def states_by_pipeline(view: View, ids: Sequence[UUID]) -> list[list[PipelineState]]:
    """States in order, archived ones last."""
    rows = await view.scalars(
        select(PipelineState)
        .where(col(PipelineState.pipeline_id).in_(ids))
        .order_by(col(PipelineState.position))
    )
    return by_key(rows, ids, "pipeline_id")


async def state_times_by_lead(view: View, ids: Sequence[UUID]) -> list[list[StateTime]]:
    """How long leads were in the states that they left."""
    rows = await view.scalars(select(StateTime).where(col(StateTime.lead_id).in_(ids)))
    return by_key(rows, ids, "lead_id")


async def workspace(view: View) -> Workspace | None:
    """The settings."""
    return await view.scalar(select(Workspace))


async def all_event_kinds(
    view: View, *, quick_only: bool = False, with_archived: bool = False
) -> Sequence[EventKind]:
    """Kinds of events in order."""
    statement = select(EventKind).order_by(col(EventKind.position), col(EventKind.id))
    if quick_only:
        statement = statement.where(col(EventKind.is_quick))
    if not with_archived:
        statement = statement.where(col(EventKind.archived_at).is_(None))
    return await view.scalars(statement)


async def all_important_date_kinds(view: View) -> Sequence[ImportantDateKind]:
    """Kinds of important dates in order, archived ones last."""
    kind = ImportantDateKind
    return await view.scalars(
        select(kind).order_by(col(kind.archived_at).is_not(None), col(kind.position), col(kind.id))
    )


async def all_sites(view: View) -> Sequence[Site]:
    return await view.scalars(select(Site).order_by(col(Site.name), col(Site.id)))


async def change_by_id(view: View, change_id: UUID) -> Change | None:
    """One row of a log, if the viewer may see both the lead and the row."""
    change: Change | None = await view.scalar(
        select(Change).where(col(Change.id) == change_id, access.visible_changes(view.actor))
    )
    if change is None:
        return None
    lead = await view.run(access.find_lead, view.actor, change.lead_id)
    return change if lead is not None else None


async def changes_by_id(view: View, ids: Sequence[UUID]) -> list[Change | None]:
    """Rows of logs, as far as the viewer may see both the lead and the row."""
    rows = await _by_id(view, Change, ids, access.visible_changes(view.actor))
    leads = list({row.lead_id for row in rows if row is not None})
    visible = await leads_by_id(view, leads) if leads else []
    seen = {lead_id for lead_id, lead in zip(leads, visible, strict=True) if lead is not None}
    return [row if row is not None and row.lead_id in seen else None for row in rows]


async def feed_revision(view: View, lead_id: UUID) -> int:
    """Where the lead's log stands in this view."""
    found = await view.scalar(
        select(col(LeadFeed.revision)).where(col(LeadFeed.lead_id) == lead_id)
    )
    return found or 0
