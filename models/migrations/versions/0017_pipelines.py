"""Pipelines with rules and a goal, time spent in states, the header of all cards."""

import sqlalchemy as sa
from alembic import op

from models.types import Json

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _settings()
    op.add_column("lead", sa.Column("loss_reason", sa.String(500), nullable=True))
    op.add_column("pipeline", _flag("needs_loss_reason", sa.false()))
    op.add_column(
        "pipeline", sa.Column("transition_rules", Json, nullable=False, server_default="[]")
    )
    op.add_column(
        "pipeline", sa.Column("version", sa.Integer(), nullable=False, server_default="1")
    )
    op.add_column("pipeline_state", _flag("is_goal", sa.false()))
    _choose_goals()
    op.create_table(
        "state_time",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("state_id", sa.Uuid(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"]),
        sa.ForeignKeyConstraint(["state_id"], ["pipeline_state.id"]),
        sa.PrimaryKeyConstraint("lead_id", "state_id"),
    )
    _sum_times()


def _flag(name: str, default: sa.ColumnElement[bool]) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=default)


def _settings() -> None:
    for name in ("card_version", "header_version"):
        op.add_column(
            "workspace", sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        )
    op.add_column("workspace", _flag("is_won_button_shown", sa.true()))
    for name, text in (("won_button_text", "Lead won"), ("won_text", "Won")):
        op.add_column(
            "workspace", sa.Column(name, sa.String(40), nullable=False, server_default=text)
        )
    op.add_column("workspace", _flag("is_reopen_allowed", sa.true()))
    op.add_column("workspace", _flag("won_needs_required_fields", sa.false()))


def _choose_goals() -> None:
    """The last state of kind WON becomes its pipeline's goal."""
    names = ("pipeline_id", "kind", "position", "archived_at", "is_goal")
    state = sa.table("pipeline_state", *(sa.column(name) for name in names))
    other = state.alias("other")
    last = (
        sa.select(sa.func.max(other.c.position))
        .where(
            other.c.pipeline_id == state.c.pipeline_id,
            other.c.kind == "WON",
            other.c.archived_at.is_(None),
        )
        .scalar_subquery()
    )
    op.execute(
        sa.update(state)
        .where(state.c.kind == "WON", state.c.archived_at.is_(None), state.c.position == last)
        .values(is_goal=sa.true())
    )


def _sum_times() -> None:
    """Times in states that are over, as the log tells them."""
    change = sa.table(
        "change", sa.column("lead_id", sa.Uuid()), sa.column("kind"), sa.column("data", Json)
    )
    time = sa.table(
        "state_time",
        sa.column("lead_id", sa.Uuid()),
        sa.column("state_id", sa.Uuid()),
        sa.column("seconds", sa.BigInteger()),
    )
    state = sa.cast(change.c.data["from"].as_string(), sa.Uuid())
    told = (
        sa.select(
            change.c.lead_id,
            state,
            sa.func.sum(change.c.data["seconds_in_from"].as_integer()),
        )
        .where(change.c.kind == "lead_state_changed", change.c.data.is_not(None))
        .group_by(change.c.lead_id, state)
    )
    op.execute(sa.insert(time).from_select(["lead_id", "state_id", "seconds"], told))
