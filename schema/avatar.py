"""Pictures of people."""

from uuid import UUID

import strawberry

from models.enums import AvatarSource
from models.files import File as FileRow
from resolvers.file_store import Variant
from resolvers.naming import initials
from schema.files import link_of
from schema.loaders import SchemaView
from schema.scalars import Url


@strawberry.type(description="Picture of a person.")
class Avatar:
    name: strawberry.Private[str]
    view: strawberry.Private[SchemaView]
    file_id: strawberry.Private[UUID | None] = None
    given: strawberry.Private[AvatarSource | None] = None

    async def _file(self) -> FileRow | None:
        return await self.view.load.file.load(self.file_id) if self.file_id else None

    @strawberry.field(
        description="Re-hosted picture, square, 256 pixels, by a link as those of `File`; null: "
        "show the initials."
    )
    async def url(self) -> Url | None:
        file = await self._file()
        return link_of(self.view, file, Variant.SQUARE) if file else None

    @strawberry.field(description="Where it comes from.")
    async def source(self) -> AvatarSource:
        is_there = self.given is not None and await self._file() is not None
        return self.given if is_there and self.given else AvatarSource.INITIALS

    @strawberry.field(description="1 to 2 characters.")
    def initials(self) -> str:
        return initials(self.name)
