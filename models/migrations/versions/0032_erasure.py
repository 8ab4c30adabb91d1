"""When leads were erased, what is remembered of their addresses, and notes that can be erased."""

import sqlalchemy as sa
from alembic import op

from models.migrations.triggers import append_only_parts
from models.types import UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lead_feed", sa.Column("erased_at", UtcDateTime(), nullable=True))
    op.create_table(
        "erased_address",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("consent", sa.String(length=40), nullable=False),
        sa.Column("deliverability", sa.String(length=40), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    append_only_parts("note_text", "note_id", "note")
