"""Carries out what follows when a task becomes overdue.

No change tells of it, so a job waits for the instant; `reactions.overdue_jobs` wants it and takes
it back, whether or not a rule asks for it by then: a rule that is switched on later runs for tasks
that become overdue later.
"""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.automations import Automation, AutomationRun
from models.changes import Change
from models.due_bands import start_of_day
from models.enums import TriggerKind
from models.tasks import Task
from models.workspace import Workspace
from resolvers import jobs
from resolvers.jobs import Claim
from resolvers.reactions import KnownRule, jobs_of_runs, run_row
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import put_rows


async def start_overdue(services: Services, claim: Claim) -> None:
    """Starts the rules that want to know of a task that is overdue now."""
    async with jobs.finishing(services, claim) as work:
        task = await work.session.get(Task, UUID(hex=claim.data["task"]))
        place = UUID(hex=claim.data["lead"]), claim.data["revision"]
        change = await work.session.get(Change, place)
        if task is None or change is None or task.completed_at or task.removed_at:
            return
        if task.due_on and not task.due_at and await _is_early(work, claim, task.due_on):
            return
        rules = await work.session.scalars(
            select(Automation)
            .where(
                col(Automation.trigger_kind) == TriggerKind.TASK_OVERDUE,
                col(Automation.is_enabled),
                col(Automation.removed_at).is_(None),
            )
            .order_by(col(Automation.position), col(Automation.id))
        )
        known = [KnownRule(each.id, each.position, each.trigger_kind, {}) for each in rules]
        runs = [run_row(rule, change, 1, work.at) for rule in known]
        await put_rows(work.session, AutomationRun, runs, ["automation_id", "change_id"])
        work.jobs |= jobs_of_runs(runs, work.at)


async def _is_early(work: UnitOfWork, claim: Claim, due_on: date) -> bool:
    """Whether the day is not over yet where the team is; the job then waits on."""
    zone = await work.session.scalar(select(col(Workspace.time_zone)))
    end = start_of_day(due_on + timedelta(days=1), zone or "UTC")
    if work.at >= end:
        return False
    await jobs.enqueue(work, claim.kind, claim.data, due_at=end, key=claim.key)
    return True
