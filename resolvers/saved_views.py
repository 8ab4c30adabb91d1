"""Saved views of the list of leads: one's own and the team's, and what each finds now.

A view is kept as it was when it was saved. What it names may go since: then it says so, and finds
nothing by that clause. Of the team's views those that look at a field which somebody may not see do
not exist for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, not_, or_, select
from sqlmodel import col

from models.fields import FieldDefinition
from models.ids import encode_id, new_id
from models.leads import Lead
from models.saved_views import SavedView
from realtime import topics
from resolvers import access, filters
from resolvers.actors import Actor, StaffActor
from resolvers.counting_leads import counted
from resolvers.errors import (
    BadArgument,
    Conflict,
    ConflictReason,
    InvalidInput,
    LimitReached,
    NotFound,
    ProblemCode,
    invalid,
)
from resolvers.filters.checking import BadFilter
from resolvers.filters.conditions import rows_in, stored_condition
from resolvers.filters.grounds import keys_of
from resolvers.filters.tree import clauses
from resolvers.leads_list import seen_leads
from resolvers.leads_order import Sort, SortKey, check_sort
from resolvers.policy import Permission
from resolvers.project import locked
from resolvers.search import MOST_CHARACTERS, search_condition
from resolvers.text import fold, optional, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.views import View

MAX_NAME, MAX_COLUMNS, MOST, MOST_SEEN, MAX_POSITION = 80, 30, 100, 200, 10_000
BUILT_IN = (
    "name", "presence", "state", "assignee", "lastActivityAt", "title", "value", "priority",
    "emailAddress", "phoneNumber", "tags", "source", "createdAt", "stateSince",
)  # fmt: skip
"""Columns besides `property:` and the key of a field."""
PROPERTY = "property:"
ORDER = col(SavedView.position), col(SavedView.name_key), col(SavedView.id)


@dataclass(frozen=True)
class ViewEdit:
    """A view as it is to be; `literal` is its filter as clients write it."""

    name: str
    literal: Mapping[str, Any] | None = None
    search: str | None = None
    sort: Sort = Sort()
    columns: Sequence[str] = ()
    is_shared: bool = False
    position: int | None = None
    expected: int | None = None


@dataclass(frozen=True)
class SeenView:
    """A view with those of its columns that the viewer may see."""

    saved: SavedView
    columns: Sequence[str]


def _is_seen(actor: StaffActor) -> ColumnElement[bool]:
    return or_(col(SavedView.is_shared), col(SavedView.owner_id) == actor.id)


def may_edit(actor: StaffActor, view: SavedView) -> bool:
    """Whether somebody may change a view that they see."""
    return not view.is_shared or access.may(actor, Permission.CONFIGURE_SEGMENTS)


async def save_view(
    work: UnitOfWork, actor: StaffActor, view_id: UUID | None, edit: ViewEdit
) -> SavedView:
    """Makes or changes a view; saving what is there changes nothing.

    Whoever makes one of the team's their own has it from then on. NotFound for those of others,
    Forbidden for the team's without the right to shape segments, Conflict for a name that one's own
    or the team's has, or for an older version, LimitReached for too many of one's own.
    """
    if edit.is_shared:
        access.require(actor, Permission.CONFIGURE_SEGMENTS)
    name = required("name", edit.name, MAX_NAME)
    await locked(work)  # of two who take a name, one waits
    view = await _view(work, actor, view_id) if view_id else None
    if view and edit.expected is not None and view.version > edit.expected:
        words = "The view was changed in the meantime."
        stale = ConflictReason.STALE_VERSION
        raise Conflict(stale, words, owner=view.id, version=view.version)
    wanted = await _checked(work, edit)
    await _check_name(work, actor, name, view_id)
    owner_id = view.owner_id if view and edit.is_shared else actor.id
    if view is None or view.owner_id != owner_id:
        await _check_room(work, actor)
    if view is None:
        view = SavedView(
            id=new_id(), name="", name_key="", owner_id=owner_id, is_shared=False, sort_by="",
            sort_descending=True, columns=[], position=await _last(work),
        )  # fmt: skip
        work.session.add(view)
    was_shared = view.is_shared
    wanted |= {"name": name, "is_shared": edit.is_shared, "owner_id": owner_id}
    wanted["position"] = view.position if edit.position is None else edit.position
    if all(getattr(view, key) == value for key, value in wanted.items()):
        return view
    for key, value in wanted.items():
        setattr(view, key, value)
    view.name_key = fold(name, 160)
    view.version += 1
    _tell(work, actor, view, "saved_view_saved", is_shared=was_shared or view.is_shared)
    await work.session.flush()
    return view


async def remove_view(work: UnitOfWork, actor: StaffActor, view_id: UUID) -> None:
    """Removes a view; rights as for changing it."""
    view = await _view(work, actor, view_id)
    _tell(work, actor, view, "saved_view_removed", is_shared=view.is_shared)
    await work.session.delete(view)


def _tell(
    work: UnitOfWork, actor: StaffActor, view: SavedView, kind: str, *, is_shared: bool
) -> None:
    if is_shared:
        work.record_workspace(kind, {"view": view.id.hex, "name": view.name})
    work.hint(topics.saved_views())


async def _view(work: UnitOfWork, actor: StaffActor, view_id: UUID) -> SavedView:
    view = await work.session.scalar(
        select(SavedView).where(col(SavedView.id) == view_id, _is_seen(actor))
    )
    hidden = await _hidden_keys(rows_in(work), actor)
    if view is None or _looks_at(view) & hidden:
        raise NotFound("view", encode_id("savedview", view_id))
    if not may_edit(actor, view):
        access.require(actor, Permission.CONFIGURE_SEGMENTS)
    return view


async def _checked(work: UnitOfWork, edit: ViewEdit) -> dict[str, Any]:
    """What is kept, by column; whoever saves it must see the fields that it looks at."""
    rows = rows_in(work)
    fields = await rows(
        select(FieldDefinition).where(
            access.visible_fields(work.actor), col(FieldDefinition.archived_at).is_(None)
        )
    )
    by_key = {row[0].key: row[0] for row in fields}
    _check_columns(edit.columns, by_key)
    try:
        check_sort(edit.sort, by_key)
    except BadArgument as error:
        raise invalid("sort", ProblemCode.UNKNOWN, str(error)) from error
    search = optional("search", edit.search, MOST_CHARACTERS)
    try:
        search_condition(search or "", is_sqlite=work.services.database.is_sqlite)
    except BadArgument as error:
        raise invalid("search", ProblemCode.TOO_LARGE, str(error)) from error
    if edit.position is not None and not 0 <= edit.position <= MAX_POSITION:
        raise invalid("position", ProblemCode.TOO_LARGE, f"0 to {MAX_POSITION:,}.")
    return {
        "filter": await _checked_filter(work, edit.literal) if edit.literal else None,
        "search": search,
        "sort_by": edit.sort.by.value,
        "sort_descending": edit.sort.descending,
        "sort_field_key": edit.sort.field_key,
        "columns": list(edit.columns),
    }


async def _checked_filter(work: UnitOfWork, literal: Mapping[str, Any]) -> dict[str, Any]:
    try:
        filter = filters.read_filter(literal)
        filters.check(filter)
        grounds = await filters.grounds_for(work.services, work.actor, rows_in(work), filter)
        filters.check_fields(filter, grounds)
    except BadFilter as error:
        raise error.within("filter") from error
    return filters.store(literal)


def _check_columns(columns: Sequence[str], fields: Mapping[str, FieldDefinition]) -> None:
    if len(columns) > MAX_COLUMNS:
        raise invalid("columns", ProblemCode.TOO_LARGE, f"At most {MAX_COLUMNS} columns.")
    for place, column in enumerate(columns):
        if column not in BUILT_IN and _key_of(column) not in fields:
            raise _bad_column(place, ProblemCode.UNKNOWN, "There is no such column.")
        if column in columns[:place]:
            raise _bad_column(place, ProblemCode.CONTRADICTION, "Each column once.")


def _key_of(column: str) -> str | None:
    return column[len(PROPERTY) :] if column.startswith(PROPERTY) else None


def _bad_column(place: int, code: ProblemCode, message: str) -> InvalidInput:
    return invalid(f"columns.{place}", code, message)


async def _check_name(work: UnitOfWork, actor: StaffActor, name: str, view_id: UUID | None) -> None:
    named = select(SavedView).where(col(SavedView.name_key) == fold(name, 160), _is_seen(actor))
    for other in await work.session.scalars(named):
        if other.id != view_id:
            is_hidden = _looks_at(other) & await _hidden_keys(rows_in(work), actor)
            identity = None if is_hidden else encode_id("savedview", other.id)
            words = "You or the team have a view of this name."
            raise Conflict(ConflictReason.DUPLICATE, words, existing=identity)


async def _check_room(work: UnitOfWork, actor: StaffActor) -> None:
    own = select(func.count()).where(col(SavedView.owner_id) == actor.id)
    if (await work.session.scalar(own) or 0) >= MOST:
        raise LimitReached(f"At most {MOST} views each.", MOST)


async def _last(work: UnitOfWork) -> int:
    """The place behind all others."""
    last = await work.session.scalar(select(func.max(col(SavedView.position))))
    return 0 if last is None else min(last + 1, MAX_POSITION)


async def views_seen(view: View) -> list[SeenView]:
    """The viewer's own views and the team's, in order; at most 200, and none of the own is left
    out."""
    actor = view.actor
    assert isinstance(actor, StaffActor)
    found = await view.scalars(select(SavedView).where(_is_seen(actor)).order_by(*ORDER))
    hidden = await _hidden_keys(view.rows, actor) if found else set()
    seen = [each for each in found if not _looks_at(each) & hidden]
    own_first = sorted(seen, key=lambda each: each.owner_id != actor.id)
    kept = {each.id for each in own_first[:MOST_SEEN]}
    return [
        SeenView(each, [column for column in each.columns if _key_of(column) not in hidden])
        for each in seen
        if each.id in kept
    ]


async def shared_views(view: View) -> list[SavedView]:
    """The team's views that are there for the viewer."""
    found = await view.scalars(select(SavedView).where(col(SavedView.is_shared)))
    hidden = await _hidden_keys(view.rows, view.actor) if found else set()
    return [each for each in found if not _looks_at(each) & hidden]


async def _hidden_keys(rows: filters.Rows, actor: Actor) -> set[str]:
    """Keys of the fields that somebody may not see."""
    statement = select(col(FieldDefinition.key)).where(not_(access.visible_fields(actor)))
    return {row[0] for row in await rows(statement)}


def _looks_at(view: SavedView) -> set[str]:
    """Keys of the fields that decide what the view finds, and in which order."""
    keys = {view.sort_field_key} if view.sort_field_key else set()
    if view.sort_by == SortKey.VALUE:
        keys.add("value")
    if view.filter is not None:
        for _, clause in clauses(filters.restore(view.filter)):
            keys.update(keys_of(clause))
    return keys


async def count_in_view(view: View, saved: SavedView) -> int:
    """How many leads it finds for the viewer, as `counted` says it."""
    statement = seen_leads(view.actor).with_only_columns(col(Lead.id))
    if saved.filter is not None:
        statement = statement.where(
            await stored_condition(view.services, view.actor, view.rows, saved.filter)
        )
    if saved.search is not None:
        found = search_condition(saved.search, is_sqlite=view.services.database.is_sqlite)
        statement = statement if found is None else statement.where(found)
    return await counted(view, statement)
