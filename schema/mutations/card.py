"""Acts on what hangs on a lead: tags, notes, messages, conversations."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models.enums import Channel, ConversationState, NoteVisibility
from resolvers import conversations, notes, tags
from resolvers.errors import NotFound
from resolvers.notes import NoteEdit
from schema.context import Info, read_id
from schema.conversations import Conversation, Message, conversation_of
from schema.errors import (
    ChannelUnavailableError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    PreconditionError,
    read_version,
)
from schema.loaders import SchemaView
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.notes import Note
from schema.scalars import Html, IdempotencyKey, Url, Version
from schema.values import global_id


@strawberry.input(description="Input of `addTags`.")
class AddTagsInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    tags: list[str] = strawberry.field(
        description="1 to 20 of 1 to 64 characters, compared without case."
    )


@strawberry.input(description="Input of `removeTags`.")
class RemoveTagsInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    tags: list[str] = strawberry.field(description="1 to 20.")


@strawberry.type(description="Success of `addTags`.")
class AddTagsSuccess(LeadWrite):
    """The lead after it."""


@strawberry.type(description="Success of `removeTags`.")
class RemoveTagsSuccess(LeadWrite):
    """The lead after it."""


AddTagsResult = Annotated[
    AddTagsSuccess | NotFoundError | ForbiddenError | LimitError | InvalidInputError,
    strawberry.union("AddTagsResult", description="Result of `addTags`."),
]
RemoveTagsResult = Annotated[
    RemoveTagsSuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union("RemoveTagsResult", description="Result of `removeTags`."),
]


async def add_tags(
    info: Info, input: Annotated[AddTagsInput, strawberry.argument(description=INPUT)]
) -> AddTagsResult:
    """Adds tags."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    async with info.context.work() as work:
        lead_id = await tags.add_tags(work, lead_id, input.tags)
    _, fields = await written(info, work, lead_id)
    return AddTagsSuccess(**fields)


async def remove_tags(
    info: Info, input: Annotated[RemoveTagsInput, strawberry.argument(description=INPUT)]
) -> RemoveTagsResult:
    """Removes tags."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    async with info.context.work() as work:
        lead_id = await tags.remove_tags(work, lead_id, input.tags)
    _, fields = await written(info, work, lead_id)
    return RemoveTagsSuccess(**fields)


@strawberry.input(description="Input of `addNote`.")
class AddNoteInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    html: Html = strawberry.field(description="Formatted text, not blank.")
    visibility: NoteVisibility | None = strawberry.field(
        default=None, description="Who sees it; absent: the project's default."
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
    AddNoteSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("AddNoteResult", description="Result of `addNote`."),
]
EditNoteResult = Annotated[
    EditNoteSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
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
    async with info.context.work() as work:
        note_id = await notes.add_note(
            work, lead_id, input.html, input.visibility, input.is_pinned, input.idempotency_key
        )
    view, fields = await written(info, work, lead_id)
    return AddNoteSuccess(note=await _note_of(view, note_id), **fields)


async def edit_note(
    info: Info, input: Annotated[EditNoteInput, strawberry.argument(description=INPUT)]
) -> EditNoteResult:
    """Changes a note."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    note_id = read_id("noteId", "note", input.note_id)
    expected = read_version(info, note_id, input.expected_version)
    edit = NoteEdit(input.html, input.visibility, input.is_pinned, expected)
    async with info.context.work() as work:
        await notes.edit_note(work, lead_id, note_id, edit)
    view, fields = await written(info, work, lead_id)
    return EditNoteSuccess(note=await _note_of(view, note_id), **fields)


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


@strawberry.input(description="Button of a pop-up.")
class MessageLinkInput:
    text: str = strawberry.field(description="What it says; 1 to 40 characters.")
    url: Url = strawberry.field(description="Where it leads; http or https.")


@strawberry.input(description="Input of `sendMessage`.")
class SendMessageInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    channel: Channel = strawberry.field(description="Channel.")
    text: str = strawberry.field(description="Plain text; 1 to 20,000 characters.")
    subject: str | None = strawberry.field(
        default=None, description="1 to 200 characters; the title of a pop-up."
    )
    conversation_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Conversation to go on with; absent: the newest chat, else a new one.",
    )
    expires_at: datetime | None = strawberry.field(
        default=None,
        description="POPUP: wait for the lead until then, at most 30 days; absent: only if present "
        "now.",
    )
    link: MessageLinkInput | None = strawberry.field(default=None, description="POPUP: a button.")


@strawberry.type(description="Success of `sendMessage`.")
class SendMessageSuccess(LeadWrite):
    sent_message: Message = strawberry.field(description="The message.")


SendMessageResult = Annotated[
    SendMessageSuccess
    | NotFoundError
    | ForbiddenError
    | ChannelUnavailableError
    | PreconditionError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SendMessageResult", description="Result of `sendMessage`."),
]


async def send_message(
    info: Info, input: Annotated[SendMessageInput, strawberry.argument(description=INPUT)]
) -> SendMessageResult:
    """Writes to a lead."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    conversation_id = (
        read_id("conversationId", "conversation", input.conversation_id)
        if input.conversation_id
        else None
    )
    async with info.context.work() as work:
        message_id = await conversations.send_message(
            work,
            lead_id,
            conversations.NewMessage(
                input.channel,
                input.text,
                input.subject,
                conversation_id,
                input.expires_at,
                (input.link.text, input.link.url) if input.link else None,
            ),
            input.idempotency_key,
        )
    view, fields = await written(info, work, lead_id)
    row = await view.load.message.load(message_id)
    assert row is not None
    return SendMessageSuccess(sent_message=Message(row=row, view=view), **fields)


@strawberry.input(description="Input of `changeConversationState`.")
class ChangeConversationStateInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    conversation_id: strawberry.ID = strawberry.field(description="The conversation.")
    state: ConversationState = strawberry.field(description="State.")


@strawberry.type(description="Success of `changeConversationState`.")
class ChangeConversationStateSuccess(LeadWrite):
    conversation: Conversation = strawberry.field(description="The conversation.")


ChangeConversationStateResult = Annotated[
    ChangeConversationStateSuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union(
        "ChangeConversationStateResult", description="Result of `changeConversationState`."
    ),
]


async def change_conversation_state(
    info: Info,
    input: Annotated[ChangeConversationStateInput, strawberry.argument(description=INPUT)],
) -> ChangeConversationStateResult:
    """Closes or opens a conversation."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    conversation_id = read_id("conversationId", "conversation", input.conversation_id)
    async with info.context.work() as work:
        await conversations.change_conversation_state(work, lead_id, conversation_id, input.state)
    view, fields = await written(info, work, lead_id)
    conversation = await conversation_of(view, conversation_id)
    return ChangeConversationStateSuccess(conversation=conversation, **fields)
