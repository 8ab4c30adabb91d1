"""What is done with a task as a whole. A task that is there already as wanted changes nothing.

Whoever may edit the lead may do all of it; somebody who has the task to do without seeing the lead
may complete, open and put it off.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from models.ids import new_id
from models.leads import Lead
from models.staff import Staff
from models.tasks import Task, TaskText
from resolvers import access, idempotency
from resolvers.actors import StaffActor
from resolvers.day_hints import touch_days
from resolvers.errors import Forbidden, LimitReached, ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.staff.active import active_staff
from resolvers.tasks import falling_due
from resolvers.tasks.due import check_due, check_instant, is_past
from resolvers.tasks.recording import (
    TaskAct,
    diff,
    due_value,
    instant,
    place_of,
    record,
    tell_assignee,
    text,
)
from resolvers.text import optional, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import reference

MAX_OPEN = 500
MAX_TITLE, MAX_BODY, MAX_OUTCOME = 200, 10_000, 2_000


@dataclass(frozen=True)
class NewTask:
    """A task to make; `assignee_id` None: the actor does it."""

    title: str
    body: str | None = None
    due_at: datetime | None = None
    due_on: date | None = None
    assignee_id: UUID | None = None


async def create_task(work: UnitOfWork, lead_id: UUID, new: NewTask, key: str) -> UUID:
    """Adds a task to a lead; a repeated key answers the first one."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    wanted = new_id()
    body = {"lead": lead_id, **asdict(new)}
    task_id = await idempotency.claim(work, "createTask", key, body, wanted)
    if task_id == wanted:
        await add_task(work, lead, new, task_id)
    return task_id


async def add_task(work: UnitOfWork, lead: Lead, new: NewTask, task_id: UUID) -> Task:
    """Adds a task to a locked lead, whoever acts. An actor who is nobody leaves it to nobody."""
    title = required("title", new.title, MAX_TITLE)
    body = optional("body", new.body, MAX_BODY, lines=True)
    due = check_due(new.due_at, new.due_on)
    await _check_room(work, lead.id)
    own = work.actor.id if isinstance(work.actor, StaffActor) else None
    doer = new.assignee_id or own
    assignee = await active_staff(work, "assigneeId", doer) if doer else None
    task = Task(
        id=task_id,
        lead_id=lead.id,
        title=title,
        body_version=1 if body else None,
        due_at=due.at,
        due_on=due.on,
        was_due_in_past=is_past(due, work.actor, work.at),
        assignee_id=assignee.id if assignee else None,
        created_at=work.at,
        created_by_kind=work.actor.kind,
        created_by_id=work.actor.id,
        created_by_name=work.actor.name,
        place=0,
    )
    task.place = place_of(task)
    work.session.add(task)
    await work.session.flush()
    if body:
        write_body(work, task, body)
    record(
        work,
        task,
        TaskAct.ADDED,
        [
            diff("title", "Title", None, text(title)),
            diff("due", "Due", None, due_value(task)),
            diff("assignee", "Assignee", None, named(assignee)),
        ],
    )
    await falling_due.follow(work, task)
    await tell_assignee(work, task)
    return task


async def _check_room(work: UnitOfWork, lead_id: UUID) -> None:
    count = await work.session.scalar(
        select(func.count()).where(
            col(Task.lead_id) == lead_id,
            col(Task.completed_at).is_(None),
            col(Task.removed_at).is_(None),
        )
    )
    if (count or 0) >= MAX_OPEN:
        raise LimitReached(f"A lead has at most {MAX_OPEN} open tasks.", MAX_OPEN)


def write_body(work: UnitOfWork, task: Task, body: str) -> None:
    """Keeps the words of the task's present version."""
    row = TaskText(task_id=task.id, version=task.version, lead_id=task.lead_id, body=body)
    work.session.add(row)


def named(person: Staff | None) -> dict[str, str | None] | None:
    """Somebody as a value."""
    return reference(person.name, person.id) if person else None


