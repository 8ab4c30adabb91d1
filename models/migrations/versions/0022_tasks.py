"""Tasks, important dates with their kinds, and what the bands of due dates are called."""

import sqlalchemy as sa
from alembic import op

from models.ids import new_id
from models.migrations.triggers import append_only
from models.types import Json, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KINDS = (("Closing", "closing"), ("P&S due", "p&s due"))
"""Names and keys that a workspace begins with."""


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body_version", sa.Integer(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("was_due_in_past", sa.Boolean(), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("snoozed_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_kind", sa.String(40), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_name", sa.String(length=120), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("completed_by_kind", sa.String(40), nullable=True),
        sa.Column("completed_by_id", sa.Uuid(), nullable=True),
        sa.Column("completed_by_name", sa.String(length=120), nullable=True),
        sa.Column("outcome", sa.String(length=2000), nullable=True),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_task_lead", "task", ["lead_id", "place", "id"], unique=False)
    op.create_index("ix_task_assignee", "task", ["assignee_id", "place", "id"], unique=False)

    op.create_table(
        "task_text",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.PrimaryKeyConstraint("task_id", "version"),
    )
    append_only("task_text", lead_column="lead_id")

    kinds = op.create_table(
        "important_date_kind",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name_key"),
    )

    op.create_table(
        "important_date",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("kind_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("is_on_dashboard", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["kind_id"], ["important_date_kind.id"]),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_important_date_lead", "important_date", ["lead_id", "day", "id"], unique=False
    )
    op.create_index("ix_important_date_day", "important_date", ["day", "lead_id"], unique=False)

    op.add_column("workspace", sa.Column("task_legend", Json, nullable=True))
    _begin(kinds)


def _begin(kinds: sa.Table) -> None:
    """Gives the first kinds to a workspace that has begun; a new one gets them at its beginning."""
    connection = op.get_bind()
    if not connection.scalar(sa.text("SELECT count(*) FROM workspace")):
        return
    for position, (name, key) in enumerate(KINDS):
        connection.execute(
            sa.insert(kinds).values(id=new_id(), name=name, name_key=key, position=position)
        )
