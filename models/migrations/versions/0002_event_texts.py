"""Buttons for events, and texts that are written on events later."""

import sqlalchemy as sa
from alembic import op

from models.migrations.triggers import append_only
from models.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "event_kind",
        sa.Column("is_quick", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "event_kind", sa.Column("version", sa.Integer(), nullable=False, server_default="1")
    )
    op.add_column("event", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "event_text",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_kind", sa.String(40), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(length=120), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "version"),
    )
    append_only("event_text", lead_column="lead_id")
