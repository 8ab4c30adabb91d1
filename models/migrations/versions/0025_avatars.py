"""Pictures of leads."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lead", sa.Column("avatar_id", sa.Uuid(), nullable=True))
    op.add_column("lead", sa.Column("avatar_source", sa.String(40), nullable=True))
