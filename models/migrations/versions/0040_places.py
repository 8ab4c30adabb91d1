"""Where visits were, and leads are."""

import sqlalchemy as sa
from alembic import op

from models.types import sortable

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

PLACE = (("country", 2), ("region", 100), ("city", 100))


def upgrade() -> None:
    for table in ("lead", "visit"):
        for name, length in PLACE:
            op.add_column(table, sa.Column(name, sa.String(length=length), nullable=True))
    for name in ("region_key", "city_key"):
        op.add_column("lead", sa.Column(name, sortable(100), nullable=True))
