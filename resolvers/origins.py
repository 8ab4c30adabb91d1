"""Origins whose pages may call the API: those of the team's sites, and those of the settings."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from models.clock import Clock
from models.engine import Database
from models.visits import Site
from resolvers.sites import origin_of

KEPT = timedelta(seconds=30)
"""How long an origin that was taken from a site is still let in."""
LEAST = timedelta(seconds=1)
"""Between two looks at the database, however many strangers ask."""


class KnownOrigins:
    """What a process knows of them; a site that was just saved counts a second later at most.

    They may call; they are never trusted with cookies.
    """

    def __init__(self, database: Database, clock: Clock, named: Collection[str] = ()) -> None:
        self._database = database
        self._clock = clock
        self._named = frozenset(origin_of(each) for each in named)
        self._of_sites: frozenset[str] = frozenset()
        self._read_at: datetime | None = None

    async def knows(self, origin: str) -> bool:
        """Whether a page with this `Origin` header may call."""
        age = self._clock.now() - self._read_at if self._read_at else None
        if age is None or age >= (KEPT if self.has(origin) else LEAST):
            await self._read()
        return self.has(origin)

    def has(self, origin: str) -> bool:
        """As `knows`, without a look at the database."""
        found = origin_of(origin)
        return found is not None and (found in self._named or found in self._of_sites)

    async def _read(self) -> None:
        async with self._database.read_session() as session:
            rows = await session.scalars(select(col(Site.origins)))
            self._of_sites = frozenset(origin for origins in rows for origin in origins)
        self._read_at = self._clock.now()
