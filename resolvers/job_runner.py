"""Runs jobs as they become due, some of each queue at once, until it is told to stop."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter, time_ns

import structlog

from realtime import topics
from realtime.bus import Feed
from realtime.tasks import end
from resolvers import jobs
from resolvers.jobs import Claim, Handlers
from resolvers.services import Services

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Jobs of one queue that a process works on at once."""
HELD = {"automations": 16}
"""Jobs of quick queues that are claimed together; a claim costs a transaction of its own."""
LOOK_SECONDS = 2.0
"""The longest wait between two looks: a hint may be lost, and others' clocks differ."""
STOP_SECONDS = 8.0
"""What a stop leaves to jobs that have begun; after it they are tried again elsewhere."""


@dataclass(frozen=True)
class Run:
    """One run of a piece of work: its name, the type of what it failed with, how long it took."""

    name: str
    failure: str | None
    started_ns: int
    """Nanoseconds since 1970."""
    seconds: float


Observe = Callable[[Run], None]


@dataclass
class JobRunner:
    """The jobs of one process."""

    services: Services
    handlers: Handlers
    observe: Observe = lambda run: None
    _running: dict[str, set[asyncio.Task[None]]] = field(default_factory=lambda: defaultdict(set))
    _turns: dict[str, asyncio.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
    )
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Runs until cancelled; what has begun by then is given a while to end."""
        async with self.services.bus.subscribe(topics.jobs()) as feed:
            listener = asyncio.create_task(self._listen(feed))
            try:
                is_failing = False
                while True:
                    self._woken.clear()
                    try:
                        wait, is_failing = await self._begin_due(), False
                    except Exception as error:
                        # A database that is away comes back; once is enough to say so.
                        if not is_failing:
                            log.warning("jobs can't be read", error=type(error).__name__)
                        wait, is_failing = LOOK_SECONDS, True
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait):
                            await self._woken.wait()
            finally:
                await end([listener])
                await self._stop()

    async def _listen(self, feed: Feed) -> None:
        async for _ in feed:
            self._woken.set()

    async def _begin_due(self) -> float:
        """Begins what is due as far as there is room; answers the seconds to the next look."""
        wait = LOOK_SECONDS
        for queue, due in (await jobs.next_due(self.services)).items():
            held = len(self._running[queue])
            seconds = (due - self.services.clock.now()).total_seconds()
            if held >= AT_ONCE:
                continue  # the end of one wakes us
            if seconds > 0:
                wait = min(wait, seconds)
                continue
            room = HELD.get(queue, AT_ONCE) - held
            for each in await jobs.claim(self.services, queue, room):
                self._begin(queue, each)
        return wait

    def _begin(self, queue: str, claim: Claim) -> None:
        task = asyncio.create_task(self._work(queue, claim), name=f"job {claim.kind}")
        self._running[queue].add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._running[queue].discard(task)
            if len(self._running[queue]) < AT_ONCE:
                self._woken.set()

        task.add_done_callback(ended)

    async def _work(self, queue: str, claim: Claim) -> None:
        async with self._turns[queue]:
            await self._work_now(claim)

    async def _work_now(self, claim: Claim) -> None:
        started_ns, started, failure = time_ns(), perf_counter(), None
        try:
            failure = await jobs.run_claim(self.services, self.handlers, claim)
        except Exception as error:  # not even its failure could be written: its lease will end
            failure = type(error).__name__
        if failure:
            log.warning("a job failed", kind=claim.kind, attempts=claim.attempts, error=failure)
        self.observe(Run(claim.kind.lower(), failure, started_ns, perf_counter() - started))

    async def _stop(self) -> None:
        tasks = [task for running in self._running.values() for task in running]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        await end(tasks)


async def run_due_jobs(services: Services, handlers: Handlers) -> int:
    """Runs jobs one after another until none is due; answers how many runs that took."""
    count = 0
    while True:
        now = services.clock.now()
        due = [queue for queue, at in (await jobs.next_due(services)).items() if at <= now]
        if not due:
            return count
        for queue in sorted(due):
            for each in await jobs.claim(services, queue, 1):
                await jobs.run_claim(services, handlers, each)
                count += 1
