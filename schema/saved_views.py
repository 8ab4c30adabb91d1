"""Saved views of the list of leads."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated

import strawberry

from models.saved_views import SavedView as ViewRow
from resolvers import saved_views
from resolvers.actors import Actor as Caller
from resolvers.actors import StaffActor
from resolvers.errors import BadArgument
from resolvers.filters import restore
from resolvers.leads_order import Sort, SortKey
from resolvers.live_list import ListReset
from resolvers.saved_views import SeenView, ViewEdit
from resolvers.saved_views_feed import follow_saved_views
from schema.context import Context, Info, read_id
from schema.enums import SortDirection
from schema.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    NotFoundError,
    read_version,
    seal_version,
)
from schema.filters import LeadFilter, literal_of
from schema.leads import count_of
from schema.leads_list import LeadSort
from schema.loaders import SchemaView
from schema.mutations.writing import INPUT
from schema.operation_errors import Code, operation_error
from schema.pages import Count
from schema.rules import Rule, rule_of
from schema.scalars import Cursor, Version
from schema.staff import Staff, staff_of
from schema.values import global_id


@strawberry.type(description="Saved filter, order and columns.")
class SavedView:
    row: strawberry.Private[ViewRow]
    view: strawberry.Private[SchemaView]
    shown: strawberry.Private[Sequence[str]]
    count: strawberry.Private[int | None] = None

    @property
    def _viewer(self) -> StaffActor:
        assert isinstance(self.view.actor, StaffActor)
        return self.view.actor

    @strawberry.field(description="The view.")
    def id(self) -> strawberry.ID:
        return global_id("savedview", self.row.id)

    @strawberry.field(description="1 to 80 characters, unique among yours and shared ones.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="Whose; of a shared one who made it.")
    async def owner(self) -> Staff:
        person = await staff_of(self.view, self.row.owner_id)
        assert person is not None
        return person

    @strawberry.field(description="For the team.")
    def is_shared(self) -> bool:
        return self.row.is_shared

    @strawberry.field(description="You may change and remove it.")
    def can_edit(self) -> bool:
        return saved_views.may_edit(self._viewer, self.row)

    @strawberry.field(
        description="The rule; null: all leads. A clause that names what is gone says so."
    )
    async def rule(self) -> Rule | None:
        if self.row.filter is None:
            return None
        explained = await self.view.load.explanation.load(restore(self.row.filter))
        return rule_of(self.row.filter["filter"], explained)

    @strawberry.field(description="Words looked for, as in `leads`; null: none.")
    def search(self) -> str | None:
        return self.row.search

    @strawberry.field(description="What it is sorted by.")
    def sort_by(self) -> SortKey:
        return SortKey(self.row.sort_by)

    @strawberry.field(description="Direction.")
    def sort_direction(self) -> SortDirection:
        down = self.row.sort_descending
        return SortDirection.DESCENDING if down else SortDirection.ASCENDING

    @strawberry.field(description="PROPERTY: its key.")
    def sort_field_key(self) -> str | None:
        return self.row.sort_field_key

    @strawberry.field(
        description="Columns in order: `name`, `state`, `presence`, … or `property:key`."
    )
    def columns(self) -> list[str]:
        return list(self.shown)

    @strawberry.field(description="Leads in it that you may see; costs a count.")
    async def lead_count(self) -> Count:
        if self.count is None:
            return count_of(await saved_views.count_in_view(self.view, self.row))
        return count_of(self.count)

    @strawberry.field(description="Place from 0; equal ones stand by name.")
    def position(self) -> int:
        return self.row.position

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


@strawberry.type(description="Your saved views and the team's, with how many leads each finds.")
class SavedViewsItem:
    cursor: Cursor = strawberry.field(description="Position.")
    saved_views: list[SavedView] = strawberry.field(description="All of them, in order.")


async def all_saved_views(info: Info) -> list[SavedView]:
    """The caller's own and the team's."""
    view = await info.context.reading()
    return [_view(view, each) for each in await saved_views.views_seen(view)]


def _view(view: SchemaView, seen: SeenView, count: int | None = None) -> SavedView:
    return SavedView(row=seen.saved, view=view, shown=seen.columns, count=count)


async def saved_views_items(
    info: Info,
    after: Annotated[
        Cursor | None,
        strawberry.argument(
            description="Cursor of the last item: one comes only if something moved since; absent: "
            "begin with one."
        ),
    ] = None,
) -> AsyncGenerator[SavedViewsItem, None]:
    """Saved views, alive; each item's view is closed once the item is answered."""
    context: Context = info.context
    caller = await context.staff()

    def make_view(actor: Caller) -> SchemaView:
        return SchemaView(context.services, actor)

    stream = follow_saved_views(context.services, caller, after, make_view)
    try:
        async with aclosing(stream) as items:
            async for item in items:
                if isinstance(item, ListReset):  # the next item tells everything in any case
                    continue
                view = context.adopt(item.view)
                shown = [_view(view, each.seen, each.count) for each in item.views]
                yield SavedViewsItem(cursor=Cursor(item.cursor), saved_views=shown)
                del item
    except BadArgument as error:
        raise operation_error(Code.BAD_USER_INPUT, str(error)) from error


