"""Addresses, phone numbers and tags of many leads at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.ids import new_id
from models.tags import LeadTag, Tag
from resolvers import contact_points
from resolvers.imports.rows import Contact
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import put_rows


@dataclass
class Held:
    """Addresses and numbers of one lead, primary first, with what an act adds to them."""

    addresses: list[dict[str, Any]] = field(default_factory=list)
    """Rows, and the `key` of each."""
    phones: list[dict[str, Any]] = field(default_factory=list)

    def logged(self) -> dict[str, Any]:
        """As the log holds them."""
        return {
            "email_addresses": [
                contact_points.logged_address(
                    row["id"], row["key"], row["is_verified"], row["as_typed"]
                )
                for row in self.addresses
            ],
            "phone_numbers": [
                contact_points.logged_phone(row["id"], row["number"], row["label"], row["as_typed"])
                for row in self.phones
            ],
        }

    @property
    def primary(self) -> tuple[str | None, str | None]:
        """Address and number that the lead is called by without a name."""
        return (
            self.addresses[0]["key"] if self.addresses else None,
            self.phones[0]["number"] if self.phones else None,
        )


@dataclass
class Points:
    """Rows of many leads that are to be inserted."""

    work: UnitOfWork
    address_ids: Mapping[str, UUID]
    tag_ids: Mapping[str, tuple[UUID, str]]
    """Id and name by folded key."""
    addresses: list[dict[str, Any]] = field(default_factory=list)
    phones: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, Any]] = field(default_factory=list)

    def add(self, lead_id: UUID, contact: Contact, held: Held) -> None:
        """Puts the row's addresses and numbers on a lead, those that it has left out."""
        there = {row["key"] for row in held.addresses}
        for address in contact.addresses.values():
            if address.key not in there:
                row = {
                    "email_address_id": self.address_ids[address.key],
                    "as_typed": address.typed,
                    "is_verified": False,
                    **self._placed(lead_id, held.addresses),
                }
                self.addresses.append(row)
                held.addresses.append({**row, "key": address.key})
        numbers = {row["number"] for row in held.phones}
        for number, typed in contact.phones.items():
            if number not in numbers:
                placed = self._placed(lead_id, held.phones)
                held.phones.append({"number": number, "as_typed": typed, "label": None, **placed})
                self.phones.append(held.phones[-1])

    def _placed(self, lead_id: UUID, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "id": new_id(),
            "lead_id": lead_id,
            "position": rows[-1]["position"] + 1 if rows else 0,
            "added_at": self.work.at,
        }

    def tag(self, lead_id: UUID, keys: Iterable[str]) -> list[dict[str, str]]:
        """Puts tags on a lead that has none of them; answers them as the log holds them."""
        found = [self.tag_ids[key] for key in sorted(keys)]
        for identity, _ in found:
            self.tags.append({"lead_id": lead_id, "tag_id": identity, "at": self.work.at})
        return [{"id": identity.hex, "name": name} for identity, name in found]

    async def put(self) -> None:
        """Inserts them; the leads must be there."""
        session = self.work.session
        await put_rows(session, LeadEmailAddress, self.addresses)
        await put_rows(session, LeadPhoneNumber, self.phones)
        await put_rows(session, LeadTag, self.tags, ["lead_id", "tag_id"])


async def points_for(work: UnitOfWork, contacts: Sequence[Contact]) -> Points:
    """With the rows that leads share: unknown addresses and tags are made, known ones stay."""
    return Points(work, await _put_addresses(work, contacts), await _put_tags(work, contacts))


async def _put_addresses(work: UnitOfWork, contacts: Iterable[Contact]) -> dict[str, UUID]:
    """Ids of the addresses of all rows by key; unknown ones are made, known ones stay."""
    given = {each.key: each for contact in contacts for each in contact.addresses.values()}
    if not given:
        return {}
    # In the order of their keys, so that two acts never wait for each other.
    reasons = {key: each.reason for key, each in given.items()}
    rows = await contact_points.first_statuses(work, reasons)
    await put_rows(work.session, EmailAddress, rows, ["key"])
    found = await work.session.execute(
        select(col(EmailAddress.key), col(EmailAddress.id)).where(col(EmailAddress.key).in_(given))
    )
    return {key: identity for key, identity in found}


async def _put_tags(work: UnitOfWork, contacts: Iterable[Contact]) -> dict[str, tuple[UUID, str]]:
    """The tags of all rows; unknown ones are made."""
    names = {key: name for contact in contacts for key, name in contact.tags.items()}
    if not names:
        return {}
    rows = [
        {"id": new_id(), "name": name, "name_key": key, "archived_at": None}
        for key, name in sorted(names.items())
    ]
    await put_rows(work.session, Tag, rows, ["name_key"])
    found = await work.session.execute(
        select(col(Tag.name_key), col(Tag.id), col(Tag.name)).where(col(Tag.name_key).in_(names))
    )
    return {key: (identity, name) for key, identity, name in found}
