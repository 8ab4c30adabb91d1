"""Every table, imported once, so that the metadata is whole for migrations and tests."""

from sqlmodel import SQLModel

from models import (
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
    uploads,
    visits,
    workspace,
)

__all__ = [
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
    "uploads",
    "visits",
    "workspace",
]

metadata = SQLModel.metadata
