"""Uploads: a ticket from here, the bytes by PUT."""

from datetime import datetime
from typing import Annotated

import strawberry

from resolvers import uploads
from schema.context import Info
from schema.errors import InvalidInputError, LimitError
from schema.scalars import Url
from schema.values import global_id


@strawberry.input(description="Input of `createUpload`.")
class CreateUploadInput:
    name: str = strawberry.field(description="1 to 200 characters, no path characters.")
    size_bytes: int = strawberry.field(
        description="Exact size; at least 1, at most what the server is set to."
    )


@strawberry.type(
    description="Ticket for one upload: PUT the bytes to `uploadUrl`, signed in as for this "
    "request, then use `id`. It ends after an hour, and is good for one try."
)
class UploadTicket:
    id: strawberry.ID = strawberry.field(description="Id to use as `uploadId`.")
    upload_url: Url = strawberry.field(description="Where the bytes go, once.")
    expires_at: datetime = strawberry.field(
        description="When it ends, and the file with it if nothing has used it."
    )


@strawberry.type(description="Success of `createUpload`.")
class CreateUploadSuccess:
    ticket: UploadTicket = strawberry.field(description="The ticket.")


CreateUploadResult = Annotated[
    CreateUploadSuccess | LimitError | InvalidInputError,
    strawberry.union("CreateUploadResult", description="Result of `createUpload`."),
]


async def create_upload(
    info: Info,
    input: Annotated[CreateUploadInput, strawberry.argument(description="What to do it with.")],
) -> CreateUploadResult:
    """Gives a ticket for one file."""
    async with info.context.work() as work:
        made = await uploads.create_upload(work, input.name, input.size_bytes)
    return CreateUploadSuccess(
        ticket=UploadTicket(
            id=global_id("upload", made.upload.id),
            upload_url=Url(f"{info.context.services.public_url}/uploads/{made.token}"),
            expires_at=made.upload.expires_at,
        )
    )
