"""Labels of phone numbers, and fields of what a lead wants."""

import sqlalchemy as sa
from alembic import op

from models.ids import new_id

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FIELDS = (
    ("sales_listing_types", "Listing types", "TEXT"),
    ("sales_property_types", "Property types", "TEXT"),
    ("sales_price_min", "Price from", "MONEY"),
    ("sales_price_max", "Price to", "MONEY"),
    ("sales_move_in_from", "Move in from", "DATE"),
    ("sales_move_in_to", "Move in until", "DATE"),
    ("sales_remarks", "Sales remarks", "TEXT"),
)
"""Key, label and type, as a new workspace begins with them."""


def upgrade() -> None:
    op.add_column("lead_phone_number", sa.Column("label", sa.String(length=40), nullable=True))
    _add_fields(op.get_bind())


def _add_fields(connection: sa.Connection) -> None:
    """The fields for a workspace that began without them; a new one gets them at its beginning."""
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
    # A field of the team's own under such a key keeps its values, under another key.
    connection.execute(
        sa.update(fields)
        .where(fields.c.key.in_([key for key, _, _ in FIELDS]))
        .values(key=fields.c.key + "_own")
    )
    first = connection.scalar(
        sa.select(sa.func.count()).select_from(fields).where(fields.c.group_id == group)
    )
    connection.execute(
        sa.insert(fields),
        [
            {
                "id": new_id(),
                "group_id": group,
                "position": (first or 0) + number,
                "key": key,
                "label": label,
                "type": kind,
                "visibility": "ALL",
                "is_built_in": True,
                "is_listed": True,
                "is_required": False,
                "is_personal_data": True,
            }
            for number, (key, label, kind) in enumerate(FIELDS)
        ],
    )
