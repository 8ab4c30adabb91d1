"""Uploads, and imports of what was uploaded."""

import sqlalchemy as sa
from alembic import op

from models.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_upload_staff_id", "upload", ["staff_id"], unique=False)
    # The table has no triggers, so SQLite may build it anew.
    with op.batch_alter_table("lead_import") as batch:
        batch.add_column(sa.Column("upload_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key("fk_lead_import_upload_id", "upload", ["upload_id"], ["id"])
        batch.create_unique_constraint("uq_lead_import_upload_id", ["upload_id"])