@strawberry.input(description="Input of `saveView`.")
class SaveViewInput:
    saved_view_id: strawberry.ID | None = strawberry.field(
        default=None, description="The view; absent: a new one."
    )
    name: str = strawberry.field(description="1 to 80 characters.")
    filter: LeadFilter | None = strawberry.field(default=None, description="Rule; null: all leads.")
    search: str | None = strawberry.field(
        default=None, description="Words looked for, as in `leads`; null: none."
    )
    sort: LeadSort | None = strawberry.field(
        default=None, description="Order; absent: last activity, newest first."
    )
    columns: list[str] = strawberry.field(
        description="At most 30, each once: name, presence, state, assignee, lastActivityAt, "
        "title, value, priority, emailAddress, phoneNumber, tags, source, createdAt, stateSince, "
        "or `property:` and a key."
    )
    is_shared: bool = strawberry.field(
        default=False, description="For the team; one of the team's made private becomes yours."
    )
    position: int | None = strawberry.field(
        default=None, description="Place from 0; absent: as it is, a new one last."
    )
    expected_version: Version | None = strawberry.field(
        default=None, description="Version that you saw."
    )


@strawberry.type(description="Success of `saveView`.")
class SaveViewSuccess:
    saved_view: SavedView = strawberry.field(description="The view.")


SaveViewResult = Annotated[
    SaveViewSuccess
    | ForbiddenError
    | NotFoundError
    | LimitError
    | ConflictError
    | InvalidInputError,
    strawberry.union("SaveViewResult", description="Result of `saveView`."),
]


async def save_view(
    info: Info, input: Annotated[SaveViewInput, strawberry.argument(description=INPUT)]
) -> SaveViewResult:
    """Makes or changes a saved view."""
    actor, given = await info.context.person(), input.saved_view_id
    view_id = read_id("savedViewId", "savedview", given) if given else None
    edit = ViewEdit(
        name=input.name,
        literal=literal_of(input.filter) if input.filter else None,
        search=input.search,
        sort=input.sort.given() if input.sort else Sort(),
        columns=input.columns,
        is_shared=input.is_shared,
        position=input.position,
        expected=read_version(info, view_id, input.expected_version) if view_id else None,
    )
    async with info.context.work() as work:
        row = await saved_views.save_view(work, actor, view_id, edit)
    seen = SeenView(row, row.columns)
    return SaveViewSuccess(saved_view=_view(info.context.view(actor), seen))


@strawberry.input(description="Input of `removeView`.")
class RemoveViewInput:
    saved_view_id: strawberry.ID = strawberry.field(description="The view.")


@strawberry.type(description="Success of `removeView`.")
class RemoveViewSuccess:
    saved_view_id: strawberry.ID = strawberry.field(description="Its id.")


RemoveViewResult = Annotated[
    RemoveViewSuccess | ForbiddenError | NotFoundError | InvalidInputError,
    strawberry.union("RemoveViewResult", description="Result of `removeView`."),
]


async def remove_view(
    info: Info, input: Annotated[RemoveViewInput, strawberry.argument(description=INPUT)]
) -> RemoveViewResult:
    """Removes a saved view."""
    actor = await info.context.person()
    view_id = read_id("savedViewId", "savedview", input.saved_view_id)
    async with info.context.work() as work:
        await saved_views.remove_view(work, actor, view_id)
    return RemoveViewSuccess(saved_view_id=input.saved_view_id)
