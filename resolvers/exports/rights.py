"""What both kinds of files share: what is handed out, rights while it is on its way, the record."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from models.workspace import WorkspaceChange
from resolvers import access
from resolvers.actors import StaffActor
from resolvers.policy import Permission
from resolvers.present_view import present_view
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.views import View


class Withdrawn(Exception):
    """The person lost the right to the file while it was on its way, or what it is of changed."""


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


async def noting(
    services: Services,
    actor: StaffActor,
    noted: WorkspaceChange,
    kind: str,
    parts: AsyncIterator[tuple[bytes, int]],
) -> AsyncIterator[bytes]:
    """The bytes; at the end the workspace's log has how much of what `noted` allowed was sent."""
    sent = 0
    try:
        async for part, count in parts:
            yield part
            sent += count
    except BaseException:
        # Whoever stopped reading is not waited for: the task may be cancelled already.
        services.hub.spawn(_note(services, actor, noted, kind, sent, is_whole=False))
        raise
    await _note(services, actor, noted, kind, sent, is_whole=True)


async def _note(
    services: Services,
    actor: StaffActor,
    noted: WorkspaceChange,
    kind: str,
    sent: int,
    *,
    is_whole: bool,
) -> None:
    how = "" if is_whole else ", and not the rest"
    data = {"export": noted.id.hex, "sent": sent, "is_whole": is_whole}
    async with unit_of_work(services, actor) as work:
        work.record_workspace(kind, data | {"count": f"{sent:,}", "how": how})
