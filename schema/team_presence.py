"""Who of the team is here, live."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from uuid import UUID

import strawberry

from resolvers.actors import Actor as Caller
from resolvers.live_value import follow_value
from resolvers.staff.online import CHANNELS, people_here
from schema.context import Info
from schema.loaders import SchemaView
from schema.staff import Staff


@strawberry.type(description="Who of the team is here.")
class TeamPresence:
    ids: strawberry.Private[Sequence[UUID]]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="Everybody with `isOnline`, by name, you included; at most 200.")
    async def online(self) -> list[Staff]:
        rows = await self.view.load.staff.load_many(self.ids)
        return [Staff(row=row, view=self.view) for row in rows if row]


async def follow_team(info: Info) -> AsyncGenerator[TeamPresence, None]:
    """Who is here, again each time that it differs."""
    context = info.context
    caller = await context.staff()

    def make_view(actor: Caller) -> SchemaView:
        return SchemaView(context.services, actor)

    stream = follow_value(context.services, caller, CHANNELS, people_here, make_view)
    async with aclosing(stream) as items:
        async for item in items:
            yield TeamPresence(ids=item.value, view=context.adopt(item.view))
            del item
