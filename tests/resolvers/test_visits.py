"""The visitor's side: visits, heartbeats, what pages tell, and who the visitor turns out to be."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from models.clock import ManualClock
from models.contact_points import EmailAddress, LeadEmailAddress
from models.enums import ChangeKind
from models.events import Event, EventGroup
from models.leads import Lead, LeadAlias
from models.visits import PresenceInterval, Visit
from resolvers import visits
from resolvers.errors import InvalidInput, LimitReached, NotFound, ProblemCode
from resolvers.limits import HEARTBEAT, IDENTIFY, START_VISIT
from resolvers.secrets import sign
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.visits import Claim, NewVisit, Page, Told
from tests.factories import ORIGIN, make_lead, make_site, make_visit
from tests.resolvers.scene import Scene
from tests.resolvers.verify import assert_log_holds, card_of, changes_of, kinds_of

LAMPS = Page(f"{ORIGIN}/lamps", "Lamps")


async def one(services: Services, statement: Any) -> Any:
    async with services.database.read_session() as session:
        return (await session.scalars(statement)).one()


async def lead_of(services: Services, lead_id: UUID) -> Lead:
    found: Lead = await one(services, select(Lead).where(col(Lead.id) == lead_id))
    return found


def problem(caught: pytest.ExceptionInfo[InvalidInput]) -> tuple[str, ProblemCode]:
    (only,) = caught.value.problems
    return ".".join(only.path), only.code


# --- how a visit begins --------------------------------------------------------------------------


@pytest.mark.behaviour("A1")
async def test_a_visitor_is_called_visitor_and_four_characters(services: Services) -> None:
    visit = await make_visit(services)
    lead = await lead_of(services, visit.actor.lead_id)
    assert lead.display_name == visit.actor.name
    assert lead.display_name.startswith("Visitor ")
    assert len(lead.display_name) == len("Visitor ABCD")
    assert lead.is_anonymous


async def test_a_visit_needs_a_known_site_and_its_origin(services: Services) -> None:
    site, _ = await make_site(services)
    new = NewVisit(site.site_key, LAMPS, origin=ORIGIN)
    await visits.start_visit(services, new)
    await visits.start_visit(services, replace(new, origin=None))
    await visits.start_visit(services, replace(new, origin="HTTPS://Shop.Example:443"))
    for other in (
        replace(new, site_key="unknown"),
        replace(new, site_key=""),
        replace(new, site_key="a\x00b"),
        replace(new, origin="https://evil.example"),
        replace(new, origin="http://shop.example"),
        replace(new, origin="https://shop.example:8443"),
        replace(new, origin="null"),
    ):
        with pytest.raises(NotFound):
            await visits.start_visit(services, other)
    assert await one(services, select(func.count()).select_from(Visit)) == 3


async def test_a_token_is_taken_up(services: Services) -> None:
    site, _ = await make_site(services)
    first = await make_visit(services, site)
    again = await visits.start_visit(services, NewVisit(site.site_key, LAMPS, token=first.token))
    assert (again.token, again.actor, again.revision) == (first.token, first.actor, 1)
    fresh = await visits.start_visit(services, NewVisit(site.site_key, LAMPS, token="visit_other"))
    assert fresh.actor.lead_id != first.actor.lead_id
    assert await visits.actor_for_token(services, fresh.token) == fresh.actor
    assert await visits.actor_for_token(services, "visit_other") is None


async def test_what_a_script_says_wrongly_does_not_stop_the_visit(services: Services) -> None:
    site, _ = await make_site(services)
    odd = NewVisit(site.site_key, LAMPS, referrer="javascript:x", time_zone="Mars/Base")
    lead = await lead_of(services, (await visits.start_visit(services, odd)).actor.lead_id)
    assert (lead.source_referrer, lead.time_zone) == (None, None)
    fine = replace(odd, referrer="https://a.example/b?token=c#d", time_zone="Asia/Tokyo")
    lead = await lead_of(services, (await visits.start_visit(services, fine)).actor.lead_id)
    assert (lead.source_referrer, lead.time_zone) == ("https://a.example/b", "Asia/Tokyo")
    assert (lead.source_detail, lead.source_channel) == ("Shop", "SITE")


async def test_visits_of_one_client_are_limited(services: Services) -> None:
    site, _ = await make_site(services)
    new = NewVisit("unknown", LAMPS, client="192.0.2.1")
    for _ in range(START_VISIT.amount):
        with pytest.raises(NotFound):
            await visits.start_visit(services, new)
    with pytest.raises(LimitReached) as caught:
        await visits.start_visit(services, replace(new, site_key=site.site_key))
    assert caught.value.limit == START_VISIT.amount
    assert caught.value.retry_after
    await visits.start_visit(services, replace(new, site_key=site.site_key, client="192.0.2.2"))


# --- heartbeats ----------------------------------------------------------------------------------


async def test_a_heartbeat_names_its_page_in_plain_characters(services: Services) -> None:
    visitor = (await make_visit(services)).actor
    for page_key in ("short", "k" * 65, "page 0001", "page-ä001", "page-0001\n"):
        with pytest.raises(InvalidInput) as caught:
            await visits.heartbeat(services, visitor, page_key, is_visible=True, idle_ms=0)
        assert problem(caught) == ("pageKey", ProblemCode.MALFORMED)
        with pytest.raises(InvalidInput):
            await visits.leave(services, visitor, page_key)
    timing = services.visit_timing
    assert await visits.heartbeat(
        services, visitor, "page-0001", is_visible=True, idle_ms=-5
    ) == timing.visible_beat  # fmt: skip
    assert await visits.heartbeat(
        services, visitor, "page-0001", is_visible=False, idle_ms=10**15
    ) == timing.hidden_beat  # fmt: skip


async def test_a_visitor_has_at_most_32_pages(services: Services) -> None:
    visitor = (await make_visit(services)).actor
    for number in range(32):
        await visits.heartbeat(
            services, visitor, f"page-{number:04}", is_visible=False, idle_ms=None
        )
    with pytest.raises(LimitReached) as caught:
        await visits.heartbeat(services, visitor, "page-0032", is_visible=False, idle_ms=None)
    assert caught.value.limit == 32
    await visits.heartbeat(services, visitor, "page-0000", is_visible=True, idle_ms=0)
    for _ in range(HEARTBEAT.amount - 34):
        await visits.heartbeat(services, visitor, "page-0000", is_visible=True, idle_ms=0)
    with pytest.raises(LimitReached):
        await visits.heartbeat(services, visitor, "page-0000", is_visible=True, idle_ms=0)


# --- events --------------------------------------------------------------------------------------


@pytest.mark.behaviour("B17")
async def test_a_repeated_event_is_stored_once(services: Services, clock: ManualClock) -> None:
    visitor = (await make_visit(services)).actor
    told = Told("Signed up", "page-0001", 1, ago_ms=4_000)
    first = await visits.record(services, visitor, told)
    clock.advance(60)
    assert await visits.record(services, visitor, replace(told, ago_ms=64_000)) == first
    for other in (replace(told, sequence=2), replace(told, page_key="page-0002")):
        assert await visits.record(services, visitor, other) != first
    group = await one(services, select(EventGroup))
    assert group.count == 3
    event = await one(services, select(Event).where(col(Event.id) == first))
    assert event.received_at - event.occurred_at == timedelta(seconds=4)


@pytest.mark.behaviour("B17", "B19")
async def test_page_views_are_one_row_with_one_change_in_half_a_minute(
    services: Services, clock: ManualClock
) -> None:
    visitor = (await make_visit(services)).actor

    async def view(number: int, name: str = "Page view", page: Page = LAMPS) -> UUID:
        return await visits.record(services, visitor, Told(name, f"page-{number:04}", 1, page=page))

    first = await view(1)
    for seconds, names in (
        (10, "page view"),
        (19, "page_view"),
        (1, "PAGE VIEW"),
        (29, "Page view"),
    ):
        clock.advance(seconds)
        assert await view(seconds + 1, names) == first
    changes = await changes_of(services, visitor.lead_id, 1)
    assert [change.data and change.data["event"]["count"] for change in changes] == [1, 4]
    row = await one(services, select(Event))
    assert (row.count, row.name, row.last_at) == (5, "Page view", clock.now())
    assert (await one(services, select(EventGroup))).count == 5
    assert await view(99, page=Page(f"{ORIGIN}/lamps?utm=1#top")) == first
    assert await view(98, page=Page(f"{ORIGIN}/chairs")) != first


async def test_a_page_view_sent_twice_counts_once(services: Services, clock: ManualClock) -> None:
    visitor = (await make_visit(services)).actor
    await visits.record(services, visitor, Told("Page view", "page-0001", 1, page=LAMPS))
    clock.advance(5)
    again = Told("Page view", "page-0002", 1, page=LAMPS)
    for _ in range(2):
        await visits.record(services, visitor, again)
    assert (await one(services, select(Event))).count == 2


async def test_a_page_view_told_late_does_not_turn_time_back(
    services: Services, clock: ManualClock
) -> None:
    visitor = (await make_visit(services)).actor
    await visits.record(services, visitor, Told("Page view", "page-0001", 1, page=LAMPS))
    at = clock.now()
    clock.advance(40)
    late = Told("Page view", "page-0002", 1, ago_ms=3_600_000, page=LAMPS)
    await visits.record(services, visitor, late)
    assert (await one(services, select(Event))).last_at == at
    group = await one(services, select(EventGroup))
    assert (group.last_at, group.first_at) == (at, at + timedelta(seconds=40 - 3600))


async def test_odd_events_are_refused(services: Services) -> None:
    visitor = (await make_visit(services)).actor
    told = Told("Signed up", "page-0001", 1)
    for other, path in (
        (replace(told, name=" "), "name"),
        (replace(told, name="x" * 101), "name"),
        (replace(told, name="a\x00"), "name"),
        (replace(told, sequence=-1), "sequence"),
        (replace(told, page_key="x"), "pageKey"),
        (replace(told, page=Page("ftp://a.example")), "page.url"),
        (replace(told, parameters=[("a", {"type": "TEXT", "text": "x" * 4096})]), "parameters"),
        (replace(told, parameters=[(" ", {"type": "BOOLEAN", "boolean": True})]),
         "parameters.0.name"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            await visits.record(services, visitor, other)
        assert problem(caught)[0] == path
    assert await kinds_of(services, visitor.lead_id) == [ChangeKind.LEAD_CREATED]


@pytest.mark.behaviour("B18")
async def test_what_a_visitor_does_is_activity(services: Services, clock: ManualClock) -> None:
    visitor = (await make_visit(services)).actor
    clock.advance(100)
    await visits.record(services, visitor, Told("Signed up", "page-0001", 1))
    assert (await lead_of(services, visitor.lead_id)).last_activity_at == clock.now()


async def test_an_odd_message_is_refused(services: Services) -> None:
    visitor = (await make_visit(services)).actor
    for text in ("", " \n ", "x" * 5_001, "a\x07", "\u202egnp"):
        with pytest.raises(InvalidInput) as caught:
            await visits.send_visitor_message(services, visitor, text, "k")
        assert problem(caught)[0] == "text"
    await visits.send_visitor_message(services, visitor, "two\nlines\t\u00e9", "k")


# --- who it is ----------------------------------------------------------------------------------


@pytest.fixture
async def scene(services: Services, clock: ManualClock) -> Scene:
    return await Scene(services, clock).build()


async def test_a_signature_that_does_not_hold_is_refused(scene: Scene) -> None:
    services, visitor, now = scene.services, scene.visit.actor, scene.clock.now()
    right = scene.claim("customer-1")

    def signed(seconds: float) -> Claim:
        until = now + timedelta(seconds=seconds)
        text = until.isoformat()
        signature = sign(scene.secret, "customer-1", "", text)
        return replace(right, expires_at=until, expires_text=text, signature=signature)

    for number, claim in enumerate(
        (
            replace(right, signature="0" * 64),
            replace(right, signature=""),
            replace(right, external_id="customer-2"),
            replace(right, external_id=None),
            replace(right, email_address="boss@mail.example"),
            replace(right, expires_at=None),
            replace(right, expires_text="later"),
            signed(0),
            signed(-1),
            signed(24 * 3600 + 1),
        )
    ):
        fresh = visitor if number < 4 else (await make_visit(services, scene.site)).actor
        with pytest.raises(InvalidInput) as caught:
            await visits.identify(services, fresh, claim)
        assert problem(caught) == ("signature", ProblemCode.MALFORMED), number
    started = await visits.identify(services, visitor, signed(24 * 3600))
    assert started.actor.lead_id == scene.known.actor.lead_id


async def test_a_proven_visitor_goes_into_the_known_card(scene: Scene) -> None:
    services, known_id = scene.services, scene.known.actor.lead_id
    started = await visits.identify(services, scene.visit.actor, scene.claim("customer-1"))
    assert (started.actor.lead_id, started.actor.is_identified) == (known_id, True)
    assert await visits.actor_for_token(services, scene.visit.token) is None
    assert await visits.actor_for_token(services, started.token) == started.actor
    alias = await one(services, select(LeadAlias))
    assert (alias.alias_id, alias.lead_id) == (scene.lead_id, known_id)
    assert (await kinds_of(services, scene.lead_id))[-1] is ChangeKind.LEAD_MERGED
    changes = await changes_of(services, known_id)
    assert changes[-1].revision == started.revision
    assert {change.kind for change in changes} >= {ChangeKind.LEAD_ABSORBED}
    for lead_id in (scene.lead_id, known_id):
        await assert_log_holds(services, lead_id)


async def test_a_visitor_whose_card_was_merged_meanwhile_writes_on_the_survivor(
    scene: Scene,
) -> None:
    services = scene.services
    await visits.identify(services, scene.visit.actor, scene.claim("customer-1"))
    await visits.send_visitor_message(services, scene.visit.actor, "Still here", "late")
    assert (await kinds_of(services, scene.known.actor.lead_id))[-1] is ChangeKind.MESSAGE_ADDED
    assert (await kinds_of(services, scene.lead_id))[-1] is ChangeKind.LEAD_MERGED


async def test_browsers_that_used_one_page_key_can_be_merged(scene: Scene) -> None:
    services = scene.services
    for visitor in (scene.visit.actor, scene.known.actor):
        await visits.record(services, visitor, Told("Signed up", "page-same", 7))
    async with unit_of_work(services, scene.admin) as work:
        for lead_id in (scene.lead_id, scene.known.actor.lead_id):
            work.session.add(
                PresenceInterval(
                    lead_id=lead_id, version=1, epoch="e", from_at=work.at, last_version=1
                )
            )
    started = await visits.identify(services, scene.visit.actor, scene.claim("customer-1"))
    assert started.actor.lead_id == scene.known.actor.lead_id
    told = Told("Signed up", "page-same", 7)
    head = len(await changes_of(services, started.actor.lead_id))
    await visits.record(services, started.actor, told)
    assert len(await changes_of(services, started.actor.lead_id)) == head


async def test_a_second_person_on_a_shared_browser_has_a_card_of_its_own(scene: Scene) -> None:
    services, first = scene.services, scene.known.actor
    started = await visits.identify(services, first, scene.claim("customer-2"))
    assert started.actor.lead_id not in (first.lead_id, scene.lead_id)
    assert (await lead_of(services, started.actor.lead_id)).external_id == "customer-2"
    assert (await lead_of(services, first.lead_id)).merged_at is None
    back = await visits.identify(services, started.actor, scene.claim("customer-1"))
    assert back.actor.lead_id == first.lead_id
    assert (await lead_of(services, started.actor.lead_id)).merged_at is None


@pytest.mark.behaviour("B31")
async def test_an_unproven_address_matches_no_card(scene: Scene) -> None:
    services = scene.services
    customer = await make_lead(services, email_addresses=["lena@mail.example"])
    claim = Claim(external_id="customer-1", email_address="LENA@mail.example", name="Lena Lo")
    started = await visits.identify(services, scene.visit.actor, claim)
    assert (started.actor.lead_id, started.actor.is_identified) == (scene.lead_id, False)
    assert await kinds_of(services, customer) == [ChangeKind.LEAD_CREATED]
    async with services.database.read_session() as session:
        rows = list(await session.scalars(select(LeadEmailAddress)))
        assert {row.lead_id for row in rows} == {customer, scene.lead_id}
        assert [row.is_verified for row in rows] == [False, False]
        assert len(list(await session.scalars(select(EmailAddress)))) == 1
    lead = await lead_of(services, scene.lead_id)
    assert (lead.display_name, lead.is_anonymous) == ("Lena", False)  # staff's name stays


async def test_identifying_is_limited(scene: Scene) -> None:
    visitor = scene.visit.actor
    for _ in range(IDENTIFY.amount):
        with pytest.raises(InvalidInput):
            await visits.identify(scene.services, visitor, Claim(phone_number="12"))
    with pytest.raises(LimitReached):
        await visits.identify(scene.services, visitor, Claim(email_address="a@mail.example"))


async def test_a_visit_tells_the_browsers_language_unless_it_is_odd(services: Services) -> None:
    site, _ = await make_site(services)
    for told, kept in (("de-AT", "de-AT"), ("<b>", None), (None, None)):
        new = NewVisit(site.site_key, Page(f"{ORIGIN}/"), language=told, client=uuid4().hex)
        started = await visits.start_visit(services, new)
        card = await card_of(services, started.actor.lead_id)
        words = [value["text"] for value in card.properties.values()]
        assert words == ([kept] if kept else [])
