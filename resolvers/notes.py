"""Notes about leads: private to their author and ADMIN, or the team's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.enums import ChangeKind, FileUse, HistoryType, NoteVisibility
from models.files import File
from models.ids import encode_id, new_id
from models.notes import Note, NoteText
from models.workspace import Workspace
from resolvers import access, files, idempotency
from resolvers.actors import StaffActor
from resolvers.errors import (
    Forbidden,
    NotFound,
    ProblemCode,
    invalid,
)
from resolvers.files import NewFile
from resolvers.formatted_text import Formatted, read_formatted
from resolvers.note_conflicts import Words, stale_note
from resolvers.policy import Permission
from resolvers.unit_of_work import UnitOfWork

MAX_ATTACHMENTS = 20


async def add_note(
    work: UnitOfWork,
    lead_id: UUID,
    html: str,
    visibility: NoteVisibility | None,
    is_pinned: bool,
    key: str,
    uploads: Sequence[UUID] = (),
) -> UUID:
    """Adds a note with files made of the uploads; a repeated key answers the first one."""
    actor = _author(work)
    lead = await access.lead_for(work.session, actor, lead_id)
    body = {"lead": lead_id, "html": html, "visibility": visibility, "pinned": is_pinned}
    if uploads:
        body["uploads"] = list(uploads)
    wanted = new_id()
    note_id = await idempotency.claim(work, "addNote", key, body, wanted)
    if note_id != wanted:
        return note_id
    if visibility is None:
        visibility = await work.session.scalar(select(col(Workspace.default_note_visibility)))
    note = Note(
        id=note_id,
        lead_id=lead.id,
        author_id=actor.id,
        author_kind=actor.kind,
        author_name=actor.name,
        visibility=visibility or NoteVisibility.PRIVATE,
        is_pinned=is_pinned,
        created_at=work.at,
    )
    work.session.add(note)
    await work.session.flush()
    attached = await _attach(work, note, "attachmentUploadIds", [], uploads)
    _add_text(work, note, read_formatted("html", html, _pictures(attached)))
    _record(work, note, "ADDED", attached)
    return note_id


@dataclass(frozen=True)
class NoteEdit:
    """What to change of a note; None leaves it."""

    html: str | None = None
    visibility: NoteVisibility | None = None
    is_pinned: bool | None = None
    expected: int | None = None
    add_uploads: Sequence[UUID] = ()
    remove_files: Sequence[UUID] = ()


async def edit_note(work: UnitOfWork, lead_id: UUID, note_id: UUID, edit: NoteEdit) -> None:
    """Changes a note, which keeps its place. Only the author decides who sees it."""
    actor = _author(work)
    note = await _note_for(work, lead_id, note_id)
    if not may_edit(actor, note):
        raise Forbidden(Permission.READ_ALL_NOTES)
    if edit.visibility is not None and note.author_id != actor.id:
        raise Forbidden(Permission.READ_ALL_NOTES)
    former = await attachments(work.session, note.id)
    files_now = await _change_files(work, note, former, edit)
    latest = await latest_text(work, note.id)
    wanted = _new_text(edit, latest, former, files_now)
    has_new_text = wanted is not None and wanted.html != latest.html
    has_new_files = [each.id for each in files_now] != [each.id for each in former]
    has_new_marks = edit.visibility not in (None, note.visibility) or (
        edit.is_pinned not in (None, note.is_pinned)
    )
    if not has_new_text and not has_new_marks and not has_new_files:
        return
    await _check_version(work, note, edit, latest, wanted)
    note.version += 1
    if edit.visibility is not None:
        note.visibility = edit.visibility
    if edit.is_pinned is not None:
        note.is_pinned = edit.is_pinned
    if has_new_text or has_new_files:
        note.edited_at = work.at
    if wanted is not None and has_new_text:
        _add_text(work, note, wanted)
    _record(work, note, "EDITED", files_now)


def _new_text(
    edit: NoteEdit, latest: NoteText, former: Sequence[File], files_now: Sequence[File]
) -> Formatted | None:
    """The text that an edit asks for, or that is left without a picture that goes; else None."""
    if edit.html is not None:
        return read_formatted("html", edit.html, _pictures(files_now))
    gone = _pictures(former) - _pictures(files_now)
    if any(each.hex in latest.html for each in gone):
        return read_formatted("removeFileIds", latest.html, _pictures(files_now))
    return None


async def _check_version(
    work: UnitOfWork, note: Note, edit: NoteEdit, latest: NoteText, wanted: Formatted | None
) -> None:
    """Conflict where the edit was made on an older version and touches what differs since."""
    if edit.expected is None or note.version <= edit.expected:
        return
    now = Words(note.version, latest.text, note.visibility, note.is_pinned)
    attempted = Words(
        edit.expected,
        wanted.text if wanted else latest.text,
        edit.visibility or note.visibility,
        note.is_pinned if edit.is_pinned is None else edit.is_pinned,
    )
    stale = await stale_note(work, note, now, attempted)
    if stale.clashes or (wanted is not None and wanted.html != latest.html):
        raise stale


async def attachments(session: AsyncSession, note_id: UUID) -> Sequence[File]:
    """Files of a note that the caller was given, in order of their upload."""
    rows = await session.scalars(
        select(File)
        .where(col(File.use) == FileUse.NOTE, col(File.subject_id) == note_id)
        .order_by(col(File.id))
    )
    return rows.all()


async def _change_files(
    work: UnitOfWork, note: Note, former: Sequence[File], edit: NoteEdit
) -> list[File]:
    """Removes and adds files; NotFound for one to remove that is none of the note's."""
    for each in edit.remove_files:
        if each not in {file.id for file in former}:
            raise NotFound("file", encode_id("file", each))
    kept = [file for file in former if file.id not in edit.remove_files]
    found = await _attach(work, note, "addUploadIds", kept, edit.add_uploads)
    if edit.remove_files:
        await files.remove(work, col(File.id).in_(edit.remove_files))
    return found


