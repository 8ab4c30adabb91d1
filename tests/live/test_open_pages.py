"""A card that is open follows the lead from page to page."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app import open_services, presence_timing
from models.clock import ManualClock
from models.enums import StaffRole
from realtime.presence import run_sweeper
from realtime.tasks import end
from resolvers import leads, visits
from resolvers.actors import VisitorActor
from resolvers.presence import note_alive, store_intervals, take_up_intervals
from resolvers.services import Services
from resolvers.visits import Page
from settings import Settings
from tests.client import Client, lead, staff_client
from tests.conftest import make_settings
from tests.factories import ORIGIN, make_site, make_visit
from tests.live.following import PATIENCE, Follower, in_task, tag
from tests.resolvers.verify import act
from tests.servers import RedisServer

pytestmark = pytest.mark.behaviour("B6")

PAGES = "presence { state isProvisional sessions { pageUrl pageTitle isVisible } }"
CARD = f"""subscription ($id: ID!, $after: Cursor) {{ leadCard(id: $id, after: $after) {{
  __typename
  ... on LeadCardSnapshot {{ cursor lead {{ {PAGES} }} }}
  ... on PresenceChanged {{ cursor {PAGES} }}
  ... on LeadChange {{ cursor }}
  ... on AccessEnded {{ endReason }} }} }}"""
READ = f"query ($id: ID!) {{ lead(id: $id) {{ {PAGES} }} }}"


def page(name: str) -> Page:
    return Page(f"{ORIGIN}/{name}?token=s3cret", name.title())


async def beat(
    services: Services,
    actor: VisitorActor,
    shown: str | None = None,
    key: str = "page-0001",
    *,
    is_visible: bool = True,
    idle_ms: int | None = 0,
) -> None:
    await visits.heartbeat(
        services, actor, key, is_visible=is_visible, idle_ms=idle_ms,
        page=page(shown) if shown else None,
    )  # fmt: skip


async def second(services: Services, clock: ManualClock, seconds: int = 1) -> None:
    """Time passes and the sweeper looks."""
    for _ in range(seconds):
        clock.advance(1)
        await services.presence.sweep()


def words(presence: dict[str, Any]) -> str:
    """The pages as the card has them: `fern (ivy)`, with ivy in the background."""
    names = [(each["pageUrl"] or "?").removeprefix(f"{ORIGIN}/") for each in presence["sessions"]]
    return " ".join(
        name if each["isVisible"] else f"({name})"
        for name, each in zip(names, presence["sessions"], strict=True)
    )


class Card:
    """A card as a client of GraphQL follows it."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower

    @property
    def items(self) -> list[dict[str, Any]]:
        assert all(not answer.errors for answer in self.follower.items), self.follower.items
        return [answer.data["leadCard"] for answer in self.follower.items]

    @property
    def told(self) -> list[str]:
        """Pages as they were told, the snapshot's first."""
        found = [
            item.get("presence") or item.get("lead", {}).get("presence") for item in self.items
        ]
        return [words(presence) for presence in found if presence]

    async def until(self, is_there: Callable[[], Any]) -> None:
        await self.follower.until(is_there)

    async def until_told(self, wanted: str) -> None:
        await self.until(lambda: self.told and self.told[-1] == wanted)


@asynccontextmanager
async def open_card(client: Client, lead_id: UUID) -> AsyncIterator[Card]:
    stream = client.stream(CARD, id=lead(lead_id))
    async with in_task(client.services, stream) as follower:
        card = Card(follower)
        await card.until(lambda: card.items)
        yield card


@pytest.fixture
async def admin(services: Services) -> Client:
    return await staff_client(services)


@pytest.fixture
async def visitor(services: Services) -> VisitorActor:
    return (await make_visit(services)).actor


async def test_a_page_opened_changed_turned_and_closed_is_told_in_the_open_card(
    services: Services, admin: Client, visitor: VisitorActor, clock: ManualClock
) -> None:
    async with open_card(admin, visitor.lead_id) as card:
        await beat(services, visitor, "fern")
        await card.until_told("fern")
        await second(services, clock)
        await beat(services, visitor, "ivy", "page-0002")
        await card.until_told("ivy fern")
        await second(services, clock)
        await beat(services, visitor, key="page-0001", is_visible=False, idle_ms=None)
        await card.until_told("ivy (fern)")
        await second(services, clock)
        await beat(services, visitor, "moss", "page-0002")
        await card.until_told("moss (fern)")
        await second(services, clock)
        await visits.leave(services, visitor, "page-0002")
        await card.until_told("(fern)")
        await visits.leave(services, visitor, "page-0001")
        await second(services, clock, 10)
        await card.until_told("")
        assert card.told == [
            "", "fern", "ivy fern", "ivy (fern)", "moss (fern)", "(fern)", "",
        ]  # fmt: skip
        titles = [each["pageTitle"] for each in card.items[4]["presence"]["sessions"]]
        assert titles == ["Moss", "Fern"]


async def test_going_from_page_to_page_is_told_as_one_change_each(
    services: Services, admin: Client, visitor: VisitorActor, clock: ManualClock
) -> None:
    async with open_card(admin, visitor.lead_id) as card:
        for number, name in enumerate(("fern", "ivy", "moss")):
            await beat(services, visitor, name, f"page-000{number}")
            await card.until_told(name)
            await second(services, clock)
            await visits.leave(services, visitor, f"page-000{number}")
            await second(services, clock)
        assert card.told == ["", "fern", "ivy", "moss"]


