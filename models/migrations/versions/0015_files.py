"""Files of leads, and what is found of an upload that may become one."""

import sqlalchemy as sa
from alembic import op

from models.types import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("use", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_file_lead", "file", ["lead_id", "use"], unique=False)
    op.create_index("ix_file_subject", "file", ["subject_id"], unique=False)
    op.create_table(
        "removed_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("upload", sa.Column("used_at", UtcDateTime(), nullable=True))
    op.add_column("upload", sa.Column("content_type", sa.String(length=100), nullable=True))
    op.add_column("upload", sa.Column("stored_bytes", sa.BigInteger(), nullable=True))
    op.add_column("upload", sa.Column("width", sa.Integer(), nullable=True))
    op.add_column("upload", sa.Column("height", sa.Integer(), nullable=True))
    op.add_column("upload", sa.Column("problem", sa.String(length=200), nullable=True))
