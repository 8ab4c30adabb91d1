"""What the pages of a visit show, and where a visit came from."""

import sqlalchemy as sa
from alembic import op

from models.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visit", sa.Column("referrer", sa.String(length=2048), nullable=True))
    op.add_column("visit", sa.Column("device", sa.String(length=80), nullable=True))
    op.create_table(
        "visit_page",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.String(length=16), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"]),
        sa.PrimaryKeyConstraint("visit_id", "page"),
    )
    op.create_index("ix_visit_page_told", "visit_page", ["told_at"], unique=False)
