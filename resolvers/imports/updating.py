"""Many known leads in one unit of work: what a row says and a lead has not is added or set."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.enums import ChangeKind, HistoryType
from models.fields import FieldDefinition, Property
from models.leads import Lead
from models.tags import LeadTag, Tag
from resolvers import access, contact_points, fields, naming, tags
from resolvers.errors import MissingRequiredFields
from resolvers.imports.creating import PROPERTY_KEY, property_row
from resolvers.imports.points import Held, Points, points_for
from resolvers.imports.rows import Contact
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import table_of


class Moved(Exception):
    """A lead was merged or taken away since it was matched; match again."""


class Updating:
    """What the leads of one batch have, as one statement for each kind of row tells it."""

    def __init__(self, work: UnitOfWork, known: Mapping[str, FieldDefinition]) -> None:
        self.work, self.known = work, known
        self.leads: dict[UUID, Lead] = {}
        self.values: dict[UUID, dict[UUID, Any]] = {}
        """Rows with a property's columns by lead and field."""
        self.held: dict[UUID, Held] = {}
        self.tags: dict[UUID, set[str]] = {}
        self.required = [each for each in known.values() if fields.must_fill(work.actor, each)]

    async def load(self, wanted: Mapping[UUID, Contact]) -> None:
        """Locks the leads in ascending order and reads what rows may change. Raises Moved."""
        session = self.work.session
        rows = await session.scalars(
            select(Lead)
            .where(col(Lead.id).in_(wanted), access.visible_leads(self.work.actor))
            .order_by(col(Lead.id))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        self.leads = {row.id: row for row in rows}
        if len(self.leads) < len(wanted):
            raise Moved
        edited = {each.field.id for contact in wanted.values() for each in contact.edits}
        edited |= {self.known[key].id for key in naming.NAME_KEYS}
        edited |= {each.id for each in self.required}
        self.values = {lead_id: {} for lead_id in wanted}
        properties = table_of(Property)
        for row in await session.execute(
            select(properties).where(
                properties.c.lead_id.in_(wanted), properties.c.field_id.in_(edited)
            )
        ):
            self.values[row.lead_id][row.field_id] = row
        await self._load_points(wanted)
        await self._load_tags(wanted)

    async def _load_points(self, wanted: Mapping[UUID, Contact]) -> None:
        self.held = {lead_id: Held() for lead_id in wanted}
        for row in await self.work.session.execute(
            select(*table_of(LeadEmailAddress).c, col(EmailAddress.key))
            .join(EmailAddress, col(EmailAddress.id) == col(LeadEmailAddress.email_address_id))
            .where(col(LeadEmailAddress.lead_id).in_(wanted))
            .order_by(col(LeadEmailAddress.lead_id), col(LeadEmailAddress.position))
        ):
            self.held[row.lead_id].addresses.append(dict(row._mapping))
        phones = table_of(LeadPhoneNumber)
        for row in await self.work.session.execute(
            select(phones)
            .where(phones.c.lead_id.in_(wanted))
            .order_by(phones.c.lead_id, phones.c.position)
        ):
            self.held[row.lead_id].phones.append(dict(row._mapping))

    async def _load_tags(self, wanted: Mapping[UUID, Contact]) -> None:
        self.tags = {lead_id: set() for lead_id in wanted}
        if any(contact.tags for contact in wanted.values()):
            for lead_id, key in await self.work.session.execute(
                select(col(LeadTag.lead_id), col(Tag.name_key))
                .join(Tag, col(Tag.id) == col(LeadTag.tag_id))
                .where(col(LeadTag.lead_id).in_(wanted))
            ):
                self.tags[lead_id].add(key)

    def excess(self, lead_id: UUID, contact: Contact) -> str | None:
        """Why the lead can't take the row, if so."""
        held = self.held[lead_id]
        for rows, key, more, noun in (
            (held.addresses, "key", contact.addresses, "addresses"),
            (held.phones, "number", contact.phones, "numbers"),
        ):
            if len({row[key] for row in rows} | more.keys()) > contact_points.MAX_PER_LEAD:
                return f"A lead has at most {contact_points.MAX_PER_LEAD} {noun}."
        if len(self.tags[lead_id] | contact.tags.keys()) > tags.MAX_ON_LEAD:
            return f"A lead has at most {tags.MAX_ON_LEAD} tags."
        return self._gap(lead_id, contact)

    def _gap(self, lead_id: UUID, contact: Contact) -> str | None:
        """What the lead's fields would lack, if the row edits any."""
        rows = self.values[lead_id]
        edits = [each for each in contact.edits if fields.value_in(rows, each.field) != each.value]
        if not edits:
            return None
        try:
            fields.check_gaps(fields.empty(self.required, rows), self.required, edits)
        except MissingRequiredFields as refused:
            return refused.message
        return None

    def apply(self, lead_id: UUID, contact: Contact, points: Points) -> bool:
        """Records what the row changes; False if nothing."""
        edited = self._edit(lead_id, contact)
        added = self._add_points(lead_id, contact, points)
        return self._tag(lead_id, contact, points) or added or edited

    def _edit(self, lead_id: UUID, contact: Contact) -> bool:
        rows, lead = self.values[lead_id], self.leads[lead_id]
        edits = [each for each in contact.edits if fields.value_in(rows, each.field) != each.value]
        if not edits:
            return False
        stamps = [property_row(self.work, lead_id, each) for each in edits]
        before = naming.columns(lead)
        for each in edits:
            fields.copy_to_column(lead, each)
        self._call(lead, contact)
        self.work.record(
            lead_id,
            ChangeKind.PROPERTIES_CHANGED,
            HistoryType.FIELD_CHANGE,
            {
                "diffs": [fields.diff_of(rows, each) for each in edits],
                "lead": naming.changed(before, lead),
            },
            stamps=stamps,
        )
        self.work.put_many(Property, PROPERTY_KEY, stamps)
        return True

    def _call(self, lead: Lead, contact: Contact) -> None:
        rows = self.values[lead.id]
        names = {
            key: value.text
            for key in naming.NAME_KEYS
            if (value := fields.value_in(rows, self.known[key]))
        }
        names |= {each.field.key: each.value.text for each in contact.edits if each.value}
        naming.call(lead, names, *self.held[lead.id].primary)

    def _add_points(self, lead_id: UUID, contact: Contact, points: Points) -> bool:
        lead, held = self.leads[lead_id], self.held[lead_id]
        before, columns = held.logged(), naming.columns(lead)
        points.add(lead_id, contact, held)
        now = held.logged()
        if now == before:
            return False
        self._call(lead, contact)
        contact_points.record_changed(self.work, lead, columns, before, now)
        return True

    def _tag(self, lead_id: UUID, contact: Contact, points: Points) -> bool:
        keys = contact.tags.keys() - self.tags[lead_id]
        if not keys:
            return False
        self.work.record(
            lead_id,
            ChangeKind.TAGS_CHANGED,
            HistoryType.FIELD_CHANGE,
            {"added": points.tag(lead_id, keys), "removed": []},
        )
        return True


async def update_many(
    work: UnitOfWork, wanted: Mapping[UUID, Contact], known: Mapping[str, FieldDefinition]
) -> tuple[set[UUID], list[tuple[Contact, str]]]:
    """Gives each lead its row; answers those that it changed, and rows that were too much."""
    if not wanted:
        return set(), []
    updating = Updating(work, known)
    await updating.load(wanted)
    rejected = [
        (contact, reason)
        for lead_id, contact in wanted.items()
        if (reason := updating.excess(lead_id, contact))
    ]
    refused = {contact.number for contact, _ in rejected}
    kept = {lead: contact for lead, contact in wanted.items() if contact.number not in refused}
    points = await points_for(work, list(kept.values()))
    changed = {lead for lead, contact in kept.items() if updating.apply(lead, contact, points)}
    await work.session.flush()
    await points.put()
    return changed, rejected
