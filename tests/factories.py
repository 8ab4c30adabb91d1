"""One function for each noun; valid by default."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from models.enums import StaffRole
from models.visits import Site
from resolvers import leads, sites, staff, visits
from resolvers.actors import SYSTEM, Actor, StaffActor
from resolvers.leads import NewLead
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.visits import NewVisit, Page, StartedVisit

PASSWORD = "a long enough password"
ORIGIN = "https://shop.example"


async def make_staff(
    services: Services, role: StaffRole = StaffRole.ADMIN, name: str = "Ada Ames"
) -> StaffActor:
    """A signed-in person; the password hash is not checked here, sign-in has its own tests."""
    signed_in = await sign_in_new(services, role, name)
    return signed_in.actor


async def sign_in_new(
    services: Services, role: StaffRole = StaffRole.ADMIN, name: str = "Ada Ames"
) -> staff.SignedIn:
    """A new person with an open session and its token."""
    address = f"{uuid4().hex}@team.example"
    async with unit_of_work(services, SYSTEM) as work:
        await staff.create_staff(work, name, address, role, PASSWORD)
    return await staff.sign_in(services, address, PASSWORD, device="test", client=uuid4().hex)


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
    return await visits.start_visit(
        services, NewVisit(site.site_key, page, has_consent=True, client=uuid4().hex)
    )
