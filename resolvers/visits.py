"""The visitor's side: visits, heartbeats, what they do, and how a visit becomes a known person."""

import contextlib
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.changes import LeadFeed
from models.enums import ActorKind, ChangeKind, EventOrigin, HistoryType, SourceChannel, Via
from models.events import Event
from models.ids import new_id
from models.leads import Lead
from models.visits import Site, Visit
from realtime.presence import TooManyPages
from resolvers import (
    access,
    contact_points,
    conversations,
    events,
    fields,
    idempotency,
    limits,
    naming,
)
from resolvers.actors import VisitorActor
from resolvers.errors import InvalidInput, LimitReached, NotFound, ProblemCode, invalid
from resolvers.events import NewEvent, Seen
from resolvers.leads import NewLead, insert_lead, person_edits
from resolvers.merging import absorb
from resolvers.secrets import hash_token, is_signed, new_token
from resolvers.services import Services
from resolvers.sites import origin_of, site_for_key
from resolvers.text import optional, required, time_zone
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.values import LoggedValue

PAGE_KEY = re.compile(r"[!-~]{8,64}")
MAX_IDLE = 86_400_000
MAX_MESSAGE = 5_000
LONGEST_SIGNATURE = timedelta(hours=24)
MAX_EVENT_BYTES = 4_096


@dataclass(frozen=True)
class Page:
    """What the visitor looks at."""

    url: str
    title: str | None = None


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
    origin: str | None = None
    client: str = ""


async def start_visit(services: Services, new: NewVisit) -> StartedVisit:
    """Begins a visit, or takes one up whose token the browser still has."""
    await limits.spend(services.limiter, limits.START_VISIT, new.client)
    if new.token:
        known = await actor_for_token(services, new.token)
        if known:
            return StartedVisit(known, new.token, await _revision(services, known.lead_id))
    token, lead_id = new_token("visit"), new_id()
    actor = VisitorActor(
        ActorKind.LEAD, lead_id, naming.visitor_name(lead_id), Via.SITE, new_id(), lead_id, False
    )
    async with unit_of_work(services, actor) as work:
        site = await site_for_key(work, new.site_key)
        if site is None or (new.origin and origin_of(new.origin) not in site.origins):
            raise NotFound("site", new.site_key)
        lead = await insert_lead(work, _begun(new, site), lead_id)
        lead.last_activity_at = work.at
        visit = Visit(
            id=actor.visit_id,
            site_id=site.id,
            lead_id=lead.id,
            token_hash=hash_token(token),
            started_at=work.at,
            time_zone=lead.time_zone,
        )
        work.session.add(visit)
    return StartedVisit(actor, token, work.committed[lead.id][-1].revision)


def _begun(new: NewVisit, site: Site) -> NewLead:
    """What a visit says of its lead; what is malformed is left out, the visit begins anyway."""
    zone = referrer = None
    with contextlib.suppress(InvalidInput):
        zone = time_zone("timeZone", new.time_zone) if new.time_zone else None
    with contextlib.suppress(InvalidInput):
        referrer = events.page_address("referrer", new.referrer or None)
    return NewLead(
        source=SourceChannel.SITE,
        source_detail=site.name,
        source_referrer=referrer,
        time_zone=zone,
    )


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


async def heartbeat(
    services: Services, actor: VisitorActor, page_key: str, *, is_visible: bool, idle_ms: int | None
) -> float:
    """Keeps a page's lease; `idle_ms` alone tells of activity. Answers seconds to the next beat."""
    await limits.spend(services.limiter, limits.HEARTBEAT, actor.visit_id.hex)
    _check_page_key(page_key)
    if idle_ms is not None:
        idle_ms = min(max(idle_ms, 0), MAX_IDLE)
    try:
        await services.presence.beat(
            actor.lead_id, _page(actor, page_key), idle_ms=idle_ms, is_visible=is_visible
        )
    except TooManyPages as error:
        raise LimitReached("Too many pages are open.", 32) from error
    timing = services.visit_timing
    return timing.visible_beat if is_visible else timing.hidden_beat


async def leave(services: Services, actor: VisitorActor, page_key: str) -> None:
    """The page is being left; a page change within the grace stays unseen."""
    _check_page_key(page_key)
    await services.presence.leave(actor.lead_id, _page(actor, page_key))


