"""What each person has read. A mark is the person's own business and no part of a lead.

Unread are messages of the lead behind the mark. Where somebody never looked, what the team has
answered since counts as read: a new colleague does not begin with all that was ever written.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlmodel import col

from models.conversations import Conversation, ConversationRead, Message
from models.enums import Channel, MessageDirection
from models.ids import encode_id
from realtime import topics
from resolvers import access
from resolvers.actors import Actor, StaffActor
from resolvers.errors import NotFound
from resolvers.unit_of_work import UnitOfWork
from resolvers.upserts import insert_into
from resolvers.views import View

Rows = Callable[[Select[Any]], Awaitable[Iterable[Any]]]


async def chats_of(rows: Rows, lead_ids: Sequence[UUID]) -> dict[UUID, Conversation]:
    """The chat of each lead: the newest one, where a merge left two."""
    found = await rows(
        select(Conversation)
        .where(col(Conversation.lead_id).in_(lead_ids), col(Conversation.channel) == Channel.CHAT)
        .order_by(col(Conversation.last_message_at), col(Conversation.id))
    )
    return {each.lead_id: each for each in found}


async def chats_by_lead(view: View, lead_ids: Sequence[UUID]) -> list[Conversation | None]:
    """The same for a view."""
    found = await chats_of(view.scalars, lead_ids)
    return [found.get(each) for each in lead_ids]


def is_unread(person: UUID) -> ColumnElement[bool]:
    """Whether a message is unread by a person; beside it stand its conversation and the mark."""
    place = tuple_(col(Message.at), col(Message.id))
    mark = tuple_(col(ConversationRead.message_at), col(ConversationRead.message_id))
    never_looked = col(ConversationRead.message_id).is_(None)
    return and_(
        col(Message.direction) == MessageDirection.FROM_LEAD,
        or_(
            place > mark,
            and_(never_looked, col(Message.at) >= col(Conversation.waiting_since)),
        ),
    )


def unread_messages(person: UUID) -> Select[UUID]:
    """Ids of all that a person has not read; narrow it by conversations."""
    return (
        select(col(Message.id))
        .join(Conversation, col(Conversation.id) == col(Message.conversation_id))
        .outerjoin(
            ConversationRead,
            and_(
                col(ConversationRead.conversation_id) == col(Conversation.id),
                col(ConversationRead.staff_id) == person,
            ),
        )
        .where(is_unread(person))
    )


async def unread_by_conversation(view: View, ids: Sequence[UUID]) -> list[int]:
    """How many messages of each conversation the viewer has not read."""
    person = view.actor.id
    if not isinstance(view.actor, StaffActor) or person is None:
        return [0] * len(ids)
    rows = await view.rows(
        unread_messages(person)
        .with_only_columns(col(Message.conversation_id), func.count())
        .where(col(Message.conversation_id).in_(ids))
        .group_by(col(Message.conversation_id))
    )
    found = {conversation_id: count for conversation_id, count in rows}
    return [found.get(each, 0) for each in ids]


async def mark_read(
    work: UnitOfWork, actor: StaffActor, conversation_id: UUID, message_id: UUID
) -> None:
    """Marks messages up to one as read by the actor; an older one than before changes nothing.

    NotFound for what is not theirs to see.
    """
    conversation = await work.session.scalar(
        select(Conversation).where(
            col(Conversation.id) == conversation_id, access.visible_conversations(actor)
        )
    )
    if conversation is None:
        raise NotFound("conversation", encode_id("conversation", conversation_id))
    message = await work.session.scalar(
        select(Message).where(
            col(Message.id) == message_id, col(Message.conversation_id) == conversation_id
        )
    )
    if message is None:
        raise NotFound("message", encode_id("message", message_id))
    await note(work, actor, message)


async def note(work: UnitOfWork, actor: Actor, message: Message) -> None:
    """Moves a person's mark on to a message; nothing for programs."""
    if not isinstance(actor, StaffActor) or not actor.is_person:
        return
    statement = insert_into(work.session, ConversationRead).values(
        staff_id=actor.id,
        conversation_id=message.conversation_id,
        message_at=message.at,
        message_id=message.id,
    )
    moved = {name: statement.excluded[name] for name in ("message_at", "message_id")}
    now = tuple_(col(ConversationRead.message_at), col(ConversationRead.message_id))
    later = tuple_(statement.excluded.message_at, statement.excluded.message_id) > now
    await work.session.execute(
        statement.on_conflict_do_update(
            index_elements=["staff_id", "conversation_id"], set_=moved, where=later
        )
    )
    work.hint(topics.inbox(actor.id))
