"""All that is held about one person, as a zip file: `data.json`, and the files beside it.

Every table with rows about a lead is gone through by itself, so that nothing is forgotten when one
comes to be: those that erasure empties are those that are told here. Of others than the person
names are told, and nothing that could be a key: no digest, no hash, no sealed token.
"""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.ids import encode_id
from models.leads import Lead
from models.workspace import WorkspaceChange
from resolvers import access
from resolvers.actors import StaffActor
from resolvers.errors import Gone, NotFound
from resolvers.exports.personal_rows import (
    Person,
    encoded,
    held_files,
    known_names,
    person_of,
    sections,
    view_of,
)
from resolvers.exports.rights import Sending, noting
from resolvers.exports.zipping import Entry, zipped
from resolvers.limits import EXPORT, FETCH_EXPORT, spend
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.tickets import Ticket, issue, subject_of
from resolvers.unit_of_work import UnitOfWork

FORMAT = "leadlight-person/1"
SCOPE = "personal-data"
KIND = "personal_data_exported"
READ = "personal_data_read"
NO_NAME = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]')
"""What no file may be called by somewhere."""


async def note_personal_export(work: UnitOfWork, lead_id: UUID, *, with_notes: bool) -> Ticket:
    """Notes in the workspace's log that somebody takes away what is held about a person.

    Raises:
        Forbidden: the actor may not, or may not read the notes that they want.
        Gone: it was erased, and the actor may know.
    """
    access.require(work.actor, Permission.EXPORT_PERSONAL_DATA)
    if with_notes:
        access.require(work.actor, Permission.READ_ALL_NOTES)
    assert work.actor.id is not None
    await spend(work.services.limiter, EXPORT, work.actor.id.hex)
    if erased_at := await access.erased_at(work.session, work.actor, lead_id):
        raise Gone(erased_at)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    noted = work.record_workspace(
        KIND,
        {"lead": lead.id.hex, "with_notes": with_notes, "how": ", with notes" * with_notes},
    )
    return issue(work, SCOPE, noted.id)


async def open_personal_data(services: Services, actor: StaffActor, ticket: str) -> Sending:
    """The file of a ticket.

    Raises:
        NotFound: it is not this person's, does not stand any more, or they may not.
        LimitReached: they fetch too often.
    """
    noted_id = subject_of(services, actor, SCOPE, ticket)
    if noted_id is None or not access.may(actor, Permission.EXPORT_PERSONAL_DATA):
        raise NotFound("file", "")
    await spend(services.limiter, FETCH_EXPORT, actor.id.hex)
    async with services.database.read_session() as session:
        noted = await session.scalar(
            select(WorkspaceChange).where(col(WorkspaceChange.id) == noted_id)
        )
        is_theirs = noted and noted.kind == KIND and noted.actor_id == actor.id
        lead = None
        if noted and is_theirs:
            lead = await access.find_lead(session, actor, UUID(hex=noted.data["lead"]))
        if noted is None or lead is None:
            raise NotFound("file", "")
        person = await person_of(session, lead.id, with_notes=noted.data["with_notes"])
    parts = zipped(_entries(services, actor, lead, person), services.clock.now())
    return Sending(
        name=f"Personal data of {lead.display_name}.zip",
        content_type="application/zip",
        parts=noting(services, actor, noted, READ, _measured(parts)),
    )


async def _measured(parts: AsyncIterator[bytes]) -> AsyncIterator[tuple[bytes, int]]:
    async for part in parts:
        yield part, len(part)


async def _entries(
    services: Services, actor: StaffActor, lead: Lead, person: Person
) -> AsyncIterator[Entry]:
    yield Entry("data.json", _document(services, actor, lead, person))
    async for file in held_files(services, actor, person):
        name = NO_NAME.sub("-", file.name)
        yield Entry(f"files/{file.id.hex}/{name}", file.parts, is_dense=True)


async def _document(
    services: Services, actor: StaffActor, lead: Lead, person: Person
) -> AsyncIterator[bytes]:
    """One JSON object: what it is, and then a list of rows for each kind of thing."""
    head = {
        "format": FORMAT,
        "lead": encode_id("lead", lead.id),
        "exportedAt": services.clock.now().isoformat(),
        "exportedBy": actor.name,
        "server": services.public_url,
    }
    yield b"{\n" + b",\n".join(_pair(key, value) for key, value in head.items())
    async with view_of(services, actor, person) as view:
        names = await known_names(view, person)
    async for name, parts in sections(services, actor, person, names):
        yield b",\n" + _key(name) + b": ["
        between = b"\n"
        async for rows in parts:
            yield between + b",\n".join(rows)
            between = b",\n"
        yield b"\n]"
    yield b"\n}\n"


def _key(name: str) -> bytes:
    return f'"{name}"'.encode()


def _pair(name: str, value: Any) -> bytes:
    return _key(name) + b": " + encoded(value)
