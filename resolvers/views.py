"""A view: one consistent reading of the database for one actor.

Everything that answers one operation, or one item of a stream, is read through one view: a single
transaction that sees one state from its first statement to its last. It begins with the first
statement, so a view that is not needed costs nothing. One statement runs at a time, because a
session is one connection.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Executable, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.due_bands import Moment
from models.workspace import Workspace
from realtime.tasks import end
from resolvers.actors import Actor, zone_of
from resolvers.services import Services

T = TypeVar("T")

_DRIVER_SECONDS = 5.0
"""Time that the driver has to tell the server that a statement is cancelled; a second cancellation
within it would cut the connection, and PostgreSQL would go on with the statement."""


class View:
    """Reads for `actor`; close it when the answer is made."""

    def __init__(self, services: Services, actor: Actor) -> None:
        self.services = services
        self.actor = actor
        self._session: AsyncSession | None = None
        self._turn = asyncio.Lock()
        self._readers: set[asyncio.Task[Any]] = set()
        self._epoch: str | None = None
        self.is_closed = False
        self._callbacks: list[Callable[[], None]] = []
        self.moment = Moment(services.clock.now(), zone_of(actor))
        """Now, where the actor is: one instant for all that is read."""

    def when_closed(self, callback: Callable[[], None]) -> None:
        """Calls back once, when the view is closed."""
        self._callbacks.append(callback)

    async def rows(self, statement: Executable) -> Sequence[Any]:
        """All rows of a statement."""
        async with self._in_turn() as session:
            return (await session.execute(statement)).all()

    async def scalars(self, statement: Select[T]) -> Sequence[T]:
        """The first column of all rows."""
        async with self._in_turn() as session:
            return (await session.scalars(statement)).all()

    async def scalar(self, statement: Select[T]) -> T | None:
        """The first column of the first row."""
        async with self._in_turn() as session:
            found: T | None = await session.scalar(statement)
            return found

    def run(self, reader: Any, *arguments: Any) -> Any:
        """Awaits `reader(session, *arguments)` in its turn."""
        return self._run(reader, arguments)

    async def _run(self, reader: Any, arguments: tuple[Any, ...]) -> Any:
        async with self._in_turn() as session:
            return await reader(session, *arguments)

    async def epoch(self) -> str:
        """The database's epoch."""
        if self._epoch is None:
            self._epoch = await self.scalar(select(col(Workspace.epoch))) or ""
        return self._epoch

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[AsyncSession]:
        task = asyncio.current_task()
        assert task is not None
        self._readers.add(task)
        try:
            async with self._turn:
                yield self._open()
        finally:
            self._readers.discard(task)

    def _open(self) -> AsyncSession:
        if self.is_closed:
            raise RuntimeError("the view is closed")
        if self._session is None:
            self._session = self.services.database.read_session()
        return self._session

    async def close(self) -> None:
        """Gives the connection back; nothing can be read afterwards."""
        self.is_closed = True
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()
        # Loaders read in tasks of their own, which outlive an operation that was cancelled.
        readers = [each for each in self._readers if each is not asyncio.current_task()]
        dying = [each for each in readers if each.cancelling()]
        if dying:
            await asyncio.wait(dying, timeout=_DRIVER_SECONDS)
        await end(readers, patience=_DRIVER_SECONDS)
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def by_key(rows: Sequence[T], keys: Sequence[UUID], attribute: str) -> list[list[T]]:
    """Groups rows by an attribute, in the order of `keys`."""
    groups: dict[UUID, list[T]] = {key: [] for key in keys}
    for row in rows:
        groups[getattr(row, attribute)].append(row)
    return [groups[key] for key in keys]
