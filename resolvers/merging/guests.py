"""Leads that were merged into another until that was undone: their traces in the other's log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.changes import Change
from models.enums import ChangeKind


@dataclass(frozen=True)
class Guest:
    """One merge and its undoing, by the revisions of the other lead's log."""

    host_id: UUID
    alias_id: UUID
    merged: int
    at: datetime
    """Of the merge."""
    given_back: int
    """The card is told anew there, without the guest."""

    def changes(self) -> ColumnElement[bool]:
        """The host's changes that may tell of the guest: from the merge to before its undoing."""
        # Fields that the merge filled are told right before it.
        is_filling = and_(
            col(Change.revision) == self.merged - 1,
            col(Change.kind) == ChangeKind.PROPERTIES_CHANGED,
            col(Change.at) == self.at,
        )
        is_within = col(Change.revision).between(self.merged, self.given_back - 1)
        return and_(col(Change.lead_id) == self.host_id, or_(is_filling, is_within))


async def guests_of(session: AsyncSession, host_id: UUID) -> list[Guest]:
    """Those of one lead, in the order in which they were given back."""
    joints = await session.execute(
        select(col(Change.revision), col(Change.at), col(Change.kind), col(Change.data))
        .where(
            col(Change.lead_id) == host_id,
            col(Change.kind).in_((ChangeKind.LEAD_ABSORBED, ChangeKind.LEAD_UNMERGED)),
        )
        .order_by(col(Change.revision))
    )
    begins: dict[str, tuple[int, datetime]] = {}
    found: list[Guest] = []
    for revision, at, kind, data in joints:
        alias: Any = (data or {}).get("alias")
        if alias is None:
            continue
        if kind is ChangeKind.LEAD_ABSORBED:
            begins[alias] = revision, at
        elif begun := begins.pop(alias, None):
            found.append(Guest(host_id, UUID(hex=alias), *begun, revision))
    return found
