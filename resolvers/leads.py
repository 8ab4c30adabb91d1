"""Leads: how they come to be, and the acts on their own fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
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
)
from models.fields import FieldDefinition
from models.ids import encode_id, new_id
from models.leads import Assignment, Lead
from models.pipelines import Pipeline, PipelineState
from models.staff import Staff
from resolvers import access, contact_points, fields, idempotency, naming, tags
from resolvers.actors import StaffActor
from resolvers.errors import MissingRequiredFields, NotFound, ProblemCode, invalid
from resolvers.fields import Edit
from resolvers.policy import Permission
from resolvers.text import optional, time_zone
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import TypedValue, of_type, reference

MAX_PROPERTIES = 50


@dataclass(frozen=True)
class PropertyEdit:
    """One key and value as a client sent it; `expected` is the revision that it saw."""

    key: str
    value: dict[str, Any] | None
    expected: int | None = None


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
    external_id: str | None = None


async def create_lead(work: UnitOfWork, new: NewLead, key: str) -> UUID:
    """Adds a lead in the first state of the default pipeline; a repeated key answers the first.

    An AGENT's new lead is the agent's own unless another assignee is allowed and named.
    """
    access.require(work.actor, Permission.EDIT_LEAD)
    body = {**new.__dict__, "properties": [each.__dict__ for each in new.properties]}
    wanted = new_id()
    lead_id = await idempotency.claim(work, "createLead", key, body, wanted)
    if lead_id == wanted:
        await insert_lead(work, new, lead_id)
    return lead_id


async def insert_lead(work: UnitOfWork, new: NewLead, lead_id: UUID) -> Lead:
    """The lead with its log begun; `lead_created` is always the first change."""
    state = await first_state(work)
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
    work.session.add(lead)
    work.session.add(LeadFeed(lead_id=lead_id))
    await work.session.flush()
    if assignee:
        work.session.add(Assignment(lead_id=lead_id, from_at=work.at, staff_id=assignee.id))
    await contact_points.add_addresses(work, lead, "emailAddresses", new.email_addresses)
    await contact_points.add_phones(work, lead, "phoneNumbers", new.phone_numbers)
    edits = await _first_values(work, new, state, assignee)
    rows: dict[UUID, Any] = {}
    stamps = [fields.write_value(work, lead_id, rows, each.field, each.value) for each in edits]
    await naming.rename(work.session, lead)
    diffs = [
        {
            "path": fields.path_of(each.field),
            "field_id": each.field.id.hex,
            "label": each.field.label,
            "before": None,
            "after": each.value.logged() if each.value else None,
        }
        for each in edits
        if each.field.is_listed
    ]
    work.record(
        lead_id,
        ChangeKind.LEAD_CREATED,
        HistoryType.LIFECYCLE,
        {
            "source": {
                "channel": lead.source_channel,
                "detail": lead.source_detail,
                "referrer": lead.source_referrer,
            },
            "lead": naming.columns(lead),
            "state": state.id.hex,
            "since": lead.state_since.isoformat(),
            "assignee": assignee.id.hex if assignee else None,
            "diffs": diffs,
            "tags": await tags.attach(work, lead_id, new.tags),
            **await contact_points.logged(work, lead),
        },
        stamps=stamps,
    )
    return lead


async def first_state(work: UnitOfWork) -> PipelineState:
    """Where new leads begin."""
    statement = (
        select(PipelineState)
        .join(Pipeline, col(Pipeline.id) == col(PipelineState.pipeline_id))
        .where(col(Pipeline.is_default), col(PipelineState.archived_at).is_(None))
        .order_by(col(PipelineState.position))
        .limit(1)
    )
    return (await work.session.scalars(statement)).one()


async def _first_assignee(work: UnitOfWork, new: NewLead) -> Staff | None:
    actor = work.actor
    wanted = new.assignee_id
    if wanted is None:
        if not isinstance(actor, StaffActor) or actor.role is not StaffRole.AGENT:
            return None
        wanted = actor.id
    if wanted != actor.id:
        access.require(actor, Permission.ASSIGN_LEAD)
    assert wanted is not None
    return await active_staff(work, "assigneeId", wanted)


async def active_staff(work: UnitOfWork, path: str, staff_id: UUID) -> Staff:
    """Somebody who can be given leads; InvalidInput for unknown or inactive people."""
    staff = await work.session.get(Staff, staff_id)
    if staff is None or not staff.is_active:
        raise invalid(path, ProblemCode.UNKNOWN, "This is no active member of the team.")
    return staff


async def _first_values(
    work: UnitOfWork, new: NewLead, state: PipelineState, assignee: Staff | None
) -> list[Edit]:
    known = await fields.definitions(work.session)
    edits = [each for each in person_edits(known, new.person, None) if each.value is not None]
    edits += [each for each in await property_edits(work, new.properties) if each.value]
    text = FieldType.TEXT
    if new.time_zone:
        edits.append(Edit(known["time_zone"], TypedValue(text, text=new.time_zone)))
    edits.append(Edit(known["state"], TypedValue(text, text=state.id.hex)))
    edits.append(Edit(known["priority"], TypedValue(text, text=Priority.NORMAL.value)))
    if assignee:
        edits.append(Edit(known["assignee"], TypedValue(text, text=assignee.id.hex)))
    filled = {each.field.id for each in edits}
    missing = [row for row in known.values() if row.is_required and row.id not in filled]
    if missing and isinstance(work.actor, StaffActor):
        raise MissingRequiredFields(
            tuple(row.id for row in missing), tuple(row.label for row in missing)
        )
    return edits


def person_edits(
    known: Mapping[str, FieldDefinition],
    person: Mapping[str, str | date | None],
    expected: int | None,
) -> list[Edit]:
    """Edits of the personal fields that are named; None clears one."""
    edits = []
    for key, value in person.items():
        path = fields.PERSON_PATHS[key]
        if key == "birthday":
            day = value if isinstance(value, date) else None
            typed = TypedValue(FieldType.DATE, day=day) if day else None
        else:
            typed = fields.check_text(
                path, key, str(value) if value else None, fields.PERSON_LIMITS[key]
            )
        edits.append(Edit(known[key], typed, expected))
    return edits


async def property_edits(work: UnitOfWork, given: Sequence[PropertyEdit]) -> list[Edit]:
    """Checked edits for keys of properties, each key once."""
    if len(given) > MAX_PROPERTIES:
        raise invalid("properties", ProblemCode.TOO_LARGE, f"At most {MAX_PROPERTIES} at once.")
    edits, seen = [], set()
    # By key, so that two acts that make the same fields never wait for each other.
    for index, each in sorted(enumerate(given), key=lambda pair: pair[1].key):
        path = f"properties.{index}"
        if each.key in seen:
            raise invalid(f"{path}.fieldKey", ProblemCode.CONTRADICTION, "Each key once.")
        seen.add(each.key)
        kind = type_of(each.value)
        definition = await fields.field_for_key(work, f"{path}.fieldKey", each.key, kind)
        value = None
        if each.value is not None:
            value = of_type(definition.type, f"{path}.value", each.value)
            if definition.is_built_in:
                value = fields.check_built_in(f"{path}.value", definition.key, value)
            elif value.type in (FieldType.TEXT, FieldType.URL) and not value.text:
                value = None
        edits.append(Edit(definition, value, each.expected))
    return edits


def type_of(given: dict[str, Any] | None) -> FieldType:
    """The type of field that a value asks for when its key is unknown."""
    key = next(iter(given)) if given else "text"
    return FieldType[key.upper()] if key.upper() in FieldType.__members__ else FieldType.TEXT


async def change_person(
    work: UnitOfWork,
    lead_id: UUID,
    person: Mapping[str, str | date | None],
    own: Mapping[str, str | None],
    expected: int | None,
) -> UUID:
    """Changes personal information; `own` may hold `title` and `time_zone`."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    known = await fields.definitions(work.session)
    edits = person_edits(known, person, expected)
    if "title" in own:
        edits.append(
            Edit(known["title"], fields.check_text("title", "title", own["title"], 120), expected)
        )
    if "time_zone" in own:
        zone = own["time_zone"]
        value = time_zone("timeZone", zone) if zone else None
        typed = TypedValue(FieldType.TEXT, text=value) if value else None
        edits.append(Edit(known["time_zone"], typed, expected))
    await fields.edit(work, lead, edits)
    return lead.id


