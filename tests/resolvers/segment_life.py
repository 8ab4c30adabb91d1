"""Random acts upon random leads, and the leads read again as plain rows."""

from collections import defaultdict
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import col

from models.changes import LeadFeed
from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.conversations import Conversation, Message
from models.enums import ConversationState, Priority
from models.events import Event
from models.fields import Property
from models.leads import Lead
from models.pipelines import PipelineState
from models.tags import LeadTag, Tag
from models.tasks import Task
from models.visits import PresenceInterval
from resolvers import conversations, email_addresses, events, leads, merging, tags, tasks, visits
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import DomainError
from resolvers.events import NewEvent
from resolvers.leads import NewLead, PropertyEdit
from resolvers.services import Services
from resolvers.tasks import NewTask
from resolvers.unit_of_work import unit_of_work
from resolvers.values import stored
from resolvers.visits import Page, StartedVisit, Told
from tests.factories import ORIGIN
from tests.resolvers.filter_world import COLOURS, EVENTS, TAGS, Happened, Known, World
from tests.resolvers.verify import act


async def give_logs(services: Services, world: World) -> None:
    """Leads that were written as rows get a log to write on."""
    async with unit_of_work(services, SYSTEM) as work:
        work.session.add_all(LeadFeed(lead_id=each.row.id) for each in world.leads)


async def read_again(services: Services, world: World) -> None:
    """What the tables hold of each lead that was not merged, by plain reading."""
    async with services.database.read_session() as session:

        async def all_of(model: Any, *where: Any) -> Any:
            return (await session.scalars(select(model).where(*where))).all()

        states = {row.id: row for row in await all_of(PipelineState)}
        found = {
            row.id: Known(row, states[row.state_id])
            for row in await all_of(Lead, col(Lead.merged_at).is_(None))
        }
        names = {row.id: row.name for row in await all_of(Tag)}
        addresses = {row.id: row for row in await all_of(EmailAddress)}
        keys = {row.id: row for row in world.fields.values()}
        directions = {row.id: row.direction for row in await all_of(Message)}
        rows: Any = defaultdict(list)
        models = (LeadTag, LeadEmailAddress, LeadPhoneNumber, Property, Event, PresenceInterval,
                  Conversation, Task)  # fmt: skip
        for model in models:
            for row in await all_of(model):
                if row.lead_id in found:
                    rows[model, row.lead_id].append(row)
    for lead_id, known in found.items():
        known.tags = [names[row.tag_id] for row in rows[LeadTag, lead_id]]
        entries = sorted(rows[LeadEmailAddress, lead_id], key=lambda row: row.position)
        known.emails = [addresses[row.email_address_id] for row in entries]
        known.phones = [row.number for row in rows[LeadPhoneNumber, lead_id]]
        for row in rows[Property, lead_id]:
            value = stored(keys[row.field_id].type, row)
            if value:
                known.values[keys[row.field_id].key] = value
        known.events = [
            Happened(row.name, row.occurred_at, row.count,
                     {each["name"]: each["value"] for each in row.parameters}, row.last_at)
            for row in rows[Event, lead_id]
        ]  # fmt: skip
        known.stays = rows[PresenceInterval, lead_id]
        known.conversations = [
            (row, directions[row.last_message_id]) for row in rows[Conversation, lead_id]
        ]
        known.tasks = rows[Task, lead_id]
    world.leads, world.now = list(found.values()), services.clock.now()


