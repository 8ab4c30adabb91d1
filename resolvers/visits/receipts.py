"""What a page tells of the messages that it has: arrived, seen, button followed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlmodel import col

from models.conversations import Message
from models.enums import Channel, DeliveryState, MessageDirection
from models.ids import encode_id
from models.leads import Lead
from resolvers import deliveries, hiding, limits
from resolvers.actors import VisitorActor
from resolvers.errors import NotFound, ProblemCode, invalid
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.visits.starting import own_lead


async def mark_messages(
    services: Services, actor: VisitorActor, message_id: UUID, *, is_seen: bool, is_clicked: bool
) -> None:
    """Notes what became of a pop-up, or of all chat messages up to one; a repeat writes nothing."""
    await limits.spend(services.limiter, limits.RECEIPT, actor.visit_id.hex)
    if is_clicked and not is_seen:
        raise invalid("isClicked", ProblemCode.CONTRADICTION, "Nobody follows what is not seen.")
    async with unit_of_work(services, actor) as work:
        lead = await own_lead(work, actor)
        message = await _message_for(work, lead, message_id)
        if is_clicked and message.link_url is None:
            raise invalid("isClicked", ProblemCode.CONTRADICTION, "This message has no button.")
        state = DeliveryState.OPENED if is_seen else DeliveryState.DELIVERED
        if is_clicked:
            state = DeliveryState.CLICKED
        is_pop_up = message.channel is Channel.POPUP
        for each in [message] if is_pop_up else await _unseen_until(work, lead, message):
            deliveries.advance(work, each, state)
        if is_clicked and work.committed:
            hiding.note_activity(work, lead)


async def _message_for(work: UnitOfWork, lead: Lead, message_id: UUID) -> Message:
    message = await work.session.scalar(
        select(Message).where(
            col(Message.id) == message_id,
            col(Message.lead_id) == lead.id,
            col(Message.direction) == MessageDirection.TO_LEAD,
            col(Message.channel).in_(deliveries.ON_SITES),
        )
    )
    if message is None:
        raise NotFound("message", encode_id("message", message_id))
    return message


async def _unseen_until(work: UnitOfWork, lead: Lead, last: Message) -> Sequence[Message]:
    """Messages of the chat up to this one that no page has shown, oldest first."""
    rows = await work.session.scalars(
        select(Message)
        .where(
            col(Message.lead_id) == lead.id,
            col(Message.channel) == last.channel,
            col(Message.direction) == MessageDirection.TO_LEAD,
            col(Message.delivery).in_(deliveries.UNSEEN),
            tuple_(col(Message.at), col(Message.id)) <= (last.at, last.id),
        )
        .order_by(col(Message.at), col(Message.id))
    )
    return rows.all()
