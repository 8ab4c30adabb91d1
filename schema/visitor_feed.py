"""What a visit's page must know, live."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

import strawberry

from models.conversations import Message as MessageRow
from models.enums import Channel
from resolvers.actors import VisitorActor
from resolvers.lead_card import ResetReason
from resolvers.visitor_feed import (
    FeedEnded,
    FeedItem,
    FeedMessage,
    FeedReset,
    FeedSnapshot,
    FeedStaff,
    follow_visitor_feed,
)
from schema.context import Context, Info
from schema.loaders import SchemaView
from schema.scalars import Cursor
from schema.visits import (
    Visit,
    VisitMessage,
    VisitPopUp,
    VisitStaff,
    pop_up_of,
    visit_staff,
)


@strawberry.type(description="Where the feed begins.")
class VisitFeedSnapshot:
    cursor: Cursor = strawberry.field(description="Position.")
    visit: Visit = strawberry.field(description="The visit.")


@strawberry.type(description="A message of either side.")
class VisitMessageAdded:
    cursor: Cursor = strawberry.field(description="Position.")
    message: VisitMessage = strawberry.field(description="The message.")


@strawberry.type(description="A pop-up to show now.")
class VisitPopUpShown:
    cursor: Cursor = strawberry.field(description="Position.")
    pop_up: VisitPopUp = strawberry.field(description="The pop-up.")


@strawberry.type(description="Somebody of the team began or ceased typing; at most 1 a second.")
class VisitStaffChanged:
    cursor: Cursor = strawberry.field(description="Position.")
    staff_member: VisitStaff | None = strawberry.field(
        description="Who types in the chat; null: nobody. Ends by itself after 15 s."
    )


@strawberry.type(description="The cursor could not be met; a snapshot follows.")
class VisitFeedReset:
    cursor: Cursor = strawberry.field(description="Position.")
    reset_reason: ResetReason = strawberry.field(description="Why.")


@strawberry.type(description="The token ended; start a new visit. Last item.")
class VisitEnded:
    at: datetime = strawberry.field(description="When.")


VisitFeedItem = Annotated[
    VisitFeedSnapshot
    | VisitMessageAdded
    | VisitPopUpShown
    | VisitStaffChanged
    | VisitFeedReset
    | VisitEnded,
    strawberry.union("VisitFeedItem", description="Item of the visitor's feed."),
]


async def visitor_feed(
    info: Info,
    after: Annotated[
        Cursor | None,
        strawberry.argument(description="Cursor of the last item; absent: begin with a snapshot."),
    ] = None,
) -> AsyncGenerator[VisitFeedItem, None]:
    """What the visitor's page must know, live."""
    context: Context = info.context
    caller = await context.visitor()

    def make_view(actor: VisitorActor) -> SchemaView:
        return SchemaView(context.services, actor)

    async with aclosing(follow_visitor_feed(context.services, caller, after, make_view)) as items:
        async for item in items:
            yield _item(context, caller, item)
            del item


def _item(context: Context, caller: VisitorActor, item: FeedItem[SchemaView]) -> VisitFeedItem:
    match item:
        case FeedSnapshot():
            view = context.adopt(item.view)
            return VisitFeedSnapshot(
                cursor=Cursor(item.cursor), visit=Visit(caller=caller, view=view)
            )
        case FeedMessage():
            return _message(context, Cursor(item.cursor), item.message)
        case FeedStaff():
            return VisitStaffChanged(
                cursor=Cursor(item.cursor),
                staff_member=visit_staff(item.typing) if item.typing else None,
            )
        case FeedReset():
            return VisitFeedReset(cursor=Cursor(item.cursor), reset_reason=item.reason)
        case FeedEnded():
            return VisitEnded(at=item.at)


def _message(
    context: Context, cursor: Cursor, row: MessageRow
) -> VisitMessageAdded | VisitPopUpShown:
    if row.channel is not Channel.POPUP:
        return VisitMessageAdded(cursor=cursor, message=VisitMessage(row=row))
    return VisitPopUpShown(cursor=cursor, pop_up=pop_up_of(row, context.services.clock.now()))
