"""Tasks: what is to be done about a lead, by whom, until when."""

from resolvers.tasks.acts import (
    NewTask,
    complete_task,
    create_task,
    move_open_tasks,
    remove_task,
    reopen_task,
    snooze_task,
)
from resolvers.tasks.edits import update_task
from resolvers.tasks.recording import logged

__all__ = [
    "NewTask",
    "complete_task",
    "create_task",
    "logged",
    "move_open_tasks",
    "remove_task",
    "reopen_task",
    "snooze_task",
    "update_task",
]
