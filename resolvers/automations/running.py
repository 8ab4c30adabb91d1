"""Carries rules out: for each lead in the order of its changes, each run in one transaction.

What a rule does and the mark that it did so commit together, so a worker that dies in the middle
has done nothing. The run's row is locked meanwhile: another worker waits and finds it done.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select
from sqlmodel import col

from models.automations import Automation, AutomationRun
from models.enums import ActorKind, JobKind, NotificationKind, RunOutcome, Via
from models.leads import Lead
from resolvers import access, jobs
from resolvers.actors import SYSTEM, AutomationActor
from resolvers.automations.actions import Doing, do
from resolvers.errors import DomainError, Forbidden, InvalidInput, NotFound
from resolvers.filters.conditions import rows_in, stored_condition
from resolvers.jobs import Claim, LeaseLost
from resolvers.notifications import notify
from resolvers.services import Services
from resolvers.staff.active import administrators
from resolvers.unit_of_work import UnitOfWork, unit_of_work

MOST_RUNS = 50
"""Runs of one lead that one job carries out; the rest goes on in another."""
MOST_TRIES = 5
DELAYS = (10, 60, 300, 1_800)
"""Seconds until the next try."""
KEPT = timedelta(days=90)
MOST_A_MINUTE = 10
TOO_OFTEN = f"The rule ran {MOST_A_MINUTE} times within a minute on this lead."
SWITCHED_OFF = "The rule was switched off or removed before its turn."
LEAD_GONE = "The lead is gone."
HOPELESS = (InvalidInput, NotFound, Forbidden)
"""Refusals that another try can't change; a person can, and tries again then."""


class _Failed(Exception):
    """A run came to nothing; its transaction is rolled back and the reason noted in another."""

    def __init__(self, run_id: UUID, error: Exception) -> None:
        super().__init__(run_id)
        self.run_id, self.error = run_id, error


async def run_automations(services: Services, claim: Claim) -> None:
    """Does what waits for one lead; the job ends with the last run."""
    lead_id = UUID(hex=claim.data["lead"])
    for number in range(1, MOST_RUNS + 1):
        try:
            await _run_next(services, claim, lead_id, is_last=number == MOST_RUNS)
        except _Failed as failed:
            await _note_failure(services, failed)
        if claim.is_finished:
            return


async def _run_next(services: Services, claim: Claim, lead_id: UUID, *, is_last: bool) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        runs = await _due_runs(work, lead_id)
        if len(runs) < 2 or is_last:
            await jobs.finish(work, claim)
        if len(runs) == 2 and is_last:
            await jobs.enqueue(work, claim.kind, claim.data, key=claim.key)
        if runs:
            try:
                await _run(work, runs[0])
            except LeaseLost:
                raise
            except Exception as error:
                claim.is_finished = False  # rolled back with all the rest
                raise _Failed(runs[0].id, error) from error


async def _due_runs(work: UnitOfWork, lead_id: UUID) -> list[AutomationRun]:
    """The next run and the one after it, locked."""
    is_due = or_(
        col(AutomationRun.outcome) == RunOutcome.WAITING,
        and_(
            col(AutomationRun.outcome) == RunOutcome.RETRYING,
            col(AutomationRun.next_try_at) <= work.at,
        ),
    )
    rows = await work.session.scalars(
        select(AutomationRun)
        .where(col(AutomationRun.lead_id) == lead_id, is_due)
        .order_by(col(AutomationRun.revision), col(AutomationRun.position), col(AutomationRun.id))
        .limit(2)
        .with_for_update()
    )
    return list(rows)


async def _run(work: UnitOfWork, run: AutomationRun) -> None:
    """Does the rule's actions, or notes why not."""
    rule = await work.session.get(Automation, run.automation_id)
    lead = await _lead_of(work, run)
    run.done_at, run.next_try_at, run.attempts = work.at, None, run.attempts + 1
    run.problem = None
    if rule is None or rule.removed_at or not rule.is_enabled:
        run.outcome, run.problem = RunOutcome.SKIPPED, SWITCHED_OFF
    elif lead is None:
        run.outcome, run.problem = RunOutcome.SKIPPED, LEAD_GONE
    elif await _runs_too_often(work, run):
        run.outcome, run.problem = RunOutcome.LOOP_STOPPED, TOO_OFTEN
    elif not await _holds(work, rule, lead):
        run.outcome = RunOutcome.SKIPPED
    else:
        work.actor = AutomationActor(
            ActorKind.AUTOMATION, rule.id, rule.name, Via.SYSTEM, run.depth, run.change_id
        )
        for number, action in enumerate(rule.actions):
            await do(Doing(work, lead, run, number), action)
            # The next use-case reads the lead anew, over whatever is not written yet.
            await work.session.flush()
        run.outcome = RunOutcome.DONE
        run.wrote = [each.id.hex for changes in work.committed.values() for each in changes]


