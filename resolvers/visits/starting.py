"""Visits: how they begin, and whom a token stands for."""

import contextlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.changes import LeadFeed
from models.enums import ActorKind, SourceChannel, Via
from models.ids import new_id
from models.leads import Lead
from models.visits import Site, Visit
from resolvers import (
    access,
    events,
    limits,
    naming,
    places,
    zones,
)
from resolvers.actors import VisitorActor
from resolvers.devices import device_name
from resolvers.errors import InvalidInput, NotFound, ProblemCode, invalid
from resolvers.leads import NewLead, insert_lead
from resolvers.open_pages import Page
from resolvers.places import Place
from resolvers.secrets import hash_token, new_token
from resolvers.services import Services
from resolvers.sites import origin_of, site_for_key
from resolvers.text import LANGUAGE, time_zone
from resolvers.unit_of_work import UnitOfWork, unit_of_work


@dataclass(frozen=True)
class StartedVisit:
    """A visit and its token, shown once; the feed begins after `revision`."""

    actor: VisitorActor
    token: str
    revision: int


@dataclass(frozen=True)
class NewVisit:
    """What the script tells at its start; `origin` comes from the request, not from the script."""

    site_key: str
    page: Page
    token: str | None = None
    referrer: str | None = None
    time_zone: str | None = None
    language: str | None = None
    origin: str | None = None
    client: str = ""
    """Names the caller for limits, without telling who it is."""
    address: str = ""
    """Network address, looked up and dropped."""
    user_agent: str = ""


async def start_visit(services: Services, new: NewVisit) -> StartedVisit:
    """Begins a visit, or takes one up whose token the browser still has."""
    await limits.spend(services.limiter, limits.START_VISIT, new.client)
    if new.token:
        known = await actor_for_token(services, new.token)
        if known:
            await _follow_zone(services, known, new.time_zone)
            await _arrive(services, known, new)
            return StartedVisit(known, new.token, await _revision(services, known.lead_id))
    token, lead_id = new_token("visit"), new_id()
    actor = VisitorActor(
        ActorKind.LEAD, lead_id, naming.visitor_name(lead_id), Via.SITE, new_id(), lead_id, False
    )
    async with unit_of_work(services, actor) as work:
        site = await site_for_key(work, new.site_key)
        if site is None or (new.origin and origin_of(new.origin) not in site.origins):
            raise NotFound("site", new.site_key)
        if origin_of(new.page.url) not in site.origins:
            raise invalid(
                "page.url", ProblemCode.UNKNOWN, "The page is on none of the site's origins."
            )
        place = services.places.find(new.address)
        lead = await insert_lead(work, _begun(new, site, place), lead_id)
        lead.last_activity_at = work.at
        visit = Visit(
            id=actor.visit_id,
            site_id=site.id,
            lead_id=lead.id,
            token_hash=hash_token(token),
            started_at=work.at,
            time_zone=lead.time_zone,
            referrer=_foreign_referrer(new, site),
            device=device_name(new.user_agent),
        )
        places.put_place(visit, place)
        work.session.add(visit)
    return StartedVisit(actor, token, work.committed[lead.id][-1].revision)


async def _arrive(services: Services, actor: VisitorActor, new: NewVisit) -> None:
    """A visit taken up may come from elsewhere, or from a browser that was renewed."""
    async with services.database.read_session() as session:
        visit = await session.get_one(Visit, actor.visit_id)
        site = await session.get_one(Site, visit.site_id)
        lead = await session.get_one(Lead, visit.lead_id)
    referrer = _foreign_referrer(new, site) or visit.referrer
    device = device_name(new.user_agent)
    place = services.places.find(new.address)
    known = (visit.referrer, visit.device, places.place_of(visit), places.place_of(lead))
    if known == (referrer, device, place or known[2], place or known[3]):
        return
    async with unit_of_work(services, actor) as work:
        lead = await own_lead(work, actor)
        visit = await work.session.get_one(Visit, actor.visit_id)
        visit.referrer, visit.device = referrer, device
        if place is not None:
            places.put_place(visit, place)
            places.follow_visit(work, lead, place)


def _referrer(new: NewVisit) -> str | None:
    with contextlib.suppress(InvalidInput):
        return events.page_address("referrer", new.referrer or None)
    return None


def _foreign_referrer(new: NewVisit, site: Site) -> str | None:
    """The referrer, unless it is a page of the site itself."""
    referrer = _referrer(new)
    return referrer if referrer and origin_of(referrer) not in site.origins else None


def _begun(new: NewVisit, site: Site, place: Place | None) -> NewLead:
    """What a visit says of its lead; what is malformed is left out, the visit begins anyway."""
    language = new.language if LANGUAGE.fullmatch(new.language or "") else None
    return NewLead(
        person={"language": language} if language else {},
        source=SourceChannel.SITE,
        source_detail=site.name,
        source_referrer=_referrer(new),
        time_zone=_zone(new.time_zone),
        place=place,
    )


def _zone(told: str | None) -> str | None:
    with contextlib.suppress(InvalidInput):
        return time_zone("timeZone", told) if told else None
    return None


async def _follow_zone(services: Services, actor: VisitorActor, told: str | None) -> None:
    """Lets the lead's zone follow a browser that travels; most pages find it as it is."""
    zone = _zone(told)
    if zone is None:
        return
    async with services.database.read_session() as session:
        if not await zones.is_news(session, actor.lead_id, zone):
            return
    async with unit_of_work(services, actor) as work:
        await zones.hear_browser(work, await own_lead(work, actor), zone)
        visit = await work.session.get_one(Visit, actor.visit_id)
        visit.time_zone = zone


async def actor_for_token(services: Services, token: str) -> VisitorActor | None:
    """The visitor that a token stands for; None once the visit ended."""
    async with services.database.read_session() as session:
        row = (
            await session.execute(
                select(Visit, Lead)
                .join(Lead, col(Lead.id) == col(Visit.lead_id))
                .where(col(Visit.token_hash) == hash_token(token), col(Visit.ended_at).is_(None))
            )
        ).one_or_none()
    if row is None:
        return None
    visit, lead = row
    return VisitorActor(
        ActorKind.LEAD, lead.id, lead.display_name, Via.SITE, visit.id, lead.id, visit.is_identified
    )


async def _revision(services: Services, lead_id: UUID) -> int:
    async with services.database.read_session() as session:
        feed = await session.scalar(
            select(col(LeadFeed.revision)).where(col(LeadFeed.lead_id) == lead_id)
        )
    return feed or 0


async def own_lead(work: UnitOfWork, actor: VisitorActor) -> Lead:
    """The visitor's own card, locked; the survivor if it was merged meanwhile."""
    (lead,) = await access.lock_leads(work.session, actor.lead_id)
    return lead
