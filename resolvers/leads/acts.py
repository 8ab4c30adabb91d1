"""Acts on a lead's own fields."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from models.enums import (
    FieldType,
    Priority,
)
from resolvers import access, built_in, fields
from resolvers.errors import ProblemCode, invalid
from resolvers.fields import Edit
from resolvers.leads import sales
from resolvers.leads.edits import PropertyEdit, person_edits, property_edits
from resolvers.policy import Permission
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import TypedValue, money


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
    edits = await property_edits(work, properties, lead.id)
    await fields.edit(work, lead, edits)
    await sales.check(work.session, lead.id, edits, "properties")
    return lead.id
