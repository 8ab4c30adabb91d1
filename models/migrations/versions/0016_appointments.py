"""Appointments, calls, and messages that were put down by hand."""

import sqlalchemy as sa
from alembic import op

from models.migrations.triggers import append_only, fixed_columns
from models.types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("is_all_day", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=True),
        sa.Column("reminder_minutes", sa.Integer(), nullable=True),
        sa.Column("is_logged", sa.Boolean(), nullable=False),
        sa.Column("was_start_in_past", sa.Boolean(), nullable=False),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("body_version", sa.Integer(), nullable=True),
        sa.Column("note_version", sa.Integer(), nullable=True),
        sa.Column("created_by_kind", sa.String(40), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_appointment_lead", "appointment", ["lead_id", "starts_at", "id"])
    op.create_index("ix_appointment_assignee", "appointment", ["assignee_id", "starts_at"])
    op.create_table(
        "call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(40), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("note_version", sa.Integer(), nullable=True),
        sa.Column("is_backdated", sa.Boolean(), nullable=False),
        sa.Column("author_kind", sa.String(40), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_call_lead", "call", ["lead_id", "occurred_at", "id"])
    op.create_table(
        "wording",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"]),
        sa.PrimaryKeyConstraint("owner_id", "part", "version"),
    )
    op.create_index("ix_wording_lead_id", "wording", ["lead_id"])
    append_only("wording", lead_column="lead_id")
    op.add_column("message", sa.Column("logged_at", UtcDateTime(), nullable=True))
    op.add_column("message", sa.Column("taken_from", sa.String(length=100), nullable=True))
    fixed_columns("message", "logged_at", "taken_from", name="message_logged")
