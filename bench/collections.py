"""What shows many leads, with very many of them: filters, pages, and a file of all."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

from bench.client import HOST, Http, WrongAnswer
from bench.crowd import BUDGETS, EVENTS, FIELD, FIRST_NAMES, LAST_NAMES, TAGS, fill
from bench.documents import EXPORT, FILTERED_LEADS, PAGE_OF_LEADS
from bench.report import Report
from bench.setups import Setup
from bench.sizes import Size
from resolvers.actors import Actor
from resolvers.services import Services

PAGE, LAST_PAGE = 100, 1_000
MOST_SECONDS = 30.0
"""How long one figure is measured at most; at the full size some take long."""
SAMPLE_SECONDS = 0.1
EXPORT_SECONDS = 3_600.0
COLUMNS = [
    "id", "name", "firstName", "emailAddresses", "phoneNumbers", "tags", "state", "assignee",
    "createdAt", "lastActivityAt", f"property:{FIELD}",
]  # fmt: skip


@dataclass(frozen=True)
class Crowd:
    """What is measured on: so many leads in the database of a set-up."""

    report: Report
    setup: Setup
    size: Size
    services: Services
    token: str
    leads: int

    @property
    def total(self) -> str:
        return f"{self.leads:,} leads"

    def add_times(self, name: str, seconds: list[float]) -> None:
        self.report.add_times(self.setup.name, f"{name}, {self.total}", seconds)

    def add(self, name: str, unit: str, value: float) -> None:
        self.report.add(self.setup.name, f"{name}, {self.total}", unit, value)


async def measure(
    report: Report,
    setup: Setup,
    size: Size,
    services: Services,
    actor: Actor,
    token: str,
    say: Callable[[str], None],
) -> None:
    """Fills the database, then measures each part in turn."""
    leads = size.collected_small if services.database.is_sqlite else size.collected
    crowd = Crowd(report, setup, size, services, token, leads)
    started = time.perf_counter()
    await fill(services, actor, leads, size.events_each, say)
    crowd.add(
        f"filled with {leads * size.events_each:,} events", "s", time.perf_counter() - started
    )
    for part in MEASURED:
        say(part.__name__)
        await part(crowd)


# --- filters ---------------------------------------------------------------------------------


def _tag(number: int) -> dict[str, Any]:
    return {"filter": {"tags": {"any": [f"bench {number % TAGS}"]}}}


def _range(number: int) -> dict[str, Any]:
    least = number * 613 % BUDGETS
    span = {"from": str(least), "to": str(least + BUDGETS // 100)}
    return {"filter": _budget({"between": span})}


def _budget(test: dict[str, Any]) -> dict[str, Any]:
    return {"property": {"fieldKey": FIELD, "is": {"number": test}}}


def _counted(number: int) -> dict[str, Any]:
    return {"filter": _event(number, 8)}


def _event(number: int, least: int) -> dict[str, Any]:
    within = {"withinLast": {"amount": 30, "unit": "DAY"}}
    name = f"Event {number % EVENTS}"
    return {"event": {"name": name, "within": within, "count": {"atLeast": least}}}


def _words(number: int) -> dict[str, Any]:
    return {"search": f"first{number % FIRST_NAMES} last{number * 7 % LAST_NAMES}"}


def _nested(number: int) -> dict[str, Any]:
    either = {"or": [_tag(number)["filter"], _budget({"atLeast": str(BUDGETS * 99 // 100)})]}
    lately = {"lastActivityAt": {"withinLast": {"amount": 30, "unit": "DAY"}}}
    parts = [either, {"not": _event(number, 5)}, {"state": {"kindIn": ["OPEN"]}}, lately]
    return {"filter": {"and": parts}}


FILTERS = {
    "a tag": _tag,
    "a range of a property": _range,
    "8 events within 30 days": _counted,
    "words": _words,
    "nested": _nested,
}


async def filters(crowd: Crowd) -> None:
    """The first 50 leads of each filter by last activity, with another operand each time."""
    async with Http.open(crowd.setup.servers[0], crowd.token) as http:
        for name, make in FILTERS.items():
            times, found = [], 0
            for number in _times(crowd.size.requests):
                asked = {"filter": None, "search": None, **make(number)}
                began = time.perf_counter()
                answer = await http.post(FILTERED_LEADS, asked)
                times.append(time.perf_counter() - began)
                found += len(answer["leads"]["nodes"])
            if not found:
                raise WrongAnswer(f"{name}: none of the filters finds a lead")
            crowd.add_times(f"50 leads by {name}", times)


def _times(count: int) -> Iterator[int]:
    """Up to so many rounds, and no more than fit into the time; at least three."""
    ends = time.perf_counter() + MOST_SECONDS
    for number in range(count):
        if number < 3 or time.perf_counter() < ends:
            yield number


async def _timed(act: Callable[..., Awaitable[object]], *given: object) -> float:
    started = time.perf_counter()
    await act(*given)
    return time.perf_counter() - started


# --- pages -----------------------------------------------------------------------------------


async def pages(crowd: Crowd) -> None:
    """The first page and the thousandth, each behind the cursor of the one before it."""
    last = min(LAST_PAGE, crowd.leads // PAGE)
    async with Http.open(crowd.setup.servers[0], crowd.token) as http:
        after = before = None
        for _ in range(last - 1):
            page = (await http.post(PAGE_OF_LEADS, {"first": PAGE, "after": after}))["leads"]
            before, after = after, page["pageInfo"]["endCursor"]
            if len(page["nodes"]) != PAGE:
                raise WrongAnswer("a page is short")
        for number, cursor in ((1, None), (last, after)):
            asked = {"first": PAGE, "after": cursor}
            times = [
                await _timed(http.post, PAGE_OF_LEADS, asked) for _ in _times(crowd.size.requests)
            ]
            crowd.add_times(f"page {number:,} of {PAGE}", times)
        assert before != after


# --- a file of all ---------------------------------------------------------------------------


@dataclass
class _Read:
    """A file that was read: lines, bytes, and KiB of the server in RAM meanwhile."""

    lines: int = 0
    bytes: int = 0
    resident: list[int] = field(default_factory=list)


async def export(crowd: Crowd) -> None:
    """All leads as CSV with eleven columns, read as fast as it comes."""
    server = crowd.setup.servers[0]
    async with Http.open(server, crowd.token) as http:
        made = (await http.post(EXPORT, {"columns": COLUMNS}))["exportLeads"]
    before, read = server.resident_kib, _Read()
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch(crowd, read))
        await _read_all(crowd, made["downloadPath"], read)
        watching.cancel()
    seconds = time.perf_counter() - started
    if read.lines < crowd.leads + 1:
        raise WrongAnswer(f"the file has {read.lines} lines")
    crowd.add("export as CSV", "rows/s", (read.lines - 1) / seconds)
    crowd.add("export as CSV", "MB/s", read.bytes / seconds / 1e6)
    middle = len(read.resident) // 2
    halves = read.resident[: middle or 1], read.resident[middle:]
    crowd.add("export as CSV, memory gained at most", "MiB", (max(read.resident) - before) / 1024)
    ratio = max(halves[1]) / max(halves[0])
    crowd.add("export as CSV, memory of the second half to the first", "", ratio)


async def _read_all(crowd: Crowd, path: str, read: _Read) -> None:
    url = f"http://{HOST}:{crowd.setup.servers[0].port}{path}"
    mine = {"authorization": f"Bearer {crowd.token}"}
    client = httpx2.AsyncClient(timeout=EXPORT_SECONDS)
    async with client, client.stream("GET", url, headers=mine) as answer:
        if answer.status_code != 200:
            raise WrongAnswer(f"the file answers {answer.status_code}")
        async for part in answer.aiter_bytes():
            read.bytes += len(part)
            read.lines += part.count(b"\n")


async def _watch(crowd: Crowd, read: _Read) -> None:
    for _ in range(int(EXPORT_SECONDS / SAMPLE_SECONDS)):
        read.resident.append(crowd.setup.servers[0].resident_kib)
        await asyncio.sleep(SAMPLE_SECONDS)


MEASURED = (filters, pages, export)
"""Each is given the filled database, and tells its figures."""
