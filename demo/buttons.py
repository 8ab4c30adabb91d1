"""The kinds of events that the lives of the demo use, as its workspace has to have them."""

from uuid import UUID

from resolvers import readers
from resolvers.actors import SYSTEM
from resolvers.event_kinds import KindEdit
from resolvers.services import Services
from resolvers.views import View
from resolvers.workspace import EVENT_KINDS


async def wanted_kinds(services: Services) -> list[tuple[UUID | None, KindEdit]]:
    """What to save under which id; a workspace from before there were buttons lacks some."""
    view = View(services, SYSTEM)
    try:
        rows = await readers.all_event_kinds(view, with_archived=True)
    finally:
        await view.close()
    known = {row.name: row.id for row in rows}
    return [
        (known.get(name), KindEdit(name, icon, is_quick, is_archived=False))
        for name, icon, is_quick in EVENT_KINDS
    ]
