"""Whether managers may take leads away as files."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column[bool](
        "can_managers_export", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("workspace", column)