def _check_page_key(page_key: str) -> None:
    if not PAGE_KEY.fullmatch(page_key):
        raise invalid("pageKey", ProblemCode.MALFORMED, "8 to 64 printable ASCII characters.")


def _page(actor: VisitorActor, page_key: str) -> str:
    """The page as presence knows it: two visits never share one."""
    return hashlib.sha256(f"{actor.visit_id.hex}.{page_key}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Told:
    """An event as the script tells it."""

    name: str
    page_key: str
    sequence: int
    ago_ms: int = 0
    page: Page | None = None
    parameters: list[tuple[str, LoggedValue]] = field(default_factory=list)


async def record(services: Services, actor: VisitorActor, told: Told) -> UUID:
    """Records what the visitor did; repeats by page key and sequence are dropped."""
    await limits.spend(services.limiter, limits.RECORD_EVENT, actor.visit_id.hex)
    _check_page_key(told.page_key)
    if told.sequence < 0:
        raise invalid("sequence", ProblemCode.TOO_SMALL, "From 0.")
    if len(repr(told)) > MAX_EVENT_BYTES:
        raise invalid("parameters", ProblemCode.TOO_LARGE, "An event has at most 4 kB.")
    name = required("name", told.name, 100)
    ago = timedelta(milliseconds=min(max(told.ago_ms, 0), MAX_IDLE))
    async with unit_of_work(services, actor) as work:
        lead = await _own_lead(work, actor)
        before = await _told_before(work, lead.id, told)
        if before:
            return before
        url = events.page_address("page.url", told.page.url if told.page else None)
        repeated = None
        if name.casefold() in ("page view", "page_view"):
            name = "Page view"
            repeated = await events.latest_of_visit(work, lead.id, actor.visit_id, name, url)
        lead.last_activity_at = work.at
        seen = Seen(actor.visit_id, told.page_key, told.sequence)
        if repeated:
            await events.repeat_event(work, lead, repeated, work.at - ago, seen)
            return repeated.id
        new = NewEvent(
            name, None, work.at - ago, told.parameters, told.page.url if told.page else None
        )
        event_id = new_id()
        await events.record_event(work, lead, new, EventOrigin.SITE, event_id, seen)
    return event_id


async def _told_before(work: UnitOfWork, lead_id: UUID, told: Told) -> UUID | None:
    found: UUID | None = await work.session.scalar(
        select(col(Event.id)).where(
            col(Event.lead_id) == lead_id,
            col(Event.page_key) == told.page_key,
            col(Event.sequence) == told.sequence,
        )
    )
    return found


async def send_visitor_message(
    services: Services, actor: VisitorActor, text: str, key: str
) -> UUID:
    """Writes to the team; a repeated key answers the first message."""
    await limits.spend(services.limiter, limits.VISITOR_MESSAGE, actor.visit_id.hex)
    async with unit_of_work(services, actor) as work:
        lead = await _own_lead(work, actor)
        wanted = new_id()
        message_id = await idempotency.claim(
            work, "sendVisitorMessage", key, {"text": text}, wanted
        )
        if message_id == wanted:
            text = required("text", text, MAX_MESSAGE, lines=True)
            lead.last_activity_at = work.at
            await conversations.receive_message(work, lead, text, message_id)
    return message_id


@dataclass(frozen=True)
class Claim:
    """Who the visitor is, as the site says; believed only with its signature."""

    external_id: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    name: str | None = None
    expires_at: datetime | None = None
    expires_text: str = ""
    """The expiry as the site wrote and signed it."""
    signature: str | None = None


async def identify(services: Services, actor: VisitorActor, claim: Claim) -> StartedVisit:
    """Links the visit to a person and gives a new token.

    With a correct signature the visit moves to the known lead of that external id, and this card
    goes into it. Without one, what is typed stays on this card, unproven, and matches nothing.
    """
    await limits.spend(services.limiter, limits.IDENTIFY, actor.visit_id.hex)
    token = new_token("visit")
    async with unit_of_work(services, actor) as work:
        visit = await work.session.get_one(Visit, actor.visit_id)
        site = await work.session.get_one(Site, visit.site_id)
        is_proven = _is_proven(work, site, claim)
        if claim.signature is not None and not is_proven:
            raise invalid("signature", ProblemCode.MALFORMED, "The signature does not hold.")
        if is_proven:
            lead = await _known_lead(work, actor, site, claim)
            visit.is_identified = True
        else:
            lead = await _own_lead(work, actor)
        await _add_contact_points(work, lead, claim, is_proven)
        work.record(
            lead.id,
            ChangeKind.LEAD_IDENTIFIED,
            HistoryType.LIFECYCLE,
            {"is_verified": is_proven, "visit_count": await _visit_count(work, lead.id, visit)},
        )
        visit.lead_id = lead.id
        visit.token_hash = hash_token(token)
    found = await actor_for_token(services, token)
    assert found is not None
    return StartedVisit(found, token, work.committed[lead.id][-1].revision)


def _is_proven(work: UnitOfWork, site: Site, claim: Claim) -> bool:
    if claim.signature is None or not claim.external_id or claim.expires_at is None:
        return False
    if not work.at < claim.expires_at <= work.at + LONGEST_SIGNATURE:
        return False
    return is_signed(
        claim.signature,
        site.identity_secret,
        claim.external_id,
        claim.email_address or "",
        claim.expires_text,
    )


async def _known_lead(work: UnitOfWork, actor: VisitorActor, site: Site, claim: Claim) -> Lead:
    external_id = required("externalId", claim.external_id or "", 128)
    known_id = await _lead_with(work, external_id)
    if known_id is None:
        # The first one with this id goes on; whoever waited here meets the lead that it made.
        await work.session.refresh(site, with_for_update={"key_share": True})
        known_id = await _lead_with(work, external_id)
    if known_id is None:
        lead = await _own_lead(work, actor)
        if lead.external_id not in (None, external_id):
            return await _separate_lead(work, lead, external_id)
        lead.external_id = external_id
        return lead
    known, lead = await access.lock_leads(work.session, known_id, actor.lead_id)
    if known.id != lead.id and lead.external_id is None:
        await absorb(work, known, lead)
    return known


async def _lead_with(work: UnitOfWork, external_id: str) -> UUID | None:
    found: UUID | None = await work.session.scalar(
        select(col(Lead.id)).where(col(Lead.external_id) == external_id)
    )
    return found


async def _separate_lead(work: UnitOfWork, lead: Lead, external_id: str) -> Lead:
    """Another person on a shared browser: a card of its own, nothing is mixed."""
    begun = NewLead(
        source=lead.source_channel, source_detail=lead.source_detail, external_id=external_id
    )
    return await insert_lead(work, begun, new_id())


async def _add_contact_points(work: UnitOfWork, lead: Lead, claim: Claim, is_proven: bool) -> None:
    before = await contact_points.logged(work, lead)
    columns = naming.columns(lead)
    if claim.email_address:
        await contact_points.add_addresses(
            work, lead, "emailAddress", [claim.email_address], is_verified=is_proven
        )
    if claim.phone_number:
        await contact_points.add_phones(work, lead, "phoneNumber", [claim.phone_number])
    now = await contact_points.logged(work, lead)
    name = optional("name", claim.name, 120)
    if name:
        await _give_name(work, lead, name)
    if now == before:
        return
    await naming.rename(work.session, lead)
    work.record(
        lead.id,
        ChangeKind.CONTACT_POINTS_CHANGED,
        HistoryType.FIELD_CHANGE,
        {
            **now,
            "lead": {k: v for k, v in naming.columns(lead).items() if columns[k] != v},
            "diffs": contact_points.diffs(before, now),
        },
    )


async def _give_name(work: UnitOfWork, lead: Lead, name: str) -> None:
    """Fills the name only where none is known: what a site says never overwrites staff."""
    known = await fields.definitions(work.session)
    rows = await fields.property_rows(
        work.session, lead.id, [known["first_name"].id, known["last_name"].id]
    )
    if any(row.text_value for row in rows.values()):
        return
    first, _, last = name.partition(" ")
    await fields.edit(
        work, lead, person_edits(known, {"first_name": first, "last_name": last or None}, None)
    )


async def _visit_count(work: UnitOfWork, lead_id: UUID, visit: Visit) -> int:
    rows = await work.session.scalars(select(col(Visit.id)).where(col(Visit.lead_id) == lead_id))
    return len({*rows, visit.id})


async def _own_lead(work: UnitOfWork, actor: VisitorActor) -> Lead:
    """The visitor's own card, locked; the survivor if it was merged meanwhile."""
    (lead,) = await access.lock_leads(work.session, actor.lead_id)
    return lead
