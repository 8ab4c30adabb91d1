"""Changing a task: edits of different parts merge, edits of one part clash and say so."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from models.changes import Change
from models.due_bands import Due
from models.enums import ChangeKind
from models.leads import LeadAlias
from models.staff import Staff
from models.tasks import Task, TaskText
from resolvers.day_hints import touch_days
from resolvers.errors import Clash, Conflict, ConflictReason, Forbidden
from resolvers.policy import Permission
from resolvers.staff.active import active_staff
from resolvers.tasks import falling_due
from resolvers.tasks.acts import MAX_BODY, MAX_TITLE, find, named, write_body
from resolvers.tasks.due import check_due, is_past
from resolvers.tasks.recording import TaskAct, diff, due_value, record, tell_assignee, text
from resolvers.text import optional, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue

LABELS = {"title": "Title", "body": "Text", "due": "Due", "assignee": "Assignee"}
Parts = dict[str, LoggedValue | None]
"""The editable parts of a task as values, by path."""


async def update_task(
    work: UnitOfWork,
    lead_id: UUID,
    task_id: UUID,
    wanted: Mapping[str, Any],
    expected: int | None,
) -> None:
    """Changes a task; what is done stays done, what is there already changes nothing.

    `wanted` may hold `title`, `body`, `due_at`, `due_on`, `assignee_id`; None clears all but the
    title. An instant takes the place of a day and the other way round.
    """
    task, is_own = await find(work, lead_id, task_id)
    if "assignee_id" in wanted and wanted["assignee_id"] != task.assignee_id and not is_own:
        raise Forbidden(Permission.EDIT_LEAD)
    former = task.assignee_id
    before = await _parts(work, task)
    body = await _apply(work, task, wanted)
    after = {**await _parts(work, task), "body": text(body)}
    changed = [path for path in LABELS if before[path] != after[path]]
    if expected is not None and task.version > expected:
        await _check_clashes(work, task, expected, before, after, changed)
    if not changed:
        return
    task.version += 1
    if "due" in changed:
        task.was_due_in_past = is_past(Due(task.due_at, task.due_on), work.actor, work.at)
        task.overdue_since = None
    if "body" in changed:
        task.body_version = task.version if body else None
        if body:
            write_body(work, task, body)
    told = [
        diff(path, LABELS[path], before[path], after[path]) for path in changed if path != "body"
    ]
    record(work, task, TaskAct.EDITED, told)
    await falling_due.follow(work, task)
    touch_days(work, former)
    if task.assignee_id != former:
        await tell_assignee(work, task)


async def _apply(work: UnitOfWork, task: Task, wanted: Mapping[str, Any]) -> str | None:
    """Puts what is wanted into the row, but for its words, which it answers."""
    if "title" in wanted:
        task.title = required("title", wanted["title"] or "", MAX_TITLE)
    if "due_at" in wanted or "due_on" in wanted:
        due = _due(task, wanted)
        task.due_at, task.due_on = due.at, due.on
    if "assignee_id" in wanted:
        doer = wanted["assignee_id"]
        if doer and doer != task.assignee_id:
            await active_staff(work, "assigneeId", doer)
        task.assignee_id = doer
    if "body" in wanted:
        return optional("body", wanted["body"], MAX_BODY, lines=True)
    return await _words(work, task.id, task.body_version)


def _due(task: Task, wanted: Mapping[str, Any]) -> Due:
    given_at, given_on = wanted.get("due_at"), wanted.get("due_on")
    at = given_at if "due_at" in wanted else None if given_on else task.due_at
    on = given_on if "due_on" in wanted else None if given_at else task.due_on
    return check_due(at, on)


async def _words(work: UnitOfWork, task_id: UUID, version: int | None) -> str | None:
    row = await work.session.get(TaskText, (task_id, version)) if version else None
    return row.body if row else None


async def _parts(work: UnitOfWork, task: Task) -> Parts:
    person = await work.session.get(Staff, task.assignee_id) if task.assignee_id else None
    return {
        "title": text(task.title),
        "body": text(await _words(work, task.id, task.body_version)),
        "due": due_value(task),
        "assignee": named(person),
    }


async def _check_clashes(
    work: UnitOfWork, task: Task, expected: int, now: Parts, wanted: Parts, changed: Sequence[str]
) -> None:
    """Refuses an edit of what somebody else changed since the caller's version."""
    told = await _history(work, task)
    seen = next((each for each in told if _version(each) == expected), None)
    base = await _as_of(work, task, seen)
    clashing = [path for path in changed if base.get(path) != now[path]]
    if not clashing:
        return
    last = told[-1]
    raise Conflict(
        ConflictReason.STALE_VERSION,
        "Somebody else changed this task in the meantime.",
        owner=task.id,
        version=task.version,
        clashes=tuple(
            Clash(
                path=path,
                field_id=None,
                base=base.get(path),
                current=now[path],
                attempted=wanted[path],
                changed_by=last.actor_name,
                changed_at=last.at,
            )
            for path in clashing
        ),
    )


def _version(change: Change) -> int | None:
    version: int | None = (change.data or {}).get("task", {}).get("version")
    return version


async def _history(work: UnitOfWork, task: Task) -> Sequence[Change]:
    """What the log tells of the task, oldest first, also from before its lead was merged."""
    former = select(col(LeadAlias.alias_id)).where(col(LeadAlias.lead_id) == task.lead_id)
    rows = await work.session.scalars(
        select(Change)
        .where(
            or_(col(Change.lead_id) == task.lead_id, col(Change.lead_id).in_(former)),
            col(Change.kind) == ChangeKind.TASK_CHANGED,
            col(Change.subject_id) == task.id,
        )
        .order_by(col(Change.at), col(Change.id))
    )
    return rows.all()


async def _as_of(work: UnitOfWork, task: Task, change: Change | None) -> Parts:
    """The parts as a change left them; empty if that is not known any more."""
    if change is None or change.data is None:
        return {}
    then = change.data["task"]
    due_at, due_on, doer = then["due_at"], then["due_on"], then["assignee"]
    parts = {
        "title": then["title"],
        "body_version": then["body"],
        "due_at": datetime.fromisoformat(due_at) if due_at else None,
        "due_on": date.fromisoformat(due_on) if due_on else None,
        "assignee_id": UUID(hex=doer) if doer else None,
    }
    return await _parts(work, Task(**{**task.model_dump(), **parts}))