class Life:
    """One act after another; what can't be done at the moment is left."""

    def __init__(
        self, services: Services, random: Random, world: World, admin: StaffActor,
        visitors: list[StartedVisit],
    ) -> None:  # fmt: skip
        self.services, self.random, self.world, self.admin = services, random, world, admin
        self.visitors = visitors
        self.merged: list[UUID] = []
        self.number = 0

    def lead(self) -> UUID:
        found: UUID = self.random.choice(self.world.leads).row.id
        return found

    async def by(self, use_case: Any, *given: Any) -> Any:
        return await act(self.services, self.admin, use_case, *given)

    async def step(self) -> None:
        name = self.random.choice(ACTS)
        try:
            await getattr(self, name)()
        except DomainError:
            return

    async def tag(self) -> None:
        name = self.random.choice(TAGS)
        await self.by(self.random.choice([tags.add_tags, tags.remove_tags]), self.lead(), [name])

    async def value(self) -> None:
        edit = self.random.choice(
            [
                PropertyEdit("shoe", {"number": str(self.random.randint(-3, 42))}),
                PropertyEdit("colour", {"text": self.random.choice(COLOURS)}),
                PropertyEdit("signed", {"date": self.day()}),
                PropertyEdit("member", {"boolean": self.random.choice([True, False])}),
                PropertyEdit("shoe", None),
            ]
        )
        await self.by(leads.set_properties, self.lead(), [edit])

    def day(self) -> Any:
        return self.services.clock.now().date() + timedelta(days=self.random.randint(-5, 9))

    async def person(self) -> None:
        lead, name = self.lead(), self.random.choice(["Éva", "Ann", None])
        await self.by(leads.change_person, lead, {"first_name": name}, {"title": name}, None)

    async def zone(self) -> None:
        zone = self.random.choice(["Europe/Berlin", "Asia/Kolkata", None])
        await self.by(leads.change_person, self.lead(), {}, {"time_zone": zone}, None)

    async def priority(self) -> None:
        priority = self.random.choice(list(Priority))
        await self.by(leads.change_priority, self.lead(), priority, None)

    async def state(self) -> None:
        state = self.random.choice(self.world.states)
        await self.by(leads.change_state, self.lead(), state.id, None)

    async def assign(self) -> None:
        await self.by(
            leads.assign, self.lead(), self.random.choice([*self.world.staff, None]), None
        )

    async def event(self) -> None:
        back = timedelta(hours=self.random.randint(0, 90))
        new = NewEvent(self.random.choice(EVENTS), None, self.services.clock.now() - back)
        await self.by(events.add_event, self.lead(), new, uuid4().hex)

    async def address(self) -> None:
        await self.by(email_addresses.add_email_address, self.lead(), f"{uuid4().hex}@a.example")

    async def task(self) -> None:
        due = self.services.clock.now() + timedelta(hours=self.random.randint(1, 300))
        new = self.random.choice(
            [NewTask(title="Call", due_at=due), NewTask(title="Call", due_on=due.date())]
        )
        await self.by(tasks.create_task, self.lead(), new, uuid4().hex)

    async def done(self) -> None:
        known = self.random.choice(self.world.leads)
        for each in known.tasks[:1]:
            await self.by(tasks.complete_task, known.row.id, each.id, None)

    async def close(self) -> None:
        known = self.random.choice([each for each in self.world.leads if each.conversations])
        state = self.random.choice([ConversationState.CLOSED, ConversationState.OPEN])
        talk, _ = known.conversations[0]
        await self.by(conversations.change_conversation_state, known.row.id, talk.id, state)

    async def visit(self) -> None:
        visit, self.number = self.random.choice(self.visitors), self.number + 1
        told = Told("Page view", "page-0001", self.number, page=Page(f"{ORIGIN}/lamps"))
        await visits.record(self.services, visit.actor, told)

    async def write(self) -> None:
        visit = self.random.choice(self.visitors)
        await visits.send_visitor_message(self.services, visit.actor, "Hello", uuid4().hex)

    async def come(self) -> None:
        new = NewLead(
            person={"first_name": "New"}, email_addresses=[f"{uuid4().hex}@b.example"],
            properties=[PropertyEdit("colour", {"text": "Blue"})],
        )  # fmt: skip
        await self.by(leads.create_lead, new, uuid4().hex)

    async def merge(self) -> None:
        into, gone = self.lead(), self.lead()
        await self.by(merging.merge_leads, into, gone, ())
        self.merged.append(gone)

    async def unmerge(self) -> None:
        if self.merged:
            await self.by(merging.unmerge_lead, self.merged.pop())


ACTS = [
    "tag", "tag", "tag", "value", "value", "value", "person", "zone", "priority", "state", "state",
    "assign", "event", "event", "event", "address", "task", "task", "done", "close", "visit",
    "visit", "write", "come", "merge", "unmerge",
]  # fmt: skip
