"""Conditions of rules in the form that filters are stored in, and what filters look up."""

import sqlalchemy as sa
from alembic import op

from models.types import Json

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

RULES = sa.table("automation", sa.column("id", sa.Uuid), sa.column("condition", Json))


def upgrade() -> None:
    op.create_index("ix_lead_state_activity", "lead", ["state_id", "last_activity_at", "id"])
    op.create_index("ix_event_group_key", "event_group", ["group_key", "lead_id"])
    op.create_index("ix_event_group_time", "event", ["group_key", "occurred_at", "lead_id"])
    _keep_conditions_anew()


def _keep_conditions_anew() -> None:
    connection = op.get_bind()
    rules = sa.select(RULES.c.id, RULES.c.condition).where(RULES.c.condition.is_not(None))
    for rule_id, condition in connection.execute(rules).all():
        if "literal" in condition:
            stored = {"version": 1, "filter": condition["literal"]}
            connection.execute(
                sa.update(RULES).where(RULES.c.id == rule_id).values(condition=stored)
            )
