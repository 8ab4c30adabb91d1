"""INSERT ... ON CONFLICT in one spelling for both databases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel


def insert_into(session: AsyncSession, table: type[SQLModel]) -> Any:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    dialect = session.get_bind().dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


async def insert_new(
    session: AsyncSession, table: type[SQLModel], row: dict[str, Any], unique: Sequence[str]
) -> bool:
    """Inserts unless a row with the same `unique` columns is there; True if it was inserted."""
    statement = insert_into(session, table).values(**row)
    done: Any = await session.execute(statement.on_conflict_do_nothing(index_elements=list(unique)))
    return bool(done.rowcount)
