"""Clients of the schema on both databases, and of the whole application over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import httpx2
import pytest

from app import create_app
from models.clock import ManualClock
from models.enums import StaffRole
from resolvers.services import Services
from settings import Settings
from tests.client import Client, staff_client, visitor_client

ClientFor = Callable[..., Awaitable[Client]]


@pytest.fixture
def client_for(services: Services) -> ClientFor:
    """Makes a client of a new person with a role."""

    async def make(role: StaffRole = StaffRole.ADMIN, name: str = "Ada Ames") -> Client:
        return await staff_client(services, role, name)

    return make


@pytest.fixture
async def admin(client_for: ClientFor) -> Client:
    return await client_for()


@pytest.fixture
def nobody(services: Services) -> Client:
    return Client(services)


@pytest.fixture
async def visitor(services: Services) -> tuple[Client, UUID]:
    """A visitor's client and lead."""
    return await visitor_client(services)


@pytest.fixture
async def app_client(settings: Settings, clock: ManualClock) -> AsyncIterator[httpx2.AsyncClient]:
    """The application over HTTP, as a browser on its own pages sees it."""
    ours = settings.model_copy(update={"public_url": "https://leads.example"})
    app = create_app(ours, clock)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="https://leads.example"
        ) as client:
            client.app = app  # type: ignore[attr-defined]  # tests look into its services
            yield client
