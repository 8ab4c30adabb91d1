"""Conversations and messages."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from models.conversations import Conversation as ConversationRow
from models.conversations import Message as MessageRow
from models.enums import (
    Channel,
    ConversationState,
    DeliveryState,
    MessageDirection,
    PresenceState,
)
from resolvers import calls, deliveries
from resolvers.counting_leads import EXACT_BELOW
from resolvers.lists import CONVERSATION_MESSAGES, Counted, Wanted
from schema.context import Info, argument_id
from schema.errors import seal_version
from schema.loaders import SchemaView
from schema.pages import AFTER, FIRST, Count, PageInfo, connection
from schema.presence import CardViewer
from schema.scalars import Cursor, Url, Version
from schema.staff import Actor, Staff, actor_of, staff_of
from schema.values import global_id

if TYPE_CHECKING:
    from schema.leads import Lead


@strawberry.type(description="Thread of messages with one lead.")
class Conversation:
    row: strawberry.Private[ConversationRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The conversation.")
    def id(self) -> strawberry.ID:
        return global_id("conversation", self.row.id)

    @strawberry.field(description="The lead: the same card as in the database.")
    async def lead(self) -> Annotated["Lead", strawberry.lazy("schema.leads")]:
        from schema.leads import lead_of

        return await lead_of(self.view, self.row.lead_id)

    @strawberry.field(description="Channel.")
    def channel(self) -> Channel:
        return self.row.channel

    @strawberry.field(description="Subject, at most 200 characters.")
    def subject(self) -> str | None:
        return self.row.subject

    @strawberry.field(description="Open, snoozed or closed.")
    def state(self) -> ConversationState:
        return self.row.state

    @strawberry.field(description="End of the snooze.")
    def snoozed_until(self) -> datetime | None:
        return self.row.snoozed_until

    @strawberry.field(description="Who answers; null: nobody yet.")
    async def assignee(self) -> Staff | None:
        return await staff_of(self.view, self.row.assignee_id)

    @strawberry.field(
        description="Messages of the lead that you have not read; where you never looked, those "
        "since the team's last answer."
    )
    async def unread_count(self) -> int:
        return await self.view.load.unread.load(self.row.id)

    @strawberry.field(
        description="Staff who have the lead's card open, here or elsewhere, and who of them types "
        "in which conversation; at most 20."
    )
    async def viewers(self) -> list[CardViewer]:
        listed = await self.view.load.viewers.load(self.row.lead_id)
        return [CardViewer(row=row, view=self.view) for row in listed.viewers]

    @strawberry.field(description="The lead types now, in the chat; ends by itself within 10 s.")
    async def is_lead_typing(self) -> bool:
        listed = await self.view.load.viewers.load(self.row.lead_id)
        if not listed.is_lead_typing or self.row.channel is not Channel.CHAT:
            return False
        chat = await self.view.load.chat_of_lead.load(self.row.lead_id)
        return chat is not None and chat.id == self.row.id

    @strawberry.field(description="Version for `expectedVersion`: it changes with the assignee.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)

    @strawberry.field(description="When it began.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="Last message.")
    async def last_message(
        self,
    ) -> Annotated["Message", strawberry.lazy("schema.conversations")] | None:
        message_id = self.row.last_message_id
        row = await self.view.load.message.load(message_id) if message_id else None
        return Message(row=row, view=self.view) if row else None

    @strawberry.field(description="Since when the lead waits for an answer; null: it does not.")
    def waiting_since(self) -> datetime | None:
        return self.row.waiting_since

    @strawberry.field(description="Messages, newest first.")
    async def messages(
        self,
        first: Annotated[int, strawberry.argument(description=FIRST)],
        after: Annotated[Cursor | None, strawberry.argument(description=AFTER)] = None,
    ) -> Annotated["MessageConnection", strawberry.lazy("schema.conversations")]:
        wanted = Wanted(CONVERSATION_MESSAGES, self.row.id, first, after)
        page = await self.view.load.page.load(wanted)
        return connection(
            MessageConnection,
            MessageEdge,
            page,
            lambda row: Message(row=row, view=self.view),
            count=partial(self.view.load.count.load, Counted(CONVERSATION_MESSAGES, self.row.id)),
        )


@strawberry.type(description="Step of a delivery.")
class DeliveryStep:
    state: DeliveryState = strawberry.field(description="State reached.")
    at: datetime = strawberry.field(description="When.")


@strawberry.type(description="Delivery of a message.")
class MessageDelivery:
    state: DeliveryState = strawberry.field(description="Where it stands.")
    since: datetime = strawberry.field(description="Since when.")
    steps: list[DeliveryStep] = strawberry.field(
        description="Steps so far, oldest first; at most 100."
    )
    expires_at: datetime | None = strawberry.field(description="Pop-ups: shown only until then.")


@strawberry.type(description="Button of a pop-up.")
class MessageLink:
    text: str = strawberry.field(description="What it says; 1 to 40 characters.")
    url: Url = strawberry.field(description="Where it leads.")


@strawberry.type(description="Message to, from or about a lead.")
class Message:
    row: strawberry.Private[MessageRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The message.")
    def id(self) -> strawberry.ID:
        return global_id("message", self.row.id)

    @strawberry.field(description="Its conversation.")
    async def conversation(self) -> Conversation:
        return await conversation_of(self.view, self.row.conversation_id)

    @strawberry.field(description="Channel.")
    def channel(self) -> Channel:
        return self.row.channel

    @strawberry.field(description="Direction.")
    def direction(self) -> MessageDirection:
        return self.row.direction

    @strawberry.field(description="At most 200 characters; mail and pop-ups.")
    def subject(self) -> str | None:
        return self.row.subject

    @strawberry.field(description="Plain text, at most 20,000 characters.")
    def text(self) -> str:
        return self.row.text

    @strawberry.field(description="Who wrote it, or put it down.")
    def author(self) -> Actor:
        row = self.row
        return actor_of(self.view, row.author_kind, row.author_id, row.author_name)

    @strawberry.field(description="When written or received.")
    def at(self) -> datetime:
        return self.row.at

    @strawberry.field(description="TAKEN: whom the words came from, at most 100 characters.")
    def taken_from(self) -> str | None:
        return self.row.taken_from

    @strawberry.field(description="Put down by hand, not sent or received by this program.")
    def is_logged(self) -> bool:
        return self.row.logged_at is not None

    @strawberry.field(description="Put down more than 5 minutes later.")
    def is_backdated(self) -> bool:
        logged_at = self.row.logged_at
        return logged_at is not None and calls.is_later(self.row.at, logged_at)

    @strawberry.field(description="Presence of the lead when it was written; messages to the lead.")
    def lead_presence(self) -> PresenceState | None:
        return self.row.lead_presence

    @strawberry.field(description="Pop-ups: their button; null: none.")
    def link(self) -> MessageLink | None:
        row = self.row
        return (
            MessageLink(text=row.link_text or "", url=Url(row.link_url)) if row.link_url else None
        )

    @strawberry.field(
        description="Where delivery stands; null for received ones and where nobody can tell."
    )
    def delivery(self) -> MessageDelivery | None:
        row = self.row
        if row.delivery is None:
            return None
        steps = [
            DeliveryStep(state=DeliveryState(each["state"]), at=datetime.fromisoformat(each["at"]))
            for each in row.delivery_steps
        ]
        return MessageDelivery(
            state=row.delivery, since=steps[-1].at, steps=steps, expires_at=row.expires_at
        )

    @strawberry.field(description="When the lead saw it; null: not yet or not known.")
    def seen_at(self) -> datetime | None:
        return deliveries.seen_at(self.row)


@strawberry.type(description="Row of ConversationConnection.")
class ConversationEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Conversation = strawberry.field(description="The row.")


@strawberry.type(description="Page of conversations.")
class ConversationConnection:
    edges: list[ConversationEdge] = strawberry.field(description="With cursors.")
    nodes: list[Conversation] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All that you may see; costs a count.")
    async def total_count(self) -> Count:
        found = await self.count()
        return Count(value=min(found, EXACT_BELOW), is_exact=found <= EXACT_BELOW)


@strawberry.type(description="Row of MessageConnection.")
class MessageEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Message = strawberry.field(description="The row.")


@strawberry.type(description="Page of messages.")
class MessageConnection:
    edges: list[MessageEdge] = strawberry.field(description="With cursors.")
    nodes: list[Message] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All that you may see.")
    async def total_count(self) -> int:
        return await self.count()


async def conversation_of(view: SchemaView, conversation_id: UUID) -> Conversation:
    """The conversation with this id, on a lead that the viewer sees."""
    row = await view.load.conversation.load(conversation_id)
    assert row is not None
    return Conversation(row=row, view=view)


async def conversation(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The conversation.")],
) -> Conversation | None:
    """One conversation; null for one that is not yours."""
    view = await info.context.reading()
    row = await view.load.conversation.load(argument_id("conversation", id))
    return Conversation(row=row, view=view) if row else None
