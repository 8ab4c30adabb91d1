"""The field for what a deal is worth."""

import sqlalchemy as sa
from alembic import op

from models.ids import new_id

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """For a workspace that began without the field; a new one gets it at its beginning."""
    connection = op.get_bind()
    groups = sa.table(
        "field_group",
        sa.column("id", sa.Uuid()),
        sa.column("name", sa.String()),
        sa.column("position", sa.Integer()),
    )
    fields = sa.table(
        "field_definition",
        sa.column("id", sa.Uuid()),
        sa.column("group_id", sa.Uuid()),
        sa.column("position", sa.Integer()),
        *(sa.column(name, sa.String()) for name in ("key", "label", "type", "visibility")),
        *(
            sa.column(name, sa.Boolean())
            for name in ("is_built_in", "is_listed", "is_required", "is_personal_data")
        ),
    )
    group = connection.scalar(
        sa.select(groups.c.id).order_by(groups.c.name != "Deal details", groups.c.position).limit(1)
    )
    if group is None:
        return
    # A field of the team's own under this key keeps its values, under another key.
    connection.execute(sa.update(fields).where(fields.c.key == "value").values(key="value_own"))
    position = connection.scalar(
        sa.select(sa.func.count()).select_from(fields).where(fields.c.group_id == group)
    )
    connection.execute(
        sa.insert(fields).values(
            id=new_id(),
            group_id=group,
            position=position or 0,
            key="value",
            label="Value",
            type="MONEY",
            visibility="ALL",
            is_built_in=True,
            is_listed=True,
            is_required=False,
            is_personal_data=True,
        )
    )
