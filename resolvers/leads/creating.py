"""How leads come to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.changes import LeadFeed
from models.enums import (
    ChangeKind,
    FieldType,
    HistoryType,
    Priority,
    SourceChannel,
    StaffRole,
    Via,
)
from models.ids import new_id
from models.leads import Assignment, Lead
from models.pipelines import Pipeline, PipelineState
from models.staff import Staff
from resolvers import access, avatars, contact_points, fields, idempotency, naming, places, tags
from resolvers.actors import Actor, StaffActor
from resolvers.errors import Forbidden, ProblemCode, invalid
from resolvers.fields import Edit
from resolvers.leads import sales
from resolvers.leads.assigning import tell_assignees
from resolvers.leads.edits import PropertyEdit, person_edits, property_edits
from resolvers.places import Place
from resolvers.policy import Permission
from resolvers.staff.active import active_staff
from resolvers.text import optional, time_zone
from resolvers.unit_of_work import UnitOfWork, Versioned
from resolvers.values import TypedValue


@dataclass(frozen=True)
class NewLead:
    """What a lead begins with."""

    person: Mapping[str, str | date | None] = field(default_factory=dict)
    email_addresses: Sequence[str] = ()
    phone_numbers: Sequence[str] = ()
    properties: Sequence[PropertyEdit] = ()
    tags: Sequence[str] = ()
    assignee_id: UUID | None = None
    source: SourceChannel = SourceChannel.STAFF
    source_detail: str | None = None
    source_referrer: str | None = None
    time_zone: str | None = None
    place: Place | None = None
    """Where its first visit was."""
    external_id: str | None = None
    pipeline_id: UUID | None = None
    """Where it begins; None: the default one."""
    picture_url: str | None = None
    """Picture of the profile that the lead came with; fetched by a worker."""


async def create_lead(work: UnitOfWork, new: NewLead, key: str) -> UUID:
    """Adds a lead in the first state of its pipeline; a repeated key answers the first.

    An AGENT's new lead is the agent's own unless another assignee is allowed and named; so is that
    of who does not see leads of nobody.
    """
    access.require(work.actor, Permission.EDIT_LEAD)
    body = {**new.__dict__, "properties": [each.__dict__ for each in new.properties]}
    wanted = new_id()
    lead_id = await idempotency.claim(work, "createLead", key, body, wanted)
    if lead_id == wanted:
        if work.actor.via is Via.API:
            new = replace(new, source=SourceChannel.API)
        await insert_lead(work, new, lead_id)
        if new.picture_url is not None:
            await avatars.want_profile_picture(work, lead_id, "pictureUrl", new.picture_url)
    return lead_id


async def insert_lead(work: UnitOfWork, new: NewLead, lead_id: UUID) -> Lead:
    """The lead with its log begun; `lead_created` is always the first change."""
    state = await _first_state(work, new.pipeline_id)
    assignee = await _first_assignee(work, new)
    lead = Lead(
        id=lead_id,
        display_name="",
        name_key="",
        is_anonymous=True,
        external_id=new.external_id,
        created_at=work.at,
        source_channel=new.source,
        source_detail=optional("sourceDetail", new.source_detail, 200),
        source_referrer=new.source_referrer,
        state_id=state.id,
        state_since=work.at,
        assignee_id=assignee.id if assignee else None,
        assigned_since=work.at if assignee else None,
        time_zone=time_zone("timeZone", new.time_zone) if new.time_zone else None,
    )
    places.put_place(lead, new.place)
    work.session.add(lead)
    work.session.add(LeadFeed(lead_id=lead_id))
    await work.session.flush()
    if assignee:
        work.session.add(Assignment(lead_id=lead_id, from_at=work.at, staff_id=assignee.id))
    await contact_points.add_addresses(work, lead, "emailAddresses", new.email_addresses)
    await contact_points.add_phones(work, lead, "phoneNumbers", new.phone_numbers)
    edits = await _first_values(work, lead_id, new, state, assignee)
    rows: dict[UUID, Any] = {}
    stamps = [fields.write_value(work, lead_id, rows, each.field, each.value) for each in edits]
    for each in edits:
        fields.copy_to_column(lead, each)
    await naming.rename(work.session, lead)
    await sales.check(work.session, lead_id, edits, "properties")
    record_created(
        work,
        lead,
        edits,
        await tags.attach(work, lead_id, new.tags),
        await contact_points.logged(work, lead),
        stamps,
    )
    await tell_assignees(work, lead, None)
    return lead


def record_created(
    work: UnitOfWork,
    lead: Lead,
    edits: Sequence[Edit],
    tagged: Sequence[Mapping[str, str]],
    points: Mapping[str, Any],
    stamps: Sequence[Versioned],
) -> None:
    """The first change of a lead, with all that it begins with."""
    diffs = [fields.diff_of({}, each) for each in edits if each.field.is_listed]
    work.record(
        lead.id,
        ChangeKind.LEAD_CREATED,
        HistoryType.LIFECYCLE,
        {
            "source": {
                "channel": lead.source_channel,
                "detail": lead.source_detail,
                "referrer": lead.source_referrer,
            },
            "lead": naming.columns(lead),
            "state": lead.state_id.hex,
            "since": lead.state_since.isoformat(),
            "assignee": lead.assignee_id.hex if lead.assignee_id else None,
            "diffs": diffs,
            "tags": list(tagged),
            **points,
        },
        stamps=stamps,
    )


async def _first_state(work: UnitOfWork, pipeline_id: UUID | None) -> PipelineState:
    if pipeline_id is not None:
        pipeline = await work.session.get(Pipeline, pipeline_id)
        if pipeline is None or pipeline.archived_at:
            raise invalid("pipelineId", ProblemCode.UNKNOWN, "There is no such pipeline in use.")
    return await first_state(work, pipeline_id)


async def first_state(work: UnitOfWork, pipeline_id: UUID | None = None) -> PipelineState:
    """Where leads begin in a pipeline, the default one if none is named."""
    wanted = col(Pipeline.id) == pipeline_id if pipeline_id else col(Pipeline.is_default)
    statement = (
        select(PipelineState)
        .join(Pipeline, col(Pipeline.id) == col(PipelineState.pipeline_id))
        .where(wanted, col(PipelineState.archived_at).is_(None))
        .order_by(col(PipelineState.position))
        .limit(1)
    )
    return (await work.session.scalars(statement)).one()


async def _first_assignee(work: UnitOfWork, new: NewLead) -> Staff | None:
    actor = work.actor
    wanted = new.assignee_id
    if wanted is None:
        wanted = first_keeper(actor)
        if wanted is None:
            return None
    if wanted == actor.id:
        return await active_staff(work, "assigneeId", wanted)
    access.require(actor, Permission.ASSIGN_LEAD)
    assignee = await active_staff(work, "assigneeId", wanted)
    if not access.may_assign(actor, None, wanted):
        raise Forbidden(Permission.ASSIGN_LEAD, access.WITHIN_TEAMS)
    return assignee


def first_keeper(actor: Actor) -> UUID | None:
    """Whose a lead without a named assignee is: its maker's who would not see it, else nobody's."""
    if not isinstance(actor, StaffActor):
        return None
    is_kept = actor.role is StaffRole.AGENT or not access.sees_leads_of(actor, None)
    return actor.id if is_kept else None


async def _first_values(
    work: UnitOfWork, lead_id: UUID, new: NewLead, state: PipelineState, assignee: Staff | None
) -> list[Edit]:
    known = await fields.definitions(work.session)
    edits = [each for each in person_edits(known, new.person, None) if each.value is not None]
    edits += [each for each in await property_edits(work, new.properties, lead_id) if each.value]
    text = FieldType.TEXT
    if new.time_zone:
        edits.append(Edit(known["time_zone"], TypedValue(text, text=new.time_zone)))
    edits.append(Edit(known["state"], TypedValue(text, text=state.id.hex)))
    edits.append(Edit(known["priority"], TypedValue(text, text=Priority.NORMAL.value)))
    if assignee:
        edits.append(Edit(known["assignee"], TypedValue(text, text=assignee.id.hex)))
    if isinstance(work.actor, StaffActor):
        fields.require_filled(known, edits, work.actor)
    return edits
