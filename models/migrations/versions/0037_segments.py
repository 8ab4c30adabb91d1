"""Segments, and where each lead stands towards them."""

import sqlalchemy as sa
from alembic import op

from models.types import Json, UtcDateTime

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("name_key", sa.String(160), nullable=False),
        sa.Column("description", sa.String(500)),
        sa.Column("rule", Json, nullable=False),
        sa.Column("visibility", sa.String(40), nullable=False),
        sa.Column("archived_at", UtcDateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid()),
        sa.Column("evaluated_to", sa.Uuid()),
        sa.Column("evaluation_total", sa.Integer(), nullable=False),
        sa.Column("evaluation_done", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name_key"),
    )
    op.create_table(
        "segment_standing",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("since", UtcDateTime()),
        sa.Column("because", Json, nullable=False),
        sa.Column("flips_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"]),
        sa.PrimaryKeyConstraint("lead_id", "segment_id"),
    )
    for name, columns, where in (
        ("members", ["segment_id", "since", "lead_id"], "since IS NOT NULL"),
        ("flips_at", ["flips_at"], "flips_at IS NOT NULL"),
    ):
        op.create_index(
            f"ix_segment_standing_{name}", "segment_standing", columns,
            postgresql_where=sa.text(where), sqlite_where=sa.text(where),
        )  # fmt: skip
