"""One function for each noun; valid by default."""

from collections.abc import Sequence
from functools import cache
from uuid import UUID, uuid4

from pwdlib import PasswordHash

from models.enums import StaffRole
from models.staff import Staff, StaffSession
from models.visits import Site
from resolvers import leads, sites, staff, visits
from resolvers.actors import SYSTEM, Actor, StaffActor
from resolvers.leads import NewLead
from resolvers.secrets import hash_token, new_token
from resolvers.services import Services
from resolvers.text import fold
from resolvers.unit_of_work import unit_of_work
from resolvers.visits import NewVisit, Page, StartedVisit

PASSWORD = "a long enough password"
ORIGIN = "https://shop.example"


async def make_staff(
    services: Services, role: StaffRole = StaffRole.ADMIN, name: str = "Ada Ames"
) -> StaffActor:
    """A signed-in person."""
    signed_in = await sign_in_new(services, role, name)
    return signed_in.actor


async def sign_in_new(
    services: Services, role: StaffRole = StaffRole.ADMIN, name: str = "Ada Ames"
) -> staff.SignedIn:
    """A new person with an open session and its token; PASSWORD is theirs.

    The rows are put there as they are: signing in hashes for a while and has its own tests.
    """
    now = services.clock.now()
    person = Staff(
        name=name,
        name_key=fold(name),
        email_address=f"{uuid4().hex}@team.example",
        password_hash=_password_hash(),
        role=role,
        created_at=now,
    )
    async with unit_of_work(services, SYSTEM) as work:
        work.session.add(person)
    return await sign_in_again(services, person.id)


async def sign_in_again(services: Services, staff_id: UUID) -> staff.SignedIn:
    """Another open session of a person."""
    token, now = new_token("staff"), services.clock.now()
    opened = StaffSession(
        staff_id=staff_id,
        token_hash=hash_token(token),
        device="test",
        created_at=now,
        last_used_at=now,
        expires_at=now + staff.LONGEST,
    )
    async with unit_of_work(services, SYSTEM) as work:
        work.session.add(opened)
    return staff.SignedIn(await actor_of(services, opened.id), token)


@cache
def _password_hash() -> str:
    return PasswordHash.recommended().hash(PASSWORD)


async def actor_of(services: Services, session_id: UUID) -> StaffActor:
    """The person behind a session, with the rights of now."""
    async with services.database.read_session() as session:
        actor = await staff.actor_for_session(services, session, session_id)
    assert actor is not None
    return actor


async def make_lead(
    services: Services,
    actor: Actor = SYSTEM,
    *,
    first_name: str = "Lena",
    last_name: str = "Lorenz",
    email_addresses: Sequence[str] = (),
    tags: Sequence[str] = (),
    assignee_id: UUID | None = None,
) -> UUID:
    """A lead known by name."""
    new = NewLead(
        person={"first_name": first_name, "last_name": last_name},
        email_addresses=email_addresses,
        tags=tags,
        assignee_id=assignee_id,
    )
    async with unit_of_work(services, actor) as work:
        return await leads.create_lead(work, new, uuid4().hex)


async def make_site(services: Services) -> tuple[Site, str]:
    """A site and its identity secret."""
    async with unit_of_work(services, SYSTEM) as work:
        site, secret = await sites.save_site(work, None, "Shop", [ORIGIN], "Hello")
    assert secret is not None
    return site, secret


async def make_visit(services: Services, site: Site | None = None) -> StartedVisit:
    """A visitor who just opened a page."""
    if site is None:
        site, _ = await make_site(services)
    page = Page(f"{ORIGIN}/lamps", "Lamps")
    return await visits.start_visit(services, NewVisit(site.site_key, page, client=uuid4().hex))
