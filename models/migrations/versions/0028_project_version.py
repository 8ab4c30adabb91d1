"""How often the settings of the project were changed."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    version = sa.Column("project_version", sa.Integer(), nullable=False, server_default="0")
    op.add_column("workspace", version)
