"""Files that come in by a ticket: one person's, good for one try within an hour.

The bytes lie in a folder at first, for an import to read. What can be a file of a lead is put into
the store at once, see `file_intake`, and stays there as soon as a file has it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.files import RemovedFile
from models.ids import encode_id
from models.imports import LeadImport
from models.uploads import Upload
from resolvers.actors import SYSTEM, Actor, StaffActor
from resolvers.errors import (
    LimitReached,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.file_types import TEXTS
from resolvers.limits import UPLOAD, spend
from resolvers.secrets import hash_token, new_token
from resolvers.services import Services
from resolvers.text import required
from resolvers.unit_of_work import UnitOfWork, unit_of_work

LASTS = timedelta(hours=1)
MOST_UNUSED = 20
"""Tickets and files of one person that nothing has used."""
WRITTEN_AT_ONCE = 1 << 20
IS_IMPORTED = exists().where(col(LeadImport.upload_id) == col(Upload.id))
IS_USED = or_(col(Upload.used_at).is_not(None), IS_IMPORTED)


@dataclass(frozen=True)
class Ticket:
    """An upload that may come; the token is told once."""

    upload: Upload
    token: str


async def create_upload(work: UnitOfWork, name: str, size_bytes: int) -> Ticket:
    """A ticket for a file of exactly this size."""
    assert work.actor.id is not None
    await spend(work.services.limiter, UPLOAD, work.actor.id.hex)
    name = required("name", name, 200)
    if "/" in name or "\\" in name or name in (".", ".."):
        raise invalid("name", ProblemCode.MALFORMED, "A name without folders.")
    if size_bytes < 1:
        raise invalid("sizeBytes", ProblemCode.TOO_SMALL, "An upload is not empty.")
    most = work.services.files.most_bytes
    if size_bytes > most:
        raise invalid("sizeBytes", ProblemCode.TOO_LARGE, f"At most {most:,} bytes.")
    unused = await work.session.scalar(
        select(func.count())
        .select_from(Upload)
        .where(col(Upload.staff_id) == work.actor.id, col(Upload.expires_at) > work.at, ~IS_USED)
    )
    if (unused or 0) >= MOST_UNUSED:
        raise LimitReached(f"{MOST_UNUSED} uploads wait to be used already.", MOST_UNUSED)
    token = new_token("upload")
    upload = Upload(
        staff_id=work.actor.id,
        token_hash=hash_token(token),
        name=name,
        size_bytes=size_bytes,
        created_at=work.at,
        expires_at=work.at + LASTS,
    )
    work.session.add(upload)
    work.record_workspace("upload_created", {"upload": upload.id.hex, "size": size_bytes})
    return Ticket(upload, token)


async def receive(
    services: Services, actor: StaffActor, token: str, chunks: AsyncIterator[bytes]
) -> None:
    """Takes the bytes of the ticket's file; memory holds a part of them, or a small file whole.

    NotFound for a ticket that is unknown, used, over, or another person's, whichever it is.
    LimitReached when more bytes come than were said, InvalidInput when fewer do. StoreFailed when
    they can't be kept now.
    """
    upload = await _claim(services, actor, token)
    target = path_of(services, upload.id)
    draft = target.with_suffix(".part")
    draft.parent.mkdir(parents=True, exist_ok=True)
    try:
        await _write(draft, chunks, upload.size_bytes)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    found = await services.files.intake.take(upload.id, upload.name, target)
    async with unit_of_work(services, actor) as work:
        row = await work.session.get(Upload, upload.id)
        if row is None:  # its hour ended meanwhile
            work.session.add(RemovedFile(id=upload.id, at=work.at))
            return
        row.received_at = work.at
        row.content_type, row.stored_bytes = found.content_type, found.size_bytes
        row.width, row.height, row.problem = found.width, found.height, found.problem
    if found.content_type is not None and found.content_type not in TEXTS:
        target.unlink(missing_ok=True)  # no import reads it


async def _claim(services: Services, actor: StaffActor, token: str) -> Upload:
    async with unit_of_work(services, actor) as work:
        found: Upload | None = await work.session.scalar(
            update(Upload)
            .where(
                col(Upload.token_hash) == hash_token(token),
                col(Upload.staff_id) == actor.id,
                col(Upload.expires_at) > work.at,
                col(Upload.begun_at).is_(None),
            )
            .values(begun_at=work.at)
            .returning(Upload)
        )
    if found is None:
        raise NotFound("upload", "")
    return found


async def _write(draft: Path, chunks: AsyncIterator[bytes], size: int) -> None:
    # Mode and owner as of the data folder's other secrets.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        written, waiting = 0, bytearray()
        async for chunk in chunks:
            waiting += chunk
            if written + len(waiting) > size:
                raise LimitReached("More bytes came than the ticket is for.", size)
            if len(waiting) >= WRITTEN_AT_ONCE:
                await asyncio.to_thread(file.write, bytes(waiting))
                written += len(waiting)
                waiting.clear()
        await asyncio.to_thread(file.write, bytes(waiting))
        if written + len(waiting) < size:
            raise invalid("sizeBytes", ProblemCode.TOO_SMALL, "Fewer bytes came than were said.")


def path_of(services: Services, upload_id: UUID) -> Path:
    """Where the file of an upload lies; its name says nothing about it."""
    return services.files.folder / "uploads" / upload_id.hex


async def received(session: AsyncSession, actor: Actor, upload_id: UUID) -> Upload | None:
    """An upload of this person whose bytes are there; None for any other."""
    found: Upload | None = await session.scalar(
        select(Upload).where(
            col(Upload.id) == upload_id,
            col(Upload.staff_id) == actor.id,
            col(Upload.received_at).is_not(None),
        )
    )
    return found


async def require_received(session: AsyncSession, actor: Actor, upload_id: UUID) -> Upload:
    """As `received`; NotFound for another person's, Precondition for one that is not there yet."""
    upload = await session.get(Upload, upload_id, populate_existing=True)
    if upload is None or upload.staff_id != actor.id:
        raise NotFound("upload", encode_id("upload", upload_id))
    if upload.received_at is None:
        raise Precondition(PreconditionReason.UPLOAD_MISSING, "The upload is not finished.")
    return upload


async def forget_uploads(services: Services) -> None:
    """Removes uploads whose hour is over, with their bytes unless a file or an import has them."""
    async with unit_of_work(services, SYSTEM) as work:
        gone: Any = await work.session.execute(
            delete(Upload)
            .where(col(Upload.expires_at) < work.at, ~IS_IMPORTED)
            .returning(col(Upload.id), col(Upload.used_at))
        )
        rows = list(gone)
        unused = [upload_id for upload_id, used_at in rows if used_at is None]
        work.session.add_all(RemovedFile(id=each, at=work.at) for each in unused)
    for upload_id, _ in rows:
        path_of(services, upload_id).unlink(missing_ok=True)
        path_of(services, upload_id).with_suffix(".part").unlink(missing_ok=True)
