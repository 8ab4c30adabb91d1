"""Merging two leads by hand, and undoing a merge."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.changes import Change, RecordedChange
from models.enums import ChangeKind
from models.fields import FieldDefinition
from models.ids import encode_id
from models.leads import Lead, LeadAlias
from resolvers import access, fields
from resolvers.errors import (
    Gone,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.fields import Edit
from resolvers.merging.absorbing import absorb
from resolvers.merging.undoing import give_back
from resolvers.policy import Permission
from resolvers.unit_of_work import UnitOfWork

MOST_TAKEN = 100
NOT_TAKEN = frozenset({"state", "assignee"})
"""Fields that stay as they are on the lead that stays: each has an act of its own."""
NEVER_EMPTY = "priority"


async def merge_leads(
    work: UnitOfWork, lead_id: UUID, merged_id: UUID, take: Sequence[str] = ()
) -> tuple[UUID, UUID]:
    """Merges one lead into another; answers the one that stays and the one that went in.

    Fields named in `take` get the values of the one that goes in, other empty ones are filled
    with them. An address has one status for all leads, so the merge can't make it laxer.

    Raises:
        Gone: one of them was erased, and the actor may know.
        InvalidInput: they are one lead already, or `take` names no field that can be taken.
    """
    for each in (lead_id, merged_id):
        if erased_at := await access.erased_at(work.session, work.actor, each):
            raise Gone(erased_at)
        await _require_visible(work, each)
    access.require(work.actor, Permission.MERGE_LEADS)
    into, gone = await access.lock_leads(work.session, lead_id, merged_id)
    await _require_visible(work, into.id)  # it may have changed hands meanwhile
    await _require_visible(work, gone.id)
    if into.id == gone.id:
        message = "These are one lead already."
        raise invalid("mergedLeadId", ProblemCode.CONTRADICTION, message)
    filled = await _fill(work, into, gone, await _chosen(work, take))
    await absorb(work, into, gone, filled=(filled.data or {})["diffs"] if filled else ())
    return into.id, gone.id


async def unmerge_lead(work: UnitOfWork, merged_id: UUID) -> tuple[UUID, UUID]:
    """Gives back a lead that had gone into another; answers the one that stayed and this one.

    What came later goes to the lead that it belongs to by its channel.

    Raises:
        Gone: it was erased since, and the actor may know.
        Precondition: ALREADY_UNMERGED; NEWER_MERGE where the lead that it went into has itself
            gone into another.
    """
    if erased_at := await access.erased_at(work.session, work.actor, merged_id):
        raise Gone(erased_at)
    await _require_visible(work, merged_id, noun="merge")
    access.require(work.actor, Permission.MERGE_LEADS)
    await access.lock_leads(work.session, merged_id)  # who undoes it at the same time waits here
    alias = await work.session.get(LeadAlias, merged_id, populate_existing=True)
    if alias is None:
        await _require_merged_once(work, merged_id)
        message = "This merge was undone before."
        raise Precondition(PreconditionReason.ALREADY_UNMERGED, message)
    rows = await work.session.scalars(
        select(Lead)
        .where(col(Lead.id).in_((alias.lead_id, merged_id)))
        .order_by(col(Lead.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {row.id: row for row in rows}
    into, gone = found[alias.lead_id], found[merged_id]
    if into.merged_at is not None:
        message = "The lead that it went into has gone into another: undo that merge first."
        raise Precondition(PreconditionReason.NEWER_MERGE, message)
    await give_back(work, alias, into, gone)
    return into.id, gone.id


async def _require_visible(work: UnitOfWork, lead_id: UUID, noun: str = "lead") -> None:
    if await access.find_lead(work.session, work.actor, lead_id) is None:
        raise NotFound(noun, encode_id(noun, lead_id))


async def _require_merged_once(work: UnitOfWork, lead_id: UUID) -> None:
    was_merged = await work.session.scalar(
        select(col(Change.id))
        .where(col(Change.lead_id) == lead_id, col(Change.kind) == ChangeKind.LEAD_MERGED)
        .limit(1)
    )
    if was_merged is None:
        raise NotFound("merge", encode_id("merge", lead_id))


async def _chosen(work: UnitOfWork, take: Sequence[str]) -> set[str]:
    if len(take) > MOST_TAKEN:
        raise invalid("takeFields", ProblemCode.TOO_LARGE, f"At most {MOST_TAKEN} fields.")
    known = await _fields(work)
    for index, key in enumerate(take):
        if key not in known:
            message = "This is no field that can be taken."
            raise invalid(f"takeFields.{index}", ProblemCode.UNKNOWN, message)
    return set(take)


async def _fields(work: UnitOfWork) -> dict[str, FieldDefinition]:
    """Fields that the actor sees and that hold a value of the lead's."""
    rows = await work.session.scalars(
        select(FieldDefinition).where(
            col(FieldDefinition.archived_at).is_(None),
            col(FieldDefinition.key).not_in(NOT_TAKEN),
            access.visible_fields(work.actor),
        )
    )
    return {row.key: row for row in rows}


async def _fill(work: UnitOfWork, into: Lead, gone: Lead, take: set[str]) -> RecordedChange | None:
    """Fills empty fields, and those that are to be taken."""
    known = await _fields(work)
    ids = [each.id for each in known.values()]
    present = await fields.property_rows(work.session, into.id, ids)
    given = await fields.property_rows(work.session, gone.id, ids)
    edits = []
    for key, each in known.items():
        value, former = fields.value_in(given, each), fields.value_in(present, each)
        is_gap = former is None and key != NEVER_EMPTY
        if value is not None and (is_gap or key in take):
            edits.append(Edit(each, value))
    return await fields.edit(work, into, edits)
