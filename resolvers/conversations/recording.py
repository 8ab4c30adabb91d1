"""How a conversation stands in the log, and who is told of it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.conversations import Conversation, Message
from models.enums import ChangeKind, HistoryType, NotificationKind
from models.ids import encode_id
from models.leads import Lead
from resolvers.errors import NotFound
from resolvers.notifications import notify
from resolvers.unit_of_work import UnitOfWork

EXCERPT = 120


class ConversationAct(StrEnum):
    """What was done with a conversation, for its sentence in the history."""

    TAKEN = "TAKEN"
    ASSIGNED = "ASSIGNED"
    RELEASED = "RELEASED"
    HANDED_ON = "HANDED_ON"
    OPENED = "OPENED"
    CLOSED = "CLOSED"
    SNOOZED = "SNOOZED"
    WOKEN = "WOKEN"


GIVING = frozenset({ConversationAct.TAKEN, ConversationAct.ASSIGNED, ConversationAct.HANDED_ON})
"""Acts after which somebody has it."""


def logged(conversation: Conversation) -> dict[str, Any]:
    """A conversation as the log holds it; what older rows don't have is there only when set."""
    waiting, until = conversation.waiting_since, conversation.snoozed_until
    assignee = conversation.assignee_id
    later = {
        "assignee": assignee.hex if assignee else None,
        "snoozed_until": until.isoformat() if until else None,
        "version": conversation.version,
    }
    return {
        "id": conversation.id.hex,
        "channel": conversation.channel,
        "subject": conversation.subject,
        "state": conversation.state,
        "last_message": conversation.last_message_id and conversation.last_message_id.hex,
        "last_message_at": conversation.last_message_at.isoformat(),
        "waiting_since": waiting.isoformat() if waiting else None,
        **{key: value for key, value in later.items() if value},
    }


def record(
    work: UnitOfWork,
    conversation: Conversation,
    act: ConversationAct,
    diffs: Sequence[dict[str, Any]],
) -> None:
    """Notes what was done."""
    work.record(
        conversation.lead_id,
        ChangeKind.CONVERSATION_CHANGED,
        HistoryType.CHAT,
        {
            "act": act,
            "conversation": logged(conversation),
            "diffs": [each for each in diffs if each["before"] != each["after"]],
        },
        subject=("conversation", conversation.id),
    )


async def find(work: UnitOfWork, lead: Lead, conversation_id: UUID) -> Conversation:
    """A conversation of a locked lead, as it is now, or NotFound."""
    conversation = await work.session.scalar(
        select(Conversation)
        .where(col(Conversation.id) == conversation_id, col(Conversation.lead_id) == lead.id)
        .execution_options(populate_existing=True)
    )
    if conversation is None:
        raise NotFound("conversation", encode_id("conversation", conversation_id))
    return conversation


async def tell_assignee(
    work: UnitOfWork, conversation: Conversation, kind: NotificationKind, text: str
) -> None:
    """Tells who answers a conversation."""
    if conversation.assignee_id:
        subject = ("conversation", conversation.id)
        people = {conversation.assignee_id}
        await notify(work, people, kind, text, conversation.lead_id, subject)


async def tell_of_message(
    work: UnitOfWork, lead: Lead, conversation: Conversation, message: Message
) -> None:
    """Tells who answers, or whose lead it is, that the lead wrote."""
    person = conversation.assignee_id or lead.assignee_id
    if person:
        words = " ".join(message.text.split())[:EXCERPT]
        text, kind = f"{lead.display_name}: {words}", NotificationKind.MESSAGE_RECEIVED
        await notify(work, {person}, kind, text, lead.id, ("conversation", conversation.id))
