"""Where a lead's log stands, and what of it a viewer may be told."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.changes import Change, LeadFeed, RecordedChange
from models.enums import ActorKind, NoteVisibility
from models.leads import LeadAlias
from models.notes import Note
from models.segments import Segment
from resolvers import access
from resolvers.lead_card.items import ResetReason
from resolvers.views import View

MAX_BEHIND = 5_000


async def read_feed(session: AsyncSession, lead_id: UUID) -> LeadFeed:
    """Where the lead's log stands in this transaction."""
    return await session.get_one(LeadFeed, lead_id)


async def find_alias(session: AsyncSession, lead_id: UUID) -> LeadAlias | None:
    """What became of a lead that went into another."""
    return await session.get(LeadAlias, lead_id)


def why_not_from(revision: int, feed: LeadFeed) -> ResetReason | None:
    """Why a stream can't go on behind this revision; None if it can."""
    if revision > feed.revision:
        return ResetReason.FROM_THE_FUTURE
    if revision < feed.floor:
        return ResetReason.TOO_OLD
    if feed.revision - revision > MAX_BEHIND:
        return ResetReason.TOO_FAR_BEHIND
    return None


async def has_hidden_note(view: View, change: RecordedChange) -> bool:
    """Whether this change, which the viewer may not see, took a note away that they could see."""
    if not _is_of_note(change, NoteVisibility.PRIVATE) or not access.reads_notes(view.actor):
        return False
    statement = (
        select(Change)
        .where(
            col(Change.lead_id) == change.lead_id,
            col(Change.subject_id) == change.subject_id,
            col(Change.revision) < change.revision,
        )
        .order_by(col(Change.revision).desc())
        .limit(1)
    )
    before = await view.scalar(statement)
    return before is not None and _is_of_note(before, NoteVisibility.TEAM)


def _is_of_note(change: RecordedChange, visibility: NoteVisibility) -> bool:
    note = (change.data or {}).get("note") or {}
    return note.get("visibility") == visibility


async def may_see_change(view: View, change: RecordedChange) -> bool:
    """Whether the viewer may see this row of the log; those of a note follow the note, those of a
    segment what its rule looks at."""
    if view.actor.kind is ActorKind.SYSTEM:
        return True
    if change.subject_kind == "segment":
        seen = select(col(Segment.id)).where(
            col(Segment.id) == change.subject_id, access.visible_segments(view.actor)
        )
        return await view.scalar(seen) is not None
    if change.subject_kind != "note":
        return True
    statement = select(col(Note.id)).where(
        col(Note.id) == change.subject_id, access.visible_notes(view.actor)
    )
    return await view.scalar(statement) is not None
