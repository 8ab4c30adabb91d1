"""Loads the demo: the shop's team, its site and fields, then one life after another.

Each unit of work is short and also writes down how far the load has come: one that was cut off is
taken up at the next start, and two at once share the work.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson

from demo import house, talks
from demo.access import DemoAccess, Login, keep_demo_access, read_demo_access
from demo.buttons import wanted_kinds
from demo.diary import Chapter, Introduction, Part
from demo.lives import DAYS, LONG, live
from demo.stage import Stage, World, visitor_of
from models.clock import ManualClock
from models.enums import AccessScope, ActorKind, FieldType, FieldVisibility, StaffRole, Via
from models.staff import Staff
from models.visits import Site
from models.workspace import WorkerPosition, Workspace
from resolvers import canned_replies, event_kinds, fields, leads_list, readers, sites, staff, visits
from resolvers.actors import SYSTEM, Rights, StaffActor
from resolvers.canned_replies import ReplyEdit
from resolvers.fields import NewField, OptionEdit
from resolvers.passwords import Passwords
from resolvers.secrets import sign
from resolvers.segments.saving import SegmentEdit, save_segment
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.upserts import insert_new
from resolvers.views import View
from resolvers.visits import Claim
from resolvers.workspace import begin_workspace
from settings import Settings

SHOP = "Oriel Glassworks"
LEADS = 300
POSITION = "demo"
Tell = Callable[[int, int], None]
TEAM = (
    ("Ada Ames", StaffRole.ADMIN),
    ("Milo Marsh", StaffRole.MANAGER),
    ("Ines Imani", StaffRole.AGENT),
    ("Tove Tolland", StaffRole.AGENT),
    ("Rafi Rourke", StaffRole.AGENT),
)
SHOWN = 3
"""Logins that are printed: one of each role."""
FIELDS = (
    NewField("budget", "Budget", FieldType.MONEY, "What the lead would spend."),
    NewField("glass_area", "Glass area", FieldType.NUMBER, unit="m²"),
    NewField("newsletter", "Newsletter", FieldType.BOOLEAN),
    NewField("delivery_day", "Delivery day", FieldType.DATE),
    NewField("website", "Website", FieldType.URL),
    NewField(
        "glass_kind", "Kind of glass", FieldType.DROPDOWN,
        options=[OptionEdit(each) for each in talks.GLASS_KINDS],
    ),
    NewField(
        "uses", "Uses", FieldType.MULTI_SELECT,
        options=[OptionEdit(each) for each in talks.USES],
    ),
    NewField("plan", "Plan of the room", FieldType.FILE),
    NewField("interest", "Source of interest", FieldType.TEXT, "How they heard of us."),
    NewField(
        "margin", "Margin", FieldType.NUMBER, unit="%", visibility=FieldVisibility.MANAGERS
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """How far the load has come: the life and the part of it that are next."""

    began_at: datetime
    site_id: UUID
    people: tuple[UUID, ...]
    number: int = 0
    part: int = 0

    def written(self) -> str:
        return orjson.dumps(
            {
                "began_at": self.began_at,
                "site_id": self.site_id,
                "people": self.people,
                "next": [self.number, self.part],
            }
        ).decode()

    @classmethod
    def read(cls, text: str) -> "Place":
        kept = orjson.loads(text)
        return cls(
            datetime.fromisoformat(kept["began_at"]),
            UUID(kept["site_id"]),
            tuple(UUID(each) for each in kept["people"]),
            *kept["next"],
        )


async def load_demo(
    services: Services, settings: Settings, *, leads: int = LEADS, tell: Tell = lambda *_: None
) -> DemoAccess | None:
    """Loads the demo into an empty workspace, or the rest of it after a load that was cut off.

    `tell` hears how many leads are done, of how many: at the start and after each. Answers how
    to get in; None where the workspace was not empty or the file with it is lost.
    """
    await begin_workspace(services)
    is_loaded, place = await _standing(services)
    if not is_loaded:
        if place is None and await _is_empty(services):
            await _settle(services, settings)
            _, place = await _standing(services)
        if place is None:
            return None
        await _play_all(services, place, leads, tell)
        await _finish(services, place, leads)
    return read_demo_access(settings)


async def ensure_demo_site_origins(services: Services, settings: Settings) -> None:
    """Lets the shop be opened under this process's addresses; origins are only ever added."""
    is_loaded, place = await _standing(services)
    if not is_loaded and place is None:
        return
    view = View(services, SYSTEM)
    try:
        found = [site for site in await readers.all_sites(view) if site.name == SHOP]
    finally:
        await view.close()
    if not found or not _missing(found[0], settings):
        return
    async with unit_of_work(services, SYSTEM) as work:
        site = await work.session.get_one(Site, found[0].id, with_for_update=True)
        room = sites.MAX_ORIGINS - len(site.origins)
        more = [*site.origins, *_missing(site, settings)[:room]]
        await sites.save_site(work, site.id, site.name, more, site.greeting)


