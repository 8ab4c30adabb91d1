"""The rows about one person, table by table, as others may have them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Select,
    Table,
    and_,
    literal,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from models.accounts import LeadAccount
from models.automations import Automation
from models.changes import Change
from models.contact_points import EmailAddress, LeadEmailAddress
from models.enums import FileUse
from models.events import EventKind
from models.fields import FieldDefinition, FieldOption
from models.files import File
from models.important_dates import ImportantDateKind
from models.leads import Lead, LeadAlias
from models.notes import Note, NoteText
from models.notifications import Notification
from models.pipelines import Pipeline, PipelineState
from models.segments import Segment
from models.staff import Staff
from models.tags import LeadTag, Tag
from models.visits import Site
from models.webhooks import Webhook
from resolvers import access
from resolvers.actors import StaffActor
from resolvers.erasing.rows import rows_of, with_aliases
from resolvers.exports.rights import Withdrawn, rightful_view
from resolvers.file_store import Variant
from resolvers.merging.guests import Guest, guests_of
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.upserts import table_of
from resolvers.values import plain
from resolvers.views import View

AT_ONCE = 500
SECRET = frozenset({"password_hash"})
"""Columns that never leave; nor do those of bytes, which are digests and sealed keys."""
TOLD: tuple[type[SQLModel], ...] = (Lead, EmailAddress, File, Change)
"""Tables besides those whose rows go with a lead when it is erased."""
LEFT_OUT = {
    "search_entry": "the words of what is told, once more",
    "imported_row": "digests alone",
    "lead_feed": "how many changes there are",
    "upload": "is told as the file that it became",
    "removed_file": "names bytes that are gone",
    "erased_address": "of people who are not known any more",
    "idempotency": "kept for a day, so that a repeat does nothing",
    "job": "kept until it is done",
    "erasing": "empty between transactions",
    "workspace_change": "what the team did, not the person",
}
"""Tables that erasure thinks of and no export needs, and why."""
NAMED: tuple[tuple[Any, Any], ...] = (
    (Staff.id, Staff.name),
    (Pipeline.id, Pipeline.name),
    (PipelineState.id, PipelineState.name),
    (FieldDefinition.id, FieldDefinition.label),
    (FieldOption.id, FieldOption.label),
    (EventKind.id, EventKind.name),
    (ImportantDateKind.id, ImportantDateKind.name),
    (Site.id, Site.name),
    (Automation.id, Automation.name),
    (Segment.id, Segment.name),
)
"""What rows name by id, and what stands for it outside of this server."""


@dataclass(frozen=True)
class Person:
    """The lead, with those that went into it; notes of the team are told only if wanted."""

    lead_ids: Sequence[UUID]
    """The lead's own first."""
    with_notes: bool
    guests: Sequence[Guest] = ()
    """Others who were taken for this person for a while: what the log tells of then is left out."""


@dataclass(frozen=True)
class HeldFile:
    id: UUID
    name: str
    parts: AsyncIterator[bytes]


Names = Mapping[str, str]
"""Names by 32 hexadecimal digits."""


async def person_of(session: AsyncSession, lead_id: UUID, *, with_notes: bool) -> Person:
    """Who the lead is as things are now."""
    _, *others = await with_aliases(session, lead_id)
    ids = (lead_id, *sorted(others))
    guests = [each for host in ids for each in await guests_of(session, host)]
    return Person(ids, with_notes, tuple(each for each in guests if each.alias_id not in ids))


@asynccontextmanager
async def view_of(services: Services, actor: StaffActor, person: Person) -> AsyncIterator[View]:
    """A view in which the person is who they were when the file was begun; else Withdrawn."""
    async with rightful_view(services, actor, Permission.EXPORT_PERSONAL_DATA) as view:
        lead_id = person.lead_ids[0]
        is_seen = and_(col(Lead.id) == lead_id, access.visible_leads(view.actor))
        if await view.scalar(select(col(Lead.id)).where(is_seen)) is None:
            raise Withdrawn
        if await view.run(_person_now, person) != person:
            raise Withdrawn
        yield view


async def _person_now(session: AsyncSession, person: Person) -> Person:
    return await person_of(session, person.lead_ids[0], with_notes=person.with_notes)


async def known_names(view: View, person: Person) -> Names:
    """Names of people, states, fields and the like, by their ids."""
    found: dict[str, str] = {}
    for identity, name in NAMED:
        found |= {
            each.hex: told for each, told in await view.rows(select(col(identity), col(name)))
        }
    theirs = select(col(LeadTag.tag_id)).where(col(LeadTag.lead_id).in_(person.lead_ids))
    tags = select(col(Tag.id), col(Tag.name)).where(col(Tag.id).in_(theirs))
    found |= {each.hex: told for each, told in await view.rows(tags)}
    # An address may hold a key of its own; to whom data went is said by the host.
    for each, url in await view.rows(select(col(Webhook.id), col(Webhook.url))):
        found[each.hex] = urlsplit(url).hostname or ""
    return found


