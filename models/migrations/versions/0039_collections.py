"""Indexes by which lists of very many leads are read."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Events within a period are counted from the index alone.
    op.drop_index("ix_event_group_time", "event")
    columns = ["group_key", "occurred_at", "lead_id", "count"]
    op.create_index("ix_event_group_time", "event", columns)
    if op.get_bind().dialect.name == "postgresql":
        # SQLite reads the other index from its end: there NULLs are the least.
        op.execute(
            "CREATE INDEX ix_lead_newest_activity"
            " ON lead (last_activity_at DESC NULLS LAST, id DESC)"
        )
