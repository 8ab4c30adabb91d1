"""The leads database and the visitors: filter, order, pages, counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlmodel import col

from models.enums import Priority
from models.leads import Lead
from models.pipelines import Pipeline, PipelineState
from models.staff import Staff
from resolvers import access
from resolvers.filters import Filter, condition_for
from resolvers.pages import Key, Page, read_page
from resolvers.search import search_condition
from resolvers.views import View

EXACT_BELOW = 10_000
RECENT = timedelta(hours=24)
MAX_PRESENT = 1_000


class SortKey(StrEnum):
    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    LAST_ACTIVITY_AT = "LAST_ACTIVITY_AT"
    STATE_SINCE = "STATE_SINCE"
    STATE = "STATE"
    PRIORITY = "PRIORITY"
    ASSIGNEE = "ASSIGNEE"


@dataclass(frozen=True)
class Sort:
    by: SortKey = SortKey.LAST_ACTIVITY_AT
    descending: bool = True


@dataclass(frozen=True)
class Chosen:
    """Which leads: those that a filter means and words find; None: all."""

    filter: Filter | None = None
    search: str | None = None


PRIORITY_RANK = {
    Priority.URGENT: 3,
    Priority.HIGH: 2,
    Priority.NORMAL: 1,
    Priority.LOW: 0,
}


def order_of(sort: Sort) -> tuple[Key, ...]:
    """Columns of an order; every one ends with the id."""
    down = sort.descending
    match sort.by:
        case SortKey.NAME:
            first = Key(col(Lead.name_key), down)
        case SortKey.CREATED_AT:
            first = Key(col(Lead.created_at), down, is_instant=True)
        case SortKey.STATE_SINCE:
            first = Key(col(Lead.state_since), down, is_instant=True)
        case SortKey.STATE:
            place = (
                select(col(Pipeline.position))
                .where(col(Pipeline.id) == col(PipelineState.pipeline_id))
                .scalar_subquery()
            )
            first = Key(place, down)
            return (
                first,
                Key(col(PipelineState.position), down),
                Key(col(Lead.id), down, is_id=True),
            )
        case SortKey.PRIORITY:
            rank = case(PRIORITY_RANK, value=col(Lead.priority), else_=1)
            first = Key(rank, down)
        case SortKey.ASSIGNEE:
            first = Key(col(Staff.name_key), down, is_nullable=True)
        case _:
            first = Key(col(Lead.last_activity_at), down, is_instant=True, is_nullable=True)
    return first, Key(col(Lead.id), down, is_id=True)


async def chosen_leads(view: View, chosen: Chosen) -> Select[Any]:
    """The leads among those that the viewer may see. BadArgument for what can't be chosen by."""
    statement: Select[Any] = (
        select(Lead)
        .join(PipelineState, col(PipelineState.id) == col(Lead.state_id))
        .outerjoin(Staff, col(Staff.id) == col(Lead.assignee_id))
        .where(access.visible_leads(view.actor))
    )
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
    scope = f"leads:{chosen}:{sort}"
    statement = await chosen_leads(view, chosen)
    return await read_page(view, statement, order_of(sort), scope, first, after)


async def count_leads(view: View, chosen: Chosen) -> int:
    """How many leads were chosen, counted at most to 10,001."""
    statement = await chosen_leads(view, chosen)
    limited = statement.with_only_columns(col(Lead.id)).limit(EXACT_BELOW + 1)
    return await view.scalar(select(func.count()).select_from(limited.subquery())) or 0


async def visitors_page(view: View, first: int, after: str | None) -> Page[Lead]:
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
    statement = select(Lead).where(*_visiting(view, present))
    return await read_page(view, statement, order, "visitors", first, after)


async def count_visitors(view: View) -> int:
    """How many visitors there are, counted at most to 10,001."""
    present = await view.services.presence.present(MAX_PRESENT)
    limited = select(col(Lead.id)).where(*_visiting(view, present)).limit(EXACT_BELOW + 1)
    return await view.scalar(select(func.count()).select_from(limited.subquery())) or 0


async def count_present(view: View) -> int:
    """How many of the visitors are on the sites at this moment."""
    present = await view.services.presence.present(MAX_PRESENT)
    seen = and_(col(Lead.id).in_(present), col(Lead.hidden_at).is_(None))
    statement = select(func.count()).where(seen, access.visible_leads(view.actor))
    return await view.scalar(statement.select_from(Lead)) or 0


def _visiting(view: View, present: Sequence[UUID]) -> tuple[ColumnElement[bool], ...]:
    recent = col(Lead.last_activity_at) >= view.services.clock.now() - RECENT
    return (
        access.visible_leads(view.actor),
        col(Lead.hidden_at).is_(None),
        or_(col(Lead.id).in_(present), recent),
    )


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
