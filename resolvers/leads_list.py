"""The leads database and the visitors: filter, order, pages, counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlmodel import col

from models.leads import Lead
from models.pipelines import PipelineState
from models.staff import Staff
from resolvers import access
from resolvers.actors import Actor
from resolvers.counting_leads import counted
from resolvers.filters import Filter, condition_for
from resolvers.leads_order import Sort, in_order
from resolvers.pages import Key, Page, read_page
from resolvers.search import search_condition
from resolvers.views import View

RECENT = timedelta(hours=24)
MAX_PRESENT = 1_000


@dataclass(frozen=True)
class Chosen:
    """Which leads: those that a filter means and words find; None: all."""

    filter: Filter | None = None
    search: str | None = None


def seen_leads(actor: Actor) -> Select[Any]:
    """The leads that somebody may see, with what conditions and orders look at."""
    return (
        select(Lead)
        .join(PipelineState, col(PipelineState.id) == col(Lead.state_id))
        .outerjoin(Staff, col(Staff.id) == col(Lead.assignee_id))
        .where(access.visible_leads(actor))
    )


async def chosen_leads(view: View, chosen: Chosen) -> Select[Any]:
    """The leads among those that the viewer may see. BadArgument for what can't be chosen by."""
    statement = seen_leads(view.actor)
    if chosen.filter is not None:
        statement = statement.where(await condition_for(view, chosen.filter))
    if chosen.search is not None:
        is_sqlite = view.services.database.is_sqlite
        found = search_condition(chosen.search, is_sqlite=is_sqlite)
        statement = statement if found is None else statement.where(found)
    return statement


async def leads_page(
    view: View, chosen: Chosen, sort: Sort, first: int, after: str | None
) -> Page[Lead]:
    """One page of the leads that the viewer may see. BadArgument for what can't be chosen by."""
    statement, order = await in_order(view, await chosen_leads(view, chosen), sort)
    scope = f"leads:{chosen}:{sort}{order[0].kind}"
    return await read_page(view, statement, order, scope, first, after)


async def count_leads(view: View, chosen: Chosen) -> int:
    """How many leads were chosen, as `counted` says it."""
    return await counted(view, (await chosen_leads(view, chosen)).with_only_columns(col(Lead.id)))


async def visitors_page(
    view: View, chosen: Filter | None, first: int, after: str | None
) -> Page[Lead]:
    """Leads on the sites now or within 24 h, hidden ones left out; present ones first.

    Presence is not in the database: who is present now is handed to the statement by id.
    """
    present = await view.services.presence.present(MAX_PRESENT)
    is_present = case((col(Lead.id).in_(present), 1), else_=0)
    order = (
        Key(is_present, True),
        Key(col(Lead.last_activity_at), True, is_instant=True, is_nullable=True),
        Key(col(Lead.id), True, is_id=True),
    )
    statement = select(Lead).where(*await _visiting(view, chosen, present))
    return await read_page(view, statement, order, f"visitors:{chosen}", first, after)


async def count_visitors(view: View, chosen: Filter | None) -> int:
    """How many visitors there are, as `counted` says it."""
    present = await view.services.presence.present(MAX_PRESENT)
    visiting = await _visiting(view, chosen, present)
    return await counted(view, select(col(Lead.id)).where(*visiting))


async def count_present(view: View) -> int:
    """How many of the visitors are on the sites at this moment."""
    present = await view.services.presence.present(MAX_PRESENT)
    seen = and_(col(Lead.id).in_(present), col(Lead.hidden_at).is_(None))
    statement = select(func.count()).where(seen, access.visible_leads(view.actor))
    return await view.scalar(statement.select_from(Lead)) or 0


async def _visiting(
    view: View, chosen: Filter | None, present: Sequence[UUID]
) -> list[ColumnElement[bool]]:
    recent = col(Lead.last_activity_at) >= view.services.clock.now() - RECENT
    conditions = [
        access.visible_leads(view.actor),
        col(Lead.hidden_at).is_(None),
        or_(col(Lead.id).in_(present), recent),
    ]
    return conditions if chosen is None else [*conditions, await condition_for(view, chosen)]


async def staff_page(
    view: View, *, active_only: bool, assignable_only: bool, first: int, after: str | None
) -> Page[Staff]:
    """People of the team by name; with `assignable_only`, to whom the viewer may hand leads."""
    statement = select(Staff)
    if active_only or assignable_only:
        statement = statement.where(col(Staff.is_active))
    if assignable_only:
        statement = statement.where(access.assignable_staff(view.actor))
    order = (Key(col(Staff.name_key)), Key(col(Staff.id), is_id=True))
    return await read_page(
        view, statement, order, f"staff:{active_only}:{assignable_only}", first, after
    )
