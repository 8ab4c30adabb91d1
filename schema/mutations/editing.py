"""What somebody edits, told to others who look at the card."""

from datetime import datetime
from typing import Annotated

import strawberry

from resolvers import viewing
from schema.context import Info, read_id
from schema.errors import ForbiddenError, InvalidInputError, LimitError, NotFoundError
from schema.mutations.writing import INPUT


@strawberry.input(description="Input of `setEditing`.")
class SetEditingInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    path: str | None = strawberry.field(
        default=None,
        description="Path of the field, such as `person.firstName` or `property:budget`; null: "
        "none.",
    )
    typing_in_conversation_id: strawberry.ID | None = strawberry.field(
        default=None, description="Or the conversation that you type in; null: none."
    )


@strawberry.type(description="Success of `setEditing`.")
class SetEditingSuccess:
    until: datetime = strawberry.field(description="When the mark ends.")


SetEditingResult = Annotated[
    SetEditingSuccess | NotFoundError | ForbiddenError | LimitError | InvalidInputError,
    strawberry.union("SetEditingResult", description="Result of `setEditing`."),
]


async def set_editing(
    info: Info, input: Annotated[SetEditingInput, strawberry.argument(description=INPUT)]
) -> SetEditingResult:
    """Marks a field as being edited."""
    actor = await info.context.person()
    lead_id = read_id("leadId", "lead", input.lead_id)
    typed = input.typing_in_conversation_id
    conversation_id = read_id("typingInConversationId", "conversation", typed) if typed else None
    until = await viewing.set_editing(
        info.context.services, actor, lead_id, input.path, conversation_id
    )
    return SetEditingSuccess(until=until)
