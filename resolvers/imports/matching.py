"""Which lead each row is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.contact_points import EmailAddress, LeadEmailAddress
from models.enums import SourceChannel
from models.fields import FieldDefinition
from models.imports import ImportedRow
from models.leads import Lead
from resolvers import access
from resolvers.actors import Actor
from resolvers.errors import MissingRequiredFields
from resolvers.fields import require_filled
from resolvers.imports.rows import Contact

SEVERAL = "Several cards have this address; merge them or name a key column."
HIDDEN_KEY = "This key belongs to a lead that you may not see."


@dataclass
class Match:
    """What is to be done with rows that came one after another."""

    create: list[Contact] = field(default_factory=list)
    update: dict[UUID, Contact] = field(default_factory=dict)
    """By lead."""
    unchanged: list[Contact] = field(default_factory=list)
    rejected: list[tuple[Contact, str]] = field(default_factory=list)
    taken: int = 0
    """How many of the rows these are: one that depends on another of them is left for later."""


async def match(
    session: AsyncSession,
    actor: Actor,
    contacts: Sequence[Contact],
    known: Mapping[str, FieldDefinition],
    *,
    by_key: bool,
    most: int,
) -> Match:
    """Finds the lead of each row, up to the first that depends on what another one does.

    At most `most` of them make or change a lead.
    """
    found = Match()
    same = await _given_before(session, contacts)
    rest = [each for each in contacts if each.fingerprint not in same]
    leads = await (_by_key if by_key else _by_address)(session, actor, rest)
    seen: set[str | bytes | UUID] = set()
    for contact in contacts:
        lead_ids = leads.get(contact.number, set())
        key = [contact.external_id] if contact.external_id else contact.matchable
        marks: set[str | bytes | UUID] = {contact.fingerprint, *key, *lead_ids}
        if seen & marks or len(found.create) + len(found.update) == most:
            break
        seen |= marks
        found.taken += 1
        if contact.fingerprint in same:
            found.unchanged.append(contact)
        else:
            _place(found, contact, lead_ids, known, actor)
    return found


def _place(
    found: Match,
    contact: Contact,
    lead_ids: set[UUID],
    known: Mapping[str, FieldDefinition],
    actor: Actor,
) -> None:
    if len(lead_ids) > 1:
        found.rejected.append((contact, SEVERAL))
    elif NOBODY in lead_ids:
        found.rejected.append((contact, HIDDEN_KEY))
    elif lead_ids:
        found.update[lead_ids.pop()] = contact
    else:
        try:
            require_filled(known, contact.edits, actor)
        except MissingRequiredFields as refused:
            found.rejected.append((contact, refused.message))
        else:
            found.create.append(contact)


async def _given_before(session: AsyncSession, contacts: Iterable[Contact]) -> set[bytes]:
    """Fingerprints that some lead has."""
    prints = [each.fingerprint for each in contacts]
    rows = await session.scalars(
        select(col(ImportedRow.fingerprint)).where(col(ImportedRow.fingerprint).in_(prints))
    )
    return set(rows)


NOBODY = UUID(int=0)
"""Stands for a lead that is there and may not be seen."""


async def _by_key(
    session: AsyncSession, actor: Actor, contacts: Sequence[Contact]
) -> dict[int, set[UUID]]:
    keys = {each.external_id: each.number for each in contacts if each.external_id}
    rows = await session.execute(
        select(col(Lead.external_id), col(Lead.id), col(Lead.merged_at)).where(
            col(Lead.external_id).in_(keys)
        )
    )
    owners: dict[str, UUID] = {}
    for key, lead_id, merged_at in rows.all():
        owners[str(key)] = await access.surviving_lead(session, lead_id) if merged_at else lead_id
    visible = set(
        await session.scalars(
            select(col(Lead.id)).where(
                col(Lead.id).in_(set(owners.values())), access.visible_leads(actor)
            )
        )
    )
    found: dict[int, set[UUID]] = {}
    for contact in contacts:
        owner = owners.get(contact.external_id or "")
        if owner is not None:
            found[contact.number] = {owner if owner in visible else NOBODY}
    return found


async def _by_address(
    session: AsyncSession, actor: Actor, contacts: Sequence[Contact]
) -> dict[int, set[UUID]]:
    """Leads that the actor sees and that surely have the address.

    What a visitor of a site typed proves nothing, so it matches nothing.
    """
    keys = {key for each in contacts for key in each.matchable}
    if not keys:
        return {}
    rows = await session.execute(
        select(col(EmailAddress.key), col(Lead.id))
        .join(LeadEmailAddress, col(LeadEmailAddress.email_address_id) == col(EmailAddress.id))
        .join(Lead, col(Lead.id) == col(LeadEmailAddress.lead_id))
        .where(
            col(EmailAddress.key).in_(keys),
            access.visible_leads(actor),
            or_(
                col(LeadEmailAddress.is_verified),
                col(Lead.source_channel) != SourceChannel.SITE,
            ),
        )
    )
    owners: dict[str, set[UUID]] = {}
    for key, lead_id in rows:
        owners.setdefault(key, set()).add(lead_id)
    return {
        each.number: set().union(*(owners.get(key, set()) for key in each.matchable))
        for each in contacts
    }
