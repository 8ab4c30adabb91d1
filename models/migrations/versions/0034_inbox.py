"""Conversations with somebody who answers, put off for a while, read by each; prepared answers."""

import sqlalchemy as sa
from alembic import op

from models.types import UtcDateTime, sortable

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversation", sa.Column("assignee_id", sa.Uuid(), nullable=True))
    op.add_column("conversation", sa.Column("snoozed_until", UtcDateTime(), nullable=True))
    op.add_column(
        "conversation", sa.Column("version", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_index(
        "ix_conversation_inbox", "conversation", ["state", "waiting_since", "last_message_at", "id"]
    )
    op.create_index("ix_conversation_assignee", "conversation", ["assignee_id", "state"])
    op.create_table(
        "conversation_read",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_at", UtcDateTime(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("staff_id", "conversation_id"),
    )
    op.create_index(
        "ix_conversation_read_conversation_id", "conversation_read", ["conversation_id"]
    )
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sortable(120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for name, columns, part in (
        ("ix_canned_reply_shared", ["name_key"], sa.text("is_shared")),
        ("ix_canned_reply_own", ["owner_id", "name_key"], sa.text("NOT is_shared")),
    ):
        op.create_index(
            name, "canned_reply", columns, unique=True, sqlite_where=part, postgresql_where=part
        )
