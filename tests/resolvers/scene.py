"""A lead with one of everything, and a known person beside it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.conversations import Conversation
from models.enums import Channel
from models.events import Event, EventKind
from models.pipelines import PipelineState
from resolvers import conversations, leads, notes, tags, visits
from resolvers.conversations import NewMessage
from resolvers.leads import PropertyEdit
from resolvers.secrets import sign
from resolvers.services import Services
from resolvers.visits import Claim, Told
from tests.factories import ORIGIN, make_lead, make_site, make_staff, make_visit
from tests.resolvers.verify import act


class Scene:
    """`lead_id` is an anonymous visitor's lead, `known` a visitor proven to be customer-1."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services, self.clock = services, clock

    async def build(self) -> "Scene":
        services = self.services
        self.admin = await make_staff(services)
        self.site, self.secret = await make_site(services)
        self.visit = await make_visit(services, self.site)
        self.known = await make_visit(services, self.site)
        await visits.identify(services, self.known.actor, self.claim("customer-1"))
        self.lead_id = self.visit.actor.lead_id
        self.lead_two = await make_lead(services, self.admin)
        self.note_id = await self.by(notes.add_note, self.lead_id, "<p>a</p>", None, False, "k1")
        await self.by(tags.add_tags, self.lead_id, ["VIP"])
        await self.by(leads.set_properties, self.lead_id, [PropertyEdit("rooms", {"number": "3"})])
        await self.by(leads.change_person, self.lead_id, {"first_name": "Lena"}, {"title": "T"}, 99)
        page = visits.Page(f"{ORIGIN}/lamps")
        await visits.record(
            services, self.visit.actor, Told("Page view", "page-0001", 1, page=page)
        )
        await visits.send_visitor_message(services, self.visit.actor, "Hello", "k2")
        until = self.clock.now() + timedelta(minutes=30)
        pop_up = NewMessage(Channel.POPUP, "Ten off", "Today", expires_at=until)
        self.pop_up_id = await self.by(conversations.send_message, self.lead_id, pop_up, "k3")
        async with services.database.read_session() as session:
            self.conversation_id = await session.scalar(
                select(col(Conversation.id)).where(col(Conversation.channel) == Channel.CHAT)
            )
            self.event_id = await session.scalar(select(col(Event.id)))
            self.kind_id = await session.scalar(
                select(col(EventKind.id)).where(col(EventKind.is_quick))
            )
            states = await session.execute(select(PipelineState))
            self.states = {state.name: state.id for (state,) in states}
        self.clock.advance(60)
        return self

    async def by(self, use_case: Any, *given: Any) -> Any:
        return await act(self.services, self.admin, use_case, *given)

    def claim(self, external_id: str) -> Claim:
        until = self.clock.now() + timedelta(hours=1)
        signature = sign(self.secret, external_id, "", until.isoformat())
        return Claim(external_id, None, None, None, until, until.isoformat(), signature)