async def _attach(
    work: UnitOfWork, note: Note, path: str, kept: Sequence[File], uploads: Sequence[UUID]
) -> list[File]:
    wanted = list(dict.fromkeys(uploads))
    if len(kept) + len(wanted) > MAX_ATTACHMENTS:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {MAX_ATTACHMENTS} files on a note.")
    new = NewFile(note.lead_id, FileUse.NOTE, note.id)
    added = [await files.attach(work, each, new) for each in wanted]
    return sorted([*kept, *added], key=lambda file: file.id)


def _pictures(attached: Sequence[File]) -> frozenset[UUID]:
    return frozenset(file.id for file in attached if file.width is not None)


async def remove_note(work: UnitOfWork, lead_id: UUID, note_id: UUID) -> None:
    """Takes a note off the card, its files for good; its history stays, for those who saw it."""
    actor = _author(work)
    note = await _note_for(work, lead_id, note_id)
    if not may_edit(actor, note):
        raise Forbidden(Permission.READ_ALL_NOTES)
    note.version += 1
    note.removed_at = work.at
    await files.remove(work, col(File.use) == FileUse.NOTE, col(File.subject_id) == note.id)
    _record(work, note, "REMOVED", [])


def may_edit(actor: StaffActor, note: Note) -> bool:
    """Author or ADMIN."""
    return note.author_id == actor.id or access.may(actor, Permission.READ_ALL_NOTES)


async def latest_text(work: UnitOfWork, note_id: UUID) -> NoteText:
    """The text that counts now."""
    statement = (
        select(NoteText)
        .where(col(NoteText.note_id) == note_id)
        .order_by(col(NoteText.version).desc())
        .limit(1)
    )
    return (await work.session.scalars(statement)).one()


def _author(work: UnitOfWork) -> StaffActor:
    access.require(work.actor, Permission.WRITE_NOTES)
    if not isinstance(work.actor, StaffActor):
        raise Forbidden(Permission.WRITE_NOTES)
    return work.actor


async def _note_for(work: UnitOfWork, lead_id: UUID, note_id: UUID) -> Note:
    lead = await access.lead_for(work.session, work.actor, lead_id)
    note = await work.session.scalar(
        select(Note).where(
            col(Note.id) == note_id,
            col(Note.lead_id) == lead.id,
            col(Note.removed_at).is_(None),
            access.visible_notes(work.actor),
        )
    )
    if note is None:
        raise NotFound("note", encode_id("note", note_id))
    return note


def _add_text(work: UnitOfWork, note: Note, words: Formatted) -> None:
    work.session.add(
        NoteText(
            note_id=note.id,
            version=note.version,
            document=words.document,
            html=words.html,
            text=words.text,
            author_id=_author(work).id,
            author_kind=work.actor.kind,
            author_name=work.actor.name,
            at=work.at,
        )
    )


def _record(work: UnitOfWork, note: Note, action: str, attached: Sequence[File]) -> None:
    logged_note = logged(note, [file.id for file in attached])
    data: dict[str, Any] = {"action": action, "note": logged_note}
    work.record(
        note.lead_id, ChangeKind.NOTE_CHANGED, HistoryType.NOTE, data, subject=("note", note.id)
    )


def logged(note: Note, file_ids: Sequence[UUID]) -> dict[str, Any]:
    """A note as the log holds it: everything but its words and the names of its files."""
    told = {
        "version": note.version,
        "visibility": note.visibility,
        "is_pinned": note.is_pinned,
        "author": note.author_id.hex,
        "created_at": note.created_at.isoformat(),
        "edited_at": note.edited_at.isoformat() if note.edited_at else None,
    }
    return {**told, "files": [each.hex for each in file_ids]} if file_ids else told
