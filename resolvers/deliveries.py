"""What becomes of messages to leads: each goes forward step by step and never back.

A page that has a message says so, then that it was seen, then that a button was followed. A pop-up
that nobody saw in time expires, which the worker carries out. Whoever is first decides: a page
that tells of a pop-up after its end changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from models.conversations import Message
from models.enums import ChangeKind, Channel, DeliveryState, HistoryType, MessageDirection
from resolvers import access
from resolvers.actors import SYSTEM
from resolvers.errors import NotFound
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.views import View

QUEUED, DELIVERED, OPENED, CLICKED, EXPIRED = DeliveryState
NEXT: dict[DeliveryState, frozenset[DeliveryState]] = {
    QUEUED: frozenset({DELIVERED, OPENED, CLICKED, EXPIRED}),
    DELIVERED: frozenset({OPENED, CLICKED, EXPIRED}),
    OPENED: frozenset({CLICKED}),
    CLICKED: frozenset(),
    EXPIRED: frozenset(),
}
"""Which states may follow which."""
UNSEEN = (QUEUED, DELIVERED)
ON_SITES = (Channel.CHAT, Channel.POPUP)
"""Channels that this program carries, to pages of sites; the others' messages are put down."""
NOW_OR_NEVER = timedelta(minutes=1)
"""How long a pop-up for somebody who is here may take to be seen."""
MAX_SHOWN = 5
BATCH = 100


def begin(message: Message) -> None:
    """A message to the lead waits for a page that shows it."""
    message.delivery = QUEUED
    message.delivery_steps = [_step(QUEUED, message.at)]


def advance(work: UnitOfWork, message: Message, state: DeliveryState) -> bool:
    """Brings a message to a later state; False, and nothing written, for any other."""
    before = message.delivery
    if before is None or state not in NEXT[before]:
        return False
    message.delivery = state
    message.delivery_steps = [*message.delivery_steps, _step(state, work.at)]
    work.record(
        message.lead_id,
        ChangeKind.MESSAGE_DELIVERY_CHANGED,
        HistoryType.CHAT,
        {"channel": message.channel, "before": before, "state": state},
        subject=("message", message.id),
    )
    return True


def _step(state: DeliveryState, at: datetime) -> dict[str, str]:
    return {"state": state, "at": at.isoformat()}


def seen_at(message: Message) -> datetime | None:
    """When the lead saw it, as far as a page told."""
    for step in message.delivery_steps:
        if step["state"] in (OPENED, CLICKED):
            return datetime.fromisoformat(step["at"])
    return None


def is_to_show(message: Message, now: datetime) -> bool:
    """Whether a pop-up is still to be shown: nobody saw it and its time is not over."""
    until = message.expires_at or message.at + NOW_OR_NEVER
    return until > now and message.delivery in (None, *UNSEEN)


async def expire_pop_ups(services: Services) -> int:
    """Ends pop-ups that nobody saw in time; answers how many, at most 100."""
    now = services.clock.now()
    async with services.database.read_session() as session:
        due = await session.execute(
            select(col(Message.lead_id), col(Message.id))
            .where(
                col(Message.delivery).in_(UNSEEN),
                col(Message.expires_at) <= now,
                col(Message.channel) == Channel.POPUP,
            )
            .order_by(col(Message.expires_at), col(Message.id))
            .limit(BATCH)
        )
        rows = due.all()
    ended = [await _expire(services, lead_id, message_id) for lead_id, message_id in rows]
    return sum(ended)


async def _expire(services: Services, lead_id: UUID, message_id: UUID) -> bool:
    try:
        async with unit_of_work(services, SYSTEM) as work:
            # The lock of the lead orders this and what a page tells at the same moment.
            await access.lead_for(work.session, SYSTEM, lead_id)
            message = await work.session.get(Message, message_id, populate_existing=True)
            return message is not None and advance(work, message, EXPIRED)
    except NotFound:
        return False  # gone meanwhile


async def pop_ups_of(view: View, lead_id: UUID) -> Sequence[Message]:
    """Pop-ups to show to the lead now, oldest first; at most 5."""
    return await view.scalars(
        select(Message)
        .where(
            col(Message.lead_id) == lead_id,
            col(Message.channel) == Channel.POPUP,
            col(Message.delivery).in_(UNSEEN),
            col(Message.expires_at) > view.services.clock.now(),
        )
        .order_by(col(Message.at), col(Message.id))
        .limit(MAX_SHOWN)
    )


async def unread_of(view: View, lead_id: UUID) -> int:
    """Chat messages of the team that no page has shown yet."""
    found = await view.scalar(
        select(func.count())
        .select_from(Message)
        .where(
            col(Message.lead_id) == lead_id,
            col(Message.channel) == Channel.CHAT,
            col(Message.direction) == MessageDirection.TO_LEAD,
            col(Message.delivery).in_(UNSEEN),
        )
    )
    return found or 0
