"""Who works on a lead: handing it over, what moves along, and who is told."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import ChangeKind, HistoryType, NotificationKind
from models.leads import Assignment, Lead
from models.staff import Staff
from resolvers import access, appointments, conversations
from resolvers.day_hints import touch_days
from resolvers.errors import Forbidden
from resolvers.leads.own_fields import change_own_field
from resolvers.notifications import notify
from resolvers.policy import Permission
from resolvers.staff.active import active_staff
from resolvers.tasks import move_open_tasks
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import reference

Mover = Callable[[UnitOfWork, UUID, UUID, UUID], Awaitable[int]]
MOVERS: tuple[Mover, ...] = (
    appointments.move_open,
    move_open_tasks,
    conversations.move_open_conversations,
)
"""What is open on a lead (its id) and can go from one assignee to the next, with its own changes in
the log; each answers how many it moved."""


async def assign(
    work: UnitOfWork,
    lead_id: UUID,
    staff_id: UUID | None,
    expected: int | None,
    *,
    moves_open_items: bool = False,
) -> UUID:
    """Gives the lead to somebody active, or to nobody; the same one changes nothing.

    Whoever it was with loses it at this very change. With `moves_open_items` what is open with
    them goes along; it stays with them when the lead goes to nobody.
    """
    lead = await access.lead_for(work.session, work.actor, lead_id)
    if not _may_try(work, lead, staff_id):
        raise Forbidden(Permission.ASSIGN_LEAD)
    if staff_id == lead.assignee_id:
        return lead.id
    to = await active_staff(work, "staffId", staff_id) if staff_id else None
    if not access.may_assign(work.actor, lead.assignee_id, staff_id):
        raise Forbidden(Permission.ASSIGN_LEAD, access.WITHIN_TEAMS)
    former = await work.session.get(Staff, lead.assignee_id) if lead.assignee_id else None
    diff, row = await change_own_field(
        work, lead, "assignee",
        reference(former.name, former.id) if former else None,
        reference(to.name, to.id) if to else None,
        to.id.hex if to else None, expected,
    )  # fmt: skip
    await _turn_over(work, lead, to)
    data = {
        "from": former.id.hex if former else None,
        "to": to.id.hex if to else None,
        "moved": 0,
        "diffs": [diff],
    }
    kind, category = ChangeKind.LEAD_ASSIGNEE_CHANGED, HistoryType.ASSIGNMENT
    work.record(lead.id, kind, category, data, stamps=[row])
    if moves_open_items and former and to:
        data["moved"] = sum([await move(work, lead.id, former.id, to.id) for move in MOVERS])
    await conversations.follow_lead(work, lead)
    await tell_assignees(work, lead, former.id if former else None)
    return lead.id


def _may_try(work: UnitOfWork, lead: Lead, staff_id: UUID | None) -> bool:
    """Whether the actor hands leads over at all, or takes this one, a second time too."""
    if access.may(work.actor, Permission.ASSIGN_LEAD):
        return True
    takes = staff_id == work.actor.id and lead.assignee_id in (None, staff_id)
    return takes and access.may(work.actor, Permission.ASSIGN_SELF)


async def _turn_over(work: UnitOfWork, lead: Lead, to: Staff | None) -> None:
    """Ends the present assignment and begins the next."""
    present = await work.session.scalar(
        select(Assignment).where(
            col(Assignment.lead_id) == lead.id, col(Assignment.to_at).is_(None)
        )
    )
    if present:
        present.to_at = max(work.at, present.from_at)
    since = await _assignment_start(work, lead) if to else None
    if to and since:
        work.session.add(Assignment(lead_id=lead.id, from_at=since, staff_id=to.id))
    lead.assignee_id = to.id if to else None
    lead.assigned_since = since


async def _assignment_start(work: UnitOfWork, lead: Lead) -> datetime:
    """Now, or right after the last assignment if that began at this very instant or later."""
    last: datetime | None = await work.session.scalar(
        select(col(Assignment.from_at))
        .where(col(Assignment.lead_id) == lead.id)
        .order_by(col(Assignment.from_at).desc())
        .limit(1)
    )
    return work.at if last is None else max(work.at, last + timedelta(microseconds=1))


async def tell_assignees(work: UnitOfWork, lead: Lead, former_id: UUID | None) -> None:
    """Tells whom the lead is with now, and whom it was with before."""
    touch_days(work, lead.assignee_id, former_id)
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
