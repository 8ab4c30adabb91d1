"""Pictures of people."""

import strawberry

from resolvers.naming import initials
from schema.enums import AvatarSource
from schema.scalars import Url


@strawberry.type(description="Picture of a person.")
class Avatar:
    name: strawberry.Private[str]

    @strawberry.field(description="Re-hosted picture, square, 256 pixels; null: show the initials.")
    def url(self) -> Url | None:
        return None

    @strawberry.field(description="Where it comes from.")
    def source(self) -> AvatarSource:
        return AvatarSource.INITIALS

    @strawberry.field(description="1 to 2 characters.")
    def initials(self) -> str:
        return initials(self.name)