async def change_priority(
    work: UnitOfWork, lead_id: UUID, priority: Priority, expected: int | None
) -> UUID:
    """Sets the priority; the same one changes nothing."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    if lead.priority is priority:
        return lead.id
    known = await fields.definitions(work.session, "priority")
    value = TypedValue(FieldType.TEXT, text=priority.value)
    await fields.edit(work, lead, [Edit(known["priority"], value, expected)])
    return lead.id


async def set_properties(
    work: UnitOfWork, lead_id: UUID, properties: Sequence[PropertyEdit]
) -> UUID:
    """Sets or clears properties in one change; an unknown key makes a field."""
    access.require(work.actor, Permission.EDIT_LEAD)
    if not properties:
        raise invalid("properties", ProblemCode.REQUIRED, "Name at least one property.")
    lead = await access.lead_for(work.session, work.actor, lead_id)
    await fields.edit(work, lead, await property_edits(work, properties))
    return lead.id


async def change_state(
    work: UnitOfWork, lead_id: UUID, state_id: UUID, expected: int | None
) -> UUID:
    """Moves the lead to any state; the same one changes nothing."""
    access.require(work.actor, Permission.CHANGE_STATE)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    to = await work.session.get(PipelineState, state_id)
    if to is None or to.archived_at:
        raise invalid("stateId", ProblemCode.UNKNOWN, "This state can't be entered.")
    former = await work.session.get_one(PipelineState, lead.state_id)
    if to.id == former.id:
        return lead.id
    diff, row = await _own_field(
        work, lead, "state", reference(former.name, former.id), reference(to.name, to.id),
        to.id.hex, expected,
    )  # fmt: skip
    seconds = int((work.at - lead.state_since).total_seconds())
    lead.state_id, lead.state_since = to.id, work.at
    work.record(
        lead.id,
        ChangeKind.LEAD_STATE_CHANGED,
        HistoryType.STATE,
        {
            "from": former.id.hex,
            "to": to.id.hex,
            "since": lead.state_since.isoformat(),
            "seconds_in_from": max(seconds, 0),
            "diffs": [diff],
        },
        stamps=[row],
    )
    return lead.id


async def assign(
    work: UnitOfWork, lead_id: UUID, staff_id: UUID | None, expected: int | None
) -> UUID:
    """Gives the lead to somebody active, or to nobody; the same one changes nothing."""
    lead = await access.lead_for(work.session, work.actor, lead_id)
    access.require(work.actor, Permission.ASSIGN_LEAD)
    if staff_id == lead.assignee_id:
        return lead.id
    to = await active_staff(work, "staffId", staff_id) if staff_id else None
    former = await work.session.get(Staff, lead.assignee_id) if lead.assignee_id else None
    diff, row = await _own_field(
        work, lead, "assignee",
        reference(former.name, former.id) if former else None,
        reference(to.name, to.id) if to else None,
        to.id.hex if to else None, expected,
    )  # fmt: skip
    if former:
        present = await work.session.scalar(
            select(Assignment).where(
                col(Assignment.lead_id) == lead.id, col(Assignment.to_at).is_(None)
            )
        )
        if present:
            present.to_at = max(work.at, present.from_at)
    since = await _assignment_start(work, lead) if to else None
    if to and since:
        work.session.add(Assignment(lead_id=lead.id, from_at=since, staff_id=to.id))
    lead.assignee_id = to.id if to else None
    lead.assigned_since = since
    work.record(
        lead.id,
        ChangeKind.LEAD_ASSIGNEE_CHANGED,
        HistoryType.ASSIGNMENT,
        {
            "from": former.id.hex if former else None,
            "to": to.id.hex if to else None,
            "diffs": [diff],
        },
        stamps=[row],
    )
    return lead.id


async def _assignment_start(work: UnitOfWork, lead: Lead) -> datetime:
    """Now, or right after the last assignment if that began at this very instant or later."""
    last: datetime | None = await work.session.scalar(
        select(col(Assignment.from_at))
        .where(col(Assignment.lead_id) == lead.id)
        .order_by(col(Assignment.from_at).desc())
        .limit(1)
    )
    return work.at if last is None else max(work.at, last + timedelta(microseconds=1))


async def _own_field(
    work: UnitOfWork,
    lead: Lead,
    key: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    value: str | None,
    expected: int | None,
) -> tuple[dict[str, Any], Any]:
    """Version check, value row and diff of a field that has an act of its own."""
    definition = (await fields.definitions(work.session, key))[key]
    rows = await fields.property_rows(work.session, lead.id, [definition.id])
    present = rows.get(definition.id)
    typed = TypedValue(FieldType.TEXT, text=value) if value else None
    if expected is not None and present and present.version > expected:
        stale = Edit(definition, typed, expected)
        raise await fields.conflict(work, lead, rows, [stale], {definition.id: (before, after)})
    row = fields.write_value(work, lead.id, rows, definition, typed)
    diff = {
        "path": key,
        "field_id": definition.id.hex,
        "label": definition.label,
        "before": before,
        "after": after,
    }
    return diff, row


async def require_lead(work: UnitOfWork, lead_id: UUID) -> None:
    """NotFound unless the actor may see the lead; without a lock."""
    if await access.find_lead(work.session, work.actor, lead_id) is None:
        raise NotFound("lead", encode_id("lead", lead_id))
