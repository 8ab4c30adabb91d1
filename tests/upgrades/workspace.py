"""A small workspace with something of everything, to be kept as a release wrote it.

`python -m tests.upgrades.workspace FOLDER > tests/upgrades/<release>.json`, run with the release's
own code, makes it in an SQLite database in FOLDER and prints its rows. Names, addresses and
secrets are made up; the password of everybody is that of `tests.factories`.
"""

import asyncio
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from app import open_services
from models.clock import ManualClock
from models.conversations import Conversation
from models.enums import Channel, ConversationState, FieldType, NoteVisibility, Priority, StaffRole
from models.pipelines import PipelineState
from models.tables import metadata
from resolvers import conversations, events, fields, leads, notes, presence, sites, tags, visits
from resolvers.actors import SYSTEM
from resolvers.conversations import NewMessage
from resolvers.events import NewEvent
from resolvers.fields import NewField
from resolvers.leads import NewLead, PropertyEdit
from resolvers.notes import NoteEdit
from resolvers.secrets import sign
from resolvers.services import Services
from resolvers.staff import create_staff, sign_in
from resolvers.unit_of_work import unit_of_work
from resolvers.visits import Claim, NewVisit, Page, StartedVisit, Told
from settings import Settings
from tests.factories import ORIGIN, PASSWORD
from tests.upgrades.rows import encode, record

BEGAN = datetime(2026, 1, 12, 8, 30, tzinfo=UTC)
STAFF = {
    "ada@oriel.example": ("Ada Ames", StaffRole.ADMIN),
    "moritz@oriel.example": ("Moritz Mann", StaffRole.MANAGER),
    "greta@oriel.example": ("Greta Gold", StaffRole.AGENT),
}
PAGE = "page-0001"


