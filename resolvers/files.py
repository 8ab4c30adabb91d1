"""Files of leads: made of uploads, read by links that end soon, removed with what they are part of.

Invariants
- Who sees what a file is part of sees the file, and nobody else: `access.visible_files` is asked
  when a link is made and again whenever it is used.
- A row is there only while its bytes are. A row that goes leaves a `removed_file`, in the same
  transaction, until the worker has removed the bytes; a failure of the store is tried again.
"""

import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, exists, select
from sqlmodel import col

from models.enums import FileUse
from models.files import File, RemovedFile
from models.ids import encode_id
from models.imports import LeadImport
from models.uploads import Upload
from resolvers import access
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import NotFound, Precondition, PreconditionReason
from resolvers.file_store import StoreFailed, Variant
from resolvers.secrets import Unsealable
from resolvers.services import Services
from resolvers.staff import actor_for_session
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.uploads import path_of

log = structlog.get_logger(__name__)

LINK_SECONDS = 300
ROUND_SECONDS = 60
"""Links made within so long are the same, so that a page that is read again loads nothing twice."""
BATCH = 100
VARIANTS = (Variant.WHOLE, Variant.PREVIEW, Variant.SQUARE)
PACKED = struct.Struct(">16s16sBI")


@dataclass(frozen=True)
class NewFile:
    """What a file is to be part of. `pictures_only`: anything else is refused."""

    lead_id: UUID | None
    use: FileUse
    subject_id: UUID
    pictures_only: bool = False


async def attach(work: UnitOfWork, upload_id: UUID, new: NewFile) -> File:
    """Makes a file of an upload of the actor's own, which is used up by it.

    NotFound for an upload that is not there or somebody else's; Precondition UPLOAD_MISSING where
    its bytes have not come, its time is over or it was used, UPLOAD_TYPE where it can't be a file.
    """
    upload = await work.session.scalar(
        select(Upload)
        .where(col(Upload.id) == upload_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if upload is None or upload.staff_id != work.actor.id:
        raise NotFound("upload", encode_id("upload", upload_id))
    await _require_ready(work, upload)
    if upload.content_type is None or upload.stored_bytes is None:
        why = upload.problem or "This upload can't be a file."
        raise Precondition(PreconditionReason.UPLOAD_TYPE, f"{upload.name}: {why}")
    if new.pictures_only and upload.width is None:
        words = f"{upload.name}: Only a picture will do here."
        raise Precondition(PreconditionReason.UPLOAD_TYPE, words)
    upload.used_at = work.at
    file = File(
        id=upload.id,
        lead_id=new.lead_id,
        use=new.use,
        subject_id=new.subject_id,
        name=upload.name,
        content_type=upload.content_type,
        size_bytes=upload.stored_bytes,
        width=upload.width,
        height=upload.height,
        created_at=work.at,
    )
    work.session.add(file)
    return file


async def _require_ready(work: UnitOfWork, upload: Upload) -> None:
    if upload.received_at is None or upload.expires_at <= work.at:
        raise Precondition(PreconditionReason.UPLOAD_MISSING, "The upload is not there (any more).")
    is_imported = exists().where(col(LeadImport.upload_id) == upload.id)
    if upload.used_at is not None or await work.session.scalar(select(is_imported)):
        raise Precondition(PreconditionReason.UPLOAD_MISSING, "This upload was used before.")


async def remove(work: UnitOfWork, *where: Any) -> list[UUID]:
    """Removes the files that the conditions choose; their bytes go right after the commit."""
    gone: Any = await work.session.scalars(delete(File).where(*where).returning(col(File.id)))
    ids: list[UUID] = list(gone)
    work.session.add_all(RemovedFile(id=each, at=work.at) for each in ids)
    return ids


async def erase_files(work: UnitOfWork, lead_id: UUID) -> int:
    """Removes all files of a lead, for its erasure; how many there were."""
    return len(await remove(work, col(File.lead_id) == lead_id))


def link_to(
    services: Services, actor: StaffActor, file_id: UUID, variant: Variant = Variant.WHOLE
) -> str:
    """Where the actor may GET a file for 5 minutes; needs nothing beside, so handle it as a secret.

    It is good as long as the session or token that it was made in.
    """
    now = int(services.clock.now().timestamp())
    ends = (now // ROUND_SECONDS + 1) * ROUND_SECONDS + LINK_SECONDS
    what = PACKED.pack(file_id.bytes, actor.session_id.bytes, VARIANTS.index(variant), ends)
    return f"{services.public_url}/files/{services.secrets.seal_link(what)}"


@dataclass(frozen=True)
class Download:
    """A file on its way out."""

    name: str
    content_type: str
    size_bytes: int
    parts: AsyncIterator[bytes]


async def open_link(services: Services, link: str) -> Download:
    """What a link leads to, if whoever it was made for may still see it.

    NotFound for every other link, whatever is wrong with it. StoreFailed: to be tried again.
    """
    file_id, session_id, variant = _read_link(services, link)
    file = await _visible(services, file_id, session_id)
    if file is None:
        raise NotFound("file", "")
    try:
        size, parts = await services.files.store.read(file_id, variant)
    except FileNotFoundError as error:
        raise NotFound("file", "") from error
    if variant is Variant.WHOLE:
        return Download(file.name, file.content_type, size, parts)
    return Download("preview.webp", "image/webp", size, parts)


def _read_link(services: Services, link: str) -> tuple[UUID, UUID, Variant]:
    try:
        what = services.secrets.unseal_link(link)
        file_id, session_id, variant, ends = PACKED.unpack(what)
    except (Unsealable, struct.error) as error:
        raise NotFound("file", "") from error
    if services.clock.now().timestamp() >= ends:
        raise NotFound("file", "")
    return UUID(bytes=file_id), UUID(bytes=session_id), VARIANTS[variant]


async def _visible(services: Services, file_id: UUID, session_id: UUID) -> File | None:
    async with services.database.read_session() as session:
        actor = await actor_for_session(services, session, session_id)
        if actor is None:
            return None
        found: File | None = await session.scalar(
            select(File).where(col(File.id) == file_id, access.visible_files(actor))
        )
        return found


async def forget_removed(services: Services) -> None:
    """Removes the bytes of files that are gone; what the store refuses stays for the next time."""
    async with services.database.read_session() as session:
        waiting = (
            await session.scalars(
                select(col(RemovedFile.id)).order_by(col(RemovedFile.at)).limit(BATCH)
            )
        ).all()
    done = await _removed(services, waiting)
    if done:
        async with unit_of_work(services, SYSTEM) as work:
            await work.session.execute(delete(RemovedFile).where(col(RemovedFile.id).in_(done)))


async def _removed(services: Services, ids: Sequence[UUID]) -> list[UUID]:
    done = []
    for each in ids:
        try:
            path_of(services, each).unlink(missing_ok=True)
            await services.files.store.remove(each)
        except (StoreFailed, OSError) as error:
            log.warning("bytes of a file could not be removed", error=type(error).__name__)
            continue
        done.append(each)
    return done
