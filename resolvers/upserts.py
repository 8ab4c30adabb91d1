"""INSERT ... ON CONFLICT in one spelling for both databases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel


def table_of(model: type[SQLModel]) -> Table:
    """The table itself: statements on it take many rows without making objects of them."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # set by SQLAlchemy
    return table


def insert_into(session: AsyncSession, table: type[SQLModel] | Table) -> Any:
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


async def put_rows(
    session: AsyncSession,
    model: type[SQLModel],
    rows: Sequence[dict[str, Any]],
    unique: Sequence[str] = (),
    *,
    replaces: bool = False,
) -> None:
    """Inserts many rows of equal keys; of those that `unique` says are there, none or all values.

    `replaces` overwrites what is there, else it stays.
    """
    if not rows:
        return
    statement = insert_into(session, table_of(model))
    if unique and replaces:
        values = {key: statement.excluded[key] for key in rows[0] if key not in unique}
        statement = statement.on_conflict_do_update(index_elements=list(unique), set_=values)
    elif unique:
        statement = statement.on_conflict_do_nothing(index_elements=list(unique))
    await session.execute(statement, rows)
