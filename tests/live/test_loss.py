"""Nothing is lost, repeated or reordered while everything around the cards breaks."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx2
import pytest
import websockets

from app import open_services
from models.ids import encode_id
from resolvers import leads
from resolvers.leads import PropertyEdit
from resolvers.services import Services
from resolvers.staff import SignedIn
from settings import Settings
from tests.conftest import make_settings
from tests.factories import make_lead, sign_in_new
from tests.live.deployment import ADD_TAGS, ask
from tests.live.following import tag
from tests.processes import Process, free_port
from tests.resolvers.verify import act, changes_of
from tests.servers import RedisServer
from tests.serving import open_socket

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.parametrize("dialect", ["postgresql"], indirect=True),
]

SEED = 20_260_302
WRITES = 480
LEADS = 5
CARDS_OF_EACH = 3
REMEMBERED = 256  # cursors, as every client keeps them
LONGEST = 150.0  # seconds for all of it, on a machine that does much else

CARD = """subscription ($id: ID!, $after: Cursor) {
  leadCard(id: $id, after: $after) {
    __typename
    ... on LeadCardSnapshot { cursor }
    ... on LeadCardReset { cursor resetReason }
    ... on LeadChange { cursor entry { id } }
    ... on PresenceChanged { cursor }
    ... on ViewersChanged { cursor }
  }
}"""


@dataclass
class Card:
    """A client that comes back with its last cursor, to whichever process lets it in."""

    lead_id: UUID
    token: str
    processes: list[Process]
    random: Random
    home: int
    entries: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    opened: int = 0
    repeats: int = 0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _cursor: str | None = None
    _known: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    async def follow(self) -> None:
        while True:
            with suppress(OSError, websockets.WebSocketException):
                await self._follow_once(self.processes[self.home % len(self.processes)])
            self.home += 1
            await asyncio.sleep(self.random.uniform(0, 0.1))  # clients don't hammer either

    async def _follow_once(self, process: Process) -> None:
        url = f"ws://127.0.0.1:{process.port}/graphql"
        async with open_socket(url) as socket:
            await socket.sign_in(token=self.token)
            variables = {"id": encode_id("lead", self.lead_id), "after": self._cursor}
            await socket.subscribe("1", CARD, variables=variables)
            self.opened += 1
            left = self.random.randint(5, 60)
            while left:
                # No limit on the wait: coming back early would hide a stream that died.
                message = json.loads(await socket.connection.recv())
                self._take(message)
                left -= 1
            socket.connection.transport.abort()

    async def begin(self) -> None:
        """Waits for the first snapshot."""
        while self._cursor is None:
            await self._news()

    async def reach(self, number: int) -> None:
        """Waits until so many changes came."""
        while len(self.entries) < number:
            await self._news()

    async def _news(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] != "next" or "errors" in message["payload"]:
            self.wrong.append(str(message))
            return
        item: dict[str, Any] = message["payload"]["data"]["leadCard"]
        if item["__typename"] in ("LeadCardReset", "LeadMerged", "AccessEnded"):
            self.wrong.append(str(item))
            return
        if "entry" in item:
            if item["cursor"] in self._known:
                self.repeats += 1
            else:
                self._known.append(item["cursor"])
                self.entries.append(item["entry"]["id"])
        self._cursor = item.get("cursor", self._cursor)  # some kinds of items are not asked for
        self._moved.set()


@dataclass
class Progress:
    """Counts what was written, so that what breaks does so at a certain place."""

    written: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self) -> None:
        self.written += 1
        self.moved.set()

    async def reach(self, number: int) -> None:
        while self.written < number:
            self.moved.clear()
            await self.moved.wait()


@pytest.fixture
def shared(database_url: str, tmp_path: Path, redis_server: RedisServer) -> Settings:
    if not redis_server.is_ours:
        pytest.skip("the server of TEST_REDIS_URL is not ours to stop")
    return make_settings(database_url, tmp_path, redis_url=redis_server.url)


@pytest.fixture
async def services(shared: Settings) -> AsyncIterator[Services]:
    async with open_services(shared) as opened:
        yield opened


@pytest.fixture
async def processes(shared: Settings, tmp_path: Path) -> AsyncIterator[list[Process]]:
    assert shared.secret_key is not None
    environment = {
        "DATABASE_URL": shared.database_url,
        "REDIS_URL": shared.redis_url,
        "SECRET_KEY": shared.secret_key.get_secret_value(),
    }
    opened = [
        Process(tmp_path / f"api-{number}", "serve", PORT=free_port(), **environment)
        for number in range(2)
    ]
    try:
        await asyncio.gather(*(asyncio.to_thread(process.start) for process in opened))
        yield opened
    finally:
        for process in opened:
            process.kill()


async def test_every_card_gets_every_change_once_and_in_order_whatever_breaks(
    services: Services, processes: list[Process], redis_server: RedisServer
) -> None:
    person = await sign_in_new(services)
    lead_ids = [await make_lead(services, person.actor) for _ in range(LEADS)]
    cards = [
        Card(lead_id, person.token, processes, Random(SEED + number), number)
        for number, lead_id in enumerate(lead_ids * CARDS_OF_EACH)
    ]
    progress = Progress()
    async with AsyncExitStack() as stack, asyncio.timeout(LONGEST):
        for card in cards:
            stack.push_async_callback(_end, asyncio.create_task(card.follow()))
        for card in cards:
            await card.begin()
        breaking = asyncio.create_task(_break(progress, redis_server, processes[1]))
        stack.push_async_callback(_end, breaking)
        client = await stack.enter_async_context(httpx2.AsyncClient(timeout=5))
        await _write(services, client, processes, person, lead_ids, progress)
        await breaking
        await _assert_complete(services, cards)  # the last changes were never hinted at
        await asyncio.to_thread(redis_server.start)
        for lead_id in lead_ids:
            await tag(services, person.actor, lead_id, "the bus is back")
        await _assert_complete(services, cards)
    assert sum(card.opened for card in cards) > 3 * len(cards), "hardly anything was cut"


async def _assert_complete(services: Services, cards: list[Card]) -> None:
    for card in cards:
        log = await changes_of(services, card.lead_id, after=1)
        wanted = [encode_id("change", change.id) for change in log]
        await card.reach(len(wanted))
        assert card.entries == wanted
        assert not card.wrong


async def _break(progress: Progress, redis_server: RedisServer, process: Process) -> None:
    """Takes Valkey away three times, at last for good, and one of the API processes once."""
    for number in (1, 2):
        await progress.reach(WRITES * number // 4)
        redis_server.kill()
        await progress.reach(progress.written + WRITES // 16)
        await asyncio.to_thread(redis_server.start)
    process.kill()
    await progress.reach(progress.written + WRITES // 16)
    await asyncio.to_thread(process.start)
    await progress.reach(WRITES * 15 // 16)
    redis_server.kill()


async def _write(
    services: Services,
    client: httpx2.AsyncClient,
    processes: list[Process],
    person: SignedIn,
    lead_ids: list[UUID],
    progress: Progress,
) -> None:
    """Four writers, two of them through the API, until all is written."""

    async def here(writer: int, lead_id: UUID, number: int) -> None:
        edit = PropertyEdit("rooms", {"number": f"{number * 10 + writer}"})
        await act(services, person.actor, leads.set_properties, lead_id, [edit])

    async def there(writer: int, lead_id: UUID, number: int) -> None:
        url = processes[(writer + number) % 2].url
        variables = {"lead": encode_id("lead", lead_id), "tag": f"{writer} {number}"}
        await ask(client, url, person.token, ADD_TAGS, **variables)

    async def write(writer: int, how: Callable[[int, UUID, int], Awaitable[None]]) -> None:
        random, number = Random(SEED - writer), 0
        while progress.written < WRITES:
            number += 1
            # A process that was killed: whether it wrote is for the log to say.
            with suppress(httpx2.HTTPError):
                await how(writer, random.choice(lead_ids), number)
                progress.count()

    async with asyncio.TaskGroup() as writers:
        for writer, how in enumerate((here, there, here, there)):
            writers.create_task(write(writer, how))


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled() and (failure := task.exception()):
        raise failure
