"""The inbox: conversations of all leads, as pages and live."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any

import strawberry

from models.conversations import Conversation as ConversationRow
from models.enums import Channel, ConversationState
from resolvers import inbox as inboxes
from resolvers.actors import Actor as Caller
from resolvers.errors import BadArgument
from resolvers.inbox import InboxItem, InboxReading, InboxSnapshot, WatchedInbox
from resolvers.live_list import ListReset
from resolvers.pages import check_first
from schema.context import Context, Info, argument_id, read_id
from schema.conversations import (
    Conversation,
    ConversationConnection,
    ConversationEdge,
    conversation_of,
)
from schema.errors import InvalidInputError, NotFoundError
from schema.filters import AssigneeFilter
from schema.lead_list import ListResetItem
from schema.leads import After, First, count_of
from schema.loaders import SchemaView
from schema.mutations.writing import INPUT
from schema.operation_errors import Code, operation_error
from schema.pages import Count, connection
from schema.scalars import Cursor
from schema.values import global_id


@strawberry.input(description="Which conversations; all given parts must hold.")
class ConversationFilter:
    states: list[ConversationState] | None = strawberry.field(
        default=None, description="States; absent: OPEN."
    )
    channels: list[Channel] | None = strawberry.field(
        default=None, description="Channels; absent or empty: all."
    )
    assignee: AssigneeFilter | None = strawberry.field(default=None, description="Who answers.")
    is_unread: bool | None = strawberry.field(
        default=None, description="With messages that you have not read."
    )
    waiting_for_seconds: int | None = strawberry.field(
        default=None, description="The lead waits at least so long."
    )

    def given(self) -> inboxes.ConversationFilter:
        """As the use-case takes it."""
        return inboxes.ConversationFilter(
            states=(ConversationState.OPEN,) if self.states is None else tuple(self.states),
            channels=tuple(self.channels or ()),
            assignee=_assignee(self.assignee) if self.assignee else None,
            is_unread=self.is_unread,
            waiting_for=self.waiting_for_seconds,
        )


def _assignee(given: AssigneeFilter) -> tuple[str, Any]:
    if given.in_ is not None:
        if len(given.in_.value) > 1_000:
            raise BadArgument("At most 1,000 ids.")
        return "in", tuple(argument_id("staff", each) for each in given.in_.value)
    for how, part in (("is_me", given.is_me), ("is_nobody", given.is_nobody)):
        if part is not None:
            return how, part.value
    assert given.team_id is not None
    return "team", argument_id("team", given.team_id.value)


@strawberry.type(description="Sizes of the usual parts of the inbox.")
class InboxCounts:
    mine: Count = strawberry.field(description="Open ones that you answer.")
    unassigned: Count = strawberry.field(description="Open ones that nobody answers yet.")
    open: Count = strawberry.field(description="All open ones.")
    snoozed: Count = strawberry.field(description="Those put off.")
    closed: Count = strawberry.field(description="Those done.")
    unread: Count = strawberry.field(
        description="Messages that you have not read, in what is not closed."
    )


@strawberry.type(name="InboxSnapshot", description="The watched conversations.")
class InboxSnapshotItem:
    cursor: Cursor = strawberry.field(description="Position.")
    conversations: list[Conversation] = strawberry.field(description="From the top.")
    total_count: Count = strawberry.field(description="Conversations in the filter.")
    counts: InboxCounts = strawberry.field(description="Sizes of the usual parts.")


@strawberry.type(
    name="InboxChanged",
    description="What changed since the last item; each conversation at most once. To apply it, "
    "put `conversations` among what you have, and show what `order` names.",
)
class InboxChangedItem:
    cursor: Cursor = strawberry.field(description="Position.")
    conversations: list[Conversation] = strawberry.field(
        description="New or changed, in the list's order."
    )
    left_ids: list[strawberry.ID] = strawberry.field(
        description="Went from the watched ones: turned, given away, not yours any more, erased."
    )
    order: list[strawberry.ID] = strawberry.field(description="Order of the watched ids now.")
    total_count: Count = strawberry.field(description="Conversations in the filter.")
    counts: InboxCounts = strawberry.field(description="Sizes of the usual parts.")


InboxStreamItem = Annotated[
    InboxSnapshotItem | InboxChangedItem | ListResetItem,
    strawberry.union("InboxItem", description="Item of the live inbox."),
]


Filter = Annotated[
    ConversationFilter | None,
    strawberry.argument(description="Which; absent: open ones that you may see."),
]


def _given(filter: ConversationFilter | None) -> inboxes.ConversationFilter:
    return filter.given() if filter else inboxes.ConversationFilter()


async def conversations(
    info: Info, first: First, after: After = None, filter: Filter = None
) -> ConversationConnection:
    """The inbox, page by page."""
    view, wanted = await info.context.reading(), _given(filter)
    page = await inboxes.conversations_page(view, wanted, first, after)
    return connection(
        ConversationConnection,
        ConversationEdge,
        page,
        lambda row: Conversation(row=row, view=view),
        count=partial(inboxes.count_conversations, view, wanted),
    )


async def inbox(
    info: Info,
    first: Annotated[int, strawberry.argument(description="Rows watched from the top, 1 to 100.")],
    filter: Filter = None,
    after: Annotated[
        Cursor | None,
        strawberry.argument(
            description="Cursor of the last item: a snapshot comes only if something moved since; "
            "absent: begin with a snapshot."
        ),
    ] = None,
) -> AsyncGenerator[InboxStreamItem, None]:
    """The inbox, alive; each item's view is closed once the item is answered."""
    context: Context = info.context
    caller = await context.staff()

    def make_view(actor: Caller) -> SchemaView:
        return SchemaView(context.services, actor)

    try:
        watched = WatchedInbox(_given(filter), check_first(first))
        stream = inboxes.follow_inbox(context.services, caller, watched, after, make_view)
        async with aclosing(stream) as items:
            async for item in items:
                yield _item(context, item)
                del item
    except BadArgument as error:
        raise operation_error(Code.BAD_USER_INPUT, str(error)) from error


