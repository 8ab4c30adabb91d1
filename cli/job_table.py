"""What the commands `jobs` show and do."""

from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from models.ids import decode_id, encode_id
from resolvers.actors import SYSTEM
from resolvers.errors import DomainError
from resolvers.job_list import failed_jobs, queue_states, retry_job
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work

SHOWN = 50
"""Failed jobs that are listed or retried at most."""


class RetryFailed(Exception):
    """The command ends with this sentence."""


async def show_queues(services: Services) -> None:
    """A line for each queue that has jobs."""
    now = services.clock.now()
    async with services.database.read_session() as session:
        states = await queue_states(session, now)
    if not states:
        print("No background work waits, and none has failed.")
        return
    table = Table("Queue", box=None, pad_edge=False)
    for heading in ("Waiting", "Running", "Failed", "Oldest due"):
        table.add_column(heading, justify="right")
    for each in states:
        oldest = _ago(now - each.oldest) if each.oldest else ""
        figures = (f"{number:,}" for number in (each.waiting, each.running, each.failed))
        table.add_row(each.queue, *figures, oldest)
    Console().print(table)


def _ago(passed: timedelta) -> str:
    seconds = int(passed.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


async def show_failed(services: Services) -> None:
    """A line for each job that was given up, the last ones first."""
    async with services.database.read_session() as session:
        found = await failed_jobs(session, SHOWN)
    if not found:
        print("No job has failed.")
        return
    table = Table("Job", "Kind", "Given up", "Tries", "Problem", box=None, pad_edge=False)
    for job in found:
        table.add_row(
            encode_id("job", job.id), job.kind, _minute(job.failed_at), str(job.attempts),
            job.problem or "",
        )  # fmt: skip
    # Wide enough that ids can be copied from it, whatever the terminal.
    Console(width=max(Console().width, 110)).print(table)


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


async def retry(services: Services, which: str) -> int:
    """Lets one job, or `all` that were given up, be tried again; answers how many."""
    if which == "all":
        async with services.database.read_session() as session:
            chosen = [job.id for job in await failed_jobs(session, SHOWN)]
    else:
        try:
            chosen = [decode_id("job", which)]
        except ValueError:
            raise RetryFailed("Name a job as `jobs failed` shows it, or `all`.") from None
    try:
        for job_id in chosen:
            async with unit_of_work(services, SYSTEM) as work:
                await retry_job(work, job_id)
    except DomainError as refused:
        raise RetryFailed(refused.message) from refused
    return len(chosen)
