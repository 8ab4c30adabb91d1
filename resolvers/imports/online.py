"""Imports that are begun through the API and carried out by the worker."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlmodel import col

from models.enums import ActorKind, Via
from models.ids import decode_id, encode_id, new_id
from models.imports import LeadImport
from models.staff import Staff
from models.turns import turn
from models.uploads import Upload
from models.workspace import Workspace
from resolvers import access, idempotency
from resolvers.actors import SYSTEM, Actor, StaffActor
from resolvers.errors import (
    DomainError,
    Forbidden,
    NotFound,
    Precondition,
    PreconditionReason,
)
from resolvers.imports.columns import Layout
from resolvers.imports.running import (
    TURN,
    Import,
    Overtaken,
    Wishes,
    counts,
    insert_import,
    plan,
)
from resolvers.imports.survey import Survey, look_through
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.staff import rights_of
from resolvers.unit_of_work import unit_of_work
from resolvers.uploads import path_of, require_received

log = structlog.get_logger(__name__)

NO_SESSION = UUID(int=0)
ACT = "importLeads"
REJECTED_KEPT = timedelta(days=7)


async def start_import(
    services: Services,
    actor: StaffActor,
    key: str,
    upload_id: UUID,
    columns: Mapping[str, str | None],
    key_column: str | None,
) -> LeadImport:
    """Hands a file to the worker; a repeated key answers the first import.

    Columns that are not named are left out.
    """
    access.require(actor, Permission.IMPORT_LEADS)
    body = {"upload": upload_id, "columns": dict(columns), "key": key_column}
    earlier = await _begun_before(services, actor, key, body)
    if earlier is not None:
        return earlier
    source = path_of(services, upload_id)
    async with services.database.read_session() as session:
        upload = await require_received(session, actor, upload_id)
        used = await session.scalar(
            select(col(LeadImport.id)).where(col(LeadImport.upload_id) == upload_id)
        )
    if used or upload.used_at is not None or not source.exists():
        raise _used()
    survey = await asyncio.to_thread(look_through, source)
    layout = await _layout(services, actor, survey, columns, key_column)
    try:
        return await _insert(services, actor, key, body, upload, survey, layout)
    except IntegrityError as error:
        raise _used() from error  # by another call at this moment


def _used() -> Precondition:
    return Precondition(PreconditionReason.UPLOAD_MISSING, "This upload was used before.")


async def _insert(
    services: Services,
    actor: StaffActor,
    key: str,
    body: dict[str, object],
    upload: Upload,
    survey: Survey,
    layout: Layout,
) -> LeadImport:
    async with unit_of_work(services, actor) as work:
        wanted = new_id()
        import_id = await idempotency.claim(work, ACT, key, body, wanted)
        if import_id != wanted:
            return await work.session.get_one(LeadImport, import_id)
        return await insert_import(
            work, survey, layout, upload.name, sha256(upload.id.bytes).digest(),
            id=wanted, upload_id=upload.id, staff_id=actor.id,
        )  # fmt: skip


class _Nothing(Exception):
    """The key was not used."""


async def _begun_before(
    services: Services, actor: StaffActor, key: str, body: dict[str, object]
) -> LeadImport | None:
    """Where the file is gone by now, the same call must answer all the same."""
    try:
        async with unit_of_work(services, actor) as work:
            probe = new_id()
            import_id = await idempotency.claim(work, ACT, key, body, probe)
            if import_id == probe:
                raise _Nothing
            return await work.session.get_one(LeadImport, import_id)
    except _Nothing:
        return None


async def _layout(
    services: Services,
    actor: Actor,
    survey: Survey,
    columns: Mapping[str, str | None],
    key_column: str | None,
) -> Layout:
    wishes = Wishes(dict(columns), key_column, guesses=False)
    return await plan(services, actor, survey, wishes)


async def find_import(services: Services, actor: Actor, import_id: UUID) -> LeadImport:
    """An import as it stands; NotFound unless the person began it or administers."""
    async with services.database.read_session() as session:
        row = await session.get(LeadImport, import_id)
    is_own = row is not None and row.staff_id is not None and row.staff_id == actor.id
    if row is None or not (is_own or access.may(actor, Permission.ADMINISTER)):
        raise NotFound("progress", encode_id("progress", import_id))
    return row


@dataclass(frozen=True)
class RejectedFile:
    """Rejected rows with their reasons."""

    path: Path
    name: str
    size_bytes: int


def rejected_file(services: Services, row: LeadImport) -> RejectedFile | None:
    """The file of an import that has ended, for a week; None without rejected rows."""
    if row.upload_id is None or row.ended_at is None or not row.rejected_bytes:
        return None
    path = rejected_path(services, row.upload_id)
    return RejectedFile(path, f"{row.name}.rejected.csv", row.rejected_bytes)


async def find_rejected(services: Services, actor: Actor, progress: str) -> RejectedFile:
    """The file by the id of the import's progress; NotFound if it is not there for this person."""
    try:
        row = await find_import(services, actor, decode_id("progress", progress))
    except ValueError as error:
        raise NotFound("file", progress) from error
    found = rejected_file(services, row)
    if found is None or not found.path.exists():
        raise NotFound("file", progress)
    return found


