"""The number of the last change of the summary."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "workspace", sa.Column("summary_version", sa.Integer(), nullable=False, server_default="0")
    )
