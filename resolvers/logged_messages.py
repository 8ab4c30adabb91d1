"""Mails and messages that went another way, or were taken about a lead: put down by hand."""

from dataclasses import dataclass
from datetime import datetime
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
)
from models.ids import new_id
from models.leads import Lead
from resolvers import access, conversations, idempotency
from resolvers.calls import past_instant
from resolvers.errors import ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.text import optional, required
from resolvers.unit_of_work import UnitOfWork

CATEGORIES = {
    Channel.EMAIL: HistoryType.EMAIL,
    Channel.SMS: HistoryType.TEXT_MESSAGE,
    Channel.WHATSAPP: HistoryType.TEXT_MESSAGE,
}
"""Channels by which messages go another way, with the history's type of them."""
MAX_SUBJECT, MAX_TAKEN_FROM = 200, 100


@dataclass(frozen=True)
class LoggedMessage:
    """What is put down; no instant: now."""

    channel: Channel
    direction: MessageDirection
    text: str
    subject: str | None = None
    taken_from: str | None = None
    at: datetime | None = None


async def log_message(work: UnitOfWork, lead_id: UUID, new: LoggedMessage, key: str) -> UUID:
    """Puts a message down, which sends nothing; a repeated key answers the first one."""
    access.require(work.actor, Permission.EDIT_LEAD)
    lead = await access.lead_for(work.session, work.actor, lead_id)
    wanted = new_id()
    given = {"lead": lead_id, **new.__dict__}
    message_id = await idempotency.claim(work, "logMessage", key, given, wanted)
    if message_id != wanted:
        return message_id
    if new.channel not in CATEGORIES:
        raise invalid("channel", ProblemCode.CONTRADICTION, "Chat and pop-ups are kept anyway.")
    is_taken = new.direction is MessageDirection.TAKEN
    taken_from = optional("takenFrom", new.taken_from, MAX_TAKEN_FROM)
    if is_taken and taken_from is None:
        raise invalid("takenFrom", ProblemCode.REQUIRED, "Say whom the words came from.")
    if not is_taken and taken_from is not None:
        raise invalid("takenFrom", ProblemCode.CONTRADICTION, "Only what was taken has this.")
    message = Message(
        id=message_id,
        lead_id=lead.id,
        conversation_id=lead.id,
        channel=new.channel,
        direction=new.direction,
        subject=optional("subject", new.subject, MAX_SUBJECT),
        text=required("text", new.text, conversations.MAX_TEXT, lines=True),
        author_kind=work.actor.kind,
        author_id=work.actor.id,
        author_name=work.actor.name,
        at=past_instant("at", new.at, work.at),
        logged_at=work.at,
        taken_from=taken_from,
    )
    conversation = await _conversation(work, lead, message)
    message.conversation_id = conversation.id
    work.session.add(message)
    _record(work, message, conversation)
    return message_id


async def _conversation(work: UnitOfWork, lead: Lead, message: Message) -> Conversation:
    """The newest conversation of the channel, else a new one that nobody need answer."""
    found = await work.session.scalar(
        select(Conversation)
        .where(col(Conversation.lead_id) == lead.id, col(Conversation.channel) == message.channel)
        .order_by(col(Conversation.last_message_at).desc(), col(Conversation.id).desc())
        .limit(1)
    )
    if found is None:
        found = Conversation(
            id=new_id(),
            lead_id=lead.id,
            channel=message.channel,
            subject=message.subject,
            state=ConversationState.CLOSED,
            created_at=work.at,
            last_message_at=message.at,
        )
        work.session.add(found)
        await work.session.flush()
    if found.last_message_id is None or message.at >= found.last_message_at:
        found.last_message_id, found.last_message_at = message.id, message.at
    return found


def _record(work: UnitOfWork, message: Message, conversation: Conversation) -> None:
    work.record(
        message.lead_id,
        ChangeKind.MESSAGE_ADDED,
        CATEGORIES[message.channel],
        {
            "direction": message.direction,
            "channel": message.channel,
            "delivery": None,
            "is_logged": True,
            "conversation": conversations.logged(conversation),
        },
        subject=("message", message.id),
    )
