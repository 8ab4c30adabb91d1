"""Acts on notes."""

from typing import Annotated
from uuid import UUID

import strawberry

from models.enums import NoteVisibility
from resolvers import notes
from resolvers.errors import NotFound
from resolvers.notes import NoteEdit
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    PreconditionError,
    read_version,
)
from schema.loaders import SchemaView
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.notes import Note
from schema.scalars import Html, IdempotencyKey, Version
from schema.values import global_id


@strawberry.input(description="Input of `addNote`.")
class AddNoteInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    html: Html = strawberry.field(
        description="Formatted text, not blank; pictures by `data-attachment`, an upload's id or a "
        "file's."
    )
    visibility: NoteVisibility | None = strawberry.field(
        default=None, description="Who sees it; absent: the project's default."
    )
    attachment_upload_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="At most 20 of your uploads."
    )
    is_pinned: bool = strawberry.field(default=False, description="Shown first.")


@strawberry.input(description="Input of `editNote`.")
class EditNoteInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    note_id: strawberry.ID = strawberry.field(description="The note.")
    html: Html | None = strawberry.field(default=None, description="Formatted text.")
    visibility: NoteVisibility | None = strawberry.field(
        default=None, description="Who sees it; only its author."
    )
    add_upload_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Uploads to add."
    )
    remove_file_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Files to remove, for good."
    )
    is_pinned: bool | None = strawberry.field(default=None, description="Shown first.")
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.input(description="Input of `removeNote`.")
class RemoveNoteInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    note_id: strawberry.ID = strawberry.field(description="The note.")


@strawberry.type(description="Success of `addNote`.")
class AddNoteSuccess(LeadWrite):
    note: Note = strawberry.field(description="The note.")


@strawberry.type(description="Success of `editNote`.")
class EditNoteSuccess(LeadWrite):
    note: Note = strawberry.field(description="The note.")


@strawberry.type(description="Success of `removeNote`.")
class RemoveNoteSuccess(LeadWrite):
    note_id: strawberry.ID = strawberry.field(description="Its id.")


AddNoteResult = Annotated[
    AddNoteSuccess
    | NotFoundError
    | ForbiddenError
    | PreconditionError
    | ConflictError
    | InvalidInputError,
    strawberry.union("AddNoteResult", description="Result of `addNote`."),
]
EditNoteResult = Annotated[
    EditNoteSuccess
    | NotFoundError
    | ForbiddenError
    | PreconditionError
    | ConflictError
    | InvalidInputError,
    strawberry.union("EditNoteResult", description="Result of `editNote`."),
]
RemoveNoteResult = Annotated[
    RemoveNoteSuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union("RemoveNoteResult", description="Result of `removeNote`."),
]


async def add_note(
    info: Info, input: Annotated[AddNoteInput, strawberry.argument(description=INPUT)]
) -> AddNoteResult:
    """Adds a note."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    uploads = _ids("attachmentUploadIds", "upload", input.attachment_upload_ids)
    async with info.context.work() as work:
        note_id = await notes.add_note(
            work, lead_id, input.html, input.visibility, input.is_pinned,
            input.idempotency_key, uploads,
        )  # fmt: skip
    view, fields = await written(info, work, lead_id)
    return AddNoteSuccess(note=await _note_of(view, note_id), **fields)


async def edit_note(
    info: Info, input: Annotated[EditNoteInput, strawberry.argument(description=INPUT)]
) -> EditNoteResult:
    """Changes a note."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    note_id = read_id("noteId", "note", input.note_id)
    expected = read_version(info, note_id, input.expected_version)
    edit = NoteEdit(
        input.html, input.visibility, input.is_pinned, expected,
        _ids("addUploadIds", "upload", input.add_upload_ids),
        _ids("removeFileIds", "file", input.remove_file_ids),
    )  # fmt: skip
    async with info.context.work() as work:
        await notes.edit_note(work, lead_id, note_id, edit)
    view, fields = await written(info, work, lead_id)
    return EditNoteSuccess(note=await _note_of(view, note_id), **fields)


def _ids(path: str, noun: str, given: list[strawberry.ID] | None) -> list[UUID]:
    return [read_id(f"{path}.{index}", noun, each) for index, each in enumerate(given or ())]


async def _note_of(view: SchemaView, note_id: UUID) -> Note:
    """The note after the act; NotFound if somebody removed it since, or since its key was used."""
    row = await view.load.note.load(note_id)
    if row is None:
        raise NotFound("note", global_id("note", note_id))
    return Note(row=row, view=view)


async def remove_note(
    info: Info, input: Annotated[RemoveNoteInput, strawberry.argument(description=INPUT)]
) -> RemoveNoteResult:
    """Removes a note."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    note_id = read_id("noteId", "note", input.note_id)
    async with info.context.work() as work:
        await notes.remove_note(work, lead_id, note_id)
    _, fields = await written(info, work, lead_id)
    return RemoveNoteSuccess(note_id=input.note_id, **fields)
