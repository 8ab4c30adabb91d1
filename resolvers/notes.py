"""Notes about leads: private to their author and ADMIN, or the team's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from models.changes import Change
from models.enums import ChangeKind, HistoryType, NoteVisibility
from models.ids import encode_id, new_id
from models.leads import LeadAlias
from models.notes import Note, NoteText
from models.workspace import Workspace
from resolvers import access, idempotency
from resolvers.actors import StaffActor
from resolvers.errors import Clash, Conflict, ConflictReason, Forbidden, NotFound
from resolvers.policy import Permission
from resolvers.text import sanitise
from resolvers.unit_of_work import UnitOfWork


async def add_note(
    work: UnitOfWork,
    lead_id: UUID,
    html: str,
    visibility: NoteVisibility | None,
    is_pinned: bool,
    key: str,
) -> UUID:
    """Adds a note; a repeated key answers the first one."""
    actor = _author(work)
    lead = await access.lead_for(work.session, actor, lead_id)
    body = {"lead": lead_id, "html": html, "visibility": visibility, "pinned": is_pinned}
    wanted = new_id()
    note_id = await idempotency.claim(work, "addNote", key, body, wanted)
    if note_id != wanted:
        return note_id
    kept, text = sanitise("html", html)
    if visibility is None:
        visibility = await work.session.scalar(select(col(Workspace.default_note_visibility)))
    note = Note(
        id=note_id,
        lead_id=lead.id,
        author_id=actor.id,
        author_name=actor.name,
        visibility=visibility or NoteVisibility.PRIVATE,
        is_pinned=is_pinned,
        created_at=work.at,
    )
    work.session.add(note)
    await work.session.flush()
    _add_text(work, note, kept, text)
    _record(work, note, "ADDED")
    return note_id


@dataclass(frozen=True)
class NoteEdit:
    """What to change of a note; None leaves it."""

    html: str | None = None
    visibility: NoteVisibility | None = None
    is_pinned: bool | None = None
    expected: int | None = None


@dataclass(frozen=True)
class _Words:
    """What a person reads of a note in one version."""

    version: int
    text: str
    visibility: str
    is_pinned: bool

    def values(self) -> dict[str, str]:
        return {
            "html": self.text,
            "visibility": self.visibility,
            "isPinned": str(self.is_pinned).lower(),
        }


async def edit_note(work: UnitOfWork, lead_id: UUID, note_id: UUID, edit: NoteEdit) -> None:
    """Changes a note, which keeps its place. Only the author decides who sees it."""
    actor = _author(work)
    note = await _note_for(work, lead_id, note_id)
    if not may_edit(actor, note):
        raise Forbidden(Permission.READ_ALL_NOTES)
    if edit.visibility is not None and note.author_id != actor.id:
        raise Forbidden(Permission.READ_ALL_NOTES)
    latest = await latest_text(work, note.id)
    kept = sanitise("html", edit.html) if edit.html is not None else None
    has_new_text = kept is not None and kept[0] != latest.html
    has_new_marks = edit.visibility not in (None, note.visibility) or (
        edit.is_pinned not in (None, note.is_pinned)
    )
    if not has_new_text and not has_new_marks:
        return
    if edit.expected is not None and note.version > edit.expected:
        now = _Words(note.version, latest.text, note.visibility, note.is_pinned)
        wanted = _Words(
            edit.expected,
            kept[1] if kept else latest.text,
            edit.visibility or note.visibility,
            note.is_pinned if edit.is_pinned is None else edit.is_pinned,
        )
        raise await _stale(work, note, now, wanted)
    note.version += 1
    if edit.visibility is not None:
        note.visibility = edit.visibility
    if edit.is_pinned is not None:
        note.is_pinned = edit.is_pinned
    if kept and has_new_text:
        note.edited_at = work.at
        _add_text(work, note, *kept)
    _record(work, note, "EDITED")


async def remove_note(work: UnitOfWork, lead_id: UUID, note_id: UUID) -> None:
    """Takes a note off the card; its history stays, shown to those who saw the note."""
    actor = _author(work)
    note = await _note_for(work, lead_id, note_id)
    if not may_edit(actor, note):
        raise Forbidden(Permission.READ_ALL_NOTES)
    note.version += 1
    note.removed_at = work.at
    _record(work, note, "REMOVED")


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


def _add_text(work: UnitOfWork, note: Note, html: str, text: str) -> None:
    work.session.add(
        NoteText(
            note_id=note.id,
            version=note.version,
            html=html,
            text=text,
            author_id=_author(work).id,
            author_name=work.actor.name,
            at=work.at,
        )
    )


def _record(work: UnitOfWork, note: Note, action: str) -> None:
    data: dict[str, Any] = {"action": action, "note": logged(note)}
    work.record(
        note.lead_id, ChangeKind.NOTE_CHANGED, HistoryType.NOTE, data, subject=("note", note.id)
    )


def logged(note: Note) -> dict[str, Any]:
    """A note as the log holds it: everything but its words."""
    return {
        "version": note.version,
        "visibility": note.visibility,
        "is_pinned": note.is_pinned,
        "author": note.author_id.hex,
        "created_at": note.created_at.isoformat(),
        "edited_at": note.edited_at.isoformat() if note.edited_at else None,
    }


async def _stale(work: UnitOfWork, note: Note, now: _Words, wanted: _Words) -> Conflict:
    """The refusal of an edit that was made on an older version of the note."""
    told = await _history(work, note)
    last = told[-1]
    base = await _as_of(work, note, told, wanted.version)
    clashes = tuple(
        Clash(
            path=path,
            field_id=None,
            base=_text(base.values().get(path)) if base else None,
            current=_text(now.values()[path]),
            attempted=_text(value),
            changed_by=last.actor_name,
            changed_at=last.at,
        )
        for path, value in wanted.values().items()
        if value != now.values()[path]
    )
    return Conflict(
        ConflictReason.STALE_VERSION,
        "The note was changed in the meantime.",
        owner=note.id,
        version=note.version,
        clashes=clashes,
    )


async def _history(work: UnitOfWork, note: Note) -> Sequence[Change]:
    """What the log tells of the note, oldest first, also from before its lead was merged."""
    former = select(col(LeadAlias.alias_id)).where(col(LeadAlias.lead_id) == note.lead_id)
    rows = await work.session.scalars(
        select(Change)
        .where(
            or_(col(Change.lead_id) == note.lead_id, col(Change.lead_id).in_(former)),
            col(Change.kind) == ChangeKind.NOTE_CHANGED,
            col(Change.subject_id) == note.id,
        )
        .order_by(col(Change.at), col(Change.id))
    )
    return rows.all()


async def _as_of(
    work: UnitOfWork, note: Note, told: Sequence[Change], version: int
) -> _Words | None:
    """The note as it was in that version; None if there was none or it was erased."""
    marks = next(
        (
            each.data["note"]
            for each in told
            if each.data and each.data["note"]["version"] == version
        ),
        None,
    )
    text = await work.session.scalar(
        select(col(NoteText.text))
        .where(col(NoteText.note_id) == note.id, col(NoteText.version) <= version)
        .order_by(col(NoteText.version).desc())
        .limit(1)
    )
    if marks is None or text is None:
        return None
    return _Words(version, text, marks["visibility"], marks["is_pinned"])


def _text(value: str | None) -> dict[str, str] | None:
    return {"type": "TEXT", "text": value} if value is not None else None
