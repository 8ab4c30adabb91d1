"""Hiding a lead from Visitors, and its return when it does something itself.

Only activity from the lead's own end brings it back: an event, a message, a link that it followed,
another page, saying who it is. A mouse that moves on an open page is none, or hiding would be of
no use; neither is what staff or the program do. Of hiding and activity at the same time the later
instant wins, whichever commits first.
"""

from datetime import datetime
from uuid import UUID

from models.enums import ChangeKind, HistoryType
from models.leads import Lead
from resolvers import access
from resolvers.errors import Gone
from resolvers.policy import Permission
from resolvers.tasks.recording import diff, instant
from resolvers.unit_of_work import UnitOfWork

PATH, LABEL = "hiddenAt", "Hidden from Visitors"


async def hide_lead(work: UnitOfWork, lead_id: UUID) -> UUID:
    """Takes a lead off Visitors; one that is hidden, or was active since, stays as it is.

    Gone if it was erased, and the actor may know.
    """
    access.require(work.actor, Permission.HIDE_LEAD)
    if erased_at := await access.erased_at(work.session, work.actor, lead_id):
        raise Gone(erased_at)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    was_active = lead.last_activity_at is not None and lead.last_activity_at > work.at
    if lead.hidden_at is None and not was_active:
        _set(work, lead, work.at)
    return lead.id


def note_activity(work: UnitOfWork, lead: Lead) -> None:
    """The locked lead itself did something: it is shown again."""
    lead.last_activity_at = max(lead.last_activity_at or work.at, work.at)
    if lead.hidden_at is not None and lead.hidden_at <= work.at:
        _set(work, lead, None)


def _set(work: UnitOfWork, lead: Lead, hidden_at: datetime | None) -> None:
    before, lead.hidden_at = lead.hidden_at, hidden_at
    work.record(
        lead.id,
        ChangeKind.LEAD_VISIBILITY_CHANGED,
        HistoryType.LIFECYCLE,
        {
            "hidden_at": hidden_at.isoformat() if hidden_at else None,
            "diffs": [diff(PATH, LABEL, instant(before), instant(hidden_at))],
        },
    )
