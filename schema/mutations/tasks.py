"""Acts on tasks."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Maybe

from resolvers import access, tasks
from resolvers.errors import NotFound
from resolvers.tasks import NewTask
from resolvers.unit_of_work import UnitOfWork
from schema.changes import LeadChange
from schema.context import Info, read_id
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    read_version,
)
from schema.leads import Lead
from schema.mutations.writing import INPUT, LeadWrite, written
from schema.scalars import IdempotencyKey, Version
from schema.tasks import Task
from schema.values import global_id


@strawberry.interface(
    description="Answer to a successful act on a task. Somebody who has the task to do may act on "
    "it without seeing its lead."
)
class TaskWrite:
    task: Task = strawberry.field(description="The task after the act.")
    lead: Lead | None = strawberry.field(
        description="The lead after the act; null when it is not yours."
    )
    changes: list[LeadChange] = strawberry.field(
        description="What the act wrote in the lead's log and you may see, in order; empty when "
        "nothing changed or the lead is not yours."
    )


async def _task_written(
    info: Info, work: UnitOfWork, lead_id: UUID, task_id: UUID
) -> dict[str, Any]:
    """The fields of TaskWrite."""
    view = info.context.view(work.actor)
    fields: dict[str, Any] = {"lead": None, "changes": []}
    if await view.run(access.find_lead, work.actor, lead_id):
        view, fields = await written(info, work, lead_id)
    row = await view.load.task.load(task_id)
    if row is None:
        raise NotFound("task", global_id("task", task_id))
    return {"task": Task(row=row, view=view), **fields}


@strawberry.input(description="Input of `createTask`.")
class CreateTaskInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Makes a repeat safe.")
    title: str = strawberry.field(description="1 to 200 characters.")
    body: str | None = strawberry.field(default=None, description="At most 10,000 characters.")
    due_at: datetime | None = strawberry.field(
        default=None, description="Due instant; it may be past."
    )
    due_on: date | None = strawberry.field(default=None, description="Or due day.")
    assignee_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who; absent: you."
    )


@strawberry.type(description="Success of `createTask`.")
class CreateTaskSuccess(LeadWrite):
    task: Task = strawberry.field(description="The task.")


CreateTaskResult = Annotated[
    CreateTaskSuccess
    | NotFoundError
    | ForbiddenError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("CreateTaskResult", description="Result of `createTask`."),
]


async def create_task(
    info: Info, input: Annotated[CreateTaskInput, strawberry.argument(description=INPUT)]
) -> CreateTaskResult:
    """Adds a task."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    assignee = input.assignee_id
    new = NewTask(
        title=input.title,
        body=input.body,
        due_at=input.due_at,
        due_on=input.due_on,
        assignee_id=read_id("assigneeId", "staff", assignee) if assignee else None,
    )
    async with info.context.work() as work:
        task_id = await tasks.create_task(work, lead_id, new, input.idempotency_key)
    view, fields = await written(info, work, lead_id)
    row = await view.load.task.load(task_id)
    if row is None:
        raise NotFound("task", global_id("task", task_id))
    return CreateTaskSuccess(task=Task(row=row, view=view), **fields)


@strawberry.input(
    description="Input of `updateTask`. Absent stays, null clears. An instant takes the place of a "
    "day and the other way round."
)
class UpdateTaskInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    task_id: strawberry.ID = strawberry.field(description="The task.")
    title: str | None = strawberry.field(default=None, description="1 to 200 characters.")
    body: Maybe[str | None] = strawberry.field(description="At most 10,000 characters.")
    due_at: Maybe[datetime | None] = strawberry.field(description="Due instant.")
    due_on: Maybe[date | None] = strawberry.field(description="Or due day.")
    assignee_id: Maybe[strawberry.ID | None] = strawberry.field(
        description="Who; only if the lead is yours."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )

    def given(self) -> dict[str, Any]:
        """The parts that are there, as use-cases take them."""
        parts: dict[str, Any] = {"title": self.title} if self.title is not None else {}
        for name in ("body", "due_at", "due_on"):
            part = getattr(self, name)
            if part is not None:
                parts[name] = part.value
        if self.assignee_id is not None:
            doer = self.assignee_id.value
            parts["assignee_id"] = read_id("assigneeId", "staff", doer) if doer else None
        return parts


@strawberry.type(description="Success of `updateTask`.")
class UpdateTaskSuccess(TaskWrite):
    """The task after it."""


