"""Conversations that come back later: one job for each, which opens it at its instant."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.conversations import Conversation
from models.enums import ConversationState, JobKind, NotificationKind
from models.leads import Lead
from resolvers import access, jobs
from resolvers.conversations.recording import ConversationAct, find, record, tell_assignee
from resolvers.errors import ProblemCode, invalid
from resolvers.jobs import Claim
from resolvers.services import Services
from resolvers.tasks.due import check_instant
from resolvers.tasks.recording import diff, instant, text
from resolvers.unit_of_work import UnitOfWork

KIND = JobKind.WAKE_CONVERSATION
LONGEST = timedelta(days=366)


def check_end(work: UnitOfWork, until: datetime | None) -> datetime:
    """When a snooze ends: an instant to come, within a year."""
    if until is None:
        raise invalid("snoozedUntil", ProblemCode.REQUIRED, "Say until when.")
    check_instant("snoozedUntil", until)
    if until <= work.at:
        raise invalid("snoozedUntil", ProblemCode.TOO_SMALL, "An instant that is yet to come.")
    if until > work.at + LONGEST:
        raise invalid("snoozedUntil", ProblemCode.TOO_LARGE, "At most a year from now.")
    return until


async def begin(work: UnitOfWork, conversation: Conversation, until: datetime) -> None:
    """Puts a conversation off, or to another instant."""
    conversation.snoozed_until = until
    data = {"conversation": conversation.id.hex}
    await jobs.enqueue(work, KIND, data, due_at=until, key=conversation.id.hex)


async def end(work: UnitOfWork, conversation: Conversation) -> None:
    """Forgets the instant; nothing for one that was not put off."""
    if conversation.snoozed_until is not None:
        conversation.snoozed_until = None
        await jobs.cancel(work, KIND, conversation.id.hex)


async def wake(services: Services, claim: Claim) -> None:
    """Opens a conversation whose time has come, unless it was turned or put off since."""
    conversation_id = UUID(hex=claim.data["conversation"])
    async with jobs.finishing(services, claim) as work:
        lead_id = await work.session.scalar(
            select(col(Conversation.lead_id)).where(col(Conversation.id) == conversation_id)
        )
        if lead_id is None:
            return
        # The lock orders this and an act at the same moment.
        (lead,) = await access.lock_leads(work.session, lead_id)
        conversation = await find(work, lead, conversation_id)
        until = conversation.snoozed_until
        if until is None or until > work.at:
            return
        await _wake(work, lead, conversation, until)


async def _wake(work: UnitOfWork, lead: Lead, conversation: Conversation, until: datetime) -> None:
    before, conversation.state = conversation.state, ConversationState.OPEN
    conversation.snoozed_until = None
    told = [
        diff("state", "Conversation", text(before), text(conversation.state)),
        diff("snoozedUntil", "Put off until", instant(until), None),
    ]
    record(work, conversation, ConversationAct.WOKEN, told)
    words = f"The conversation with {lead.display_name} is back."
    await tell_assignee(work, conversation, NotificationKind.CONVERSATION_WOKEN, words)
