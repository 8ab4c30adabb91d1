"""Files: what is told of one, and where to GET it."""

import strawberry

from models.files import File as FileRow
from models.ids import encode_id
from resolvers import files
from resolvers.actors import StaffActor
from resolvers.file_store import Variant
from schema.loaders import SchemaView
from schema.scalars import Url


@strawberry.type(
    description="File. Links to files of leads need nothing beside, last 5 minutes, end with the "
    "session, and check the policy again when used; those to files that the server made are to be "
    "fetched signed in as for this request."
)
class File:
    id: strawberry.ID = strawberry.field(description="The file.")
    name: str = strawberry.field(description="1 to 200 characters, no path.")
    content_type: str = strawberry.field(description="Found from the content, not from the name.")
    size_bytes: int = strawberry.field(description="Size; of a picture as it was drawn anew.")
    download_url: Url = strawberry.field(description="Link to download.")
    thumbnail_url: Url | None = strawberry.field(
        default=None, description="Link to a preview of at most 400 pixels; pictures only."
    )
    width: int | None = strawberry.field(
        default=None, description="Width in pixels; pictures only."
    )
    height: int | None = strawberry.field(
        default=None, description="Height in pixels; pictures only."
    )


def file_of(view: SchemaView, row: FileRow) -> File:
    """A file that the viewer is known to see, with links of the viewer's own."""
    return File(
        id=strawberry.ID(encode_id("file", row.id)),
        name=row.name,
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        download_url=link_of(view, row, Variant.WHOLE),
        thumbnail_url=link_of(view, row, Variant.PREVIEW) if row.width is not None else None,
        width=row.width,
        height=row.height,
    )


def link_of(view: SchemaView, row: FileRow, variant: Variant) -> Url:
    """Where the viewer may GET the file, for a while."""
    assert isinstance(view.actor, StaffActor)
    return Url(files.link_to(view.services, view.actor, row.id, variant))
