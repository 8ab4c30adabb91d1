"""How a task stands in the log, and where it stands among others."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Any

from models.enums import ChangeKind, HistoryType, NotificationKind
from models.tasks import Task
from resolvers.day_hints import touch_days
from resolvers.notifications import notify
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue

NO_DATE_PLACE = 10**13
"""Behind every due date, in milliseconds; done ones come behind it."""


class TaskAct(StrEnum):
    """What was done to a task, for its sentence in the history."""

    ADDED = "ADDED"
    EDITED = "EDITED"
    COMPLETED = "COMPLETED"
    REOPENED = "REOPENED"
    SNOOZED = "SNOOZED"
    WOKEN = "WOKEN"
    HANDED_ON = "HANDED_ON"
    FELL_DUE = "FELL_DUE"
    REMOVED = "REMOVED"


ACTIONS = {TaskAct.ADDED: "ADDED", TaskAct.REMOVED: "REMOVED"}
"""What clients are told to do with it; everything else is an edit."""


def place_of(task: Task) -> int:
    """Open tasks by due date, a day after its instants; then those without; then done ones."""
    if task.completed_at:
        return 3 * NO_DATE_PLACE - _milliseconds(task.completed_at)
    if task.due_at:
        return _milliseconds(task.due_at)
    if task.due_on:
        return _milliseconds(datetime.combine(task.due_on, time.max, UTC))
    return NO_DATE_PLACE


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def logged(task: Task) -> dict[str, Any]:
    """A task as the log holds it: what of it can change, its words by their version."""
    done_by = [
        task.completed_by_kind,
        task.completed_by_id.hex if task.completed_by_id else None,
        task.completed_by_name,
    ]
    return {
        "title": task.title,
        "body": task.body_version,
        "due_at": task.due_at.isoformat() if task.due_at else None,
        "due_on": task.due_on.isoformat() if task.due_on else None,
        "was_due_in_past": task.was_due_in_past,
        "assignee": task.assignee_id.hex if task.assignee_id else None,
        "overdue_since": task.overdue_since.isoformat() if task.overdue_since else None,
        "snoozed_until": task.snoozed_until.isoformat() if task.snoozed_until else None,
        "completed_at": task.completed_at.isoformat() if task.completed_at else None,
        "completed_by": done_by if task.completed_at else None,
        "outcome": task.outcome,
        "version": task.version,
    }


def due_value(task: Task) -> LoggedValue | None:
    """When it is due, as a value."""
    return instant(task.due_at) or (
        {"type": "DATE", "date": task.due_on.isoformat()} if task.due_on else None
    )


def instant(at: datetime | None) -> LoggedValue | None:
    """An instant as a value."""
    return {"type": "INSTANT", "at": at.isoformat()} if at else None


def text(words: str | None) -> LoggedValue | None:
    """Words as a value."""
    return {"type": "TEXT", "text": words} if words else None


def diff(
    path: str, label: str, before: LoggedValue | None, after: LoggedValue | None
) -> dict[str, Any]:
    """A part of a task before and after; everybody who sees the task sees it."""
    return {"path": path, "field_id": None, "label": label, "before": before, "after": after}


async def tell_assignee(work: UnitOfWork, task: Task) -> None:
    """Tells somebody that a task is theirs to do; the lead may not be theirs, so it has no name."""
    if task.assignee_id:
        text = f"“{task.title}” is yours to do."
        kind = NotificationKind.TASK_ASSIGNED
        await notify(work, {task.assignee_id}, kind, text, subject=("task", task.id))


def record(work: UnitOfWork, task: Task, act: TaskAct, diffs: Sequence[dict[str, Any]]) -> None:
    """Notes what was done; the dashboards of those who have to do it look again."""
    task.place = place_of(task)
    work.record(
        task.lead_id,
        ChangeKind.TASK_CHANGED,
        HistoryType.TASK,
        {
            "action": ACTIONS.get(act, "EDITED"),
            "act": act,
            "task": logged(task),
            "diffs": [each for each in diffs if each["before"] != each["after"]],
        },
        subject=("task", task.id),
    )
    touch_days(work, task.assignee_id)
