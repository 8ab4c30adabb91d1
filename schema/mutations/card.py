"""Acts on what hangs on a lead: tags, notes, messages, conversations."""

from datetime import datetime
from typing import Annotated

import strawberry

from models.enums import Channel, ConversationState
from resolvers import conversations, tags
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
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.scalars import IdempotencyKey, Url, Version


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
    snoozed_until: datetime | None = strawberry.field(
        default=None, description="SNOOZED: until, at most a year; not with another state."
    )


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
    """Closes, opens or puts off a conversation."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    conversation_id = read_id("conversationId", "conversation", input.conversation_id)
    async with info.context.work() as work:
        await conversations.change_conversation_state(
            work, lead_id, conversation_id, input.state, input.snoozed_until
        )
    view, fields = await written(info, work, lead_id)
    conversation = await conversation_of(view, conversation_id)
    return ChangeConversationStateSuccess(conversation=conversation, **fields)


@strawberry.input(description="Input of `assignConversation`.")
class AssignConversationInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    conversation_id: strawberry.ID = strawberry.field(description="The conversation.")
    staff_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who, somebody who sees the lead; null: nobody."
    )
    expected_version: Version | None = strawberry.field(
        default=None,
        description="Version that you saw; without it only one that is nobody's or your own is "
        "given.",
    )


@strawberry.type(description="Success of `assignConversation`.")
class AssignConversationSuccess(LeadWrite):
    conversation: Conversation = strawberry.field(description="The conversation.")


AssignConversationResult = Annotated[
    AssignConversationSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("AssignConversationResult", description="Result of `assignConversation`."),
]


async def assign_conversation(
    info: Info, input: Annotated[AssignConversationInput, strawberry.argument(description=INPUT)]
) -> AssignConversationResult:
    """Gives a conversation to somebody or nobody."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    conversation_id = read_id("conversationId", "conversation", input.conversation_id)
    staff_id = read_id("staffId", "staff", input.staff_id) if input.staff_id else None
    expected = read_version(info, conversation_id, input.expected_version)
    async with info.context.work() as work:
        await conversations.assign_conversation(work, lead_id, conversation_id, staff_id, expected)
    view, fields = await written(info, work, lead_id)
    conversation = await conversation_of(view, conversation_id)
    return AssignConversationSuccess(conversation=conversation, **fields)
