"""What the signed-in person is told apart from open cards."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from models.enums import ActorKind, NotificationKind
from models.leads import Lead as LeadRow
from models.notifications import Notification as NotificationRow
from resolvers import notification_feed, notifications
from resolvers.actors import Actor as Caller
from resolvers.errors import BadArgument
from schema.context import Context, Info, read_id
from schema.errors import InvalidInputError
from schema.leads import After, First, Lead
from schema.loaders import SchemaView
from schema.mutations.writing import INPUT
from schema.operation_errors import Code, operation_error
from schema.pages import PageInfo, connection
from schema.scalars import Cursor
from schema.staff import Actor, actor_of
from schema.subjects import HistorySubject, subject_of
from schema.values import global_id


@strawberry.type(description="Something that you should know.")
class Notification:
    row: strawberry.Private[NotificationRow]
    view: strawberry.Private[SchemaView]

    async def _lead(self) -> LeadRow | None:
        lead_id = self.row.lead_id
        return await self.view.load.lead.load(lead_id) if lead_id else None

    async def _is_hidden(self) -> bool:
        return self.row.lead_id is not None and await self._lead() is None

    @strawberry.field(description="The notification.")
    def id(self) -> strawberry.ID:
        return global_id("notification", self.row.id)

    @strawberry.field(description="Kind.")
    def kind(self) -> NotificationKind:
        return self.row.kind

    @strawberry.field(description="When.")
    def at(self) -> datetime:
        return self.row.at

    @strawberry.field(description="Who caused it.")
    async def actor(self) -> Actor:
        row, name = self.row, self.row.actor_name
        if row.actor_kind is ActorKind.LEAD and await self._is_hidden():
            name = notifications.HIDDEN_LEAD
        return actor_of(self.view, row.actor_kind, row.actor_id, name)

    @strawberry.field(
        description="1 to 200 characters. Without the lead's name while the lead is not yours."
    )
    async def text(self) -> str:
        if await self._is_hidden():
            return notifications.HIDDEN_TEXTS.get(self.row.kind, notifications.HIDDEN_TEXT)
        return self.row.text

    @strawberry.field(description="The lead, while it is yours.")
    async def lead(self) -> Lead | None:
        row = await self._lead()
        return Lead(row=row, view=self.view) if row else None

    @strawberry.field(description="What to open; null when gone, not yours, or the lead itself.")
    async def about(self) -> HistorySubject | None:
        return await subject_of(self.view, self.row)

    @strawberry.field(description="When you read it.")
    def read_at(self) -> datetime | None:
        return self.row.read_at


@strawberry.type(description="Row of NotificationConnection.")
class NotificationEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Notification = strawberry.field(description="The row.")


@strawberry.type(description="Page of notifications.")
class NotificationConnection:
    edges: list[NotificationEdge] = strawberry.field(description="With cursors.")
    nodes: list[Notification] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All that you have; costs a count.")
    async def total_count(self) -> int:
        return await self.count()


@strawberry.type(description="A notification or read mark, live, and the unread count.")
class NotificationItem:
    cursor: Cursor = strawberry.field(description="Position to resume from.")
    notification: Notification | None = strawberry.field(
        description="The notification that is new or was read; null where the stream begins."
    )
    unread_count: int = strawberry.field(description="Not read now.")


@strawberry.input(description="Input of `markNotificationsRead`.")
class MarkNotificationsReadInput:
    notification_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Up to 100; absent: all."
    )


@strawberry.type(description="Success of `markNotificationsRead`.")
class MarkNotificationsReadSuccess:
    unread_count: int = strawberry.field(description="Not read now.")


MarkNotificationsReadResult = Annotated[
    MarkNotificationsReadSuccess | InvalidInputError,
    strawberry.union(
        "MarkNotificationsReadResult", description="Result of `markNotificationsRead`."
    ),
]


async def my_notifications(
    info: Info,
    first: First,
    after: After = None,
    unread_only: Annotated[bool, strawberry.argument(description="Only those not read.")] = False,
) -> NotificationConnection:
    """The caller's own, newest first."""
    await info.context.person()
    view = await info.context.reading()
    page = await notifications.notifications_page(
        view, unread_only=unread_only, first=first, after=after
    )
    return connection(
        NotificationConnection,
        NotificationEdge,
        page,
        lambda row: Notification(row=row, view=view),
        count=partial(notifications.count_notifications, view, unread_only=unread_only),
    )


async def mark_notifications_read(
    info: Info,
    input: Annotated[MarkNotificationsReadInput, strawberry.argument(description=INPUT)],
) -> MarkNotificationsReadResult:
    """Marks the caller's own as read."""
    caller, given = await info.context.person(), input.notification_ids
    ids = None
    if given is not None:
        ids = [
            read_id(f"notificationIds.{index}", "notification", each)
            for index, each in enumerate(given)
        ]
    async with info.context.work() as work:
        unread = await notifications.mark_read(work, caller, ids)
    return MarkNotificationsReadSuccess(unread_count=unread)


async def notification_items(
    info: Info,
    after: Annotated[
        Cursor | None,
        strawberry.argument(
            description="Cursor of the last item; absent: only new ones. One from before a restore "
            "begins anew: read the list again then."
        ),
    ] = None,
) -> AsyncGenerator[NotificationItem, None]:
    """The caller's notifications as they come and are read."""
    context: Context = info.context
    caller = await context.person()

    def make_view(actor: Caller) -> SchemaView:
        return SchemaView(context.services, actor)

    stream = notification_feed.follow_notifications(context.services, caller, after, make_view)
    try:
        async with aclosing(stream) as items:
            async for item in items:
                view, row = context.adopt(item.view), item.notification
                yield NotificationItem(
                    cursor=Cursor(item.cursor),
                    notification=Notification(row=row, view=view) if row else None,
                    unread_count=item.unread,
                )
                del item, view, row
    except BadArgument as error:
        raise operation_error(Code.BAD_USER_INPUT, str(error)) from error
