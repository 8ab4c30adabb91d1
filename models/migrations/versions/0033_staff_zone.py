"""Whether a person chose their zone themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column[bool](
        "is_time_zone_chosen", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("staff", column)
    # Until now everybody began with UTC, so another one was chosen.
    op.execute("UPDATE staff SET is_time_zone_chosen = true WHERE time_zone <> 'UTC'")
