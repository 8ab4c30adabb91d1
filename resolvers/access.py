"""Who may. The predicates here are the only way to a row: every query, loader, stream and count
uses them, so that what one may not see does not exist."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.appointments import Appointment
from models.changes import Change, LeadFeed
from models.conversations import Conversation
from models.enums import AccessScope, ApiScope, FieldVisibility, FileUse, NoteVisibility
from models.fields import FieldDefinition
from models.files import File
from models.ids import encode_id
from models.leads import Lead, LeadAlias
from models.notes import Note
from models.segments import Segment
from models.staff import Staff
from models.tasks import Task
from resolvers.actors import Actor, StaffActor, VisitorActor
from resolvers.errors import Forbidden, NotFound
from resolvers.policy import API_SCOPES, FIELD_READERS, GRANTS, Permission

MAX_ALIAS_HOPS = 8
WITHIN_TEAMS = "You hand leads over within your teams."


def may(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's role holds the permission, and an API token is for it; without rows."""
    if isinstance(actor, StaffActor):
        is_held = actor.role in GRANTS[permission] or permission in actor.rights.granted
        return is_held and is_for(actor, API_SCOPES.get(permission))
    return not isinstance(actor, VisitorActor)


def is_for(actor: Actor, scope: ApiScope | None) -> bool:
    """Whether an API token is for this; people need no leave."""
    if not isinstance(actor, StaffActor) or actor.api_scopes is None:
        return True
    return scope in actor.api_scopes


def require(actor: Actor, permission: Permission) -> None:
    """Forbidden unless the actor holds the permission."""
    if not may(actor, permission):
        raise Forbidden(permission)


def require_rules(actor: Actor, permission: Permission = Permission.CONFIGURE_AUTOMATIONS) -> None:
    """Forbidden unless the actor may shape what acts on every lead, and so sees every lead."""
    require(actor, permission)
    if not isinstance(actor, StaffActor):
        return
    if actor.scope is not AccessScope.ALL or not is_for(actor, ApiScope.READ_LEADS):
        raise Forbidden(
            permission,
            "Rules act on all leads, so only who sees all leads may change them.",
        )


def visible_leads(actor: Actor) -> ColumnElement[bool]:
    """Leads that the actor may see: all, or those of the people whose leads count as theirs."""
    if isinstance(actor, VisitorActor) or not is_for(actor, ApiScope.READ_LEADS):
        return false()
    if not isinstance(actor, StaffActor) or actor.scope is AccessScope.ALL:
        return col(Lead.merged_at).is_(None)
    theirs: ColumnElement[bool] = col(Lead.assignee_id).in_(actor.rights.people)
    if actor.rights.sees_unassigned:
        theirs = or_(theirs, col(Lead.assignee_id).is_(None))
    return and_(col(Lead.merged_at).is_(None), theirs)


def visible_conversations(actor: Actor) -> ColumnElement[bool]:
    """Conversations that the actor may see: those of visible leads."""
    return col(Conversation.lead_id).in_(select(col(Lead.id)).where(visible_leads(actor)))


def sees_leads_of(actor: Actor, assignee_id: UUID | None) -> bool:
    """Whether leads with this assignee, or with nobody, are among those that the actor sees."""
    if not isinstance(actor, StaffActor) or actor.scope is AccessScope.ALL:
        return True
    if assignee_id is None:
        return actor.rights.sees_unassigned
    return assignee_id in actor.rights.people


def sees_all_leads(actor: Actor) -> bool:
    """As `visible_leads`: whether it leaves none out."""
    if isinstance(actor, VisitorActor) or not is_for(actor, ApiScope.READ_LEADS):
        return False
    return not isinstance(actor, StaffActor) or actor.scope is AccessScope.ALL


def is_bound_to_people(actor: StaffActor) -> bool:
    """Whether the person sees a lead only while it is with certain people."""
    return actor.scope is not AccessScope.ALL


def may_assign(actor: Actor, from_id: UUID | None, to_id: UUID | None) -> bool:
    """Whether the actor may hand a lead that they see from one person to another.

    Who sees the leads of a team hands them over within it: the lead stays in sight.
    """
    if not isinstance(actor, StaffActor):
        return may(actor, Permission.ASSIGN_LEAD)
    if from_id is None and to_id == actor.id and may(actor, Permission.ASSIGN_SELF):
        return True
    is_within = actor.scope is not AccessScope.TEAM or sees_leads_of(actor, to_id)
    return is_within and may(actor, Permission.ASSIGN_LEAD)


