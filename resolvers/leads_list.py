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
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlmodel import col

from models.enums import Priority
from models.leads import Lead
from models.pipelines import Pipeline, PipelineState
from models.staff import Staff
from models.tags import LeadTag, Tag
from resolvers import access
from resolvers.actors import StaffActor
from resolvers.errors import BadArgument
from resolvers.pages import Key, Page, read_page
from resolvers.text import fold, sought
from resolvers.views import View

EXACT_BELOW = 10_000
RECENT = timedelta(hours=24)
MAX_DEPTH, MAX_CLAUSES = 8, 100
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
class Clause:
    """One test of a filter, `key` and what it holds; `and`, `or` and `not` hold clauses."""

    key: str
    value: Any


@dataclass(frozen=True)
class Sort:
    by: SortKey = SortKey.LAST_ACTIVITY_AT
    descending: bool = True


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


def _statement(view: View, filter: Clause | None) -> Select[Any]:
    statement: Select[Any] = (
        select(Lead)
        .join(PipelineState, col(PipelineState.id) == col(Lead.state_id))
        .outerjoin(Staff, col(Staff.id) == col(Lead.assignee_id))
        .where(access.visible_leads(view.actor))
    )
    return statement if filter is None else statement.where(compile_filter(view, filter))


async def leads_page(
    view: View, filter: Clause | None, sort: Sort, first: int, after: str | None
) -> Page[Lead]:
    """One page of the leads that the viewer may see."""
    scope = f"leads:{filter}:{sort}"
    return await read_page(view, _statement(view, filter), order_of(sort), scope, first, after)


async def count_leads(view: View, filter: Clause | None) -> int:
    """How many leads the filter holds, counted at most to 10,001."""
    limited = _statement(view, filter).with_only_columns(col(Lead.id)).limit(EXACT_BELOW + 1)
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


def compile_filter(view: View, clause: Clause) -> ColumnElement[bool]:
    """SQL for a filter; every value is bound. BadArgument beyond 8 levels or 100 clauses."""
    if _depth(clause) > MAX_DEPTH or _size(clause) > MAX_CLAUSES:
        raise BadArgument(f"A filter has at most {MAX_DEPTH} levels and {MAX_CLAUSES} clauses.")
    return _compile(view, clause)


def _parts(clause: Clause) -> Sequence[Clause]:
    if clause.key in ("and", "or"):
        return tuple(clause.value)
    return (clause.value,) if clause.key == "not" else ()


def _depth(clause: Clause) -> int:
    return 1 + max((_depth(part) for part in _parts(clause)), default=0)


def _size(clause: Clause) -> int:
    return 1 + sum(_size(part) for part in _parts(clause))


def _compile(view: View, clause: Clause) -> ColumnElement[bool]:
    value = clause.value
    match clause.key:
        case "and":
            return and_(true(), *(_compile(view, part) for part in value))
        case "or":
            return or_(false(), *(_compile(view, part) for part in value))
        case "not":
            return not_(_compile(view, value))
        case "ids":
            return col(Lead.id).in_(value)
        case "name":
            return _text(value)
        case "state":
            return _state(value)
        case "priority":
            return col(Lead.priority).in_(value)
        case "assignee":
            return _assignee(view, value)
        case "tags":
            return _tags(value)
        case "is_anonymous":
            return col(Lead.is_anonymous).is_(value)
    raise BadArgument("This filter is not known.")


def _state(value: tuple[str, Any]) -> ColumnElement[bool]:
    how, given = value
    if how == "in":
        return col(Lead.state_id).in_(given)
    is_meant = (
        col(PipelineState.kind).in_(given)
        if how == "kind_in"
        else col(PipelineState.pipeline_id) == given
    )
    return col(Lead.state_id).in_(select(col(PipelineState.id)).where(is_meant))


def _text(value: tuple[str, str]) -> ColumnElement[bool]:
    how, text = value
    key = fold(sought(text))
    if how == "is":
        return col(Lead.name_key) == key
    if how == "starts_with":
        return col(Lead.name_key).startswith(key, autoescape=True)
    return col(Lead.name_key).contains(key, autoescape=True)


def _assignee(view: View, value: tuple[str, Any]) -> ColumnElement[bool]:
    how, given = value
    if how == "in":
        return col(Lead.assignee_id).in_(given)
    if how == "is_nobody":
        nobody = col(Lead.assignee_id).is_(None)
        return nobody if given else not_(nobody)
    if not isinstance(view.actor, StaffActor):
        return false()
    mine = col(Lead.assignee_id) == view.actor.id
    return mine if given else or_(col(Lead.assignee_id).is_(None), not_(mine))


def _tags(value: tuple[str, Sequence[str]]) -> ColumnElement[bool]:
    how, names = value
    tests = [_has_tag(fold(sought(name))) for name in names]
    return or_(false(), *tests) if how == "any" else and_(true(), *tests)


def _has_tag(key: str) -> ColumnElement[bool]:
    return exists(
        select(col(LeadTag.lead_id))
        .join(Tag, col(Tag.id) == col(LeadTag.tag_id))
        .where(col(LeadTag.lead_id) == col(Lead.id), col(Tag.name_key) == key)
    )


async def staff_page(
    view: View, *, active_only: bool, first: int, after: str | None
) -> Page[Staff]:
    """People of the team by name."""
    statement = select(Staff)
    if active_only:
        statement = statement.where(col(Staff.is_active))
    order = (Key(col(Staff.name_key)), Key(col(Staff.id), is_id=True))
    return await read_page(view, statement, order, f"staff:{active_only}", first, after)
