"""What both kinds of files share: what is handed out, and rights while it is on its way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from resolvers import access
from resolvers.actors import StaffActor
from resolvers.policy import Permission
from resolvers.present_view import present_view
from resolvers.services import Services
from resolvers.views import View


class Withdrawn(Exception):
    """The person lost the right to the file while it was on its way."""


@dataclass(frozen=True)
class Sending:
    """A file: its name, its type, and its bytes as they are read."""

    name: str
    content_type: str
    parts: AsyncIterator[bytes]


@asynccontextmanager
async def rightful_view(
    services: Services, actor: StaffActor, permission: Permission
) -> AsyncIterator[View]:
    """A view with the rights of now; Withdrawn once they don't hold the permission."""
    async with present_view(services, actor, lambda now: View(services, now)) as view:
        if view is None or not access.may(view.actor, permission):
            raise Withdrawn
        yield view
