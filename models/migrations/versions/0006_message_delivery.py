"""What becomes of messages to leads, and buttons of pop-ups."""

import sqlalchemy as sa
from alembic import op

from models.migrations.triggers import fixed_columns
from models.types import Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("link_text", sa.String(length=40), nullable=True))
    op.add_column("message", sa.Column("link_url", sa.String(length=2048), nullable=True))
    op.add_column("message", sa.Column("delivery", sa.String(40), nullable=True))
    op.add_column("message", sa.Column("delivery_steps", Json, nullable=False, server_default="[]"))
    op.create_index("ix_message_delivery", "message", ["delivery", "expires_at"], unique=False)
    fixed_columns("message", "link_text", "link_url", name="message_link")