class Workspace:
    """Acts of a team and its visitors, each a little after the other."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services, self.clock = services, clock

    async def by(self, address: str, use_case: Any, *given: Any) -> Any:
        """One act of somebody of the team, ten seconds after the last."""
        self.clock.advance(10)
        async with unit_of_work(self.services, self.actors[address]) as work:
            return await use_case(work, *given)

    async def build(self) -> None:
        await self._people()
        await self._configuration()
        lena = await self._a_customer()
        await self._a_lead_that_is_worked_on(lena)
        await self._visitors()

    async def _people(self) -> None:
        async with unit_of_work(self.services, SYSTEM) as work:
            for address, (name, role) in STAFF.items():
                await create_staff(work, name, address, role, PASSWORD)
        self.actors = {
            address: (
                await sign_in(self.services, address, PASSWORD, device="Browser", client=address)
            ).actor
            for address in STAFF
        }
        self.ada, self.moritz, self.greta = STAFF

    async def _configuration(self) -> None:
        await self.by(self.ada, fields.create_field, NewField("budget", "Budget", FieldType.MONEY))
        rooms = NewField("rooms", "Rooms", FieldType.NUMBER, "Without kitchen", "rooms")
        await self.by(self.ada, fields.create_field, rooms)
        self.site, secret = await self.by(
            self.ada, sites.save_site, None, "Shop", [ORIGIN], "How can we help?"
        )
        self.secret: str = secret

    async def _a_customer(self) -> Any:
        new = NewLead(
            person={"first_name": "Lena", "last_name": "Lörenz", "birthday": date(1988, 2, 29)},
            email_addresses=["Lena.Lorenz@mail.example", "not an address"],
            phone_numbers=["+41 44 668 18 00"],
            properties=[
                PropertyEdit("rooms", {"number": "3.5"}),
                PropertyEdit("budget", {"money": {"amount": "1250000.50", "currency": "CHF"}}),
                PropertyEdit("website", {"url": "https://lena.example/"}),
                PropertyEdit("has_garden", {"boolean": True}),
                PropertyEdit("moves_on", {"date": date(2026, 6, 1)}),
            ],
            tags=["VIP", "Seefeld"],
            assignee_id=self.actors[self.greta].id,
            time_zone="Europe/Zurich",
        )
        return await self.by(self.moritz, leads.create_lead, new, "lead-lena")

    async def _a_lead_that_is_worked_on(self, lena: Any) -> None:
        async with self.services.database.read_session() as session:
            states = {row.name: row.id for row in await session.scalars(select(PipelineState))}
        entered = [name for name in states if name != "New"][:2]
        for name in entered:
            await self.by(self.greta, leads.change_state, lena, states[name], None)
        await self.by(self.moritz, leads.assign, lena, self.actors[self.moritz].id, None)
        await self.by(self.ada, leads.change_priority, lena, Priority.HIGH, None)
        await self.by(
            self.moritz, leads.change_person, lena, {"last_name": "Lorenz"}, {"title": "Dr."}, None
        )
        await self.by(
            self.moritz, leads.set_properties, lena, [PropertyEdit("rooms", {"number": "4"})]
        )
        await self.by(self.moritz, leads.set_properties, lena, [PropertyEdit("website", None)])
        await self.by(self.moritz, tags.remove_tags, lena, ["Seefeld"])
        note = await self.by(
            self.moritz, notes.add_note, lena, "<p>Wants a <b>view</b>.</p>", None, True, "note-1"
        )
        shown = NoteEdit("<p>Wants a view of the lake.</p>", NoteVisibility.TEAM)
        await self.by(self.moritz, notes.edit_note, lena, note, shown)
        gone = await self.by(
            self.ada,
            notes.add_note,
            lena,
            "<p>Wrong card</p>",
            NoteVisibility.TEAM,
            False,
            "note-2",
        )
        await self.by(self.ada, notes.remove_note, lena, gone)
        asked = (("floor", {"type": "TEXT", "text": "3rd"}),)
        viewing = NewEvent("Viewing", None, BEGAN - timedelta(days=2), asked)
        for number in range(2):
            await self.by(self.moritz, events.add_event, lena, viewing, f"viewing-{number}")

    async def _visitors(self) -> None:
        known = await self._visit("known")
        await visits.identify(self.services, known.actor, self._claim("customer-1"))
        visitor = await self._visit("stranger")
        lead_id = visitor.actor.lead_id
        await self._look_around(visitor)
        await visits.send_visitor_message(
            self.services, visitor.actor, "Is it still free?\n👋", "message-1"
        )
        answer = NewMessage(Channel.CHAT, "It is. Shall we call?")
        await self.by(self.ada, conversations.send_message, lead_id, answer, "message-2")
        offer = NewMessage(
            Channel.POPUP, "A lamp for you", "Offer", None, self.clock.now() + timedelta(days=1)
        )
        await self.by(self.moritz, conversations.send_message, lead_id, offer, "message-3")
        async with self.services.database.read_session() as session:
            first = await session.scalar(
                select(col(Conversation.id)).where(col(Conversation.channel) == Channel.CHAT)
            )
        await self.by(
            self.moritz,
            conversations.change_conversation_state,
            lead_id,
            first,
            ConversationState.CLOSED,
        )
        await self._leave(visitor)
        stated = Claim(email_address="kim@mail.example", phone_number="+41 44 668 18 01")
        stranger = await visits.identify(self.services, visitor.actor, stated)
        merged = await visits.identify(self.services, stranger.actor, self._claim("customer-1"))
        await visits.record(self.services, merged.actor, Told("Signed up", PAGE, 9))

    async def _visit(self, client: str) -> StartedVisit:
        self.clock.advance(10)
        new = NewVisit(
            self.site.site_key,
            Page(f"{ORIGIN}/lamps", "Lamps"),
            referrer="https://search.example/?q=secret",
            time_zone="Europe/Vienna",
            language="de-AT",
            client=client,
        )
        return await visits.start_visit(self.services, new)

    async def _look_around(self, visitor: StartedVisit) -> None:
        await visits.heartbeat(self.services, visitor.actor, PAGE, is_visible=True, idle_ms=0)
        for sequence in range(3):
            self.clock.advance(5)
            page = Page(f"{ORIGIN}/lamps/oriel", "Oriel")
            await visits.record(
                self.services, visitor.actor, Told("Page view", PAGE, sequence, page=page)
            )

    async def _leave(self, visitor: StartedVisit) -> None:
        await visits.leave(self.services, visitor.actor, PAGE)
        for _ in range(20):
            self.clock.advance(1)
            await self.services.presence.sweep()
        await presence.store_intervals(self.services)

    def _claim(self, external_id: str) -> Claim:
        until = self.clock.now() + timedelta(hours=1)
        signature = sign(self.secret, external_id, "", until.isoformat())
        return Claim(external_id, None, None, None, until, until.isoformat(), signature)


async def main(folder: Path) -> None:
    settings = Settings.model_validate(
        {
            "data_dir": folder,
            "database_url": f"sqlite:///{folder / 'leadlight.db'}",
            "secret_key": "0123456789abcdef0123456789abcdef",
            "redis_url": None,
        }
    )
    clock = ManualClock(BEGAN)
    async with open_services(settings, clock) as services:
        await Workspace(services, clock).build()
        async with services.database.writer.begin() as connection:
            recorded = await connection.run_sync(record, metadata)
    sys.stdout.buffer.write(encode(recorded))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).absolute()))
