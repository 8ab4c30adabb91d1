"""How a visit becomes a known person: proven by the site, or only said."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import ChangeKind, HistoryType
from models.ids import new_id
from models.leads import Lead
from models.visits import Site, Visit
from resolvers import (
    access,
    contact_points,
    fields,
    hiding,
    limits,
    places,
    zones,
)
from resolvers.actors import VisitorActor
from resolvers.errors import ProblemCode, invalid
from resolvers.leads import NewLead, insert_lead, person_edits
from resolvers.merging import absorb
from resolvers.secrets import hash_token, is_signed, new_token
from resolvers.services import Services
from resolvers.text import optional, required
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.visits.starting import StartedVisit, actor_for_token, own_lead

LONGEST_SIGNATURE = timedelta(hours=24)


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
            if visit.time_zone:
                await zones.hear_browser(work, lead, visit.time_zone)
            if place := places.place_of(visit):
                places.follow_visit(work, lead, place)
        else:
            lead = await own_lead(work, actor)
        await _add_contact_points(work, lead, claim, is_proven)
        hiding.note_activity(work, lead)
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
        lead = await own_lead(work, actor)
        if lead.external_id not in (None, external_id):
            return await _separate_lead(work, lead, external_id)
        lead.external_id = external_id
        return lead
    known, lead = await access.lock_leads(work.session, known_id, actor.lead_id)
    if known.id != lead.id and lead.external_id is None:
        await absorb(work, known, lead, known_by=known_id)
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
    async with contact_points.changing(work, lead):
        if claim.email_address:
            await contact_points.add_addresses(
                work, lead, "emailAddress", [claim.email_address], is_verified=is_proven
            )
        if claim.phone_number:
            await contact_points.add_phones(work, lead, "phoneNumber", [claim.phone_number])
    name = optional("name", claim.name, 120)
    if name:
        await _give_name(work, lead, name)


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