async def _lead_of(work: UnitOfWork, run: AutomationRun) -> Lead | None:
    """The lead that the run's lead stands for now, locked; None for one that is gone."""
    try:
        return await access.lead_for(work.session, SYSTEM, run.lead_id)
    except NotFound:
        return None


async def _holds(work: UnitOfWork, rule: Automation, lead: Lead) -> bool:
    """Whether the rule's condition holds for the lead as it is now."""
    if rule.condition is None:
        return True
    test = await stored_condition(work.services, SYSTEM, rows_in(work), rule.condition)
    found = await work.session.scalar(select(col(Lead.id)).where(col(Lead.id) == lead.id, test))
    return found is not None


async def _runs_too_often(work: UnitOfWork, run: AutomationRun) -> bool:
    count = await work.session.scalar(
        select(func.count())
        .select_from(AutomationRun)
        .where(
            col(AutomationRun.lead_id) == run.lead_id,
            col(AutomationRun.automation_id) == run.automation_id,
            col(AutomationRun.outcome) == RunOutcome.DONE,
            col(AutomationRun.done_at) > work.at - timedelta(minutes=1),
        )
    )
    return (count or 0) >= MOST_A_MINUTE


async def _note_failure(services: Services, failed: _Failed) -> None:
    """Puts a run off, longer each time, or gives it up."""
    error = failed.error
    async with unit_of_work(services, SYSTEM) as work:
        run = await work.session.get(AutomationRun, failed.run_id, with_for_update=True)
        if run is None or run.outcome not in (RunOutcome.WAITING, RunOutcome.RETRYING):
            return
        run.attempts += 1
        told = error.message if isinstance(error, DomainError) else type(error).__name__
        run.problem = told[: jobs.MAX_PROBLEM]
        if run.attempts >= MOST_TRIES or isinstance(error, HOPELESS):
            run.outcome, run.next_try_at, run.done_at = RunOutcome.FAILED, None, work.at
            await _tell_of_failure(work, run)
            return
        delay = timedelta(seconds=DELAYS[min(run.attempts, len(DELAYS)) - 1])
        run.outcome, run.next_try_at = RunOutcome.RETRYING, work.at + delay
        await enqueue_retry(work, run)


async def _tell_of_failure(work: UnitOfWork, run: AutomationRun) -> None:
    """Tells who can repair the rule, once for failures in a row."""
    before = await work.session.scalar(
        select(col(AutomationRun.outcome))
        .where(
            col(AutomationRun.automation_id) == run.automation_id,
            col(AutomationRun.id) != run.id,
            col(AutomationRun.outcome).in_((RunOutcome.DONE, RunOutcome.FAILED)),
        )
        .order_by(col(AutomationRun.done_at).desc())
        .limit(1)
    )
    rule = await work.session.get(Automation, run.automation_id)
    if rule is None or rule.removed_at or before is RunOutcome.FAILED:
        return
    whom = set(await administrators(work.session))
    if rule.updated_by_kind is ActorKind.STAFF and rule.updated_by_id:
        whom.add(rule.updated_by_id)
    text = f"The rule {rule.name} failed: {run.problem}"
    await notify(work, whom, NotificationKind.INTEGRATION_FAILED, text)


async def forget_runs(services: Services) -> None:
    """Removes runs that ended long ago."""
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            delete(AutomationRun).where(col(AutomationRun.done_at) < work.at - KEPT)
        )


async def enqueue_retry(work: UnitOfWork, run: AutomationRun) -> None:
    """Wants another try of a run at its time."""
    await jobs.enqueue(
        work, JobKind.RUN_AUTOMATIONS, {"lead": run.lead_id.hex}, due_at=run.next_try_at,
        key=f"{run.lead_id.hex}:{run.id.hex}",
    )  # fmt: skip
