"""Tags."""

from uuid import UUID

import strawberry

from models.tags import Tag as TagRow
from schema.loaders import SchemaView
from schema.values import global_id


@strawberry.type(description="Tag.")
class Tag:
    row: strawberry.Private[TagRow]

    @strawberry.field(description="The tag.")
    def id(self) -> strawberry.ID:
        return global_id("tag", self.row.id)

    @strawberry.field(description="1 to 64 characters, unique without regard to case.")
    def name(self) -> str:
        return self.row.name


async def tags_of(view: SchemaView, lead_id: UUID) -> list[Tag]:
    """A lead's tags by name."""
    return [Tag(row=row) for row in await view.load.tags_of_lead.load(lead_id)]
