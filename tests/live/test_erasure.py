"""Erasing a lead, end to end: nothing of it is found anywhere, and whoever looked is told."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text

from models.clock import ManualClock
from models.engine import Database
from models.enums import StaffRole
from models.jobs import Job
from models.tables import metadata
from resolvers import erasing, files, live_list, visits
from resolvers.exports import Wish
from resolvers.lead_card import Erased, Snapshot
from resolvers.lead_list import LeadCollection, ListChanged, ListSnapshot, Watched, follow_lead_list
from resolvers.leads_list import Chosen
from resolvers.leads_order import Sort, SortKey
from resolvers.notification_feed import follow_notifications
from resolvers.services import Services
from resolvers.views import View
from resolvers.visits import Page
from resolvers.worker import run_due_jobs, store_all
from tests.factories import ORIGIN, make_lead, make_site, make_staff
from tests.live.following import following, in_task
from tests.log_watch import told
from tests.resolvers.full_life import FullLife
from tests.resolvers.test_exports import file_of
from tests.resolvers.verify import act, assert_log_holds

pytestmark = pytest.mark.realtime
WORD = "Zanzibrand"


async def traces(services: Services, folder: Path, redis: Redis | None, *words: str) -> list[str]:
    """Where one of the words stands: tables, files of the database and of leads, Redis, logs."""
    found = [f"{where}: {word}" for where, all_of_it in [
        *await in_tables(services.database),
        *in_files(folder),
        *(await in_redis(redis) if redis else []),
        ("log", "\n".join(told).encode()),
    ] for word in words if word.lower().encode() in all_of_it.lower()]  # fmt: skip
    return found


async def in_tables(database: Database) -> list[tuple[str, bytes]]:
    """Every table as a dump would hold it; those that no model knows as well."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if not database.is_sqlite:
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    async with database.read_session() as session:
        tables = set(await session.scalars(text(names)))
        assert set(metadata.tables) <= tables
        return [
            (name, repr((await session.execute(text(f'SELECT * FROM "{name}"'))).all()).encode())
            for name in sorted(tables)
        ]


def in_files(folder: Path) -> list[tuple[str, bytes]]:
    """Every file below, the database's own on SQLite among them."""
    return [
        (each.name, each.name.encode() + each.read_bytes())
        for each in folder.rglob("*")
        if each.is_file()
    ]


async def in_redis(redis: Redis) -> list[tuple[str, bytes]]:
    """Every key with what is in it."""
    return [(repr(key), key + (await redis.dump(key) or b"")) async for key in redis.scan_iter()]


async def finish(services: Services, clock: ManualClock) -> None:
    """Has the worker do all that it has to; what somebody else's reading hinders, once more."""
    for _ in range(20):
        await run_due_jobs(services)
        async with services.database.read_session() as session:
            if not (await session.scalars(select(Job))).all():
                break
        clock.advance(60)
        await asyncio.sleep(0.05)
    await files.forget_removed(services)
    await store_all(services)


@pytest.mark.behaviour("B28")
async def test_nothing_of_an_erased_lead_is_found_anywhere(
    pair: tuple[Services, Services],
    dialect: str,
    clock: ManualClock,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_list, "APART_SECONDS", 0.02)
    here, there = pair
    redis = None
    if dialect == "postgresql":
        redis = Redis.from_url(request.getfixturevalue("redis_server").url)
    admin = await make_staff(here)
    agent = await make_staff(here, StaffRole.AGENT, "Bo Brandt")
    site, _ = await make_site(here)
    other = await make_lead(here, admin)
    life = await FullLife(here, admin, site, WORD).live(agent)
    lead_id = life.lead_id
    page = Page(f"{ORIGIN}/{WORD}", WORD)
    visitor = life.visit.actor
    await visits.heartbeat(there, visitor, "page-0001", is_visible=True, idle_ms=0, page=page)
    await store_all(here)
    wish = Wish(["name"], {"emailAddress": {"is": life.mail}}, search=WORD)
    assert await file_of(here, admin, wish)  # the audit keeps that somebody asked
    words = (WORD, lead_id.hex)
    assert {each.split(":")[0] for each in await traces(here, tmp_path, redis, WORD)} >= {
        "lead", "change", "message", "note_text", "property", "email_address", "file", "upload",
        "task_text", "event_text", "wording", "notification", "appointment", "visit_page",
    }  # fmt: skip

    view = lambda actor: View(there, actor)  # noqa: E731  # shorter than a function here
    watched = Watched(LeadCollection.LEADS, Chosen(), Sort(SortKey.NAME, descending=False), 10)
    async with (
        following(there, admin, lead_id) as card,
        following(there, agent, lead_id) as own,
        in_task(there, follow_lead_list(there, admin, watched, None, view)) as rows,
        in_task(there, follow_notifications(there, agent, None, view)) as bell,
    ):
        await card.of(Snapshot)
        await own.of(Snapshot)
        assert lead_id in [each.lead.id for each in (await rows.of(ListSnapshot)).rows]
        await bell.count(1)
        done = await act(here, admin, erasing.erase_lead, lead_id, lead_id)
        assert done.count > 40
        for follower in (card, own):
            (last,) = [item for item in await follower.end() if isinstance(item, Erased)]
            assert (last.lead_id, last.at) == (lead_id, clock.now())
            assert follower.items[-1] is last
        assert list((await rows.of(ListChanged)).left) == [lead_id]

    await finish(here, clock)
    assert await traces(here, tmp_path, redis, WORD) == []
    left = {each.split(":")[0] for each in await traces(here, tmp_path, redis, lead_id.hex)}
    assert not left & {"job", "idempotency", "lead"}
    assert redis is None or not [each for each in await in_redis(redis) if words[1] in each[0]]
    await assert_log_holds(here, lead_id)
    await assert_log_holds(here, other)
    async with following(there, admin, lead_id) as card:
        assert [type(item) for item in await card.end()] == [Erased]
    async with following(there, agent, lead_id) as own:
        assert not [item for item in await own.end() if isinstance(item, Erased)]
    if redis:
        await redis.aclose()
