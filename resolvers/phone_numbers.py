"""Acts of staff on the phone numbers of a lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.contact_points import LeadPhoneNumber
from models.ids import encode_id
from models.leads import Lead
from resolvers import access
from resolvers.contact_points import MAX_PER_LEAD, changing, default_region, e164, place
from resolvers.errors import Conflict, ConflictReason, LimitReached, NotFound
from resolvers.policy import Permission
from resolvers.text import optional, required
from resolvers.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class NumberEdit:
    """A number as typed; `keeps_label` leaves the label of a known entry as it is."""

    number: str
    label: str | None = None
    keeps_label: bool = False
    is_primary: bool = False


async def save_phone_number(
    work: UnitOfWork, lead_id: UUID, entry_id: UUID | None, edit: NumberEdit
) -> UUID:
    """Adds a number, or changes the entry; one that can't be dialled is refused.

    Conflict DUPLICATE if the number is on the lead already; what is there already changes nothing.
    """
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    rows = await _rows(work, lead)
    entry = _entry(rows, entry_id) if entry_id else None
    as_typed = required("number", edit.number, 40)
    number = e164("number", as_typed, await default_region(work))
    label = optional("label", edit.label, 40)
    _refuse_duplicate(rows, number, entry)
    if entry is None and len(rows) >= MAX_PER_LEAD:
        raise LimitReached(f"A lead has at most {MAX_PER_LEAD} numbers.", MAX_PER_LEAD)
    async with changing(work, lead):
        if entry is None:
            entry = LeadPhoneNumber(
                lead_id=lead.id,
                number=number,
                as_typed=as_typed,
                position=len(rows),
                added_at=work.at,
            )
            work.session.add(entry)
        elif entry.number != number:
            entry.number, entry.as_typed = number, as_typed
        if not edit.keeps_label:
            entry.label = label
        others = [row for row in rows if row is not entry]
        if edit.is_primary:
            place([entry, *others])
    return lead.id


async def remove_phone_number(work: UnitOfWork, lead_id: UUID, entry_id: UUID) -> UUID:
    """Takes a number from the lead; the next one is the primary then."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    rows = await _rows(work, lead)
    entry = _entry(rows, entry_id)
    async with changing(work, lead):
        await work.session.delete(entry)
        place([row for row in rows if row is not entry])
    return lead.id


async def _rows(work: UnitOfWork, lead: Lead) -> Sequence[LeadPhoneNumber]:
    rows = await work.session.scalars(
        select(LeadPhoneNumber)
        .where(col(LeadPhoneNumber.lead_id) == lead.id)
        .order_by(col(LeadPhoneNumber.position))
    )
    return rows.all()


def _entry(rows: Sequence[LeadPhoneNumber], entry_id: UUID) -> LeadPhoneNumber:
    for row in rows:
        if row.id == entry_id:
            return row
    raise NotFound("phone number", encode_id("phone", entry_id))


def _refuse_duplicate(
    rows: Sequence[LeadPhoneNumber], number: str, entry: LeadPhoneNumber | None
) -> None:
    for row in rows:
        if row.number == number and row is not entry:
            raise Conflict(
                ConflictReason.DUPLICATE,
                "The lead has this number already.",
                existing=encode_id("phone", row.id),
            )
