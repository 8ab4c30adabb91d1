"""That a task became overdue, as a fact in the log: one job for each, moved and taken back with it.

What is shown needs no job, since bands follow from time. Rules and the person who has to do it do:
the job waits for the instant at which the task is overdue where that person is, and writes it once.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.due_bands import overdue_from
from models.enums import JobKind, NotificationKind
from models.staff import Staff
from models.tasks import Task
from models.workspace import Workspace
from resolvers import access, jobs
from resolvers.jobs import Claim
from resolvers.notifications import notify
from resolvers.services import Services
from resolvers.tasks.recording import TaskAct, diff, instant, record
from resolvers.unit_of_work import UnitOfWork

KIND = JobKind.TELL_TASK_OVERDUE


async def follow(work: UnitOfWork, task: Task) -> None:
    """Wants the job of a task as it is now, or takes back the one that waits.

    There is none for a task that was overdue when its date was set: who set it knows.
    """
    due = await _due_at(work, task)
    if due is None or due <= work.at:
        await jobs.cancel(work, KIND, task.id.hex)
        return
    await jobs.enqueue(work, KIND, {"task": task.id.hex}, due_at=due, key=task.id.hex)


async def tell(services: Services, claim: Claim) -> None:
    """Writes that a task is overdue, unless it was done, moved or told in the meantime."""
    task_id = UUID(hex=claim.data["task"])
    async with jobs.finishing(services, claim) as work:
        lead_id = await work.session.scalar(
            select(col(Task.lead_id)).where(col(Task.id) == task_id)
        )
        if lead_id is None:
            return
        # The lock orders this and an edit at the same moment.
        await access.lock_leads(work.session, lead_id)
        task = await work.session.get_one(Task, task_id, populate_existing=True)
        due = await _due_at(work, task)
        if due is None:
            return
        if due > work.at:  # the person is in another zone by now
            await follow(work, task)
            return
        task.version += 1
        task.overdue_since = due
        told = diff("overdueSince", "Overdue", None, instant(due))
        record(work, task, TaskAct.FELL_DUE, [told])
        if task.assignee_id and (task.snoozed_until is None or task.snoozed_until <= work.at):
            text, kind = f"“{task.title}” is overdue.", NotificationKind.TASK_DUE
            await notify(work, {task.assignee_id}, kind, text, subject=("task", task.id))


async def _due_at(work: UnitOfWork, task: Task) -> datetime | None:
    """When the task becomes overdue for who has to do it; None if never, or if that was told."""
    if task.completed_at or task.removed_at or task.overdue_since or task.was_due_in_past:
        return None
    zone = await work.session.scalar(
        select(col(Staff.time_zone)).where(col(Staff.id) == task.assignee_id)
    )
    if zone is None:  # nobody's: where the team is
        zone = await work.session.scalar(select(col(Workspace.time_zone)))
    return overdue_from(task.due, zone or "UTC")
