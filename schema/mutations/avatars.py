"""The act on a lead's picture."""

from typing import Annotated

import strawberry

from resolvers import avatars
from schema.context import Info, read_id
from schema.errors import ForbiddenError, InvalidInputError, NotFoundError, PreconditionError
from schema.mutations.writing import INPUT, LeadWrite, written


@strawberry.input(description="Input of `setAvatar`.")
class SetAvatarInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    upload_id: strawberry.ID | None = strawberry.field(
        default=None, description="Picture from `createUpload`; null: back to initials."
    )


@strawberry.type(description="Success of `setAvatar`.")
class SetAvatarSuccess(LeadWrite):
    """The lead after it."""


SetAvatarResult = Annotated[
    SetAvatarSuccess | NotFoundError | ForbiddenError | PreconditionError | InvalidInputError,
    strawberry.union("SetAvatarResult", description="Result of `setAvatar`."),
]


async def set_avatar(
    info: Info, input: Annotated[SetAvatarInput, strawberry.argument(description=INPUT)]
) -> SetAvatarResult:
    """Sets or removes the picture."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    upload_id = read_id("uploadId", "upload", input.upload_id) if input.upload_id else None
    async with info.context.work() as work:
        lead_id = await avatars.set_avatar(work, lead_id, upload_id)
    _, fields = await written(info, work, lead_id)
    return SetAvatarSuccess(**fields)
