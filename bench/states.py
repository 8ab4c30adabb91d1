"""Moves along the pipeline among very many leads, and how soon others see them while many write."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select

from bench.cards import counting
from bench.client import Arrival, Card, Http, open_cards
from bench.documents import CHANGE_STATE, LEADS_IN_STATE, STATES
from bench.report import Report
from bench.seeding import add_leads, global_id
from bench.setups import Setup
from bench.sizes import Size
from models.changes import LeadFeed
from models.enums import SourceChannel
from models.ids import new_id
from models.leads import Lead
from resolvers import leads
from resolvers.actors import Actor
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work

AT_ONCE = 1_000
WATCHED = 10
"""Cards of other people that are open while the writers write."""


async def measure(
    report: Report,
    setup: Setup,
    size: Size,
    services: Services,
    actor: Actor,
    tokens: Sequence[str],
) -> None:
    """All rounds, with so many leads in the database."""
    ids = await add_leads(services, actor, size.writers)
    await _fill(services, ids[0], size.listed_leads)
    async with Http.open(setup.servers[0], tokens[0]) as http:
        states = [each["id"] for each in (await http.post(STATES))["pipelines"][0]["states"][:4]]
    total = f"{size.listed_leads:,} leads"
    await _count(report, setup, services, actor, ids[0], states, total)
    for _ in range(size.rounds):
        moved, listed = await _alone(setup, tokens[0], global_id(ids[0]), states, size.requests)
        report.add_times(setup.name, f"change of state, {total}", moved)
        report.add_times(setup.name, f"50 leads of a state, {total}", listed)
        run = await _together(setup, tokens, ids, states, size)
        name = f"change of state, {size.writers} writers"
        report.add(setup.name, name, "changes/s", len(run.answered) / size.moving_seconds)
        report.add_times(setup.name, f"{name}, from `at` to frame of others", run.since_at())
        behind = run.since_answer()
        report.add_times(setup.name, f"{name}, from own answer to frame of others", behind)


async def _fill(services: Services, like: UUID, count: int) -> None:
    """Brings the leads to so many, by rows alone: only how many there are counts."""
    async with services.database.writing() as session, session.begin():
        lead = await session.get_one(Lead, like)
        there = await session.scalar(select(func.count()).select_from(Lead)) or 0
        plain = {
            **lead.model_dump(),
            "external_id": None,
            "source_channel": SourceChannel.IMPORT,
        }
    numbers = range(there, count)
    for start in range(0, len(numbers), AT_ONCE):
        part = numbers[start : start + AT_ONCE]
        rows = [
            {**plain, "id": new_id(), "display_name": f"Filler {n}", "name_key": f"filler {n}"}
            for n in part
        ]
        async with services.database.writing() as session, session.begin():
            await session.execute(insert(Lead), rows)
            feeds = [{"lead_id": each["id"], "revision": 0, "floor": 0} for each in rows]
            await session.execute(insert(LeadFeed), feeds)
    if not services.database.is_sqlite:
        async with services.database.writer.begin() as connection:
            await connection.exec_driver_sql("ANALYZE")


async def _count(
    report: Report,
    setup: Setup,
    services: Services,
    actor: Actor,
    lead_id: UUID,
    states: Sequence[str],
    total: str,
) -> None:
    """Statements of one move, in this process, once the first one is behind."""
    for state in (states[1], states[2]):
        with counting() as statements:
            async with unit_of_work(services, actor) as work:
                await leads.change_state(work, lead_id, UUID(state.partition("_")[2]), None)
    report.add(setup.name, f"change of state, {total}, statements", "SQL", len(statements))


async def _alone(
    setup: Setup, token: str, lead_id: str, states: Sequence[str], count: int
) -> tuple[list[float], list[float]]:
    """Seconds of each move, and of each page of a state's leads, one after the other."""
    moved, listed = [], []
    async with Http.open(setup.servers[0], token) as http:
        for number in range(count):
            state = states[number % len(states)]
            given = {"lead": lead_id, "state": state}
            moved.append(await _timed(http.post, CHANGE_STATE, given))
            listed.append(await _timed(http.post, LEADS_IN_STATE, {"states": states}))
    return moved, listed


async def _timed(act: Callable[..., Awaitable[object]], *given: object) -> float:
    started = time.perf_counter()
    await act(*given)
    return time.perf_counter() - started


@dataclass
class Run:
    """Instants of one run, in seconds: answers by cursor, and what open cards were told."""

    answered: dict[str, float] = field(default_factory=dict)
    told: list[Arrival] = field(default_factory=list)

    def since_at(self) -> list[float]:
        """From the beginning of each unit of work."""
        return [
            each.wall - datetime.fromisoformat(each.item["at"]).timestamp() for each in self.told
        ]

    def since_answer(self) -> list[float]:
        """From the answer to who wrote; 0 where the others saw it first."""
        return [
            max(each.wall - self.answered[each.item["cursor"]], 0.0)
            for each in self.told
            if each.item["cursor"] in self.answered
        ]


async def _together(
    setup: Setup, tokens: Sequence[str], ids: Sequence[UUID], states: Sequence[str], size: Size
) -> Run:
    """Each writer moves a lead of its own; cards of some are open on the last process."""
    lead_ids = [global_id(each) for each in ids[: size.writers]]
    run, until = Run(), 0.0

    async def write(http: Http, lead_id: str) -> None:
        for state in itertools.cycle(states):
            if time.perf_counter() >= until:
                return
            data = await http.post(CHANGE_STATE, {"lead": lead_id, "state": state})
            # none where the lead is in that state from the round before
            for change in data["changeLeadState"]["changes"]:
                run.answered[change["cursor"]] = time.time()

    async with (
        AsyncExitStack() as stack,
        open_cards(setup.servers[-1], tokens, lead_ids[:WATCHED]) as cards,
    ):
        https = [
            await stack.enter_async_context(Http.open(setup.servers[0], tokens[n % len(tokens)]))
            for n in range(len(lead_ids))
        ]
        until = time.perf_counter() + size.moving_seconds
        async with asyncio.TaskGroup() as group:
            for card in cards:
                group.create_task(_watch(card, until, run))
            for http, lead_id in zip(https, lead_ids, strict=True):
                group.create_task(write(http, lead_id))
    return run


async def _watch(card: Card, until: float, run: Run) -> None:
    """Keeps what a card is told until then."""
    with suppress(TimeoutError):
        while (left := until - time.perf_counter()) > 0:
            run.told.append(await card.change(left))
