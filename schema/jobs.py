"""Background work, for who administers."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from models.jobs import Job as JobRow
from resolvers import job_list
from resolvers.counting_leads import EXACT_BELOW
from schema.context import Info, read_id
from schema.errors import ForbiddenError, InvalidInputError, NotFoundError
from schema.mutations.writing import INPUT
from schema.pages import AFTER, FIRST, Count, PageInfo, connection
from schema.scalars import Cursor
from schema.values import global_id


@strawberry.type(description="Piece of background work that waits, is done now, or was given up.")
class Job:
    row: strawberry.Private[JobRow]

    @strawberry.field(description="The job.")
    def id(self) -> strawberry.ID:
        return global_id("job", self.row.id)

    @strawberry.field(description="Queue, such as `automations` or `webhooks`.")
    def queue(self) -> str:
        return self.row.queue

    @strawberry.field(description="What it does.")
    def kind(self) -> str:
        return self.row.kind

    @strawberry.field(description="Due; while it is worked on, when it would be taken anew.")
    def due_at(self) -> datetime:
        return self.row.due_at

    @strawberry.field(description="Tries so far.")
    def attempts(self) -> int:
        return self.row.attempts

    @strawberry.field(description="Why the last try failed.")
    def problem(self) -> str | None:
        return self.row.problem

    @strawberry.field(description="Given up.")
    def failed_at(self) -> datetime | None:
        return self.row.failed_at

    @strawberry.field(description="Being worked on until then.")
    def leased_until(self) -> datetime | None:
        return self.row.due_at if self.row.token else None


@strawberry.type(description="Row of JobConnection.")
class JobEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Job = strawberry.field(description="The row.")


@strawberry.type(description="Page of jobs.")
class JobConnection:
    count: strawberry.Private[Callable[[], Awaitable[int]]]
    edges: list[JobEdge] = strawberry.field(description="With cursors.")
    nodes: list[Job] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")

    @strawberry.field(description="All that you may see; costs a count.")
    async def total_count(self) -> Count:
        found = await self.count()
        return Count(value=min(found, EXACT_BELOW), is_exact=found <= EXACT_BELOW)


@strawberry.input(description="Input of `retryJob`.")
class RetryJobInput:
    job_id: strawberry.ID = strawberry.field(description="The job.")


@strawberry.type(description="Success of `retryJob`.")
class RetryJobSuccess:
    job: Job = strawberry.field(
        description="The job; another one, if that waits for the same and made this one needless."
    )


RetryJobResult = Annotated[
    RetryJobSuccess | ForbiddenError | NotFoundError | InvalidInputError,
    strawberry.union("RetryJobResult", description="Result of `retryJob`."),
]


async def jobs(
    info: Info,
    first: Annotated[int, strawberry.argument(description=FIRST)],
    after: Annotated[Cursor | None, strawberry.argument(description=AFTER)] = None,
    queue: Annotated[str | None, strawberry.argument(description="Only this queue.")] = None,
    failed_only: Annotated[bool, strawberry.argument(description="Only failed ones.")] = False,
) -> JobConnection | None:
    """Background work by queue and due time."""
    view = await info.context.reading()
    page = await job_list.jobs_page(view, queue, failed_only=failed_only, first=first, after=after)
    if page is None:
        return None
    count = partial(job_list.count_jobs, view, queue, failed_only=failed_only)
    return connection(JobConnection, JobEdge, page, lambda row: Job(row=row), count=count)


async def retry_job(
    info: Info, input: Annotated[RetryJobInput, strawberry.argument(description=INPUT)]
) -> RetryJobResult:
    """Tries a job now."""
    job_id = read_id("jobId", "job", input.job_id)
    async with info.context.work() as work:
        row = await job_list.retry_job(work, job_id)
    return RetryJobSuccess(job=Job(row=row))
