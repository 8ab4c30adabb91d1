"""A live list of leads: the rows from its top, and what becomes of them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated

import strawberry

from resolvers.actors import Actor as Caller
from resolvers.errors import BadArgument
from resolvers.lead_card import ResetReason
from resolvers.lead_list import (
    LeadCollection,
    ListChanged,
    ListItem,
    ListSnapshot,
    Row,
    Watched,
    follow_lead_list,
)
from resolvers.leads_list import Chosen
from resolvers.leads_order import Sort
from resolvers.live_list import ListReset
from resolvers.pages import check_first
from schema.context import Context, Info
from schema.filters import LeadFilter
from schema.leads import Lead, count_of
from schema.leads_list import LeadSort
from schema.loaders import SchemaView
from schema.operation_errors import Code, operation_error
from schema.pages import Count
from schema.scalars import Cursor
from schema.values import global_id


@strawberry.type(description="Row of a live list.")
class LeadListRow:
    position: int = strawberry.field(description="Place from 0, after the whole item is applied.")
    lead: Lead = strawberry.field(description="The lead.")


@strawberry.type(description="The watched rows.")
class LeadListSnapshot:
    cursor: Cursor = strawberry.field(description="Position.")
    rows: list[LeadListRow] = strawberry.field(description="Rows from the top.")
    total_count: Count = strawberry.field(description="Leads in the list.")


@strawberry.type(
    description="What changed since the last item. To apply it, drop the leads in `leftIds` and in "
    "`rows`, then put those in `rows` at their positions, the least first."
)
class LeadListChanged:
    cursor: Cursor = strawberry.field(description="Position.")
    rows: list[LeadListRow] = strawberry.field(
        description="Came into the watched rows, have other content or presence, or stand at "
        "another place among those that stayed."
    )
    left_ids: list[strawberry.ID] = strawberry.field(
        description="Went from the watched rows, whatever the reason."
    )
    total_count: Count = strawberry.field(description="Leads in the list.")


@strawberry.type(name="ListReset", description="The cursor could not be met; a snapshot follows.")
class ListResetItem:
    cursor: Cursor = strawberry.field(description="The position that can't be gone on from.")
    reset_reason: ResetReason = strawberry.field(description="Why.")


LeadListItem = Annotated[
    LeadListSnapshot | LeadListChanged | ListResetItem,
    strawberry.union("LeadListItem", description="Item of a live list."),
]


async def lead_list(
    info: Info,
    first: Annotated[
        int,
        strawberry.argument(description="How many rows from the top are watched, 1 to 100."),
    ],
    collection: Annotated[
        LeadCollection,
        strawberry.argument(description="All leads, or those of the Visitors section."),
    ] = LeadCollection.LEADS,
    filter: Annotated[
        LeadFilter | None,
        strawberry.argument(description="Which, as in `leads` or `visitors`."),
    ] = None,
    search: Annotated[
        str | None, strawberry.argument(description="As in `leads`; not with VISITORS.")
    ] = None,
    sort: Annotated[
        LeadSort | None,
        strawberry.argument(description="Order, as in `leads`; not with VISITORS."),
    ] = None,
    after: Annotated[
        Cursor | None,
        strawberry.argument(
            description="Cursor of the last item: a snapshot comes only if something moved since; "
            "absent: begin with a snapshot."
        ),
    ] = None,
) -> AsyncGenerator[LeadListItem, None]:
    """The top of a list, alive; each item's view is closed once the item is answered."""
    context: Context = info.context
    caller = await context.staff()
    try:
        chosen = Chosen(filter.read() if filter else None, search)
    except BadArgument as error:
        raise operation_error(Code.BAD_USER_INPUT, str(error)) from error
    watched = _watched(collection, chosen, sort, first)

    def make_view(actor: Caller) -> SchemaView:
        return SchemaView(context.services, actor)

    stream = follow_lead_list(context.services, caller, watched, after, make_view)
    try:
        async with aclosing(stream) as items:
            async for item in items:
                yield _item(context, item)
                del item
    except BadArgument as error:
        raise operation_error(Code.BAD_USER_INPUT, str(error)) from error


def _watched(
    collection: LeadCollection, chosen: Chosen, sort: LeadSort | None, first: int
) -> Watched:
    if collection is LeadCollection.VISITORS and (chosen.search is not None or sort):
        raise operation_error(
            Code.BAD_USER_INPUT, "VISITORS has its own order and takes no search."
        )
    return Watched(collection, chosen, sort.given() if sort else Sort(), check_first(first))


def _item(context: Context, item: ListItem[SchemaView]) -> LeadListItem:
    match item:
        case ListSnapshot():
            view = context.adopt(item.view)
            return LeadListSnapshot(
                cursor=Cursor(item.cursor),
                rows=_rows(view, item.rows),
                total_count=count_of(item.count),
            )
        case ListChanged():
            view = context.adopt(item.view)
            return LeadListChanged(
                cursor=Cursor(item.cursor),
                rows=_rows(view, item.rows),
                left_ids=[global_id("lead", each) for each in item.left],
                total_count=count_of(item.count),
            )
        case ListReset():
            return ListResetItem(cursor=Cursor(item.cursor), reset_reason=item.reason)


def _rows(view: SchemaView, rows: Sequence[Row]) -> list[LeadListRow]:
    for row in rows:
        view.load.presence.prime(row.lead.id, row.presence)
    return [LeadListRow(position=row.position, lead=Lead(row=row.lead, view=view)) for row in rows]
