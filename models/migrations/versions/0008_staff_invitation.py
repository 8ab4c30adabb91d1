"""Invitations of staff, and what a person chooses for themselves."""

import sqlalchemy as sa
from alembic import op

from models.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "staff", sa.Column("is_invited", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "staff", sa.Column("language", sa.String(35), nullable=False, server_default="en")
    )
    op.add_column("staff", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "staff_invitation",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("staff_id"),
        sa.UniqueConstraint("token_hash"),
    )
