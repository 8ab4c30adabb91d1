"""Numbers for the sidebar, once and live."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import strawberry

from resolvers import counters as numbers
from resolvers.actors import Actor as Caller
from resolvers.live_value import follow_value
from schema.context import Info
from schema.loaders import SchemaView


@strawberry.type(description="Numbers for the sidebar.")
class Counters:
    view: strawberry.Private[SchemaView]
    known: strawberry.Private[Mapping[str, int]]
    """What was read already."""

    async def _count(self, name: str) -> int:
        found = self.known.get(name)
        return await numbers.COUNTS[name](self.view) if found is None else found

    @strawberry.field(description="Notifications not read.")
    async def notifications_unread(self) -> int:
        return await self._count("notifications_unread")

    @strawberry.field(description="Conversations waiting for an answer that are yours or nobody's.")
    async def inbox_unread(self) -> int:
        return await self._count("inbox_unread")

    @strawberry.field(description="Your tasks overdue; those put off left out.")
    async def tasks_overdue(self) -> int:
        return await self._count("tasks_overdue")

    @strawberry.field(description="Your tasks due today; those put off left out.")
    async def tasks_due_today(self) -> int:
        return await self._count("tasks_due_today")

    @strawberry.field(description="Leads on the sites now, hidden ones left out.")
    async def visitors_present(self) -> int:
        return await self._count("visitors_present")


async def counters(info: Info) -> Counters:
    """Numbers for the sidebar, for the caller."""
    await info.context.person()
    return Counters(view=await info.context.reading(), known={})


async def follow_counters(info: Info) -> AsyncGenerator[Counters, None]:
    """The caller's numbers, again each time that one differs."""
    context = info.context
    caller = await context.person()

    def make_view(actor: Caller) -> SchemaView:
        return SchemaView(context.services, actor)

    stream = follow_value(
        context.services,
        caller,
        numbers.channels_of(caller),
        numbers.read_counters,
        make_view,
        numbers.APART_SECONDS,
    )
    async with aclosing(stream) as items:
        async for item in items:
            yield Counters(view=context.adopt(item.view), known=item.value)
            del item