def rejected_path(services: Services, upload_id: UUID) -> Path:
    """Where the rejected rows of an uploaded file lie."""
    return path_of(services, upload_id).with_suffix(".rejected.csv")


# --- the worker's side ---------------------------------------------------------------------------


async def run_waiting(services: Services) -> None:
    """Imports what waits, oldest first, unless an import is under way anywhere."""
    if await _next(services) is None:
        return
    async with turn(services.database, TURN) as has_turn:
        while has_turn and (row := await _next(services)) is not None:
            await _run(services, row)


async def _next(services: Services) -> LeadImport | None:
    async with services.database.read_session() as session:
        found: LeadImport | None = await session.scalar(
            select(LeadImport)
            .where(col(LeadImport.upload_id).is_not(None), col(LeadImport.ended_at).is_(None))
            .order_by(col(LeadImport.id))
            .limit(1)
        )
    return found


async def _run(services: Services, row: LeadImport) -> None:
    assert row.upload_id is not None
    assert row.staff_id is not None
    source, staff_id = path_of(services, row.upload_id), row.staff_id

    async def rights() -> Actor:
        return await _actor(services, staff_id)

    try:
        if not source.exists():
            raise NotFound("file", "")
        await Import(services, row, source, rejected_path(services, row.upload_id), rights).run()
    except (OperationalError, InterfaceError, OSError):
        raise  # the database or the disk is away: tried again by and by
    except Overtaken:
        return
    except DomainError as refused:
        await _fail(services, row, refused.message)
    except Exception:
        log.exception("an import failed", id=row.id.hex)
        await _fail(services, row, "Unexpected error; the rows before it are imported.")
    source.unlink(missing_ok=True)


async def _fail(services: Services, row: LeadImport, message: str) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        present = await work.session.get_one(LeadImport, row.id, with_for_update=True)
        present.ended_at = work.at
        present.failure = message[:500]
        work.record_workspace(
            "lead_import_failed", {"import": row.id.hex, "why": message, **counts(present)}
        )


async def _actor(services: Services, staff_id: UUID) -> StaffActor:
    """The person who began the import, with present rights; Forbidden once they left."""
    async with services.database.read_session() as session:
        person = await session.get(Staff, staff_id)
        workspace = await session.get_one(Workspace, 1)
        if person is None or not person.is_active:
            raise Forbidden(Permission.IMPORT_LEADS)
        rights = await rights_of(session, person, workspace)
    return StaffActor(
        kind=ActorKind.STAFF,
        id=person.id,
        name=person.name,
        via=Via.IMPORT,
        role=person.role,
        session_id=NO_SESSION,
        rights=rights,
        access_version=workspace.access_version,
    )


async def forget_rejected(services: Services) -> None:
    """Removes files of rejected rows a week after their imports ended."""
    async with unit_of_work(services, SYSTEM) as work:
        rows = await work.session.scalars(
            select(LeadImport).where(
                col(LeadImport.upload_id).is_not(None),
                col(LeadImport.ended_at) < work.at - REJECTED_KEPT,
                col(LeadImport.rejected_bytes) > 0,
            )
        )
        for row in rows:
            assert row.upload_id is not None
            rejected_path(services, row.upload_id).unlink(missing_ok=True)
            row.rejected_bytes = 0
