"""Every table, imported once, so that the metadata is whole for migrations and tests."""

from sqlmodel import SQLModel

from models import (
    appointments,
    calls,
    changes,
    contact_points,
    conversations,
    events,
    fields,
    files,
    imports,
    jobs,
    leads,
    notes,
    notifications,
    pins,
    pipelines,
    staff,
    tags,
    teams,
    uploads,
    visits,
    wordings,
    workspace,
)

__all__ = [
    "appointments",
    "calls",
    "changes",
    "contact_points",
    "conversations",
    "events",
    "fields",
    "files",
    "imports",
    "jobs",
    "leads",
    "metadata",
    "notes",
    "notifications",
    "pins",
    "pipelines",
    "staff",
    "tags",
    "teams",
    "uploads",
    "visits",
    "wordings",
    "workspace",
]

metadata = SQLModel.metadata