async def test_a_heartbeat_without_change_tells_nothing(
    services: Services, admin: Client, visitor: VisitorActor, clock: ManualClock
) -> None:
    async with open_card(admin, visitor.lead_id) as card:
        await beat(services, visitor, "fern")
        await card.until_told("fern")
        for _ in range(3):
            await second(services, clock, 30)
            await beat(services, visitor, idle_ms=None)
            await beat(services, visitor, "fern")
        assert admin.actor
        await tag(services, admin.actor, visitor.lead_id, "afterwards")
        await card.until(lambda: card.items[-1]["__typename"] == "TagsChanged")
        assert card.told == ["", "fern"]


async def test_whatever_pages_do_the_card_hears_of_them_at_most_once_a_second(
    services: Services, admin: Client, visitor: VisitorActor, clock: ManualClock
) -> None:
    async with open_card(admin, visitor.lead_id) as card:
        await beat(services, visitor, "fern")
        await card.until_told("fern")
        for number in range(30):
            await beat(services, visitor, f"lamp-{number}", is_visible=number % 2 == 0)
        await beat(services, visitor, "ivy")
        await second(services, clock)
        await card.until_told("ivy")
        assert card.told == ["", "fern", "ivy"]


async def test_who_may_not_see_the_lead_sees_none_of_its_pages(
    services: Services, admin: Client, visitor: VisitorActor, clock: ManualClock
) -> None:
    owner = await staff_client(services, StaffRole.AGENT, "Olga Own")
    other = await staff_client(services, StaffRole.AGENT, "Otto Other")
    assert owner.actor
    assert other.actor
    assert admin.actor
    await act(services, admin.actor, leads.assign, visitor.lead_id, owner.actor.id, None)
    await beat(services, visitor, "fern")
    data = await owner.read(READ, id=lead(visitor.lead_id))
    assert words(data["lead"]["presence"]) == "fern"
    assert await other.read(READ, id=lead(visitor.lead_id)) == {"lead": None}
    async with open_card(owner, visitor.lead_id) as card:
        await second(services, clock)
        await act(services, admin.actor, leads.assign, visitor.lead_id, other.actor.id, None)
        await beat(services, visitor, "moss")
        await card.until(lambda: card.items[-1]["__typename"] == "AccessEnded")
        assert card.told == ["fern"]


# --- after a restart, and without Redis ----------------------------------------------------------


async def test_after_a_restart_pages_come_back_with_what_they_show(
    settings: Settings, clock: ManualClock
) -> None:
    async with open_services(settings, clock) as first:
        token = (await staff_client(first)).token
        actor = (await make_visit(first)).actor
        await beat(first, actor, "fern")
        await store_intervals(first)
        await note_alive(first)
    clock.advance(20)
    async with open_services(settings, clock) as again:
        await take_up_intervals(again, presence_timing(settings))
        async with open_card(Client(again, token), actor.lead_id) as card:
            presence = card.items[0]["lead"]["presence"]
            assert (presence["state"], presence["isProvisional"]) == ("ONLINE", True)
            await beat(again, actor, idle_ms=None)
            await card.until_told("fern")
            assert card.told == ["", "fern"]


@pytest.fixture
async def on_redis(
    database_url: str, tmp_path: Path, redis_server: RedisServer
) -> AsyncIterator[tuple[Services, Services]]:
    """Two processes at scale."""
    settings = make_settings(
        database_url,
        tmp_path,
        redis_url=redis_server.url,
        presence_leave_seconds=1.0,
        presence_visible_lease_seconds=3.0,  # the grace, which later tests have to wait out
        presence_visible_beat_seconds=1.0,
    )
    async with AsyncExitStack() as stack:
        pair = [await stack.enter_async_context(open_services(settings)) for _ in range(2)]
        sweeping = [asyncio.create_task(run_sweeper(each.presence)) for each in pair]
        stack.push_async_callback(end, sweeping)
        yield pair[0], pair[1]


async def test_at_scale_a_card_in_another_process_follows_the_pages(
    on_redis: tuple[Services, Services], redis_server: RedisServer
) -> None:
    here, there = on_redis
    site, _ = await make_site(here)
    actor = (await make_visit(here, site)).actor
    client = await staff_client(there)
    async with open_card(client, actor.lead_id) as card:
        await beat(here, actor, "fern")
        await card.until_told("fern")
        await beat(here, actor, "ivy", "page-0002", is_visible=False)
        await card.until_told("fern (ivy)")
        await visits.leave(here, actor, "page-0001")
        await card.until_told("(ivy)")

        assert (
            words((await client.read(READ, id=lead(actor.lead_id)))["lead"]["presence"]) == "(ivy)"
        )

        redis_server.kill()
        data = await client.read(READ, id=lead(actor.lead_id))
        assert data["lead"]["presence"]["isProvisional"]
        assert words(data["lead"]["presence"]) == "(ivy)"
        redis_server.start()
        async with asyncio.timeout(PATIENCE):
            while card.told[-1] != "fern":
                await beat(here, actor, key="page-0001")
                await asyncio.sleep(0.2)
