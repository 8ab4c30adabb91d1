"""Saved views of the list of leads."""

import sqlalchemy as sa
from alembic import op

from models.types import Json, sortable

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_key", sortable(160), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("filter", Json, nullable=True),
        sa.Column("search", sa.String(length=200), nullable=True),
        sa.Column("sort_by", sa.String(length=32), nullable=False),
        sa.Column("sort_descending", sa.Boolean(), nullable=False),
        sa.Column("sort_field_key", sa.String(length=64), nullable=True),
        sa.Column("columns", Json, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for name, columns, part in (
        ("ix_saved_view_shared", ["name_key"], sa.text("is_shared")),
        ("ix_saved_view_own", ["owner_id", "name_key"], sa.text("NOT is_shared")),
    ):
        op.create_index(
            name, "saved_view", columns, unique=True, sqlite_where=part, postgresql_where=part
        )
