"""Addresses of people's diaries, which can be renewed."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "staff", sa.Column("calendar_serial", sa.Integer(), nullable=False, server_default="0")
    )