def _missing(site: Site, settings: Settings) -> list[str]:
    return [each for each in _origins(settings) if each not in site.origins]


def _origins(settings: Settings) -> list[str]:
    own = [f"http://127.0.0.1:{settings.port}", f"http://localhost:{settings.port}"]
    return sites.check_origins([*own, settings.public_url])


async def _standing(services: Services) -> tuple[bool, Place | None]:
    """Whether the demo is loaded, and how far a load has come that is under way."""

    async def read(session: Any) -> tuple[bool, Place | None]:
        workspace = await session.get(Workspace, 1)
        row = await session.get(WorkerPosition, POSITION)
        is_loaded = workspace is not None and workspace.has_demo_data
        return is_loaded, Place.read(row.position) if row else None

    view = View(services, SYSTEM)
    try:
        found: tuple[bool, Place | None] = await view.run(read)
        return found
    finally:
        await view.close()


async def _is_empty(services: Services) -> bool:
    view = View(services, SYSTEM)
    try:
        people = await leads_list.staff_page(
            view, active_only=False, assignable_only=False, first=1, after=None
        )
        return not people.rows and not await leads_list.count_leads(view, leads_list.Chosen())
    finally:
        await view.close()


# --- the shop ----------------------------------------------------------------------------------


class HashedBefore(Passwords):
    """Hashes made before the unit of work that needs them, which would hold its lock meanwhile."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        super().__init__()
        self._hashes = hashes

    async def hash(self, password: str) -> str:
        return self._hashes[password]


async def _settle(services: Services, settings: Settings) -> None:
    """Makes team, site and fields at once, and keeps how to get in."""
    logins = tuple(_login(name, role) for name, role in TEAM)
    words = [login.password for login in logins]
    hashes = await asyncio.gather(*map(services.passwords.hash, words))
    prepared = replace(services, passwords=HashedBefore(dict(zip(words, hashes, strict=True))))
    kinds = await wanted_kinds(services)
    async with unit_of_work(prepared, SYSTEM) as work:
        row = {"name": POSITION, "position": ""}
        if not await insert_new(work.session, WorkerPosition, row, ["name"]):
            return  # another process is at it
        began_at = work.at
        work.at -= timedelta(days=DAYS + 5)
        site, secret = await sites.save_site(
            work, None, SHOP, _origins(settings), "Hello! Ask us anything about glass."
        )
        assert secret is not None
        people = [
            await staff.create_staff(
                work, login.name, login.email_address, login.role, login.password
            )
            for login in logins
        ]
        for new in FIELDS:
            await fields.create_field(work, new)
        for kind_id, edit in kinds:
            await event_kinds.save_event_kind(work, kind_id, edit)
        await house.furnish(work, people)
        author = _actor(people[0], await _workspace(work.session))
        for reply in talks.REPLIES:
            await canned_replies.save_reply(work, author, None, ReplyEdit(*reply))
        for name, description, literal in talks.SEGMENTS:
            await save_segment(work, None, SegmentEdit(name, description, literal))
        place = Place(began_at, site.id, tuple(person.id for person in people))
        begun = await work.session.get_one(WorkerPosition, POSITION)
        begun.position = place.written()
        keep_demo_access(
            settings, DemoAccess(site.site_key, secret, logins[:SHOWN], logins[SHOWN:])
        )


def _login(name: str, role: StaffRole) -> Login:
    address = f"{name.partition(' ')[0].lower()}@oriel.example"
    return Login(name, role, address, secrets.token_urlsafe(15))


async def _world(services: Services, place: Place) -> World:
    """Everything that the lives refer to, as it is in the database."""
    view = View(services, SYSTEM)
    try:
        site = next(each for each in await readers.all_sites(view) if each.id == place.site_id)
        workspace = await view.run(_workspace)
        people = [
            each for each in await readers.staff_by_id(view, place.people) if each is not None
        ]
        pipelines = [each for each in await readers.all_pipelines(view) if each.is_default]
        (states,) = await readers.states_by_pipeline(view, [pipelines[0].id])
        kinds = await readers.all_event_kinds(view)
        date_kinds = await readers.all_important_date_kinds(view)
        definitions = await view.run(fields.definitions)
        options = await view.run(fields.options_of)
    finally:
        await view.close()
    return World(
        services=services,
        site=site,
        shop_url=f"{services.public_url}/demo-site",
        until=place.began_at,
        team=[_actor(person, workspace) for person in people],
        people=people,
        states={each.name: each for each in states},
        kinds={each.name: each for each in kinds},
        date_kinds={each.name: each.id for each in date_kinds},
        fields=definitions,
        options=options,
    )


async def _workspace(session: Any) -> Workspace:
    found: Workspace = await session.get_one(Workspace, 1)
    return found


def _actor(person: Staff, workspace: Workspace) -> StaffActor:
    own = person.role is StaffRole.AGENT
    return StaffActor(
        kind=ActorKind.STAFF,
        id=person.id,
        name=person.name,
        via=Via.APP,
        role=person.role,
        session_id=uuid4(),
        rights=Rights(AccessScope.OWN, frozenset({person.id}), False) if own else Rights(),
        access_version=workspace.access_version,
    )


# --- the lives ---------------------------------------------------------------------------------


async def _play_all(services: Services, place: Place, leads: int, tell: Tell) -> None:
    world = await _world(services, place)
    tell(min(place.number, leads), leads)
    for number in range(place.number, leads):
        for index, part in enumerate(live(world, number)):
            if (number, index) >= (place.number, place.part):
                await _play(world, replace(place, number=number, part=index), part)
        tell(number + 1, leads)


async def _play(world: World, place: Place, part: Part) -> None:
    """Loads one part, unless another process has done so."""
    if isinstance(part, Introduction):
        # It has a unit of work of its own; done twice, it only tells the same again.
        await _introduce(world, part)
    async with unit_of_work(world.services, SYSTEM) as work:
        if await _advance(work, place) and isinstance(part, Chapter):
            await _tell(world, work, part)


async def _advance(work: UnitOfWork, place: Place) -> bool:
    """Writes down that this part is done; False if it was before."""
    row = await work.session.get(WorkerPosition, POSITION, with_for_update=True)
    if row is None:
        return False
    known = Place.read(row.position)
    if (known.number, known.part) > (place.number, place.part):
        return False
    row.position = replace(place, part=place.part + 1).written()
    return True


async def _tell(world: World, work: UnitOfWork, chapter: Chapter) -> None:
    stage = Stage(world, work, chapter.lead_id, chapter.visit_id)
    if not chapter.is_first:
        await stage.open()
    for entry in chapter.entries:
        stage.enter(entry.who, entry.at)
        await entry.act(stage)
    await stage.close()


async def _introduce(world: World, part: Introduction) -> None:
    person, expires_at = part.person, part.at + timedelta(hours=1)
    text, address = expires_at.isoformat(), person.email_address
    signature = None
    if part.external_id:
        signature = sign(world.site.identity_secret, part.external_id, address, text)
    claim = Claim(
        external_id=part.external_id,
        email_address=address,
        phone_number=person.phone_number,
        name=person.name,
        expires_at=expires_at,
        expires_text=text,
        signature=signature,
    )
    then = replace(world.services, clock=ManualClock(part.at))
    await visits.identify(then, visitor_of(part.lead_id, part.visit_id), claim)


async def _finish(services: Services, place: Place, leads: int) -> None:
    world = await _world(services, place)
    owner, talker = world.team[0], min(LONG)
    if leads > talker:
        await house.put_plan(services, owner, live(world, talker)[0].lead_id)
    found = await house.look_around(services, world.team)
    async with unit_of_work(services, owner) as work:
        row = await work.session.get(WorkerPosition, POSITION, with_for_update=True)
        if row is None:
            return
        await work.session.delete(row)
        await house.finish(work, found)
        workspace = await work.session.get_one(Workspace, 1)
        workspace.has_demo_data = True
        work.record_workspace("demo_loaded", {"leads": leads})
