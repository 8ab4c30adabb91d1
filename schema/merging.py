"""Leads that may be one person, and merges that can be undone."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from resolvers import access, merging
from schema.context import Info, argument_id
from schema.leads import Lead
from schema.loaders import SchemaView
from schema.staff import Actor, actor_of
from schema.values import global_id

MOST_SUGGESTED = 10


@strawberry.type(description="Two leads that may be one person.")
class Duplicate:
    lead: Lead = strawberry.field(description="The one asked about.")
    other: Lead = strawberry.field(description="The other.")
    score: int = strawberry.field(description="0 to 100.")
    reasons: list[str] = strawberry.field(description="What they share, in words.")


@strawberry.type(description="Merge that can be undone.")
class Merge:
    row: strawberry.Private[merging.Merge]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The merge.")
    def id(self) -> strawberry.ID:
        return global_id("merge", self.row.alias_id)

    @strawberry.field(description="Id of the lead that went in; it redirects to the other.")
    def merged_lead_id(self) -> strawberry.ID:
        return global_id("lead", self.row.alias_id)

    @strawberry.field(description="Its name then.")
    def merged_name(self) -> str:
        return self.row.name

    @strawberry.field(description="When.")
    def at(self) -> datetime:
        return self.row.change.at

    @strawberry.field(description="Who.")
    def actor(self) -> Actor:
        row = self.row.change
        return actor_of(self.view, row.actor_kind, row.actor_id, row.actor_name)


LeadId = Annotated[strawberry.ID, strawberry.argument(description="The lead.")]


async def duplicates(info: Info, lead_id: LeadId) -> list[Duplicate]:
    """Leads that may be the same person as this one."""
    view = await info.context.reading()
    row = await view.run(access.find_lead, view.actor, argument_id("lead", lead_id))
    if row is None:
        return []
    own = Lead(row=row, view=view)
    return [
        Duplicate(
            lead=own,
            other=Lead(row=each.lead, view=view),
            score=each.score,
            reasons=each.reasons,
        )
        for each in await merging.suggestions(view, row, MOST_SUGGESTED)
    ]


async def merges(info: Info, lead_id: LeadId) -> list[Merge]:
    """Leads that went into this one."""
    view = await info.context.reading()
    row = await view.run(access.find_lead, view.actor, argument_id("lead", lead_id))
    if row is None:
        return []
    (found,) = await merging.merges_of(view, [row.id])
    return [Merge(row=each, view=view) for each in found]


async def merge_of(view: SchemaView, lead_id: UUID, alias_id: UUID) -> Merge:
    """The merge that was just made."""
    (found,) = await merging.merges_of(view, [lead_id])
    return Merge(row=next(each for each in found if each.alias_id == alias_id), view=view)