def assignable_staff(actor: Actor) -> ColumnElement[bool]:
    """People to whom the actor may hand some lead that they see; as `may_assign`."""
    if not isinstance(actor, StaffActor):
        return true() if may(actor, Permission.ASSIGN_LEAD) else false()
    if not may(actor, Permission.ASSIGN_LEAD):
        takes = may(actor, Permission.ASSIGN_SELF)
        return col(Staff.id) == actor.id if takes else false()
    if actor.scope is not AccessScope.TEAM:
        return true()
    return col(Staff.id).in_(actor.rights.people)


def reads_notes(actor: Actor) -> bool:
    """Whether there are notes at all for the actor."""
    return not isinstance(actor, VisitorActor) and is_for(actor, ApiScope.NOTES)


def visible_notes(actor: Actor) -> ColumnElement[bool]:
    """Notes that the actor may see among those of visible leads, removed ones included."""
    if not reads_notes(actor):
        return false()
    if may(actor, Permission.READ_ALL_NOTES):
        return true()
    return or_(col(Note.visibility) == NoteVisibility.TEAM, col(Note.author_id) == actor.id)


def visible_files(actor: Actor) -> ColumnElement[bool]:
    """Files that the actor may see: those of what it may see. The lead itself is asked for too.

    Pictures of staff are there for all staff.
    """
    leads = select(col(Lead.id)).where(visible_leads(actor))
    notes = exists().where(
        col(Note.id) == col(File.subject_id), col(Note.removed_at).is_(None), visible_notes(actor)
    )
    fields = exists().where(col(FieldDefinition.id) == col(File.subject_id), visible_fields(actor))
    part = case(
        (col(File.use) == FileUse.NOTE, notes),
        (col(File.use) == FileUse.PROPERTY, fields),
        else_=col(File.use) == FileUse.AVATAR,
    )
    of_leads = and_(col(File.lead_id).in_(leads), part)
    if not isinstance(actor, StaffActor):
        return of_leads
    return or_(of_leads, and_(col(File.lead_id).is_(None), col(File.use) == FileUse.AVATAR))


def visible_changes(actor: Actor) -> ColumnElement[bool]:
    """Rows of the log that the actor may see: those of a note follow the note as it is now, those
    of a segment what its rule looks at."""
    kind, subject = col(Change.subject_kind), col(Change.subject_id)
    conditions = []
    if not may(actor, Permission.READ_ALL_NOTES):
        note = exists().where(col(Note.id) == subject, visible_notes(actor))
        conditions.append(or_(kind.is_distinct_from("note"), note))
    if isinstance(actor, VisitorActor) or not reads_all_fields(actor):
        segment = exists().where(col(Segment.id) == subject, visible_segments(actor))
        conditions.append(or_(kind.is_distinct_from("segment"), segment))
    return and_(true(), *conditions)


def reads_all_fields(actor: Actor) -> bool:
    """Whether no field is hidden from the actor."""
    return all(reads_field(actor, each) for each in FieldVisibility)


def visible_tasks(actor: Actor) -> ColumnElement[bool]:
    """Tasks of leads that the actor may see, and those that are the actor's own to do, whosever
    the lead is; removed ones included."""
    return _of_leads_or_own(actor, col(Task.lead_id), col(Task.assignee_id))


def visible_appointments(actor: Actor) -> ColumnElement[bool]:
    """Appointments of leads that the actor may see, and those that the actor goes to, whosever the
    lead is."""
    return _of_leads_or_own(actor, col(Appointment.lead_id), col(Appointment.assignee_id))


def _of_leads_or_own(actor: Actor, lead_id: Any, assignee_id: Any) -> ColumnElement[bool]:
    leads = select(col(Lead.id)).where(visible_leads(actor))
    of_leads: ColumnElement[bool] = lead_id.in_(leads)
    if not isinstance(actor, StaffActor) or not is_for(actor, ApiScope.READ_LEADS):
        return of_leads
    return or_(of_leads, assignee_id == actor.id)


def visible_fields(actor: Actor) -> ColumnElement[bool]:
    """Field definitions whose values the actor may read and write."""
    if not isinstance(actor, StaffActor):
        return true()
    return col(FieldDefinition.visibility).in_(
        [kind for kind, roles in FIELD_READERS.items() if actor.role in roles]
    )


