"""Nothing quadratic: times at a size, at twice that size, and at twice that again."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import UUID

from bench.client import Card, Http, WrongAnswer
from bench.documents import (
    CARD,
    COUNTED_HISTORY,
    COUNTED_LEADS,
    LEADS,
    PAST_CARD,
    card_variables,
)
from bench.report import Report
from bench.seeding import add_changes, add_leads, global_id
from bench.setups import Server, Setup
from bench.sizes import Size
from resolvers.actors import Actor
from resolvers.services import Services

MOST_FOR_TWICE = 2.2
Times = dict[str, list[float]]


async def measure(
    report: Report, setup: Setup, size: Size, services: Services, actor: Actor, token: str
) -> None:
    """All rounds: a step is measured several times before its data are doubled."""
    server = setup.servers[0]
    (lead_id,) = await add_leads(services, actor, 1)
    cursor = await _cursor(server, token, global_id(lead_id))
    rounds: list[list[Times]] = []
    leads = changes = 0
    for step in size.steps:
        # the workspace has other leads already; those of the bench make it `step`
        leads = leads or await _count_leads(server, token)
        await add_leads(services, actor, max(step - leads, 0))
        leads = max(step, leads)
        await add_changes(services, actor, lead_id, changes, step)
        changes = step
        await _analyze(services)
        rounds.append(
            [
                await _step(server, token, lead_id, cursor, step, size.repeats)
                for _ in range(size.rounds)
            ]
        )
    _tell(report, setup, size, rounds)


def _tell(report: Report, setup: Setup, size: Size, rounds: list[list[Times]]) -> None:
    """Milliseconds of each step, and each step beside the one before it."""
    for number in range(size.rounds):
        for name in rounds[0][number]:
            times = [median(step[number][name]) for step in rounds]
            for amount, seconds in zip(size.steps, times, strict=True):
                report.add(setup.name, f"{name}, {amount:,}", "ms", seconds * 1_000)
            pairs = zip(size.steps[1:], times, times[1:], strict=False)
            for amount, before, after in pairs:
                label = f"{name}, {amount:,} to half of it"
                report.add(setup.name, label, "ratio", after / before, limit=MOST_FOR_TWICE)


async def _step(
    server: Server, token: str, lead_id: UUID, cursor: str, changes: int, repeats: int
) -> Times:
    id, now = global_id(lead_id), datetime.now(UTC).isoformat()
    queries: dict[str, tuple[str, dict[str, Any]]] = {
        "card query by changes": (CARD, card_variables(id)),
        "card as of now, folded, by changes": (PAST_CARD, {"id": id, "asOf": {"at": now}}),
        "history counted by changes": (COUNTED_HISTORY, {"id": id}),
        "leads(first: 50) by leads": (LEADS, {"first": 50}),
        "leads counted by leads": (COUNTED_LEADS, {}),
    }
    times: Times = {}
    async with Http.open(server, token) as http:
        for name, (query, variables) in queries.items():
            await http.post(query, variables)
            times[name] = [await _timed(http.post, query, variables) for _ in range(repeats)]
    times["resume of changes"] = [await _resume(server, token, id, cursor, changes)]
    return times


async def _timed(act: Callable[..., Awaitable[object]], *given: object) -> float:
    started = time.perf_counter()
    await act(*given)
    return time.perf_counter() - started


async def _cursor(server: Server, token: str, lead_id: str) -> str:
    """Where the lead's log stands before the measured changes."""
    async with Card.open(server, token, lead_id) as card:
        cursor: str = (await card.snapshot()).item["cursor"]
        return cursor


async def _resume(server: Server, token: str, lead_id: str, cursor: str, changes: int) -> float:
    """Seconds from opening a socket to the last of the changes that were missed."""
    started = time.perf_counter()
    async with Card.open(server, token, lead_id, cursor) as card:
        seen = set()
        for _ in range(changes):
            arrival = await card.change()
            seen.add(arrival.item["cursor"])
        if len(seen) != changes:
            raise WrongAnswer(f"{changes - len(seen)} changes came twice")
        return arrival.monotonic - started


async def _count_leads(server: Server, token: str) -> int:
    async with Http.open(server, token) as http:
        data = await http.post(COUNTED_LEADS)
        count: int = data["leads"]["totalCount"]["value"]
        return count


async def _analyze(services: Services) -> None:
    """What PostgreSQL does by itself some time after many rows; SQLite never does."""
    if not services.database.is_sqlite:
        async with services.database.writer.begin() as connection:
            await connection.exec_driver_sql("ANALYZE")
