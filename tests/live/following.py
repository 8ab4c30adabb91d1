"""Following a stream of a use-case, in a task of its own."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from resolvers import access, tags
from resolvers.actors import SYSTEM, Actor
from resolvers.lead_card import Changed, follow_lead_card
from resolvers.merging import absorb
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.views import View
from tests.resolvers.verify import act

PATIENCE = 10.0  # seconds that a test waits for what must come

T = TypeVar("T")


class Follower:
    """Items as they come; each is kept with its cursor, after its view was closed."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.items: list[Any] = []
        self.failure: BaseException | None = None
        self.has_ended = False
        self._moved = asyncio.Event()

    async def run(self, stream: AsyncGenerator[Any, None]) -> None:
        try:
            async with aclosing(stream) as items:
                async for item in items:
                    self.items.append(item)
                    self._moved.set()
        except Exception as failure:
            self.failure = failure
        self.has_ended = True
        self._moved.set()

    async def until(self, is_there: Callable[[], Any]) -> Any:
        """Waits until the answer is true; answers it."""
        async with asyncio.timeout(PATIENCE):
            while not (found := is_there()):
                if self.has_ended:
                    raise AssertionError(f"ended after {self.kinds}") from self.failure
                self._moved.clear()
                await self._moved.wait()
        return found

    async def count(self, number: int) -> list[Any]:
        """The first so many items."""
        await self.until(lambda: len(self.items) >= number)
        return self.items[:number]

    async def of(self, kind: type[T], number: int = 1) -> T:
        """The item of this kind that comes as the so-manieth."""
        await self.until(lambda: len(self.all_of(kind)) >= number)
        return self.all_of(kind)[number - 1]

    async def end(self) -> list[Any]:
        """All items, once the stream ended by itself."""
        async with asyncio.timeout(PATIENCE):
            while not self.has_ended:
                self._moved.clear()
                await self._moved.wait()
        if self.failure:
            raise self.failure
        return self.items

    def all_of(self, kind: type[T]) -> list[T]:
        return [item for item in self.items if isinstance(item, kind)]

    @property
    def kinds(self) -> list[str]:
        return [type(item).__name__ for item in self.items]

    @property
    def revisions(self) -> list[int]:
        """Of the changes, as they came."""
        return [item.position.revision for item in self.all_of(Changed)]

    async def told(self, revision: int) -> Any:
        """The change with this revision, once it came."""
        await self.until(lambda: revision in self.revisions)
        return next(c for c in self.all_of(Changed) if c.position.revision == revision)

    def cursor(self, item: Any) -> str:
        """Of an item of a card."""
        at = item.position
        return self.services.secrets.seal("feed", at.lead_id, at.epoch, at.revision)


async def eventually(is_true: Callable[[], object]) -> None:
    """For what nobody announces: looks again until it is true."""
    for _ in range(round(PATIENCE / 0.01)):
        if is_true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not become true")


@asynccontextmanager
async def in_task(services: Services, stream: AsyncGenerator[Any, None]) -> AsyncIterator[Follower]:
    """Follows a stream until the block ends."""
    follower = Follower(services)
    task = asyncio.create_task(follower.run(stream))
    try:
        yield follower
    finally:
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def following(
    services: Services,
    actor: Actor,
    lead_id: UUID,
    after: str | None = None,
    make_view: Callable[[Actor], View] | None = None,
) -> AsyncIterator[Follower]:
    """Follows a card until the block ends."""
    view = make_view or (lambda actor: View(services, actor))
    async with in_task(
        services, follow_lead_card(services, actor, lead_id, after, view)
    ) as follower:
        yield follower


async def tag(services: Services, actor: Actor, lead_id: UUID, *names: str) -> None:
    """One change, the cheapest there is, for each name."""
    for name in names:
        await act(services, actor, tags.add_tags, lead_id, [name])


async def merge(services: Services, into: UUID, gone: UUID) -> None:
    """Merges one lead into another."""
    async with unit_of_work(services, SYSTEM) as work:
        kept, lost = await access.lock_leads(work.session, into, gone)
        await absorb(work, kept, lost)


async def execute(services: Services, *statements: Any) -> None:
    """Writes past all use-cases, as an operator with a database shell would."""
    async with services.database.write_session() as session, session.begin():
        for statement in statements:
            await session.execute(statement)


async def wait_for_no_viewer(services: Services, lead_id: UUID) -> None:
    """Until nobody looks at the card."""
    async with asyncio.timeout(PATIENCE):
        for _ in iter(int, 1):
            if not (await services.viewers.read(lead_id)).count:
                return
            await asyncio.sleep(0.01)


async def assert_nothing_is_held(services: Services, lead_ids: Sequence[UUID]) -> None:
    """No place for reading, no connection, no follower and no viewer is left behind."""
    reading = services.hub.reading
    async with asyncio.timeout(PATIENCE):
        for _ in range(4):
            await reading.acquire()
    is_whole = reading.locked()
    for _ in range(4):
        reading.release()
    assert is_whole, "more places than there were"
    pool: Any = services.database.reader.sync_engine.pool
    await eventually(lambda: not pool.checkedout())  # the hub's own looks come and go
    for lead_id in lead_ids:
        async with services.hub.open(lead_id) as topic:
            assert topic.followers == 1, "somebody still follows"
        assert (await services.viewers.read(lead_id)).count == 0
