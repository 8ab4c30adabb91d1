"""A file of contacts, imported by the command beside servers that serve and write meanwhile."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from bench.client import Card, Http, WrongAnswer
from bench.documents import CHANGE_PRIORITY
from bench.latency import PRIORITIES
from bench.report import Report
from bench.seeding import global_id
from bench.setups import Server, Setup
from bench.sizes import Size
from resolvers.services import Services
from tests.factories import make_lead

HEAD = "First Name,Last Name,E-Mail,Phone,Company,City,Customer,Interest,Tags"
WATCHED = "watched@mail.example"
SAMPLE_SECONDS = 0.1
WRITE_SECONDS = 0.25
MOST_SECONDS = 3_600


@dataclass
class Run:
    """One run of the command; KiB in RAM by the second that they were seen in."""

    seconds: float = 0.0
    resident: list[int] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    """Seconds of each write to a server meanwhile."""
    seen: float = 0.0
    """Seconds until an open card showed the change of its row."""


async def measure(
    report: Report,
    setup: Setup,
    size: Size,
    services: Services,
    token: str,
    written_to: UUID,
) -> None:
    """A file of new people, the same again, and the same with each row changed."""
    rows = size.import_rows
    watched = await make_lead(services, email_addresses=[WATCHED])
    path = setup.settings.data_dir / "contacts.csv"
    for label, company in (("new rows", "Acme"), ("same rows", "Acme"), ("changed rows", "Bcme")):
        _write(path, rows, company)
        card = watched if label != "same rows" else None
        run = await _run(setup, token, path, card, written_to)
        name = f"import of {rows:,}, {label}"
        report.add(setup.name, name, "s", run.seconds)
        report.add(setup.name, name, "rows/s", rows / run.seconds)
        report.add(setup.name, f"{name}, memory at most", "MiB", max(run.resident) / 1024)
        early, late = _halves(run.resident)
        report.add(setup.name, f"{name}, memory of the second half to the first", "", late / early)
        if card:
            report.add(setup.name, f"{name}, open card saw its change after", "s", run.seen)
        report.add_times(setup.name, f"{name}, write to a server meanwhile", run.writes)


def _write(path: Path, rows: int, company: str) -> None:
    """The row of the watched lead stands in the middle."""
    with path.open("w", encoding="utf-8") as file:
        print(HEAD, file=file)
        for n in range(rows):
            address = f"p{n}@mail{n % 50}.example"
            if n == rows // 2:
                address = WATCHED
            print(
                f"Ann{n},Lee{n % 977},{address},+49 30 90{n % 100_000:05d},{company} {n % 300},"
                f'City {n % 90},C-{n},"lamps, brass {n % 40}",{"VIP" if n % 10 == 0 else ""}',
                file=file,
            )


async def _run(setup: Setup, token: str, path: Path, watched: UUID | None, written_to: UUID) -> Run:
    run, command = Run(), setup.command("import", str(path))
    async with asyncio.TaskGroup() as group:
        ready = asyncio.Event()
        watching = (
            group.create_task(_watch(run, setup.servers[0], token, watched, ready))
            if watched
            else None
        )
        if watching:
            await ready.wait()
        writing = group.create_task(_keep_writing(run, setup.servers[0], token, written_to))
        started = time.perf_counter()
        await asyncio.to_thread(command.start)
        while command.status is None:
            if time.perf_counter() - started > MOST_SECONDS:
                raise WrongAnswer("the import does not end")
            if kib := command.resident_kib_or_none:
                run.resident.append(kib)
            await asyncio.sleep(SAMPLE_SECONDS)
        run.seconds = time.perf_counter() - started
        writing.cancel()
    if command.status != 0:
        raise WrongAnswer(command.log)
    return run


async def _watch(run: Run, server: Server, token: str, lead_id: UUID, ready: asyncio.Event) -> None:
    async with Card.open(server, token, global_id(lead_id)) as card:
        await card.snapshot()
        ready.set()
        started = time.perf_counter()
        async with asyncio.timeout(MOST_SECONDS):
            arrival = await card.change(patience=MOST_SECONDS)
        run.seen = arrival.monotonic - started


async def _keep_writing(run: Run, server: Server, token: str, lead_id: UUID) -> None:
    async with Http.open(server, token) as http:
        for number in range(int(MOST_SECONDS / WRITE_SECONDS)):
            started = time.perf_counter()
            priority = PRIORITIES[number % len(PRIORITIES)]
            await http.post(CHANGE_PRIORITY, {"lead": global_id(lead_id), "priority": priority})
            run.writes.append(time.perf_counter() - started)
            await asyncio.sleep(WRITE_SECONDS)


def _halves(resident: Sequence[int]) -> tuple[float, float]:
    """Most memory of the first and of the second half of the time, after the start."""
    begun = resident[len(resident) // 5 :]
    middle = len(begun) // 2
    return max(begun[:middle] or begun), max(begun[middle:])
