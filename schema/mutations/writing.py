"""What every act on a lead answers: the lead, and the very changes that its open cards receive."""

from typing import Any
from uuid import UUID

import strawberry

from resolvers import access
from resolvers.lead_card import may_see_change
from resolvers.unit_of_work import UnitOfWork
from schema.changes import LeadChange, change_of
from schema.context import Info
from schema.leads import Lead
from schema.loaders import SchemaView

INPUT = "What to do it with."


@strawberry.interface(description="Answer to a successful act on a lead.")
class LeadWrite:
    lead: Lead = strawberry.field(description="The lead after the act.")
    changes: list[LeadChange] = strawberry.field(
        description="What the act wrote in this lead's log and you may see, in order; empty when "
        "nothing changed."
    )


async def written(info: Info, work: UnitOfWork, lead_id: UUID) -> tuple[SchemaView, dict[str, Any]]:
    """The view after the commit, and the fields of LeadWrite."""
    view = info.context.view(work.actor)
    row = await view.run(access.find_lead, work.actor, lead_id)
    epoch = await view.epoch()
    changes = [
        change_of(view, change, epoch)
        for change in work.committed.get(lead_id, ())
        if await may_see_change(view, change)
    ]
    return view, {"lead": Lead(row=row, view=view), "changes": changes}
