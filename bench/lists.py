"""Lists of leads that very many watch at once, while leads change."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from bench.client import Http, Subscriptions, WrongAnswer
from bench.documents import CHANGE_AND_VERSION, LIVE_LIST
from bench.latency import PRIORITIES
from bench.report import Report
from bench.setups import Server, Setup
from bench.sizes import Size

ON_ONE_SOCKET = 50
SAMPLED = 20
"""Of so many watchers one is looked at closely; of the others only frames are counted."""
WRITERS = 8
RATE = 100
"""Changes a second that the writers try to make."""
OPENING_SECONDS = 120.0
WATCHED = 20
"""Rows of a list; it is these leads that change, so that no change is for nobody."""


@dataclass
class Run:
    """What came of one run; instants are seconds of the wall clock."""

    opened: float = 0.0
    """Seconds until each list had its snapshot."""
    seconds: float = 0.0
    processor: float = 0.0
    """Seconds of it that the servers took."""
    frames: int = 0
    written: dict[str, list[tuple[Any, float]]] = field(default_factory=lambda: defaultdict(list))
    """By lead: version and instant of each change, in order."""
    told: dict[tuple[int, str], list[tuple[Any, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By watcher and lead: version and instant of each row that came."""

    @property
    def changes(self) -> int:
        return sum(map(len, self.written.values()))

    def lags(self) -> list[float]:
        """From each change to the frame that told a watcher of it, alone or with later ones."""
        found = []
        for (_, lead_id), rows in self.told.items():
            made = self.written[lead_id]
            places = {version: number for number, (version, _) in enumerate(made)}
            reached = -1
            for version, came in rows:
                last = places.get(version, reached)
                found += [came - at for _, at in made[reached + 1 : last + 1]]
                reached = max(reached, last)
        return found


async def measure(
    report: Report, setup: Setup, size: Size, tokens: Sequence[str], lead_ids: Sequence[str]
) -> None:
    """The same list for all, then a list of its own for each."""
    everybody = [{"filter": None}] * size.watchers
    own = [{"filter": _own(number)} for number in range(size.watchers)]
    for label, lists in (("of one list", everybody), ("of as many lists", own)):
        run = await _run(setup, size, tokens, lead_ids, lists)
        name = f"{size.watchers:,} watchers {label}"
        report.add(setup.name, f"{name}, opened", "s", run.opened)
        report.add(setup.name, f"{name}, changes", "changes/s", run.changes / run.seconds)
        report.add(setup.name, f"{name}, frames", "frames/s", run.frames / run.seconds)
        report.add(setup.name, f"{name}, processor", "s/s", run.processor / run.seconds)
        report.add_times(setup.name, f"{name}, change to frame", run.lags())


def _own(number: int) -> dict[str, Any]:
    """A filter that nobody else has, and that each lead passes."""
    return {"not": {"value": {"currency": "EUR", "amount": {"atLeast": str(number + 1)}}}}


async def _run(
    setup: Setup,
    size: Size,
    tokens: Sequence[str],
    lead_ids: Sequence[str],
    lists: Sequence[Mapping[str, Any]],
) -> Run:
    run = Run()
    async with _opened(setup.servers[-1], tokens, lists, run) as sockets, AsyncExitStack() as stack:
        https = [
            await stack.enter_async_context(Http.open(setup.servers[0], tokens[-1]))
            for _ in range(WRITERS)
        ]
        before, started = _processor(setup), time.perf_counter()
        until = started + size.watched_seconds
        async with asyncio.TaskGroup() as group:
            for number, socket in enumerate(sockets):
                group.create_task(_watch(socket, number, until, run))
            for number, http in enumerate(https):
                group.create_task(_write(http, lead_ids[number::WRITERS], until, run))
        run.seconds = time.perf_counter() - started
        run.processor = _processor(setup) - before
    if not run.told:
        raise WrongAnswer("nobody was told of any change")
    return run


@asynccontextmanager
async def _opened(
    server: Server, tokens: Sequence[str], lists: Sequence[Mapping[str, Any]], run: Run
) -> AsyncIterator[list[Subscriptions]]:
    """Sockets with as many lists each as one may have, all snapshots read."""
    started = time.perf_counter()
    async with AsyncExitStack() as stack:
        sockets: list[Subscriptions] = []
        for start in range(0, len(lists), ON_ONE_SOCKET):
            token = tokens[len(sockets) % len(tokens)]
            socket = await stack.enter_async_context(Subscriptions.open(server, token))
            part = lists[start : start + ON_ONE_SOCKET]
            for number, variables in enumerate(part, start):
                await socket.subscribe(str(number), LIVE_LIST, variables)
            async with asyncio.timeout(OPENING_SECONDS):
                for _ in part:
                    await socket.item()
            sockets.append(socket)
        run.opened = time.perf_counter() - started
        yield sockets


async def _watch(socket: Subscriptions, number: int, until: float, run: Run) -> None:
    while (left := until - time.perf_counter()) > 0:
        try:
            async with asyncio.timeout(left):
                watcher, data = await socket.item()
        except TimeoutError:
            return
        came, item = time.time(), data["leadList"]
        if item["__typename"] != "LeadListChanged":
            raise WrongAnswer(orjson.dumps(item)[:2_000].decode())
        run.frames += 1
        if int(watcher) % SAMPLED == 0:
            for row in item["rows"]:
                run.told[int(watcher), row["lead"]["id"]].append((row["lead"]["version"], came))


async def _write(http: Http, lead_ids: Sequence[str], until: float, run: Run) -> None:
    """Changes leads in turn, at its part of the rate if it can."""
    started = time.perf_counter()
    for number in range(int((until - started) * RATE / WRITERS)):
        ahead = started + number * WRITERS / RATE - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        if time.perf_counter() > until:
            return
        visit, place = divmod(number, len(lead_ids))
        given = {"lead": lead_ids[place], "priority": PRIORITIES[visit % len(PRIORITIES)]}
        sent = time.time()
        made = (await http.post(CHANGE_AND_VERSION, given))["changePriority"]
        if made["changes"]:
            run.written[lead_ids[place]].append((made["lead"]["version"], sent))


def _processor(setup: Setup) -> float:
    """Seconds of processor time that the servers have taken so far."""
    return sum(server.processor_seconds for server in setup.servers)
