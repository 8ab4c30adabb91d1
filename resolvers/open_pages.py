"""The open pages of a lead: what each shows, and which visit it belongs to.

Whether a page is open, in front or in use is known to the presence engine, by a name that says
nothing to it. What the page shows stands in the database, in one row that the page itself keeps up
to date, and is removed some time after the page was closed.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, select, tuple_
from sqlmodel import col

from models.visits import Site, Visit, VisitPage
from realtime.presence import OpenPage, Reading
from resolvers import access, devices, events, hiding
from resolvers.actors import SYSTEM, VisitorActor
from resolvers.errors import InvalidInput, NotFound, ProblemCode, invalid
from resolvers.services import Services
from resolvers.sites import origin_of
from resolvers.text import optional
from resolvers.unit_of_work import UnitOfWork, unit_of_work
from resolvers.upserts import insert_into
from resolvers.views import View

PAGES_PER_VISIT = 64
"""Rows kept of a visit, the newest ones; twice as many as can be open."""
KEPT = timedelta(hours=24)
"""How long a row is kept of a page that closed, at least."""
BATCH = 500
MAX_TITLE = 200


@dataclass(frozen=True)
class Page:
    """What the visitor looks at."""

    url: str
    title: str | None = None


@dataclass(frozen=True)
class PresenceSession:
    """An open page with its visit; `shown` is None while it did not say what it shows."""

    page: OpenPage
    visit: Visit
    site: Site
    shown: VisitPage | None

    @property
    def id(self) -> UUID:
        """The same as long as the page is open."""
        return UUID(bytes=hashlib.sha256(self.page.page.encode()).digest()[:16])

    @property
    def started_at(self) -> datetime:
        """The engine forgets with a restart; the row does not."""
        opened = self.page.opened_at
        return min(opened, self.shown.opened_at) if self.shown else opened

    @property
    def device(self) -> str:
        return self.visit.device or devices.UNKNOWN


def page_digest(page_key: str) -> str:
    """How a page key is kept: 16 hexadecimal digits."""
    return hashlib.sha256(page_key.encode()).hexdigest()[:16]


def page_name(visit_id: UUID, page_key: str) -> str:
    """The page as presence knows it; two visits never share one."""
    raw = visit_id.bytes + bytes.fromhex(page_digest(page_key))
    return urlsafe_b64encode(raw).decode()


def _of_name(name: str) -> tuple[UUID, str] | None:
    """The visit and the digest of a name; None for a name of another release."""
    with suppress(ValueError):
        raw = urlsafe_b64decode(name)
        if len(raw) == 24:
            return UUID(bytes=raw[:16]), raw[16:].hex()
    return None


async def show_page(services: Services, actor: VisitorActor, page_key: str, page: Page) -> str:
    """Keeps what a page shows; answers a digest of it, by which a change is known.

    The same again writes nothing. InvalidInput for an address that is not of the visit's site; a
    title that can't be kept is left out.
    """
    url = events.page_address("page.url", page.url)
    title = None
    with suppress(InvalidInput):
        title = optional("page.title", page.title and page.title[:MAX_TITLE], MAX_TITLE)
    place = (actor.visit_id, page_digest(page_key))
    async with services.database.read_session() as session:
        row = await session.get(VisitPage, place)
    if row is None or (row.url, row.title) != (url, title):
        is_turned = row is None or row.url != url
        async with unit_of_work(services, actor) as work:
            await _check_site(work, actor, page)
            if is_turned:
                await _note_turn(work, actor)
            await _store(work, place, {"url": url, "title": title, "told_at": work.at})
    return hashlib.sha256(f"{url} {title}".encode()).hexdigest()[:8]


async def _note_turn(work: UnitOfWork, actor: VisitorActor) -> None:
    """Another page is activity. The lead is locked before its pages, as in every act on it."""
    try:
        (lead,) = await access.lock_leads(work.session, actor.lead_id)
    except NotFound as error:  # erased since the token was read
        raise _unknown_site() from error
    hiding.note_activity(work, lead)
    work.touch(lead.id, "activity")


async def _check_site(work: UnitOfWork, actor: VisitorActor, page: Page) -> None:
    site = await work.session.scalar(
        select(Site)
        .join(Visit, col(Visit.site_id) == col(Site.id))
        .where(col(Visit.id) == actor.visit_id)
    )
    if site is None or origin_of(page.url) not in site.origins:
        raise _unknown_site()


def _unknown_site() -> InvalidInput:
    return invalid("page.url", ProblemCode.UNKNOWN, "The page is on none of the site's origins.")


async def _store(work: UnitOfWork, place: tuple[UUID, str], values: dict[str, Any]) -> None:
    visit_id, page = place
    statement = insert_into(work.session, VisitPage).values(
        visit_id=visit_id, page=page, opened_at=work.at, **values
    )
    await work.session.execute(
        statement.on_conflict_do_update(index_elements=["visit_id", "page"], set_=values)
    )
    newest = (
        select(col(VisitPage.page))
        .where(col(VisitPage.visit_id) == visit_id)
        .order_by(col(VisitPage.told_at).desc(), col(VisitPage.page))
        .limit(PAGES_PER_VISIT)
    )
    await work.session.execute(
        delete(VisitPage).where(
            col(VisitPage.visit_id) == visit_id, col(VisitPage.page).not_in(newest)
        ),
        execution_options={"synchronize_session": False},
    )


async def read_sessions(view: View, readings: Sequence[Reading]) -> list[list[PresenceSession]]:
    """The open pages of each lead, what it looks at first. One statement, however many there are.

    A visit that went to another lead meanwhile is told there only.
    """
    places = {
        page.page: place
        for reading in readings
        for page in reading.pages
        if (place := _of_name(page.page))
    }
    if not places:
        return [[] for _ in readings]
    digests = {digest for _, digest in places.values()}
    rows = await view.rows(
        select(Visit, Site, VisitPage)
        .join(Site, col(Site.id) == col(Visit.site_id))
        .outerjoin(
            VisitPage,
            and_(col(VisitPage.visit_id) == col(Visit.id), col(VisitPage.page).in_(digests)),
        )
        .where(col(Visit.id).in_({visit_id for visit_id, _ in places.values()}))
        .where(col(Visit.ended_at).is_(None))
    )
    visits = {visit.id: (visit, site) for visit, site, _ in rows}
    shown = {(row.visit_id, row.page): row for *_, row in rows if row is not None}
    return [
        [
            PresenceSession(page, *visits[place[0]], shown.get(place))
            for page in reading.pages
            if (place := places.get(page.page))
            and place[0] in visits
            and visits[place[0]][0].lead_id == reading.lead_id
        ]
        for reading in readings
    ]


async def forget_closed_pages(services: Services) -> int:
    """Removes rows of pages that are closed and told nothing for a day; answers how many."""
    until, removed = services.clock.now() - KEPT, 0
    last: tuple[UUID, str] | None = None
    while rows := await _told_before(services, until, last):
        last = rows[-1][:2]
        readings = await services.presence.read([lead_id for *_, lead_id in rows])
        if any(reading.provisional for reading in readings.values()):
            return removed
        is_open = {_of_name(page.page) for reading in readings.values() for page in reading.pages}
        closed = [(visit_id, page) for visit_id, page, _ in rows if (visit_id, page) not in is_open]
        if closed:
            async with unit_of_work(services, SYSTEM) as work:
                await work.session.execute(
                    delete(VisitPage).where(
                        tuple_(col(VisitPage.visit_id), col(VisitPage.page)).in_(closed),
                        col(VisitPage.told_at) < until,
                    ),
                    execution_options={"synchronize_session": False},
                )
        removed += len(closed)
    return removed


async def _told_before(
    services: Services, until: datetime, last: tuple[UUID, str] | None
) -> list[tuple[UUID, str, UUID]]:
    place = tuple_(col(VisitPage.visit_id), col(VisitPage.page))
    statement = (
        select(col(VisitPage.visit_id), col(VisitPage.page), col(Visit.lead_id))
        .join(Visit, col(Visit.id) == col(VisitPage.visit_id))
        .where(col(VisitPage.told_at) < until)
        .order_by(col(VisitPage.visit_id), col(VisitPage.page))
        .limit(BATCH)
    )
    if last is not None:
        statement = statement.where(place > last)
    async with services.database.read_session() as session:
        rows = await session.execute(statement)
        return [(visit_id, page, lead_id) for visit_id, page, lead_id in rows]
