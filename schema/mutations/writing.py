"""What every act on a lead answers: the lead, and the very changes that its open cards receive."""

from typing import Any
from uuid import UUID

import strawberry

from models.leads import Lead as LeadRow
from resolvers import access
from resolvers.actors import SYSTEM
from resolvers.errors import NotFound
from resolvers.lead_card import may_see_change
from resolvers.unit_of_work import UnitOfWork
from schema.changes import LeadChange, change_of
from schema.context import Info
from schema.leads import Lead
from schema.loaders import SchemaView
from schema.values import global_id

INPUT = "What to do it with."


@strawberry.interface(description="Answer to a successful act on a lead.")
class LeadWrite:
    lead: Lead = strawberry.field(description="The lead after the act.")
    changes: list[LeadChange] = strawberry.field(
        description="What the act wrote in this lead's log and you may see, in order; empty when "
        "nothing changed."
    )


async def written(info: Info, work: UnitOfWork, lead_id: UUID) -> tuple[SchemaView, dict[str, Any]]:
    """The view after the commit, and the fields of LeadWrite.

    NotFound if the lead is no longer the caller's and the act wrote nothing: a repeated key.
    """
    view = info.context.view(work.actor)
    row = await view.run(access.find_lead, work.actor, lead_id)
    if row is None:
        row = await _given_away(view, work, lead_id)
    epoch = await view.epoch()
    changes = [
        change_of(view, change, epoch)
        for change in work.committed.get(row.id, ())
        if await may_see_change(view, change)
    ]
    return view, {"lead": Lead(row=row, view=view), "changes": changes}


async def _given_away(view: SchemaView, work: UnitOfWork, lead_id: UUID) -> LeadRow:
    """The lead as the act left it, shown this once to who gave it away by that act."""
    row = await view.run(access.find_lead, SYSTEM, lead_id)
    if row is None or row.id not in work.committed:
        raise NotFound("lead", global_id("lead", lead_id))
    view.load.lead.prime(row.id, row)
    found: LeadRow = row
    return found
