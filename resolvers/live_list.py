"""What live lists have in common: when they are read again, and how one is taken up.

Invariants
- Listen first, read second: what commits in between is a reason to look again.
- Each reading is the whole window in one transaction with the viewer's rights of that moment, so an
  item never mixes two states, and who loses a row sees it leave.
- A slow reader costs nothing: reasons to look become one reading, at most two a second.
- Who looks at the same list reads at the same ticks, so that what they read can be shared.
- A cursor is a digest of what was told: resuming is free while nothing moved.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import col

from models.changes import Change, LeadFeed
from resolvers import access
from resolvers.actors import Actor, StaffActor
from resolvers.errors import BadArgument
from resolvers.filters.tree import AssigneeIsMe, Filter, everything
from resolvers.lead_card.items import ResetReason
from resolvers.present_view import present_view
from resolvers.secrets import Unsealable
from resolvers.services import Services
from resolvers.shared_readings import until_tick
from resolvers.views import View

V = TypeVar("V", bound=View)
Item = TypeVar("Item")
APART_SECONDS = 0.5
"""Time between the ticks at which one list is read while it moves."""


@dataclass(frozen=True)
class ListReset:
    """What the viewer may see changed altogether; a snapshot follows."""

    cursor: str
    reason: ResetReason


class LiveList(ABC, Generic[V, Item]):
    """One stream of a list; `scope` names the list, and a cursor of another one is refused."""

    def __init__(self, services: Services, caller: StaffActor, scope: str) -> None:
        self.services = services
        self.caller = caller
        self._scope = scope
        self._rights = _rights_of(caller)
        self.since = 0.0
        """When the latest reason to look came, by the monotonic clock."""
        self._known: bytes | None = None
        """Digest of what the client has from an earlier stream, until the first reading."""

    @abstractmethod
    def has_told(self) -> bool:
        """Whether a reading was told, or found to be what the client has."""

    @abstractmethod
    def forget(self) -> None:
        """Makes the next item a snapshot."""

    @abstractmethod
    def digest(self) -> bytes:
        """Of what the last reading told."""

    @abstractmethod
    async def tell(self, view: V) -> Item | None:
        """Reads, and says what differs from the last reading; None if nothing does."""

    def apart(self) -> float:
        """Seconds between two ticks."""
        return APART_SECONDS

    @property
    def cursor(self) -> str:
        """All that is needed to see whether anything moved since the last item."""
        return self.services.secrets.seal_page(self._scope, self.digest())

    def is_known(self) -> bool:
        """Whether the first reading is what the client has; asked once."""
        known, self._known = self._known, None
        return known == self.digest()

    async def follow(
        self,
        channels: Sequence[str],
        after: str | None,
        make_view: Callable[[Actor], V],
        look_seconds: float,
    ) -> AsyncGenerator[Item | ListReset, None]:
        """Items until the person is signed out or the caller closes the generator.

        With the cursor of the last item as `after` the stream begins with a snapshot only if
        something moved since. It looks without a reason every `look_seconds`: for what no hint
        told, and for what only time does. BadArgument for a cursor of another list.
        """
        async with self.services.bus.subscribe(*channels) as hints:
            self._take_up(after)
            self.since = hints.moved_at
            while True:
                async with present_view(self.services, self.caller, make_view) as view:
                    if view is None:
                        return
                    for item in await self._news(view):
                        yield item
                        del item
                del view
                await asyncio.sleep(until_tick(self._scope, self.apart()))
                if not await hints.moved(look_seconds):
                    return
                self.since = hints.moved_at

    def _take_up(self, after: str | None) -> None:
        if after is None:
            return
        try:
            self._known = self.services.secrets.unseal_page(self._scope, after)
        except Unsealable as error:
            raise BadArgument("`after` is no cursor of this list.") from error

    async def _news(self, view: V) -> list[Item | ListReset]:
        former, self._rights = self._rights, _rights_of(view.actor)
        items: list[Item | ListReset] = []
        if self.has_told() and self._rights != former:
            items.append(ListReset(self.cursor, ResetReason.ACCESS_CHANGED))
            self.forget()
        item = await self.tell(view)
        return items if item is None else [*items, item]


def _rights_of(actor: Actor) -> tuple[Any, ...]:
    """What decides which rows there are for the viewer."""
    return (actor.role, actor.rights) if isinstance(actor, StaffActor) else ()


def finder(actor: Actor, filter: Filter | None) -> Hashable:
    """All of a viewer that decides which leads a filter finds: who has the same finds the same."""
    assert isinstance(actor, StaffActor)
    parts = everything(filter) if filter else ()
    is_own = any(isinstance(each, AssigneeIsMe) for each in parts)
    return actor.role, actor.rights, actor.api_scopes, actor.id if is_own else None


async def revisions_as_seen(
    view: View, ids: Sequence[UUID], told: dict[UUID, int]
) -> dict[UUID, int]:
    """Where each lead's log stands for the viewer: a hidden change leaves it where it was told."""
    return await as_seen(view, await revisions_of(view, ids), told)


async def revisions_of(view: View, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Where each lead's log stands."""
    rows = await view.rows(
        select(col(LeadFeed.lead_id), col(LeadFeed.revision)).where(col(LeadFeed.lead_id).in_(ids))
    )
    return {lead_id: int(revision) for lead_id, revision in rows}


async def as_seen(view: View, now: Mapping[UUID, int], told: Mapping[UUID, int]) -> dict[UUID, int]:
    """As `revisions_as_seen`, of revisions that are at hand."""
    risen = {
        each: told[each]
        for each, revision in now.items()
        if each in told and told[each] != revision
    }
    if not risen:
        return dict(now)
    since = or_(
        *(
            and_(col(Change.lead_id) == each, col(Change.revision) > revision)
            for each, revision in risen.items()
        )
    )
    visible = set(
        await view.scalars(
            select(col(Change.lead_id)).where(since, access.visible_changes(view.actor)).distinct()
        )
    )
    return {
        each: revision if each not in risen or each in visible else risen[each]
        for each, revision in now.items()
    }
