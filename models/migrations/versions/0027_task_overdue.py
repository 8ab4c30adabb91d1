"""Since when the log tells that a task is overdue."""

import sqlalchemy as sa
from alembic import op

from models.types import UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("overdue_since", UtcDateTime(), nullable=True))
