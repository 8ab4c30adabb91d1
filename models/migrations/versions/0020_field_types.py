"""Options, limits, versions and layouts of fields; the type that a value was stored as."""

import sqlalchemy as sa
from alembic import op

from models.types import Json, ScaledDecimal, UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "field_option",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("field_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["field_id"], ["field_definition.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_field_option_field_id", "field_option", ["field_id"], unique=False)
    op.create_table(
        "field_layout",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("is_collapsed", sa.Boolean(), nullable=False),
        sa.Column("shown", Json, nullable=True),
        sa.Column("hidden", Json, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["group_id"], ["field_group.id"]),
        sa.PrimaryKeyConstraint("staff_id", "group_id"),
    )
    for table in ("field_group", "field_definition"):
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    for name in ("minimum", "maximum"):
        op.add_column("field_definition", sa.Column(name, ScaledDecimal(), nullable=True))
    op.add_column("property", sa.Column("stored_type", sa.String(length=40), nullable=True))
    op.add_column("workspace", sa.Column("summary_keys", Json, nullable=True))
