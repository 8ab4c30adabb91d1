"""Merges that can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select
from sqlmodel import col

from models.changes import Change
from models.enums import ChangeKind
from models.leads import Lead, LeadAlias
from resolvers.views import View

MOST = 50


@dataclass(frozen=True)
class Merge:
    """A lead that went into another; `change` is what its own log says of it."""

    alias_id: UUID
    name: str
    change: Change


async def merges_of(view: View, lead_ids: Sequence[UUID]) -> list[list[Merge]]:
    """The merges into each lead that were not undone, newest first; at most 50."""
    rows = await view.rows(
        select(col(LeadAlias.lead_id), col(Lead.display_name), Change)
        .join(Lead, col(Lead.id) == col(LeadAlias.alias_id))
        .join(
            Change,
            and_(
                col(Change.lead_id) == col(LeadAlias.alias_id),
                col(Change.kind) == ChangeKind.LEAD_MERGED,
                col(Change.at) >= col(LeadAlias.at),
            ),
        )
        .where(col(LeadAlias.lead_id).in_(lead_ids))
        .order_by(col(LeadAlias.at).desc(), col(LeadAlias.alias_id).desc())
    )
    found: dict[UUID, list[Merge]] = {each: [] for each in lead_ids}
    for lead_id, name, change in rows:
        if len(found[lead_id]) < MOST:
            found[lead_id].append(Merge(change.lead_id, name, change))
    return [found[each] for each in lead_ids]
