"""The view of one item of a stream, with the rights of that moment."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from resolvers.actors import Actor, StaffActor
from resolvers.services import Services
from resolvers.staff import actor_for_session
from resolvers.views import View

V = TypeVar("V", bound=View)


async def present_actor(services: Services, caller: StaffActor) -> StaffActor | None:
    """The caller with their rights of now; None once they are signed out."""
    async with services.database.read_session() as session:
        return await actor_for_session(services, session, caller.session_id)


@asynccontextmanager
async def present_view(
    services: Services, caller: StaffActor, make_view: Callable[[Actor], V]
) -> AsyncIterator[V | None]:
    """What the caller may see now, closed at the end; None once they are signed out."""
    actor = await present_actor(services, caller)
    if actor is None:
        yield None
        return
    view = make_view(actor)
    try:
        yield view
    finally:
        await view.close()
