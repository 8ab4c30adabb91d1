"""Open pages: what each shows, whose it is, and how long that is kept."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from models.clock import ManualClock
from models.visits import Site, Visit, VisitPage
from resolvers import open_pages, visits
from resolvers.actors import SYSTEM, VisitorActor
from resolvers.devices import device_name
from resolvers.errors import InvalidInput, ProblemCode
from resolvers.open_pages import PresenceSession, forget_closed_pages, read_sessions
from resolvers.presence import presence_of
from resolvers.secrets import sign
from resolvers.services import Services
from resolvers.views import View
from resolvers.visits import Claim, NewVisit, Page
from tests.factories import ORIGIN, make_site, make_visit
from tests.schema.test_statements import counting

pytestmark = pytest.mark.behaviour("B6")

FERN = Page(f"{ORIGIN}/lamps/fern?token=s3cret#top", "Fern lamp")
IVY = Page(f"{ORIGIN}/lamps/ivy", "Ivy lamp")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def beat(
    services: Services,
    actor: VisitorActor,
    page: Page | None = None,
    page_key: str = "page-0001",
    *,
    is_visible: bool = True,
) -> None:
    await visits.heartbeat(services, actor, page_key, is_visible=is_visible, idle_ms=0, page=page)


async def sessions(services: Services, lead_id: UUID) -> list[PresenceSession]:
    view = View(services, SYSTEM)
    try:
        found = await presence_of(services, [lead_id])
        return (await read_sessions(view, [found[lead_id]]))[0]
    finally:
        await view.close()


async def addresses(services: Services, actor: VisitorActor) -> list[str | None]:
    found = await sessions(services, actor.lead_id)
    return [each.shown.url if each.shown else None for each in found]


async def kept(services: Services) -> int:
    async with services.database.read_session() as session:
        return await session.scalar(select(func.count()).select_from(VisitPage)) or 0


async def test_an_open_page_is_told_with_its_visit_and_without_secrets_of_its_address(
    services: Services, clock: ManualClock
) -> None:
    site, _ = await make_site(services)
    new = NewVisit(
        site.site_key, FERN, referrer="https://search.example/find?q=lamps", user_agent=FIREFOX
    )
    actor = (await visits.start_visit(services, new)).actor
    opened = clock.now()
    await beat(services, actor, FERN)
    clock.advance(5)
    await beat(services, actor)
    (only,) = await sessions(services, actor.lead_id)
    assert only.shown is not None
    assert (only.shown.url, only.shown.title) == (f"{ORIGIN}/lamps/fern", "Fern lamp")
    assert (only.site.id, only.visit.id, only.device) == (
        site.id, actor.visit_id, "Firefox on Linux"
    )  # fmt: skip
    assert only.visit.referrer == "https://search.example/find"
    assert (only.started_at, only.page.active_at) == (opened, clock.now())


async def test_what_looks_at_first_comes_first(services: Services, clock: ManualClock) -> None:
    actor = (await make_visit(services)).actor
    await beat(services, actor, FERN)
    clock.advance(1)
    await beat(services, actor, IVY, "page-0002")
    clock.advance(1)
    await beat(services, actor, page_key="page-0002", is_visible=False)
    assert await addresses(services, actor) == [f"{ORIGIN}/lamps/fern", f"{ORIGIN}/lamps/ivy"]
    await visits.leave(services, actor, "page-0001")
    assert await addresses(services, actor) == [f"{ORIGIN}/lamps/ivy"]


async def test_a_page_that_said_nothing_of_itself_is_there_without_an_address(
    services: Services, clock: ManualClock
) -> None:
    actor = (await make_visit(services)).actor
    opened = clock.now()
    await beat(services, actor)
    (only,) = await sessions(services, actor.lead_id)
    assert (only.shown, only.started_at, only.device) == (None, opened, "Unknown device")


async def test_a_page_tells_again_what_is_on_it(services: Services, clock: ManualClock) -> None:
    actor = (await make_visit(services)).actor
    opened = clock.now()
    await beat(services, actor, FERN)
    (before,) = await sessions(services, actor.lead_id)
    clock.advance(3)
    await beat(services, actor, IVY)
    (after,) = await sessions(services, actor.lead_id)
    assert after.shown is not None
    assert (after.shown.url, after.shown.title) == (IVY.url, IVY.title)
    assert (after.id, after.started_at) == (before.id, opened)
    assert await kept(services) == 1


async def test_telling_the_same_again_writes_nothing(
    services: Services, clock: ManualClock
) -> None:
    actor = (await make_visit(services)).actor
    await beat(services, actor, FERN)
    clock.advance(1)
    with counting(services) as statements:
        await beat(services, actor, replace(FERN, url=f"{ORIGIN}/lamps/fern?other=secret"))
    assert statements.count == 1, statements.sent
    async with services.database.read_session() as session:
        row = (await session.scalars(select(VisitPage))).one()
    assert row.told_at == clock.now() - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://elsewhere.example/lamps", ProblemCode.UNKNOWN),
        ("http://shop.example/lamps", ProblemCode.UNKNOWN),
        ("javascript:alert(1)", ProblemCode.MALFORMED),
        (f"{ORIGIN}/{'a' * 2048}", ProblemCode.MALFORMED),
        ("", ProblemCode.MALFORMED),
    ],
)
async def test_a_page_of_elsewhere_is_refused_and_opens_nothing(
    services: Services, url: str, code: ProblemCode
) -> None:
    actor = (await make_visit(services)).actor
    with pytest.raises(InvalidInput) as caught:
        await beat(services, actor, Page(url))
    (problem,) = caught.value.problems
    assert (".".join(problem.path), problem.code) == ("page.url", code)
    assert await sessions(services, actor.lead_id) == []
    assert await kept(services) == 0


@pytest.mark.parametrize(
    ("title", "shown"),
    [("t" * 300, "t" * 200), ("a\x00b", None), ("  ", None), (" Fern ", "Fern"), (None, None)],
)
async def test_a_title_that_cannot_be_kept_stops_nothing(
    services: Services, title: str | None, shown: str | None
) -> None:
    actor = (await make_visit(services)).actor
    await beat(services, actor, Page(FERN.url, title))
    (only,) = await sessions(services, actor.lead_id)
    assert only.shown is not None
    assert only.shown.title == shown


async def test_of_a_visit_the_64_newest_pages_are_kept(
    services: Services, clock: ManualClock
) -> None:
    actor = (await make_visit(services)).actor
    for number in range(open_pages.PAGES_PER_VISIT + 3):
        await beat(services, actor, IVY, f"page-{number:04}")
        await visits.leave(services, actor, f"page-{number:04}")
        clock.advance(1)
    assert await kept(services) == open_pages.PAGES_PER_VISIT
    assert await addresses(services, actor) == [IVY.url]


# --- whose it is -----------------------------------------------------------------------------


async def identified(
    services: Services, actor: VisitorActor, site: Site, secret: str, external_id: str
) -> VisitorActor:
    expires_at = services.clock.now() + timedelta(hours=1)
    expires = expires_at.isoformat()
    claim = Claim(
        external_id=external_id,
        expires_at=expires_at,
        expires_text=expires,
        signature=sign(secret, external_id, "", expires),
    )
    return (await visits.identify(services, actor, claim)).actor


async def test_a_browser_that_turned_out_to_be_somebody_else_is_told_there_only(
    services: Services,
) -> None:
    site, secret = await make_site(services)
    actor = (await make_visit(services, site)).actor
    first = await identified(services, actor, site, secret, "first")
    await beat(services, first, FERN)
    assert await addresses(services, first) == [f"{ORIGIN}/lamps/fern"]
    other = await identified(services, first, site, secret, "second")
    assert other.lead_id != first.lead_id
    assert await addresses(services, first) == []
    await beat(services, other)
    assert await addresses(services, other) == [f"{ORIGIN}/lamps/fern"]


async def test_pages_of_several_visits_stand_on_the_one_card(services: Services) -> None:
    site, secret = await make_site(services)
    laptop, phone = [(await make_visit(services, site)).actor for _ in range(2)]
    laptop = await identified(services, laptop, site, secret, "lena")
    phone = await identified(services, phone, site, secret, "lena")
    assert laptop.lead_id == phone.lead_id
    await beat(services, laptop, FERN)
    await beat(services, phone, IVY)
    found = await sessions(services, laptop.lead_id)
    assert {each.visit.id for each in found} == {laptop.visit_id, phone.visit_id}
    assert len({each.id for each in found}) == 2


async def test_a_page_name_of_another_release_is_passed_over(services: Services) -> None:
    actor = (await make_visit(services)).actor
    for name in (uuid4().hex, "not base64!", ""):
        await services.presence.beat(actor.lead_id, name, idle_ms=0, is_visible=True)
    assert await sessions(services, actor.lead_id) == []


async def test_pages_of_an_ended_visit_are_not_told(services: Services) -> None:
    actor = (await make_visit(services)).actor
    await beat(services, actor, FERN)
    async with services.database.write_session() as session, session.begin():
        (await session.get_one(Visit, actor.visit_id)).ended_at = services.clock.now()
    assert await sessions(services, actor.lead_id) == []


# --- where a visit came from -----------------------------------------------------------------


async def visit_of(services: Services, actor: VisitorActor) -> Visit:
    async with services.database.read_session() as session:
        return await session.get_one(Visit, actor.visit_id)


async def test_a_visit_keeps_the_last_page_of_another_site_and_its_browser(
    services: Services,
) -> None:
    site, _ = await make_site(services)
    new = NewVisit(site.site_key, FERN, referrer=f"{ORIGIN}/lamps", user_agent=FIREFOX)
    first = await visits.start_visit(services, new)
    again = replace(new, token=first.token)
    assert (await visit_of(services, first.actor)).referrer is None

    async def after(**told: Any) -> tuple[str | None, str | None]:
        await visits.start_visit(services, replace(again, **told))
        visit = await visit_of(services, first.actor)
        return visit.referrer, visit.device

    news = "https://news.example/of-today?reader=lena"
    assert await after(referrer=news) == ("https://news.example/of-today", "Firefox on Linux")
    assert (await after())[0] == "https://news.example/of-today"
    for odd in (
        "javascript:1",
        "https://x:99999/",
        "https://x:y/",
        "http://exa mple/",
        "https://@/",
    ):
        assert (await after(referrer=odd))[0] == "https://news.example/of-today"
    assert (await after(user_agent="curl/8"))[1] == "Unknown device"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/141.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
         "like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Version/18.6 Safari/605.1.15", "Safari on macOS"),
        ("Something (Linux)", "Linux"),
        ("", "Unknown device"),
    ],
)  # fmt: skip
def test_browser_and_system_are_told_in_words(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


# --- how long it is kept ---------------------------------------------------------------------


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_pages, "BATCH", 2)


@pytest.mark.usefixtures("few_at_once")
async def test_what_a_closed_page_showed_is_removed_after_a_day(
    services: Services, clock: ManualClock
) -> None:
    actor = (await make_visit(services)).actor
    other = (await make_visit(services)).actor
    for number in range(5):
        await beat(services, actor, FERN, f"page-{number:04}")
    await beat(services, other, IVY)
    clock.advance(open_pages.KEPT.total_seconds())
    await services.presence.sweep()
    clock.advance(200)
    await services.presence.sweep()
    for late in ("page-0002", "page-0004"):
        await beat(services, actor, page_key=late)
    await beat(services, other, FERN, "page-fresh")
    await _grace_ends(services, clock)
    for late in ("page-0002", "page-0004"):
        await beat(services, actor, page_key=late)
    assert await forget_closed_pages(services) == 4
    assert await addresses(services, actor) == [f"{ORIGIN}/lamps/fern"] * 2
    assert await kept(services) == 3
    assert await forget_closed_pages(services) == 0


async def _grace_ends(services: Services, clock: ManualClock) -> None:
    for _ in range(8):
        clock.advance(9.5)
        await services.presence.sweep()


async def test_nothing_is_removed_while_presence_is_not_sure(
    services: Services, clock: ManualClock
) -> None:
    actor = (await make_visit(services)).actor
    await beat(services, actor, FERN)
    clock.advance(open_pages.KEPT.total_seconds() + 1)
    assert await forget_closed_pages(services) == 0
    await _grace_ends(services, clock)
    assert await forget_closed_pages(services) == 1


async def test_a_page_opened_lately_is_kept_though_it_closed(
    services: Services, clock: ManualClock
) -> None:
    actor = (await make_visit(services)).actor
    await beat(services, actor, FERN)
    clock.advance(3600)
    await _grace_ends(services, clock)
    await _grace_ends(services, clock)
    assert await addresses(services, actor) == []
    assert await forget_closed_pages(services) == 0
    await beat(services, actor)
    assert await addresses(services, actor) == [f"{ORIGIN}/lamps/fern"]
