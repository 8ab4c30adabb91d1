"""Whose day moved: the dashboards of these people look again."""

from uuid import UUID

from realtime import topics
from resolvers.unit_of_work import UnitOfWork


def touch_days(work: UnitOfWork, *staff_ids: UUID | None) -> None:
    """Has the dashboards of these people look again after the commit; None stands for nobody."""
    for staff_id in staff_ids:
        if staff_id:
            work.hint(topics.day(staff_id))
