"""Acts on pictures: of a lead, and of oneself."""

from typing import Annotated

import strawberry

from resolvers import avatars
from schema.context import Info, read_id
from schema.errors import ForbiddenError, InvalidInputError, NotFoundError, PreconditionError
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.staff import Me


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


@strawberry.input(description="Input of `setMyAvatar`.")
class SetMyAvatarInput:
    upload_id: strawberry.ID | None = strawberry.field(
        default=None, description="Picture from `createUpload`; null: back to initials."
    )


@strawberry.type(description="Success of `setMyAvatar`.")
class SetMyAvatarSuccess:
    me: Me = strawberry.field(description="You.")


SetMyAvatarResult = Annotated[
    SetMyAvatarSuccess | NotFoundError | PreconditionError | InvalidInputError,
    strawberry.union("SetMyAvatarResult", description="Result of `setMyAvatar`."),
]


async def set_my_avatar(
    info: Info, input: Annotated[SetMyAvatarInput, strawberry.argument(description=INPUT)]
) -> SetMyAvatarResult:
    """Sets or removes the caller's own picture."""
    caller = await info.context.person()
    upload_id = read_id("uploadId", "upload", input.upload_id) if input.upload_id else None
    async with info.context.work() as work:
        await avatars.set_own_avatar(work, caller, upload_id)
    return SetMyAvatarSuccess(me=Me(view=info.context.view(caller), caller=caller))
