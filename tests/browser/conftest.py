"""A browser, and the program in both set-ups with time compressed."""

from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from pytest_asyncio import is_async_test

from models.enums import StaffRole
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.staff import create_staff
from resolvers.unit_of_work import unit_of_work
from tests.databases import copy_template, make_template
from tests.processes import Process, free_port
from tests.servers import RedisServer

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=30_000)  # several browsers and their servers share the processors
BOTH = ("embedded", "at scale")
"""For what goes from server to server; what only a page does needs one."""
PASSWORD = "a long enough password"
STAFF = {"ada@team.example": "Ada Ames", "ben@team.example": "Ben Boyd"}
TIME = {
    "PRESENCE_SLEEP_SECONDS": 5,
    "PRESENCE_LEAVE_SECONDS": 1,
    "PRESENCE_VISIBLE_BEAT_SECONDS": 1,
    "PRESENCE_VISIBLE_LEASE_SECONDS": 30,  # longer than a server takes to come back
    "PRESENCE_HIDDEN_BEAT_SECONDS": 2,
    "PRESENCE_HIDDEN_LEASE_SECONDS": 32,
    "PRESENCE_ACTIVITY_SECONDS": 1,
    "RECONCILE_SECONDS": 1,
}


@dataclass
class SetUp:
    """Running servers: each browser may use another one."""

    servers: list[Process]
    others: list[Process]
    redis: RedisServer | None

    @property
    def first(self) -> str:
        return self.servers[0].url

    @property
    def last(self) -> str:
        return self.servers[-1].url


@pytest.fixture(scope="session")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str | None], str]:
    """Makes, once for each database, one where the staff can sign in: tests begin with a copy."""
    made: dict[str | None, str] = {}

    def template(admin: str | None) -> str:
        if admin not in made:
            dialect = "postgresql" if admin else "sqlite"
            folder = tmp_path_factory.mktemp("peopled")
            made[admin] = make_template(dialect, folder, admin, _add_people)
        return made[admin]

    return template


async def _add_people(services: Services) -> None:
    for address, name in STAFF.items():
        async with unit_of_work(services, SYSTEM) as work:
            await create_staff(work, name, address, StaffRole.ADMIN, PASSWORD)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Pages run on the embedded set-up; files that say `SET_UPS = BOTH` also at scale."""
    if "set_up" in metafunc.fixturenames:
        names = getattr(metafunc.module, "SET_UPS", ("embedded",))
        metafunc.parametrize("set_up", names, indirect=True)


@pytest.fixture
def set_up(
    request: pytest.FixtureRequest, peopled: Callable[[str | None], str], tmp_path: Path
) -> Iterator[SetUp]:
    """SQLite and one process, or PostgreSQL, Valkey, two API processes and a worker."""
    if request.param == "embedded":
        copy_template("sqlite", peopled(None), tmp_path, None)
        made = SetUp([Process(tmp_path, "serve", PORT=free_port(), **TIME)], [], None)
    else:
        made = _at_scale(request, peopled, tmp_path)
    try:
        with ThreadPoolExecutor() as starting:
            list(starting.map(Process.start, (*made.servers, *made.others)))
        _make_site(made)
        yield made
    finally:
        for process in (*made.servers, *made.others):
            process.kill()


def _at_scale(
    request: pytest.FixtureRequest, peopled: Callable[[str | None], str], folder: Path
) -> SetUp:
    admin = request.getfixturevalue("postgres_server").url
    redis: RedisServer = request.getfixturevalue("redis_server")
    shared: dict[str, Any] = {
        "DATABASE_URL": copy_template("postgresql", peopled(admin), folder, admin),
        "REDIS_URL": redis.url,
        "SECRET_KEY": "0123456789abcdef0123456789abcdef",
        **TIME,
    }
    servers = [Process(folder, "serve", PORT=free_port(), **shared) for _ in range(2)]
    return SetUp(servers, [Process(folder, "worker", **shared)], redis)


def _make_site(made: SetUp) -> None:
    with httpx2.Client(base_url=made.first) as client:
        token = ask(
            client,
            "mutation($i: SignInInput!) { signIn(input: $i) { ... on SignInSuccess { token } } }",
            {"emailAddress": next(iter(STAFF)), "password": PASSWORD, "wantsToken": True},
        )["signIn"]["token"]
        client.headers["authorization"] = f"Bearer {token}"
        ask(
            client,
            "mutation($i: SaveSiteInput!) { saveSite(input: $i) { __typename } }",
            {"name": "Shop", "origins": [server.url for server in made.servers]},
        )


def ask(client: httpx2.Client, document: str, given: dict[str, Any]) -> Any:
    answer = client.post("/graphql", json={"query": document, "variables": {"i": given}}).json()
    assert "errors" not in answer, answer
    return answer["data"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests share one loop, and so one browser: each has contexts of its own in it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A browser that reaches nothing but loopback."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        await launched.close()


class Watched:
    """Pages in contexts of their own; what they complain of is kept for the end of the test."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.strangers: list[str] = []

    async def open(self, url: str) -> Page:
        """A page with a cookie jar of its own."""
        context = await self.browser.new_context(
            viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
        )
        self.contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type == "error" and "Content Security" in message.text
                else None
            ),
        )
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
                else self.strangers.append(asked.url)
            ),
        )
        await page.goto(url)
        return page


@pytest_asyncio.fixture(loop_scope="session")
async def watched(browser: Browser) -> AsyncIterator[Watched]:
    """Opens pages, and fails the test if one of them broke or asked a stranger."""
    pages = Watched(browser)
    yield pages
    for context in pages.contexts:
        await context.close()
    assert pages.complaints == []
    assert pages.strangers == []


async def sign_in(page: Page, address: str) -> None:
    await page.get_by_test_id("sign-in-email").fill(address)
    await page.get_by_test_id("sign-in-password").fill(PASSWORD)
    await page.get_by_test_id("sign-in-submit").click()


async def open_card(watched: Watched, url: str, address: str) -> Page:
    """The card of the lead that is on the site now."""
    page = await watched.open(f"{url}/live")
    await sign_in(page, address)
    await page.get_by_test_id("lead-row").first.click(timeout=30_000)
    await expect(page.get_by_test_id("connection")).to_have_text("live")
    return page
