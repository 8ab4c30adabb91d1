"""Acts of staff on the e-mail addresses of a lead."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.contact_points import EmailAddress, LeadEmailAddress
from models.ids import encode_id
from models.leads import Lead
from resolvers import access
from resolvers.contact_points import MAX_PER_LEAD, address_row, changing, place
from resolvers.errors import (
    Conflict,
    ConflictReason,
    LimitReached,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.policy import Permission
from resolvers.unit_of_work import UnitOfWork


async def add_email_address(
    work: UnitOfWork, lead_id: UUID, typed: str, *, is_primary: bool = False
) -> UUID:
    """Adds an address; one that breaks the rules is kept, marked as invalid.

    The address has the status that it has on other leads, or a first one. Conflict DUPLICATE if it
    is on the lead already.
    """
    lead = await _editable(work, lead_id)
    rows = await _rows(work, lead)
    async with changing(work, lead):
        address, as_typed = await address_row(work, "address", typed)
        _refuse_duplicate(rows, address)
        if len(rows) >= MAX_PER_LEAD:
            raise LimitReached(f"A lead has at most {MAX_PER_LEAD} addresses.", MAX_PER_LEAD)
        row = LeadEmailAddress(
            lead_id=lead.id,
            email_address_id=address.id,
            as_typed=as_typed,
            position=len(rows),
            added_at=work.at,
        )
        work.session.add(row)
        place([row, *rows] if is_primary else [*rows, row])
    return lead.id


async def correct_email_address(
    work: UnitOfWork, lead_id: UUID, entry_id: UUID, typed: str
) -> UUID:
    """Puts another address in an entry's place; the same one changes nothing.

    Consent and proof belong to the old address and stay there: the new one has its own status.
    """
    lead = await _editable(work, lead_id)
    rows = await _rows(work, lead)
    entry = _entry(rows, entry_id)
    async with changing(work, lead):
        address, as_typed = await address_row(work, "address", typed)
        if address.id == entry.email_address_id:
            return lead.id
        _refuse_duplicate(rows, address)
        entry.email_address_id = address.id
        entry.as_typed = as_typed
        entry.is_verified = False
        entry.added_at = work.at
    return lead.id


async def make_email_address_primary(work: UnitOfWork, lead_id: UUID, entry_id: UUID) -> UUID:
    """Puts an entry first; the first one changes nothing."""
    lead = await _editable(work, lead_id)
    rows = await _rows(work, lead)
    entry = _entry(rows, entry_id)
    async with changing(work, lead):
        place([entry, *(row for row in rows if row is not entry)])
    return lead.id


async def remove_email_address(
    work: UnitOfWork, lead_id: UUID, entry_id: UUID, new_primary_id: UUID | None = None
) -> UUID:
    """Takes an entry from the lead; the address keeps its status.

    Precondition PRIMARY_NEEDED if the primary one goes, others remain and none of them is named.
    """
    lead = await _editable(work, lead_id)
    rows = await _rows(work, lead)
    entry = _entry(rows, entry_id)
    others = [row for row in rows if row is not entry]
    first = next((row for row in others if row.id == new_primary_id), None)
    if new_primary_id is not None and first is None:
        message = "The new primary address is another one of the lead's."
        raise invalid("newPrimaryId", ProblemCode.UNKNOWN, message)
    if entry is rows[0] and others and first is None:
        message = "Name the address that is used first from now on."
        raise Precondition(PreconditionReason.PRIMARY_NEEDED, message)
    async with changing(work, lead):
        await work.session.delete(entry)
        place(sorted(others, key=lambda row: row is not first))
    return lead.id


async def _editable(work: UnitOfWork, lead_id: UUID) -> Lead:
    access.require(work.actor, Permission.EDIT_LEAD)
    return await access.lead_for(work.session, work.actor, lead_id)


async def _rows(work: UnitOfWork, lead: Lead) -> Sequence[LeadEmailAddress]:
    rows = await work.session.scalars(
        select(LeadEmailAddress)
        .where(col(LeadEmailAddress.lead_id) == lead.id)
        .order_by(col(LeadEmailAddress.position))
    )
    return rows.all()


def _entry(rows: Sequence[LeadEmailAddress], entry_id: UUID) -> LeadEmailAddress:
    for row in rows:
        if row.id == entry_id:
            return row
    raise NotFound("e-mail address", encode_id("address", entry_id))


def _refuse_duplicate(rows: Sequence[LeadEmailAddress], address: EmailAddress) -> None:
    for row in rows:
        if row.email_address_id == address.id:
            raise Conflict(
                ConflictReason.DUPLICATE,
                "The lead has this address already.",
                existing=encode_id("address", row.id),
            )
