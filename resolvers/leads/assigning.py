"""Who works on a lead, and who is told when that changes."""

from uuid import UUID

from models.enums import NotificationKind
from models.leads import Lead
from resolvers.notifications import notify
from resolvers.unit_of_work import UnitOfWork


async def tell_assignees(work: UnitOfWork, lead: Lead, former_id: UUID | None) -> None:
    """Tells whom the lead is with now, and whom it was with before."""
    if lead.assignee_id:
        await notify(
            work,
            {lead.assignee_id},
            NotificationKind.LEAD_ASSIGNED,
            f"{lead.display_name} is now yours.",
            lead.id,
        )
    if former_id:
        await notify(
            work,
            {former_id},
            NotificationKind.LEAD_UNASSIGNED,
            f"{lead.display_name} is no longer yours.",
            lead.id,
        )
