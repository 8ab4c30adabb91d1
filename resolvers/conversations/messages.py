"""Messages: chat with visitors, and pop-ups shown to them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.conversations import Conversation, Message
from models.enums import (
    ChangeKind,
    Channel,
    ConversationState,
    HistoryType,
    MessageDirection,
    PresenceState,
)
from models.ids import new_id
from models.leads import Lead
from models.visits import Visit
from resolvers import access, deliveries, idempotency
from resolvers.conversations import reading, snoozing
from resolvers.conversations.recording import find, logged, tell_of_message
from resolvers.errors import (
    ChannelUnavailable,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.policy import Permission
from resolvers.presence import presence_of
from resolvers.text import optional, required
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import web_address

MAX_TEXT = 20_000
MAX_LINK_TEXT = 40
LONGEST_WAIT = timedelta(days=30)
"""How long a pop-up may wait for its lead."""


@dataclass(frozen=True)
class NewMessage:
    """What staff write; `expires_at` is how long a pop-up waits for the lead."""

    channel: Channel
    text: str
    subject: str | None = None
    conversation_id: UUID | None = None
    expires_at: datetime | None = None
    link: tuple[str, str] | None = None
    """Text and address of a pop-up's button."""


async def send_message(work: UnitOfWork, lead_id: UUID, new: NewMessage, key: str) -> UUID:
    """Writes to a lead; a closed conversation opens. A repeated key answers the first message."""
    access.require(work.actor, Permission.SEND_MESSAGE)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    wanted = new_id()
    body = {"lead": lead_id, **new.__dict__}
    message_id = await idempotency.claim(work, "sendMessage", key, body, wanted)
    if message_id != wanted:
        return message_id
    channel = new.channel
    if channel not in deliveries.ON_SITES:
        raise ChannelUnavailable(channel, "NOT_CARRIED", deliveries.ON_SITES)
    text = required("text", new.text, MAX_TEXT, lines=True)
    subject = optional("subject", new.subject, 200)
    if not await _has_visit(work, lead):
        raise ChannelUnavailable(channel, "NO_ADDRESS", ())
    presence = (await presence_of(work.services, [lead.id]))[lead.id]
    link_text, link_url = _check_link(channel, new.link)
    expires_at = _check_end(work, new, subject, presence.state.value)
    conversation = await _conversation(work, lead, channel, new.conversation_id, subject)
    message = Message(
        id=message_id,
        lead_id=lead.id,
        conversation_id=conversation.id,
        channel=channel,
        direction=MessageDirection.TO_LEAD,
        subject=subject,
        text=text,
        author_kind=work.actor.kind,
        author_id=work.actor.id,
        author_name=work.actor.name,
        at=work.at,
        lead_presence=PresenceState(presence.state.value),
        expires_at=expires_at,
        link_text=link_text,
        link_url=link_url,
    )
    await add_message(work, conversation, message)
    await work.session.flush()
    await reading.note(work, work.actor, message)
    return message_id


def _check_end(
    work: UnitOfWork, new: NewMessage, subject: str | None, presence: str
) -> datetime | None:
    """Until when a pop-up is shown; None for anything else."""
    if new.channel is not Channel.POPUP:
        if new.expires_at is not None:
            raise invalid("expiresAt", ProblemCode.CONTRADICTION, "Only pop-ups have an end.")
        return None
    if subject is None:
        raise invalid("subject", ProblemCode.REQUIRED, "A pop-up needs a title.")
    if new.expires_at is None:
        if presence == PresenceState.OFFLINE:
            raise Precondition(
                PreconditionReason.LEAD_OFFLINE, "The lead is offline; say until when to wait."
            )
        return work.at + deliveries.NOW_OR_NEVER
    if new.expires_at <= work.at:
        raise invalid("expiresAt", ProblemCode.TOO_SMALL, "This moment is over.")
    if new.expires_at > work.at + LONGEST_WAIT:
        raise invalid("expiresAt", ProblemCode.TOO_LARGE, "At most 30 days from now.")
    return new.expires_at


def _check_link(
    channel: Channel, link: tuple[str, str] | None
) -> tuple[str, str] | tuple[None, None]:
    if link is None:
        return None, None
    if channel is not Channel.POPUP:
        raise invalid("link", ProblemCode.CONTRADICTION, "Only pop-ups have a button.")
    return required("link.text", link[0], MAX_LINK_TEXT), web_address("link.url", link[1])


async def receive_message(work: UnitOfWork, lead: Lead, text: str, message_id: UUID) -> Message:
    """Takes what the lead wrote in its chat; an answer is now waited for."""
    conversation = await _conversation(work, lead, Channel.CHAT, None, None)
    message = Message(
        id=message_id,
        lead_id=lead.id,
        conversation_id=conversation.id,
        channel=Channel.CHAT,
        direction=MessageDirection.FROM_LEAD,
        text=text,
        author_kind=work.actor.kind,
        author_id=work.actor.id,
        author_name=lead.display_name,
        at=work.at,
    )
    is_news = conversation.waiting_since is None or conversation.state is not ConversationState.OPEN
    await add_message(work, conversation, message)
    if is_news:
        await tell_of_message(work, lead, conversation, message)
    return message


async def add_message(work: UnitOfWork, conversation: Conversation, message: Message) -> None:
    """Stores a message and brings its conversation up to date.

    A closed one opens. One that was put off comes back when the lead writes, not the team.
    """
    is_lead = message.direction is MessageDirection.FROM_LEAD
    if is_lead or conversation.state is not ConversationState.SNOOZED:
        await snoozing.end(work, conversation)
        conversation.state = ConversationState.OPEN
    conversation.last_message_id = message.id
    conversation.last_message_at = message.at
    conversation.waiting_since = (conversation.waiting_since or message.at) if is_lead else None
    if not is_lead:
        deliveries.begin(message)
    work.session.add(message)
    work.record(
        message.lead_id,
        ChangeKind.MESSAGE_ADDED,
        HistoryType.CHAT,
        {
            "direction": message.direction,
            "channel": message.channel,
            "delivery": message.delivery,
            "conversation": logged(conversation),
        },
        subject=("message", message.id),
    )


async def _has_visit(work: UnitOfWork, lead: Lead) -> bool:
    statement = select(col(Visit.id)).where(
        col(Visit.lead_id) == lead.id, col(Visit.ended_at).is_(None)
    )
    return await work.session.scalar(statement.limit(1)) is not None


async def _conversation(
    work: UnitOfWork,
    lead: Lead,
    channel: Channel,
    conversation_id: UUID | None,
    subject: str | None,
) -> Conversation:
    """The named conversation, else the newest of the channel, else a new one."""
    if conversation_id is not None:
        named = await find(work, lead, conversation_id)
        if named.channel is not channel:
            raise invalid("channel", ProblemCode.CONTRADICTION, "The conversation is on another.")
        return named
    if channel is Channel.CHAT:
        chats = await reading.chats_of(work.session.scalars, [lead.id])
        if found := chats.get(lead.id):
            return found
    conversation = Conversation(
        id=new_id(),
        lead_id=lead.id,
        channel=channel,
        subject=subject,
        state=ConversationState.OPEN,
        created_at=work.at,
        last_message_at=work.at,
    )
    work.session.add(conversation)
    await work.session.flush()
    return conversation
