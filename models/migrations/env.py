"""Run by Alembic; the connection and its transaction come from `models.migrations`."""

from typing import Any

from alembic import context

from models.changes import PARTITIONS
from models.leads import ACTIVITY_INDEX
from models.search import INDEX_TABLES, WORDS_INDEX
from models.tables import metadata

PARTITION_TABLES = {
    f"{table}_p{number}" for table in ("change", "event") for number in range(PARTITIONS)
}

INDEXES = {WORDS_INDEX, ACTIVITY_INDEX}


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Partitions and some indexes are made by hand in a migration and belong to no model."""
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    return table not in PARTITION_TABLES | INDEX_TABLES and name not in INDEXES


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    include_object=include_object,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
