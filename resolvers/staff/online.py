"""Who of the team is here: whoever has a session that was used within the last minutes.

An open socket uses its session all the time, a request does so once. Signing out ends it at once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, select, update
from sqlmodel import col

from models.staff import Staff, StaffSession
from realtime import topics
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.staff.callers import AWAY, standing
from resolvers.unit_of_work import unit_of_work
from resolvers.views import View

RENEW = timedelta(minutes=1)
"""How stale the last use of a session with an open socket may be."""
MOST_TOLD = 200
CHANNELS = topics.team(), topics.access()
"""What may move who is here."""


@dataclass(frozen=True)
class LastUse:
    """When a person last used a session, None for never; and whether they are here."""

    at: datetime | None = None
    is_online: bool = False


def _is_here(now: datetime) -> ColumnElement[bool]:
    return and_(*standing(now), col(StaffSession.last_used_at) > now - AWAY)


async def last_uses(view: View, ids: Sequence[UUID]) -> list[LastUse]:
    """What is known of each person, in one statement."""
    here = _is_here(view.services.clock.now())
    rows = await view.rows(
        select(
            col(StaffSession.staff_id),
            func.max(col(StaffSession.last_used_at)),
            func.max(case((here, 1), else_=0)),
        )
        .where(col(StaffSession.staff_id).in_(ids))
        .group_by(col(StaffSession.staff_id))
    )
    found = {staff_id: LastUse(at, bool(is_here)) for staff_id, at, is_here in rows}
    return [found.get(each, LastUse()) for each in ids]


async def people_here(view: View, since: float) -> tuple[UUID, ...]:
    """Who is here, by name; at most 200. For everybody who had a reason to look by `since`, it is
    read once."""
    reader = partial(_people_here, view)
    return await view.services.readings.read("people here", since, reader)


async def _people_here(view: View) -> tuple[UUID, ...]:
    here = select(col(StaffSession.staff_id)).where(_is_here(view.services.clock.now()))
    return tuple(
        await view.scalars(
            select(col(Staff.id))
            .where(col(Staff.id).in_(here), col(Staff.is_active))
            .order_by(col(Staff.name_key), col(Staff.id))
            .limit(MOST_TOLD)
        )
    )


async def keep_awake(services: Services, session_ids: Collection[UUID]) -> None:
    """Notes that sessions with an open socket are in use; writes once a minute for each."""
    now = services.clock.now()
    async with services.database.read_session() as session:
        rows = await session.execute(
            select(col(StaffSession.id), col(StaffSession.last_used_at)).where(
                col(StaffSession.id).in_(session_ids),
                *standing(now),
                col(StaffSession.last_used_at) <= now - RENEW,
            )
        )
        stale = {row[0]: row[1] for row in rows}
    if not stale:
        return
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(StaffSession).where(col(StaffSession.id).in_(stale)).values(last_used_at=now)
        )
        if any(now - used >= AWAY for used in stale.values()):
            work.hint(topics.team())
