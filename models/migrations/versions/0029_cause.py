"""What made a rule write a change; and one job for each task that waits to be overdue."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# Tasks from before there were such jobs have only the ones that rules waited for.
MOVE = """
    UPDATE job SET kind = 'TELL_TASK_OVERDUE', queue = 'general'
    WHERE kind = 'START_OVERDUE' AND failed_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM job AS other WHERE other.kind = 'TELL_TASK_OVERDUE' AND other.key = job.key)
"""


def upgrade() -> None:
    op.add_column("change", sa.Column("cause_id", sa.Uuid(), nullable=True))
    op.execute(MOVE)
    op.execute("DELETE FROM job WHERE kind = 'START_OVERDUE'")
