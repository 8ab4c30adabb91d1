"""A value that is told again when it differs: for what is small enough to be read whole.

Invariants
- Listen first, read second: what commits in between is a reason to look again.
- Each reading has the viewer's rights of that moment. What did not differ is not told.
- One reading at each tick at most, so that what happens at once is told at once. All values of a
  process have the same ticks, so that what is the same for many can be read once.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from resolvers.actors import Actor, StaffActor
from resolvers.present_view import present_view
from resolvers.services import Services
from resolvers.shared_readings import until_tick
from resolvers.views import View

T = TypeVar("T")
V = TypeVar("V", bound=View)
APART_SECONDS = 1.0
LOOK_SECONDS = 15.0
"""How often it is read without a reason: for what no hint told, and for what only time does."""


@dataclass(frozen=True)
class ValueTold(Generic[T, V]):
    """The value as it is now; read what hangs on it through `view`."""

    value: T
    view: V


async def follow_value(
    services: Services,
    caller: StaffActor,
    channels: Sequence[str],
    read: Callable[[View, float], Awaitable[T]],
    make_view: Callable[[Actor], V],
    apart: float = APART_SECONDS,
) -> AsyncGenerator[ValueTold[T, V], None]:
    """The value, then again each time that it differs, until the person is signed out.

    `read` is told when the latest reason to look came, by the monotonic clock; `apart` are the
    seconds between two ticks.
    """
    told: T | None = None
    async with services.bus.subscribe(*channels) as hints:
        while True:
            since = hints.moved_at
            async with present_view(services, caller, make_view) as view:
                if view is None:
                    return
                value = await read(view, since)
                if value != told:
                    told = value
                    yield ValueTold(value, view)
            await asyncio.sleep(until_tick("values", apart))
            if not await hints.moved(LOOK_SECONDS):
                return
