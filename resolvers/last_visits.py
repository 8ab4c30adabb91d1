"""What is known of the visit that a lead came by last, while it is there and after it left."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlmodel import col

from models.visits import PresenceInterval, Site, Visit, VisitPage
from resolvers import devices
from resolvers.views import View


@dataclass(frozen=True)
class LastVisit:
    """A visit, what its page showed last while that is kept, and how often the lead was there."""

    visit: Visit
    site: Site
    page: VisitPage | None
    stays: int
    """Stored ones; one that goes on may not be among them yet."""
    ended: int

    @property
    def device(self) -> str:
        return self.visit.device or devices.UNKNOWN

    def is_return(self, *, is_there: bool) -> bool:
        """Whether the lead was on a site before this stay, or its last one."""
        return self.ended > 0 if is_there else self.stays > 1


async def last_visits(view: View, lead_ids: Sequence[UUID]) -> list[LastVisit | None]:
    """Of each lead the visit that showed or began something last; None for who never came."""
    lead_id = col(Visit.lead_id)
    latest = func.coalesce(col(VisitPage.told_at), col(Visit.started_at)).desc()
    place = func.row_number().over(
        partition_by=lead_id, order_by=(latest, col(Visit.id), col(VisitPage.page))
    )
    ranked = (
        select(col(Visit.id), col(VisitPage.page), place.label("place"))
        .outerjoin(VisitPage, col(VisitPage.visit_id) == col(Visit.id))
        .where(lead_id.in_(lead_ids))
        .subquery()
    )
    rows = await view.rows(
        select(Visit, Site, VisitPage)
        .join(ranked, ranked.c.id == col(Visit.id))
        .join(Site, col(Site.id) == col(Visit.site_id))
        .outerjoin(
            VisitPage,
            and_(col(VisitPage.visit_id) == ranked.c.id, col(VisitPage.page) == ranked.c.page),
        )
        .where(ranked.c.place == 1)
    )
    stays = await _stays(view, lead_ids)
    found = {
        visit.lead_id: LastVisit(visit, site, page, *stays.get(visit.lead_id, (0, 0)))
        for visit, site, page in rows
    }
    return [found.get(each) for each in lead_ids]


async def _stays(view: View, lead_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """How many stays of each lead are stored, and how many of them ended."""
    rows = await view.rows(
        select(col(PresenceInterval.lead_id), func.count(), func.count(col(PresenceInterval.to_at)))
        .where(col(PresenceInterval.lead_id).in_(lead_ids))
        .group_by(col(PresenceInterval.lead_id))
    )
    return {lead_id: (stays, ended) for lead_id, stays, ended in rows}
