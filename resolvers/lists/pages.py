"""Pages and counts of lists, those of many owners by one statement."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select, tuple_
from sqlmodel import col

from models.leads import LeadAlias
from resolvers.errors import BadArgument
from resolvers.lists.describing import Chosen, OwnedList
from resolvers.pages import Page, check_first, read_page, seal
from resolvers.views import View


@dataclass(frozen=True)
class Wanted:
    """One page of one owner's list."""

    list: OwnedList
    owner_id: UUID
    first: int
    after: str | None
    chosen: Chosen = Chosen()

    @property
    def scope(self) -> str:
        """What a cursor of this page is good for."""
        return f"{self.list.name}:{self.owner_id.hex}:{self.chosen}"


async def read_pages(view: View, wanted: Sequence[Wanted]) -> list[Page[Any] | BadArgument]:
    """Pages in the order asked for; first pages of one list are read together.

    A page that was asked for wrongly is a BadArgument in its place: the others come all the same.
    """
    together: dict[Hashable, list[Wanted]] = defaultdict(list)
    for each in wanted:
        alone = (each.owner_id, each.after) if each.after is not None else None
        together[(each.list.name, each.first, each.chosen, alone)].append(each)
    pages: dict[Wanted, Page[Any] | BadArgument] = {}
    for group in together.values():
        try:
            check_first(group[0].first)
            pages |= await _read_group(view, group)
        except BadArgument as error:
            pages |= dict.fromkeys(group, error)
    return [pages[each] for each in wanted]


async def _read_group(view: View, group: list[Wanted]) -> dict[Wanted, Page[Any]]:
    if len(group) == 1:
        return {group[0]: await _read_one(view, group[0])}
    return await _read_first_pages(view, group)


async def _read_one(view: View, wanted: Wanted) -> Page[Any]:
    owned = wanted.list
    owners = await _owners(view, owned, [wanted.owner_id])
    statement: Select[Any] = select(owned.model).where(
        owned.owner.in_(owners), *owned.where(view.actor, wanted.chosen)
    )
    return await read_page(
        view, statement, owned.order(wanted.chosen), wanted.scope, wanted.first, wanted.after
    )


async def _owners(view: View, owned: OwnedList, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Whose rows belong to whom: the log of a lead has those of the leads that went into it."""
    owners = dict(zip(ids, ids, strict=True))
    if owned.is_log:
        statement = select(LeadAlias).where(col(LeadAlias.lead_id).in_(ids))
        owners |= {row.alias_id: row.lead_id for row in await view.scalars(statement)}
    return owners


def _owner_column(owned: OwnedList, owners: dict[UUID, UUID]) -> Any:
    others = {key: owner for key, owner in owners.items() if key != owner}
    return case(others, value=owned.owner, else_=owned.owner) if others else owned.owner


async def _read_first_pages(view: View, group: list[Wanted]) -> dict[Wanted, Page[Any]]:
    owned, chosen, first = group[0].list, group[0].chosen, group[0].first
    owners = await _owners(view, owned, [each.owner_id for each in group])
    order = owned.order(chosen)
    clauses = [key.column.desc() if key.descending else key.column for key in order]
    owner = _owner_column(owned, owners)
    number = func.row_number().over(partition_by=owner, order_by=clauses).label("number")
    numbered = (
        select(*owned.identity, number)
        .where(owned.owner.in_(owners), *owned.where(view.actor, chosen))
        .subquery()
    )
    same = tuple_(*owned.identity) == tuple_(*(numbered.c[column.key] for column in owned.identity))
    statement = (
        select(owned.model, owned.owner, *(key.column for key in order))
        .join(numbered, same)
        .where(numbered.c.number <= first + 1)
        .order_by(*clauses)
    )
    rows: dict[UUID, list[Any]] = defaultdict(list)
    for row in await view.rows(statement):
        rows[owners[row[1]]].append(row)
    secrets = view.services.secrets
    return {
        each: Page(
            [row[0] for row in rows[each.owner_id][:first]],
            [seal(secrets, each.scope, row[2:]) for row in rows[each.owner_id][:first]],
            len(rows[each.owner_id]) > first,
            False,
        )
        for each in group
    }


@dataclass(frozen=True)
class Counted:
    """The size of one owner's list."""

    list: OwnedList
    owner_id: UUID
    chosen: Chosen = Chosen()


async def count_rows(view: View, counted: Sequence[Counted]) -> list[int]:
    """Sizes in the order asked for, the sizes of one list by one statement."""
    together: dict[Hashable, list[Counted]] = defaultdict(list)
    for each in counted:
        together[(each.list.name, each.chosen)].append(each)
    sizes: dict[Counted, int] = {}
    for group in together.values():
        owned, chosen = group[0].list, group[0].chosen
        owners = await _owners(view, owned, [each.owner_id for each in group])
        statement = (
            select(owned.owner, func.count())
            .where(owned.owner.in_(owners), *owned.where(view.actor, chosen))
            .group_by(owned.owner)
        )
        found: dict[UUID, int] = defaultdict(int)
        for row in await view.rows(statement):
            found[owners[row[0]]] += row[1]
        sizes |= {each: found[each.owner_id] for each in group}
    return [sizes[each] for each in counted]
