"""What an edit of a note clashes with that was made on an older version of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlmodel import col

from models.changes import Change
from models.enums import ChangeKind
from models.leads import LeadAlias
from models.notes import Note, NoteText
from resolvers.errors import Clash, Conflict, ConflictReason
from resolvers.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Words:
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


async def stale_note(work: UnitOfWork, note: Note, now: Words, wanted: Words) -> Conflict:
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
) -> Words | None:
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
    return Words(version, text, marks["visibility"], marks["is_pinned"])


def _text(value: str | None) -> dict[str, str] | None:
    return {"type": "TEXT", "text": value} if value is not None else None
