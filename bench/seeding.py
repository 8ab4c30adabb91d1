"""What the servers are measured with, made by the program's own use-cases."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlmodel import col

from bench.documents import LISTS
from models.enums import Channel, FieldType, FieldVisibility, NoteVisibility, Priority, StaffRole
from models.fields import FieldDefinition
from models.ids import encode_id
from models.staff import Staff
from models.visits import Site
from resolvers import conversations, events, fields, leads, notes, tags
from resolvers.actors import Actor
from resolvers.conversations import NewMessage
from resolvers.events import NewEvent
from resolvers.fields import NewField
from resolvers.leads import NewLead, PropertyEdit
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_site, make_visit, sign_in_new

FIELD = "bench_0"
"""Key of a field of texts that every lead has."""
AT_ONCE = 50
"""Acts in one transaction while seeding; SQLite makes the server wait for its end."""


@dataclass(frozen=True)
class Cards:
    """Two leads: `long` has twice as much of everything, of which a MANAGER sees no more fields.

    So each card is read by whom it was made for: `lead` by `manager`, `long` by `admin`.
    """

    lead: str
    long: str
    manager: str
    """Token of a session, as `admin`."""
    admin: str


def global_id(lead_id: UUID) -> str:
    """The lead's id as clients have it."""
    return encode_id("lead", lead_id)


async def sign_in(services: Services, count: int) -> list[str]:
    """Tokens of so many sessions of administrators."""
    return [(await sign_in_new(services, name=f"Person {n}")).token for n in range(count)]


async def address_of(services: Services, actor: Actor) -> str:
    """The address that a staff member signs in with."""
    async with services.database.read_session() as session:
        address = await session.scalar(
            select(col(Staff.email_address)).where(col(Staff.id) == actor.id)
        )
    assert address is not None
    return address


async def seed_cards(services: Services) -> Cards:
    """The two measured cards and who reads them."""
    manager = await sign_in_new(services, StaffRole.MANAGER, "Mona Manager")
    admin = await sign_in_new(services, StaffRole.ADMIN, "Ada Admin")
    await _define_fields(services, admin.actor)
    site, _ = await make_site(services)
    lead = await _rich_lead(services, admin.actor, site, 1)
    long = await _rich_lead(services, admin.actor, site, 2)
    return Cards(global_id(lead), global_id(long), manager.token, admin.token)


async def _define_fields(services: Services, admin: Actor) -> None:
    """As many fields as the measured card lists; as many again that only an ADMIN sees."""
    async with services.database.read_session() as session:
        statement = select(func.count()).where(
            col(FieldDefinition.is_listed), col(FieldDefinition.archived_at).is_(None)
        )
        there = await session.scalar(statement.select_from(FieldDefinition)) or 0
    length = LISTS["properties"]
    for number in range(2 * length - there):
        seen_by = FieldVisibility.ALL if number < length - there else FieldVisibility.ADMINS
        new = NewField(f"bench_{number}", f"Field {number}", FieldType.TEXT, visibility=seen_by)
        async with unit_of_work(services, admin) as work:
            await fields.create_field(work, new)


async def _rich_lead(services: Services, admin: Actor, site: Site, factor: int) -> UUID:
    lead_id = (await make_visit(services, site)).actor.lead_id
    async with services.database.read_session() as session:
        known = await fields.definitions(session)
    keys = [key for key in known if key.startswith("bench_")]
    async with unit_of_work(services, admin) as work:
        named = {"first_name": "Lena", "last_name": "Lorenz", "company": "Lamps"}
        await leads.change_person(work, lead_id, named, {}, None)
        edits = [PropertyEdit(key, {"text": f"Value of {key}"}) for key in keys]
        await leads.set_properties(work, lead_id, edits)
        await tags.add_tags(work, lead_id, [f"tag {n}" for n in range(factor * LISTS["tags"])])
    for number in range(factor * LISTS["events"]):
        name = f"Event {number % (factor * LISTS['eventGroups'])}"
        async with unit_of_work(services, admin) as work:
            await events.add_event(work, lead_id, NewEvent(name), uuid4().hex)
    for number in range(factor * LISTS["notes"]):
        html = f"<p>Note <strong>{number}</strong> of a lead that asked for lamps.</p>"
        async with unit_of_work(services, admin) as work:
            await notes.add_note(work, lead_id, html, NoteVisibility.TEAM, False, uuid4().hex)
    until = services.clock.now() + timedelta(days=1)
    for number in range(factor * LISTS["conversations"]):
        new = NewMessage(Channel.POPUP, f"Text {number}", f"Title {number}", expires_at=until)
        async with unit_of_work(services, admin) as work:
            await conversations.send_message(work, lead_id, new, uuid4().hex)
    return lead_id


async def visited_leads(services: Services, count: int) -> list[UUID]:
    """Leads that messages can be sent to."""
    site, _ = await make_site(services)
    return [(await make_visit(services, site)).actor.lead_id for _ in range(count)]


async def add_leads(services: Services, actor: Actor, count: int) -> list[UUID]:
    """Leads known by name and address."""
    made: list[UUID] = []
    while len(made) < count:
        async with unit_of_work(services, actor) as work:
            for _ in range(min(AT_ONCE, count - len(made))):
                name = uuid4().hex[:12]
                new = NewLead(
                    person={"first_name": "Lena", "last_name": f"Lorenz {name}"},
                    email_addresses=[f"{name}@mail.example"],
                    tags=["bench"],
                )
                made.append(await leads.create_lead(work, new, uuid4().hex))
    return made


async def add_changes(
    services: Services, actor: Actor, lead_id: UUID, start: int, stop: int
) -> None:
    """Changes number `start` to `stop` of the lead's log that are made here."""
    levels = (Priority.HIGH, Priority.LOW, Priority.URGENT)
    for first in range(start, stop, AT_ONCE):
        async with unit_of_work(services, actor) as work:
            for number in range(first, min(first + AT_ONCE, stop)):
                await leads.change_priority(work, lead_id, levels[number % len(levels)], None)
