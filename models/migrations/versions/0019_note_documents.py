"""Texts of notes as trees, and programs as their authors."""

import sqlalchemy as sa
from alembic import op

from models.types import Json

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("note", "note_text"):
        op.add_column(
            table,
            sa.Column("author_kind", sa.String(40), nullable=False, server_default="STAFF"),
        )
    op.add_column("note_text", sa.Column("document", Json, nullable=True))