def tables_about(person: Person) -> list[tuple[Table, ColumnElement[bool]]]:
    """Every table that is told, with the condition on its rows."""
    ids = person.lead_ids
    addresses = [
        select(table.c.email_address_id).where(table.c.lead_id.in_(ids))
        for table in (table_of(LeadEmailAddress), table_of(LeadAccount))
    ]
    lead, address, file, change = map(table_of, TOLD)
    found = [
        (lead, lead.c.id.in_(ids)),
        (address, or_(*(address.c.id.in_(each) for each in addresses))),
        (file, file.c.lead_id.in_(ids)),
        *((table, where) for table, where in rows_of(ids) if table.name not in LEFT_OUT),
        (change, and_(change.c.lead_id.in_(ids), *map(_without_guest, person.guests))),
    ]
    if person.with_notes:
        return found
    notes = {table_of(Note), table_of(NoteText)}
    return [(table, _without_notes(table, where)) for table, where in found if table not in notes]


def _without_guest(guest: Guest) -> ColumnElement[bool]:
    return not_(guest.changes())


def _without_notes(table: Table, where: ColumnElement[bool]) -> ColumnElement[bool]:
    if table is table_of(File):
        return and_(where, table.c.use != FileUse.NOTE)
    if table in (table_of(Change), table_of(Notification)):
        return and_(where, table.c.subject_kind.is_distinct_from("note"))
    return where


async def sections(
    services: Services, actor: StaffActor, person: Person, names: Names
) -> AsyncIterator[tuple[str, AsyncIterator[list[bytes]]]]:
    """The name of each table, and its rows in parts."""
    for table, where in tables_about(person):
        yield table.name, _parts(services, actor, person, table, where, names)


async def _parts(
    services: Services,
    actor: StaffActor,
    person: Person,
    table: Table,
    where: ColumnElement[bool],
    names: Names,
) -> AsyncIterator[list[bytes]]:
    async for rows in _read(services, actor, person, table, where):
        told = (_told(table, row, names) for row in rows)
        yield [encoded(each if person.with_notes else _noteless(table, each)) for each in told]


async def _read(
    services: Services,
    actor: StaffActor,
    person: Person,
    table: Table,
    where: ColumnElement[bool],
) -> AsyncIterator[Sequence[Any]]:
    """Rows along the primary key, some at once: a reader may be slow."""
    key = list(table.primary_key.columns)
    statement: Select[Any] = select(table).where(where).order_by(*key).limit(AT_ONCE)
    behind = statement
    while True:
        async with view_of(services, actor, person) as view:
            rows = await view.rows(behind)
        if rows:
            yield rows
        if len(rows) < AT_ONCE:
            return
        last = [literal(rows[-1]._mapping[each], each.type) for each in key]
        behind = statement.where(tuple_(*key) > tuple_(*last))


async def held_files(
    services: Services, actor: StaffActor, person: Person
) -> AsyncIterator[HeldFile]:
    """The files with their bytes; one whose bytes just went is left out."""
    file = table_of(File)
    (where,) = [where for table, where in tables_about(person) if table is file]
    async for rows in _read(services, actor, person, file, where):
        for row in rows:
            try:
                _, parts = await services.files.store.read(row.id, Variant.WHOLE)
            except FileNotFoundError:
                async with view_of(services, actor, person):  # all went, if this raises
                    continue
            yield HeldFile(row.id, row.name, parts)


def _told(table: Table, row: Any, names: Names) -> dict[str, Any]:
    """A row without what could be a key, and with names in place of ids of others."""
    told: dict[str, Any] = {}
    for column in table.c:
        value, key = row._mapping[column], column.name
        owner = key.removesuffix("_id")
        has_name = owner != key and f"{owner}_name" in table.c
        if key in SECRET or isinstance(column.type, LargeBinary) or has_name:
            continue
        if isinstance(value, UUID) and value.hex in names:
            told[owner] = names[value.hex]
        else:
            told[key] = _named(value, names)
    return told


def _noteless(table: Table, told: dict[str, Any]) -> dict[str, Any]:
    """A row without what it says of notes, by merges and their undoing."""
    if table is table_of(LeadAlias):
        kept = {key: each for key, each in told["moved"].items() if key not in ("note", "file")}
        return {**told, "moved": kept}
    data = told.get("data")
    if table is table_of(Change) and data and "card" in data:
        card = {key: each for key, each in data["card"].items() if key != "notes"}
        return {**told, "data": {**data, "card": card}}
    return told


def _named(value: Any, names: Names) -> Any:
    """The value with names in place of ids, however deep they stand."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_named(each, names) for each in value]
    if isinstance(value, dict):
        return {names.get(key, key): _named(each, names) for key, each in value.items()}
    return value


def encoded(value: Any) -> bytes:
    """JSON, with numbers that have decimals as text."""
    return orjson.dumps(value, default=plain)
