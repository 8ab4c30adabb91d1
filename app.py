"""Wiring: settings become a database, a bus, presence and the application that serves them."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.clock import Clock, SystemClock
from models.engine import Database
from models.migrations import migrate
from realtime.bus import Bus
from realtime.hub import Hub
from realtime.limiter import Limiter
from realtime.presence import MemoryPresence, Presence, RedisPresence, Timing
from realtime.store import Store
from realtime.viewers import MemoryViewers, RedisViewers, Viewers
from resolvers.feed import LogSource
from resolvers.passwords import Passwords
from resolvers.secrets import Secrets
from resolvers.services import Services, VisitTiming
from settings import Settings, load_secret_key


def presence_timing(settings: Settings) -> Timing:
    """Durations of presence as the settings have them."""
    return Timing(
        sleep=settings.presence_sleep_seconds,
        leave=settings.presence_leave_seconds,
        visible_lease=settings.presence_visible_lease_seconds,
        hidden_lease=settings.presence_hidden_lease_seconds,
        grace=settings.presence_visible_lease_seconds,
    )


@asynccontextmanager
async def open_services(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Services]:
    """The parts of one process, started, and stopped again at the end; the schema is migrated."""
    clock = clock or SystemClock()
    database = Database(settings.database_url)
    await migrate(database)
    bus = Bus.open(settings.redis_url)
    store = Store.open(settings.redis_url) if settings.redis_url else None
    hub = Hub(bus, LogSource(database), reconcile_seconds=settings.reconcile_seconds)
    presence, viewers = _presence(settings, clock, bus, store)
    services = Services(
        database=database,
        clock=clock,
        bus=bus,
        hub=hub,
        presence=presence,
        viewers=viewers,
        secrets=Secrets(load_secret_key(settings).decode()),
        limiter=Limiter(settings.redis_url),
        passwords=Passwords(),
        public_url=settings.public_url,
        visit_timing=VisitTiming(
            visible_beat=settings.presence_visible_beat_seconds,
            hidden_beat=settings.presence_hidden_beat_seconds,
            activity=settings.presence_activity_seconds,
        ),
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.dispose)
        if store:
            stack.push_async_callback(store.close)
        await bus.connect()
        stack.push_async_callback(bus.disconnect)
        await hub.start()
        stack.push_async_callback(hub.close)
        yield services


def _presence(
    settings: Settings, clock: Clock, bus: Bus, store: Store | None
) -> tuple[Presence, Viewers]:
    timing = presence_timing(settings)
    if store:
        return RedisPresence(store, timing), RedisViewers(store)
    return MemoryPresence(clock, timing, bus.publish), MemoryViewers(clock, bus.publish)
