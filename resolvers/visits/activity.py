"""What visitors do: heartbeats, events, messages."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import EventOrigin
from models.events import Event
from models.ids import new_id
from realtime.presence import TooManyPages
from realtime.viewers import TYPING as TYPING_SECONDS
from resolvers import (
    conversations,
    events,
    hiding,
    idempotency,
    limits,
    open_pages,
)
from resolvers.actors import VisitorActor
from resolvers.errors import LimitReached, ProblemCode, invalid
from resolvers.events import NewEvent, Seen
from resolvers.open_pages import Page
from resolvers.services import Services
from resolvers.text import required
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.values import LoggedValue
from resolvers.visits.starting import own_lead

PAGE_KEY = re.compile(r"[!-~]{8,64}")


MAX_IDLE = 86_400_000


MAX_MESSAGE = 5_000


MAX_EVENT_BYTES = 4_096


async def set_typing(services: Services, actor: VisitorActor, is_typing: bool) -> datetime:
    """Marks that the visitor types in the chat, or ceased to; nothing is stored. Answers when the
    mark ends."""
    await limits.spend(services.limiter, limits.TYPING, actor.visit_id.hex)
    await services.viewers.type(actor.lead_id, is_typing)
    return services.clock.now() + timedelta(seconds=TYPING_SECONDS if is_typing else 0)


async def heartbeat(
    services: Services,
    actor: VisitorActor,
    page_key: str,
    *,
    is_visible: bool,
    idle_ms: int | None,
    page: Page | None = None,
) -> float:
    """Keeps a page's lease; `idle_ms` alone tells of activity, `page` of what is on it now.

    Answers seconds to the next beat.
    """
    await limits.spend(services.limiter, limits.HEARTBEAT, actor.visit_id.hex)
    _check_page_key(page_key)
    if idle_ms is not None:
        idle_ms = min(max(idle_ms, 0), MAX_IDLE)
    shows = await open_pages.show_page(services, actor, page_key, page) if page else ""
    name = open_pages.page_name(actor.visit_id, page_key)
    try:
        await services.presence.beat(
            actor.lead_id, name, idle_ms=idle_ms, is_visible=is_visible, shows=shows
        )
    except TooManyPages as error:
        raise LimitReached("Too many pages are open.", 32) from error
    timing = services.visit_timing
    return timing.visible_beat if is_visible else timing.hidden_beat


async def leave(services: Services, actor: VisitorActor, page_key: str) -> None:
    """The page is being left; a page change within the grace stays unseen."""
    _check_page_key(page_key)
    await services.presence.leave(actor.lead_id, open_pages.page_name(actor.visit_id, page_key))


def _check_page_key(page_key: str) -> None:
    if not PAGE_KEY.fullmatch(page_key):
        raise invalid("pageKey", ProblemCode.MALFORMED, "8 to 64 printable ASCII characters.")


@dataclass(frozen=True)
class Told:
    """An event as the script tells it."""

    name: str
    page_key: str
    sequence: int
    ago_ms: int = 0
    page: Page | None = None
    parameters: list[tuple[str, LoggedValue]] = field(default_factory=list)


async def record(services: Services, actor: VisitorActor, told: Told) -> UUID:
    """Records what the visitor did; repeats by page key and sequence are dropped."""
    await limits.spend(services.limiter, limits.RECORD_EVENT, actor.visit_id.hex)
    _check_page_key(told.page_key)
    if told.sequence < 0:
        raise invalid("sequence", ProblemCode.TOO_SMALL, "From 0.")
    if len(repr(told)) > MAX_EVENT_BYTES:
        raise invalid("parameters", ProblemCode.TOO_LARGE, "An event has at most 4 kB.")
    name = required("name", told.name, 100)
    ago = timedelta(milliseconds=min(max(told.ago_ms, 0), MAX_IDLE))
    async with unit_of_work(services, actor) as work:
        lead = await own_lead(work, actor)
        before = await _told_before(work, lead.id, told)
        if before:
            return before
        url = events.page_address("page.url", told.page.url if told.page else None)
        repeated = None
        if name.casefold() in ("page view", "page_view"):
            name = "Page view"
            repeated = await events.latest_of_visit(work, lead.id, actor.visit_id, name, url)
        hiding.note_activity(work, lead)
        seen = Seen(actor.visit_id, told.page_key, told.sequence)
        if repeated:
            work.touch(lead.id, "event", f"event:{repeated.group_key}", "activity")
            await events.repeat_event(work, lead, repeated, work.at - ago, seen)
            return repeated.id
        new = NewEvent(
            name, None, work.at - ago, told.parameters, told.page.url if told.page else None
        )
        event_id = new_id()
        await events.record_event(work, lead, new, EventOrigin.SITE, event_id, seen)
    return event_id


async def _told_before(work: UnitOfWork, lead_id: UUID, told: Told) -> UUID | None:
    found: UUID | None = await work.session.scalar(
        select(col(Event.id)).where(
            col(Event.lead_id) == lead_id,
            col(Event.page_key) == told.page_key,
            col(Event.sequence) == told.sequence,
        )
    )
    return found


async def send_visitor_message(
    services: Services, actor: VisitorActor, text: str, key: str
) -> UUID:
    """Writes to the team; a repeated key answers the first message."""
    await limits.spend(services.limiter, limits.VISITOR_MESSAGE, actor.visit_id.hex)
    async with unit_of_work(services, actor) as work:
        lead = await own_lead(work, actor)
        wanted = new_id()
        message_id = await idempotency.claim(
            work, "sendVisitorMessage", key, {"text": text}, wanted
        )
        if message_id == wanted:
            text = required("text", text, MAX_MESSAGE, lines=True)
            hiding.note_activity(work, lead)
            await conversations.receive_message(work, lead, text, message_id)
    return message_id
