"""Rows by their ids, in the order of the ids."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from resolvers.views import View


async def rows_by_id(view: View, model: Any, ids: Sequence[UUID], *where: Any) -> list[Any]:
    """Rows of a model that has an id; None for those that are not there or fail `where`."""
    rows = await view.scalars(select(model).where(model.id.in_(ids), *where))
    found = {row.id: row for row in rows}
    return [found.get(each) for each in ids]
