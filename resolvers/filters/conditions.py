"""The condition of a filter for a reading, and of one that was stored for whoever reads."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Executable

from resolvers.actors import Actor
from resolvers.filters.checking import check
from resolvers.filters.compiling import compile_filter
from resolvers.filters.grounds import Rows, check_fields, grounds_for
from resolvers.filters.storing import restore
from resolvers.filters.tree import Filter
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View


async def condition_for(view: View, filter: Filter) -> ColumnElement[bool]:
    """The condition of a viewer's own filter; BadFilter for one that can't be."""
    check(filter)
    grounds = await grounds_for(view.services, view.actor, view.rows, filter)
    check_fields(filter, grounds)
    return compile_filter(filter, grounds)


async def stored_condition(
    services: Services, actor: Actor, rows: Rows, stored: Mapping[str, Any]
) -> ColumnElement[bool]:
    """The condition of a filter that was right when it was stored; what is gone matches nothing."""
    filter = restore(stored)
    return compile_filter(filter, await grounds_for(services, actor, rows, filter))


def rows_in(work: UnitOfWork) -> Rows:
    """Reads in the transaction of an act."""

    async def rows(statement: Executable) -> Sequence[Any]:
        return (await work.session.execute(statement)).all()

    return rows
