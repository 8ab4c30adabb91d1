"""Acts on a lead's own fields."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import (
    ChangeKind,
    FieldType,
    HistoryType,
    Priority,
)
from models.leads import Assignment, Lead
from models.staff import Staff
from resolvers import access, built_in, fields
from resolvers.errors import ProblemCode, invalid
from resolvers.fields import Edit
from resolvers.leads import sales
from resolvers.leads.assigning import tell_assignees
from resolvers.leads.creating import active_staff
from resolvers.leads.edits import PropertyEdit, person_edits, property_edits
from resolvers.leads.own_fields import change_own_field
from resolvers.policy import Permission
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import TypedValue, money, reference


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
        title = built_in.text("title", "title", own["title"])
        edits.append(Edit(known["title"], title, expected))
    if "time_zone" in own:
        zone = built_in.text("timeZone", "time_zone", own["time_zone"])
        edits.append(Edit(known["time_zone"], zone, expected))
    await fields.edit(work, lead, edits)
    return lead.id


async def change_sales(
    work: UnitOfWork, lead_id: UUID, wanted: Mapping[str, sales.Given], expected: int | None
) -> UUID:
    """Changes what the lead wants; `wanted` has fields of the sales information, None clears."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    known = await fields.definitions(work.session)
    edits = sales.edits(known, wanted, expected)
    await fields.edit(work, lead, edits)
    await sales.check(work.session, lead.id, edits)
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


async def change_value(
    work: UnitOfWork, lead_id: UUID, value: Mapping[str, str] | None, expected: int | None
) -> UUID:
    """Sets what the deal is worth, an amount and its currency; None clears it."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    known = await fields.definitions(work.session, "value")
    worth = money("value", value["amount"], value["currency"]) if value else None
    await fields.edit(work, lead, [Edit(known["value"], worth, expected)])
    return lead.id


async def set_properties(
    work: UnitOfWork, lead_id: UUID, properties: Sequence[PropertyEdit]
) -> UUID:
    """Sets or clears properties in one change; an unknown key makes a field."""
    access.require(work.actor, Permission.EDIT_LEAD)
    if not properties:
        raise invalid("properties", ProblemCode.REQUIRED, "Name at least one property.")
    lead = await access.lead_for(work.session, work.actor, lead_id)
    edits = await property_edits(work, properties)
    await fields.edit(work, lead, edits)
    await sales.check(work.session, lead.id, edits, "properties")
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
    diff, row = await change_own_field(
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
    await tell_assignees(work, lead, former.id if former else None)
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