async def complete_task(
    work: UnitOfWork, lead_id: UUID, task_id: UUID, outcome: str | None
) -> None:
    """Marks a task done; one that is done stays as it is, outcome and all."""
    task, _ = await find(work, lead_id, task_id)
    told = optional("outcome", outcome, MAX_OUTCOME, lines=True)
    if task.completed_at:
        return
    task.version += 1
    task.completed_at, task.outcome, task.snoozed_until = work.at, told, None
    task.completed_by_kind = work.actor.kind
    task.completed_by_id, task.completed_by_name = work.actor.id, work.actor.name
    record(
        work,
        task,
        TaskAct.COMPLETED,
        [
            diff("completedAt", "Done", None, instant(work.at)),
            diff("outcome", "Outcome", None, text(told)),
        ],
    )
    await falling_due.follow(work, task)


async def reopen_task(work: UnitOfWork, lead_id: UUID, task_id: UUID) -> None:
    """Opens a task that is done; its outcome stays in the history."""
    task, _ = await find(work, lead_id, task_id)
    if not task.completed_at:
        return
    diffs = [
        diff("completedAt", "Done", instant(task.completed_at), None),
        diff("outcome", "Outcome", text(task.outcome), None),
    ]
    task.version += 1
    task.completed_at = task.outcome = None
    task.completed_by_kind = task.completed_by_id = task.completed_by_name = None
    record(work, task, TaskAct.REOPENED, diffs)
    await falling_due.follow(work, task)


async def snooze_task(
    work: UnitOfWork, lead_id: UUID, task_id: UUID, until: datetime | None
) -> None:
    """Hides a task from dashboards until an instant; None shows it again."""
    task, _ = await find(work, lead_id, task_id)
    if until is not None:
        check_instant("until", until)
        if until <= work.at:
            raise invalid("until", ProblemCode.TOO_SMALL, "An instant that is yet to come.")
        if task.completed_at:
            raise invalid("until", ProblemCode.CONTRADICTION, "The task is done.")
    if until == task.snoozed_until:
        return
    before, task.snoozed_until = instant(task.snoozed_until), until
    task.version += 1
    act = TaskAct.SNOOZED if until else TaskAct.WOKEN
    record(work, task, act, [diff("snoozedUntil", "Put off until", before, instant(until))])


async def remove_task(work: UnitOfWork, lead_id: UUID, task_id: UUID) -> None:
    """Takes a task off the card; its history stays."""
    task, is_own = await find(work, lead_id, task_id)
    if not is_own:
        raise Forbidden(Permission.EDIT_LEAD)
    task.version += 1
    task.removed_at = work.at
    record(work, task, TaskAct.REMOVED, [])
    await falling_due.follow(work, task)


async def move_open_tasks(work: UnitOfWork, lead_id: UUID, former_id: UUID, to_id: UUID) -> int:
    """Hands the open tasks of a locked lead's former assignee on to the new one; how many."""
    former = await work.session.get_one(Staff, former_id)
    to = await work.session.get_one(Staff, to_id)
    tasks = await work.session.scalars(
        select(Task).where(
            col(Task.lead_id) == lead_id,
            col(Task.assignee_id) == former_id,
            col(Task.completed_at).is_(None),
            col(Task.removed_at).is_(None),
        )
    )
    moved = tasks.all()
    for task in moved:
        task.version += 1
        task.assignee_id = to_id
        told = diff("assignee", "Assignee", named(former), named(to))
        record(work, task, TaskAct.HANDED_ON, [told])
        await falling_due.follow(work, task)
        await tell_assignee(work, task)
    touch_days(work, former_id)
    return len(moved)


async def find(work: UnitOfWork, lead_id: UUID, task_id: UUID) -> tuple[Task, bool]:
    """The task, its lead locked, and whether the actor sees the lead."""
    access.require(work.actor, Permission.EDIT_LEAD)
    return await access.task_for(work.session, work.actor, lead_id, task_id)