def visible_segments(actor: Actor) -> ColumnElement[bool]:
    """Segments that the actor may know of: those whose rule looks at no field hidden from them."""
    if isinstance(actor, VisitorActor):
        return false()
    if not isinstance(actor, StaffActor):
        return true()
    return col(Segment.visibility).in_(
        [kind for kind, roles in FIELD_READERS.items() if actor.role in roles]
    )


def reads_field(actor: Actor, visibility: FieldVisibility) -> bool:
    """As `visible_fields`, of one that is at hand."""
    return not isinstance(actor, StaffActor) or actor.role in FIELD_READERS[visibility]


async def surviving_lead(session: AsyncSession, lead_id: UUID) -> UUID:
    """The lead that an id stands for now: the survivor of a merged one, else the id itself."""
    for _ in range(MAX_ALIAS_HOPS):
        into = await session.scalar(
            select(col(LeadAlias.lead_id)).where(col(LeadAlias.alias_id) == lead_id)
        )
        if into is None:
            return lead_id
        lead_id = into
    return lead_id


async def find_lead(session: AsyncSession, actor: Actor, lead_id: UUID) -> Lead | None:
    """The lead or, for a merged id, the survivor; None if there is none that the actor may see."""
    where = visible_leads(actor)
    lead = await session.scalar(select(Lead).where(col(Lead.id) == lead_id, where))
    if lead is None:
        survivor = await surviving_lead(session, lead_id)
        if survivor != lead_id:
            lead = await session.scalar(select(Lead).where(col(Lead.id) == survivor, where))
    return lead


async def erased_at(session: AsyncSession, actor: Actor, lead_id: UUID) -> datetime | None:
    """When the lead was erased; None if it was not, or for who can't know that it was theirs."""
    if isinstance(actor, VisitorActor) or not is_for(actor, ApiScope.READ_LEADS):
        return None
    if isinstance(actor, StaffActor) and is_bound_to_people(actor):
        return None
    found: datetime | None = await session.scalar(
        select(col(LeadFeed.erased_at)).where(col(LeadFeed.lead_id) == lead_id)
    )
    return found


async def lead_for(session: AsyncSession, actor: Actor, lead_id: UUID) -> Lead:
    """The lead, locked until the transaction ends, or NotFound.

    The lock orders edits of one lead, so that checks against its versions hold until they commit.
    """
    survivor = await surviving_lead(session, lead_id)
    for _ in range(MAX_ALIAS_HOPS):
        lead = await session.scalar(
            select(Lead)
            .where(col(Lead.id) == survivor, visible_leads(actor))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if lead is not None:
            return lead
        # It may have been merged while this waited for the lock.
        former, survivor = survivor, await surviving_lead(session, survivor)
        if survivor == former:
            break
    raise NotFound("lead", encode_id("lead", lead_id))


async def task_for(
    session: AsyncSession, actor: Actor, lead_id: UUID, task_id: UUID
) -> tuple[Task, bool]:
    """The task, its lead locked until the transaction ends, and whether the lead is the actor's.

    Somebody who has to do a task may act on it without seeing its lead. NotFound names the task
    only to who sees the lead.
    """
    (lead,) = await lock_leads(session, lead_id)
    is_own = await session.scalar(
        select(col(Lead.id)).where(col(Lead.id) == lead.id, visible_leads(actor))
    )
    task = await session.scalar(
        select(Task).where(
            col(Task.id) == task_id,
            col(Task.lead_id) == lead.id,
            col(Task.removed_at).is_(None),
            visible_tasks(actor),
        )
    )
    if task is None and is_own is None:
        raise NotFound("lead", encode_id("lead", lead_id))
    if task is None:
        raise NotFound("task", encode_id("task", task_id))
    return task, is_own is not None


async def lock_leads(session: AsyncSession, *lead_ids: UUID) -> list[Lead]:
    """The leads that the ids stand for now, in the order given, locked in ascending order.

    For acts of the leads themselves: nobody's rights are asked. NotFound if one is missing.
    """
    for _ in range(MAX_ALIAS_HOPS):
        survivors = [await surviving_lead(session, each) for each in lead_ids]
        rows = await session.scalars(
            select(Lead)
            .where(col(Lead.id).in_(survivors))
            .order_by(col(Lead.id))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        found = {row.id: row for row in rows}
        if len(found) < len(set(survivors)):
            break
        # One that was merged while this waited for the lock leads further.
        if all(row.merged_at is None for row in found.values()):
            return [found[each] for each in survivors]
    raise NotFound("lead", encode_id("lead", lead_ids[0]))