UpdateTaskResult = Annotated[
    UpdateTaskSuccess | NotFoundError | ForbiddenError | ConflictError | InvalidInputError,
    strawberry.union("UpdateTaskResult", description="Result of `updateTask`."),
]


async def update_task(
    info: Info, input: Annotated[UpdateTaskInput, strawberry.argument(description=INPUT)]
) -> UpdateTaskResult:
    """Changes a task."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    task_id = read_id("taskId", "task", input.task_id)
    expected = read_version(info, task_id, input.expected_version)
    async with info.context.work() as work:
        await tasks.update_task(work, lead_id, task_id, input.given(), expected)
    return UpdateTaskSuccess(**await _task_written(info, work, lead_id, task_id))


@strawberry.input(description="Input of `completeTask`.")
class CompleteTaskInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    task_id: strawberry.ID = strawberry.field(description="The task.")
    outcome: str | None = strawberry.field(
        default=None, description="What came of it; at most 2,000 characters."
    )


@strawberry.type(description="Success of `completeTask`.")
class CompleteTaskSuccess(TaskWrite):
    """The task after it."""


CompleteTaskResult = Annotated[
    CompleteTaskSuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union("CompleteTaskResult", description="Result of `completeTask`."),
]


async def complete_task(
    info: Info, input: Annotated[CompleteTaskInput, strawberry.argument(description=INPUT)]
) -> CompleteTaskResult:
    """Marks a task done."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    task_id = read_id("taskId", "task", input.task_id)
    async with info.context.work() as work:
        await tasks.complete_task(work, lead_id, task_id, input.outcome)
    return CompleteTaskSuccess(**await _task_written(info, work, lead_id, task_id))


@strawberry.input(description="Input of `reopenTask`.")
class ReopenTaskInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    task_id: strawberry.ID = strawberry.field(description="The task.")


@strawberry.type(description="Success of `reopenTask`.")
class ReopenTaskSuccess(TaskWrite):
    """The task after it."""


ReopenTaskResult = Annotated[
    ReopenTaskSuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union("ReopenTaskResult", description="Result of `reopenTask`."),
]


async def reopen_task(
    info: Info, input: Annotated[ReopenTaskInput, strawberry.argument(description=INPUT)]
) -> ReopenTaskResult:
    """Opens a done task again."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    task_id = read_id("taskId", "task", input.task_id)
    async with info.context.work() as work:
        await tasks.reopen_task(work, lead_id, task_id)
    return ReopenTaskSuccess(**await _task_written(info, work, lead_id, task_id))


@strawberry.input(description="Input of `snoozeTask`.")
class SnoozeTaskInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    task_id: strawberry.ID = strawberry.field(description="The task.")
    until: datetime | None = strawberry.field(
        default=None, description="Until, an instant to come; null or absent: no longer."
    )


@strawberry.type(description="Success of `snoozeTask`.")
class SnoozeTaskSuccess(TaskWrite):
    """The task after it."""


SnoozeTaskResult = Annotated[
    SnoozeTaskSuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union("SnoozeTaskResult", description="Result of `snoozeTask`."),
]


async def snooze_task(
    info: Info, input: Annotated[SnoozeTaskInput, strawberry.argument(description=INPUT)]
) -> SnoozeTaskResult:
    """Hides a task from dashboards for a while."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    task_id = read_id("taskId", "task", input.task_id)
    async with info.context.work() as work:
        await tasks.snooze_task(work, lead_id, task_id, input.until)
    return SnoozeTaskSuccess(**await _task_written(info, work, lead_id, task_id))


@strawberry.input(description="Input of `removeTask`.")
class RemoveTaskInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    task_id: strawberry.ID = strawberry.field(description="The task.")


@strawberry.type(description="Success of `removeTask`.")
class RemoveTaskSuccess(LeadWrite):
    task_id: strawberry.ID = strawberry.field(description="Its id.")


RemoveTaskResult = Annotated[
    RemoveTaskSuccess | NotFoundError | ForbiddenError | InvalidInputError,
    strawberry.union("RemoveTaskResult", description="Result of `removeTask`."),
]


async def remove_task(
    info: Info, input: Annotated[RemoveTaskInput, strawberry.argument(description=INPUT)]
) -> RemoveTaskResult:
    """Removes a task."""
    lead_id = read_id("leadId", "lead", input.lead_id)
    task_id = read_id("taskId", "task", input.task_id)
    async with info.context.work() as work:
        await tasks.remove_task(work, lead_id, task_id)
    _, fields = await written(info, work, lead_id)
    return RemoveTaskSuccess(task_id=global_id("task", task_id), **fields)
