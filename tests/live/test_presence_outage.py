"""What a card shows when the presence engine lost its memory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app import open_services
from models.enums import PresenceState
from resolvers import visits
from resolvers.presence import end_forgotten_intervals, presence_of, store_intervals
from resolvers.services import Services
from tests.conftest import make_settings
from tests.factories import make_visit
from tests.servers import RedisServer

PAGE = "page-0001"


@pytest.fixture
async def on_redis(
    database_url: str, tmp_path: Path, redis_server: RedisServer
) -> AsyncIterator[Services]:
    settings = make_settings(
        database_url,
        tmp_path,
        redis_url=redis_server.url,
        presence_leave_seconds=1.0,
        presence_visible_lease_seconds=3.0,  # the grace, which later tests have to wait out
        presence_visible_beat_seconds=1.0,
    )
    async with open_services(settings) as services:
        yield services


@pytest.mark.behaviour("B6")
async def test_an_emptied_engine_puts_out_no_lamp_of_somebody_who_was_there(
    on_redis: Services, redis_server: RedisServer
) -> None:
    visit = await make_visit(on_redis)
    lead_id = visit.actor.lead_id
    await visits.heartbeat(on_redis, visit.actor, PAGE, is_visible=True, idle_ms=0)
    assert await store_intervals(on_redis) >= 1

    redis_server.kill()
    redis_server.start()
    reading = (await presence_of(on_redis, [lead_id]))[lead_id]
    assert (reading.state.value, reading.provisional) == (PresenceState.ONLINE, True)
    assert await end_forgotten_intervals(on_redis) == 0

    async with asyncio.timeout(10):
        while not reading.version:
            await visits.heartbeat(on_redis, visit.actor, PAGE, is_visible=True, idle_ms=None)
            reading = (await presence_of(on_redis, [lead_id]))[lead_id]
    assert reading.lead_id == lead_id


async def test_an_interval_that_the_engine_forgot_ends_once_it_is_sure(
    services: Services,
) -> None:
    visit = await make_visit(services)
    await visits.heartbeat(services, visit.actor, PAGE, is_visible=True, idle_ms=0)
    await store_intervals(services)
    assert await end_forgotten_intervals(services) == 0
    await services.presence.forget(visit.actor.lead_id)
    assert await end_forgotten_intervals(services) == 1
    assert await end_forgotten_intervals(services) == 0
