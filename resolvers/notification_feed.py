"""A person's notifications, live: what comes and what they read elsewhere, once and in order.

The stream is a cursor into the person's rows, by the number that writing and reading give them. A
hint is a reason to look, and so is time: losing one costs seconds. Rights are read anew before each
item, so that a notification about a lead that was lost in between comes without its name.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.notifications import Notification, NotificationFeed
from models.workspace import Workspace
from realtime import topics
from resolvers.actors import Actor, StaffActor
from resolvers.errors import BadArgument
from resolvers.notifications import count_notifications
from resolvers.present_view import present_view
from resolvers.secrets import Unsealable
from resolvers.services import Services
from resolvers.views import View

V = TypeVar("V", bound=View)
LOOK_SECONDS = 10.0
"""How often a stream looks for what no hint told."""


@dataclass(frozen=True)
class Told(Generic[V]):
    """A notification as it is now, None where the stream begins; read it through `view`."""

    cursor: str
    notification: Notification | None
    unread: int
    view: V


async def follow_notifications(
    services: Services,
    caller: StaffActor,
    after: str | None,
    make_view: Callable[[Actor], V],
) -> AsyncGenerator[Told[V], None]:
    """Items until the person is signed out or the caller closes the generator.

    Without `after`, or with one from before a restore, the first item has no notification and
    says where the stream begins. BadArgument for a foreign `after`.
    """
    async with services.bus.subscribe(topics.notifications(caller.id)) as hints:
        stream = _Stream[V](services, caller)
        stream.take_up(after)
        while True:
            async with present_view(services, caller, make_view) as view:
                if view is None:
                    return
                item = await stream.next(view)
                if item is not None:
                    yield item
            if item is None and not await hints.moved(LOOK_SECONDS):
                return


class _Stream(Generic[V]):
    def __init__(self, services: Services, caller: StaffActor) -> None:
        self.services = services
        self.caller = caller
        self.after: str | None = None
        self.place: tuple[str, int] | None = None
        """Epoch and number of the last item; None before the first."""

    def take_up(self, after: str | None) -> None:
        """Begins behind a client's cursor."""
        if after is None:
            return
        try:
            self.services.secrets.unseal("notices", self.caller.id, "", after)
        except Unsealable as error:
            raise BadArgument("`after` is no cursor of your notifications.") from error
        self.after = after

    async def next(self, view: V) -> Told[V] | None:
        """The next item; None while there is nothing."""
        epoch, last = await view.run(_standing, self.caller)
        begins = not self._goes_on(epoch, last)
        row = None if begins else await self._next_row(view)
        if begins:
            self.place = (epoch, last)
        elif row is not None:
            self.place = (epoch, row.revision)
        else:
            return None
        assert self.place is not None
        cursor = self.services.secrets.seal("notices", self.caller.id, *self.place)
        return Told(cursor, row, await count_notifications(view, unread_only=True), view)

    def _goes_on(self, epoch: str, last: int) -> bool:
        """Whether the place is one of this database, which a restore makes another one."""
        if self.after is not None:
            number, is_current = self.services.secrets.unseal(
                "notices", self.caller.id, epoch, self.after
            )
            self.after, self.place = None, (epoch if is_current else "", number)
        return self.place is not None and self.place[0] == epoch and self.place[1] <= last

    async def _next_row(self, view: V) -> Notification | None:
        assert self.place is not None
        return await view.scalar(
            select(Notification)
            .where(
                col(Notification.staff_id) == self.caller.id,
                col(Notification.revision) > self.place[1],
            )
            .order_by(col(Notification.revision))
            .limit(1)
        )


async def _standing(session: AsyncSession, caller: StaffActor) -> tuple[str, int]:
    """The database's epoch, and the person's last number."""
    last = select(col(NotificationFeed.revision)).where(col(NotificationFeed.staff_id) == caller.id)
    row = (await session.execute(select(col(Workspace.epoch), last.scalar_subquery()))).one()
    return row[0], row[1] or 0