def _item(context: Context, item: InboxItem[SchemaView]) -> InboxStreamItem:
    if isinstance(item, ListReset):
        return ListResetItem(cursor=Cursor(item.cursor), reset_reason=item.reason)
    view = context.adopt(item.now.view)
    rows = item.now.rows if isinstance(item, InboxSnapshot) else item.rows
    parts: dict[str, Any] = {
        "cursor": Cursor(item.cursor),
        "conversations": _rows(view, item.now, rows),
        "total_count": count_of(item.now.count),
        "counts": counts_of(item.now.counts),
    }
    if isinstance(item, InboxSnapshot):
        return InboxSnapshotItem(**parts)
    return InboxChangedItem(
        **parts,
        left_ids=[global_id("conversation", each) for each in item.left],
        order=[global_id("conversation", each.id) for each in item.now.rows],
    )


def _rows(
    view: SchemaView, now: InboxReading[SchemaView], rows: Sequence[ConversationRow]
) -> list[Conversation]:
    for row in rows:
        view.load.presence.prime(row.lead_id, now.presence[row.lead_id])
        view.load.viewers.prime(row.lead_id, now.viewers[row.lead_id])
        view.load.unread.prime(row.id, now.unread[row.id])
    return [Conversation(row=row, view=view) for row in rows]


def counts_of(counts: inboxes.InboxCounts) -> InboxCounts:
    """The sizes as clients see them."""
    return InboxCounts(**{name: count_of(value) for name, value in vars(counts).items()})


@strawberry.input(description="Input of `markConversationRead`.")
class MarkConversationReadInput:
    conversation_id: strawberry.ID = strawberry.field(description="The conversation.")
    message_id: strawberry.ID = strawberry.field(description="Last one read.")


@strawberry.type(description="Success of `markConversationRead`.")
class MarkConversationReadSuccess:
    conversation: Conversation = strawberry.field(description="The conversation.")


MarkConversationReadResult = Annotated[
    MarkConversationReadSuccess | NotFoundError | InvalidInputError,
    strawberry.union("MarkConversationReadResult", description="Result of `markConversationRead`."),
]


async def mark_conversation_read(
    info: Info,
    input: Annotated[MarkConversationReadInput, strawberry.argument(description=INPUT)],
) -> MarkConversationReadResult:
    """Marks messages up to one as read by the caller."""
    actor = await info.context.person()
    conversation_id = read_id("conversationId", "conversation", input.conversation_id)
    message_id = read_id("messageId", "message", input.message_id)
    async with info.context.work() as work:
        await inboxes.mark_read(work, actor, conversation_id, message_id)
    view = info.context.view(actor)
    return MarkConversationReadSuccess(conversation=await conversation_of(view, conversation_id))
