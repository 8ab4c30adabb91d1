"""Background work as rows."""

import sqlalchemy as sa
from alembic import op

from models.types import Json, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WAITING = "token IS NULL AND failed_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    alive = sa.text("failed_at IS NULL")
    op.create_index(
        "ix_job_due", "job", ["queue", "due_at"], postgresql_where=alive, sqlite_where=alive
    )
    waiting = sa.text(WAITING)
    op.create_index(
        "ux_job_waiting", "job", ["kind", "key"], unique=True,
        postgresql_where=waiting, sqlite_where=waiting,
    )  # fmt: skip
