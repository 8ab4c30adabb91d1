"""Work that no request waits for: the same use-cases, called by a loop."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter, time_ns

import structlog
from sqlalchemy import delete
from sqlmodel import col

from models.enums import JobKind
from models.workspace import Idempotency
from resolvers import appointments, avatars, conversations, deliveries, erasing, job_runner
from resolvers.actors import SYSTEM
from resolvers.automations.running import forget_runs, run_automations
from resolvers.deliveries import expire_pop_ups
from resolvers.files import forget_removed
from resolvers.idempotency import KEPT
from resolvers.imports.online import forget_rejected, run_waiting
from resolvers.job_runner import JobRunner, Observe, Run
from resolvers.jobs import Handlers, forget_failed
from resolvers.open_pages import forget_closed_pages
from resolvers.presence import BATCH, end_forgotten_intervals, note_alive, store_intervals
from resolvers.segments import evaluating
from resolvers.services import Services
from resolvers.tasks import falling_due
from resolvers.unit_of_work import unit_of_work
from resolvers.uploads import forget_uploads
from resolvers.webhooks.sending import deliver, forget_deliveries

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 2.0
ALIVE_SECONDS = 15.0
FLIP_SECONDS = 5.0
FORGOTTEN_SECONDS = 30.0
EXPIRY_SECONDS = 5.0
TIDY_SECONDS = 3600.0
IMPORT_SECONDS = 1.0
REMOVAL_SECONDS = 2.0


Work = Callable[[Services], Awaitable[object]]


HANDLERS: Handlers = {
    JobKind.REMIND_OF_APPOINTMENT: appointments.remind,
    JobKind.TELL_TASK_OVERDUE: falling_due.tell,
    JobKind.WAKE_CONVERSATION: conversations.wake,
    JobKind.RUN_AUTOMATIONS: run_automations,
    JobKind.DELIVER_WEBHOOK: deliver,
    JobKind.FETCH_AVATAR: avatars.fetch_profile_picture,
    JobKind.FINISH_ERASURE: erasing.finish,
    JobKind.EVALUATE_SEGMENT: evaluating.evaluate,
}
"""What does the jobs of each kind."""


async def run_worker(services: Services, observe: Observe = lambda run: None) -> None:
    """Runs until cancelled; any number of processes may. `observe` is told of each run's end."""
    work: tuple[tuple[float, Work], ...] = (
        (INTERVAL_SECONDS, store_all),
        (FLIP_SECONDS, evaluating.flip_due),
        (ALIVE_SECONDS, note_alive),
        (FORGOTTEN_SECONDS, end_forgotten_intervals),
        (EXPIRY_SECONDS, expire_all),
        (TIDY_SECONDS, forget_keys),
        (TIDY_SECONDS, forget_closed_pages),
        (IMPORT_SECONDS, run_waiting),
        (TIDY_SECONDS, forget_uploads),
        (REMOVAL_SECONDS, forget_removed),
        (TIDY_SECONDS, forget_rejected),
        (TIDY_SECONDS, forget_failed),
        (TIDY_SECONDS, forget_deliveries),
        (TIDY_SECONDS, forget_runs),
    )
    async with asyncio.TaskGroup() as loops:
        for seconds, act in work:
            loops.create_task(_repeat(services, seconds, act, observe))
        loops.create_task(JobRunner(services, HANDLERS, observe).run())


async def _repeat(services: Services, seconds: float, act: Work, observe: Observe) -> None:
    is_failing = False
    while True:
        started_ns, started, failure = time_ns(), perf_counter(), None
        try:
            await act(services)
        except Exception as error:
            failure = type(error).__name__
            if not is_failing:
                log.warning("background work failed", error=failure)
        is_failing = failure is not None
        observe(Run(act.__name__, failure, started_ns, perf_counter() - started))
        await asyncio.sleep(seconds)


async def store_all(services: Services) -> None:
    """Stores all that presence has told so far."""
    while await store_intervals(services) == BATCH:
        pass


async def expire_all(services: Services) -> None:
    """Ends all pop-ups that nobody saw in time."""
    while await expire_pop_ups(services) == deliveries.BATCH:
        pass


async def forget_keys(services: Services) -> None:
    """Removes idempotency keys that are past their time."""
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            delete(Idempotency).where(col(Idempotency.created_at) < work.at - KEPT)
        )


async def run_due_jobs(services: Services) -> int:
    """Runs jobs one after another until none is due; answers how many runs that took."""
    return await job_runner.run_due_jobs(services, HANDLERS)
