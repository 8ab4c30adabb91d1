"""The card query: how many, how fast, and how many statements each."""

import asyncio
import time
from contextvars import ContextVar
from statistics import median
from typing import Any

import httpx2
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import create_app
from bench.client import Http
from bench.documents import CARD, card_variables, check_card
from bench.report import Report
from bench.seeding import Cards
from bench.setups import Server, Setup
from bench.sizes import Size

MOST_FOR_TWICE = 2.0
CONCURRENCY = (1, 8)


async def measure(report: Report, setup: Setup, size: Size, cards: Cards) -> None:
    """One round: the card and the long card in turns."""
    server = setup.servers[0]
    for concurrency in CONCURRENCY:
        name = f"card query, {concurrency} at once"
        each, rate = await _load(server, cards, 1, concurrency, size.requests)
        long_each, long_rate = await _load(server, cards, 2, concurrency, size.requests)
        report.add(setup.name, name, "requests/s", rate)
        report.add_times(setup.name, name, each)
        report.add(setup.name, f"{name}, lists twice as long", "requests/s", long_rate)
        report.add_times(setup.name, f"{name}, lists twice as long", long_each)
        ratio = median(long_each) / median(each)
        report.add(setup.name, f"{name}, time for twice", "ratio", ratio, limit=MOST_FOR_TWICE)


async def _load(
    server: Server, cards: Cards, factor: int, concurrency: int, count: int
) -> tuple[list[float], float]:
    """Seconds of each request, and requests a second of all."""
    times: list[float] = []
    numbers = iter(range(count))
    lead_id, token = _card(cards, factor)
    variables = card_variables(lead_id, factor)

    async def ask(http: Http) -> None:
        for _ in numbers:
            started = time.perf_counter()
            await http.post(CARD, variables)
            times.append(time.perf_counter() - started)

    async def work() -> None:
        async with Http.open(server, token) as http:
            check_card((await http.post(CARD, variables))["lead"], factor)
            await ready.wait()
            await ask(http)

    ready = asyncio.Barrier(concurrency + 1)
    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(work())
        await ready.wait()
        started = time.perf_counter()
    return times, count / (time.perf_counter() - started)


def _card(cards: Cards, factor: int) -> tuple[str, str]:
    return (cards.lead, cards.manager) if factor == 1 else (cards.long, cards.admin)


async def count_statements(report: Report, setup: Setup, cards: Cards) -> None:
    """Statements of one card query, counted in an application of this process."""
    app = create_app(setup.settings)
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        for factor, name in ((1, "card query"), (2, "card query, lists twice as long")):
            lead_id, token = _card(cards, factor)
            body = {"query": CARD, "variables": card_variables(lead_id, factor)}
            with counting() as statements:
                answer = await client.post(
                    "/graphql", json=body, headers={"Authorization": f"Bearer {token}"}
                )
            check_card(answer.json()["data"]["lead"], factor)
            report.add(setup.name, f"{name}, statements", "SQL", len(statements))


class counting:
    """Collects the statements of the block, and of tasks begun in it, while it lasts."""

    _seen: ContextVar[list[str] | None] = ContextVar("statements", default=None)

    def __enter__(self) -> list[str]:
        event.listen(Engine, "before_cursor_execute", self._note)
        seen: list[str] = []
        self._token = self._seen.set(seen)
        return seen

    def __exit__(self, *_: object) -> None:
        self._seen.reset(self._token)
        event.remove(Engine, "before_cursor_execute", self._note)

    @classmethod
    def _note(cls, connection: Any, cursor: Any, statement: str, *_: object) -> None:
        seen = cls._seen.get()
        if seen is not None and not statement.startswith("BEGIN"):
            seen.append(statement)
