"""Sites: their origins in one form, their secret, and their versions."""

from typing import Any

import pytest
from sqlalchemy import select

from models.ids import new_id
from models.visits import Site
from models.workspace import WorkspaceChange
from resolvers import sites
from resolvers.actors import SYSTEM
from resolvers.errors import LimitReached, NotFound, ProblemCode
from resolvers.services import Services
from resolvers.sites import origin_of
from resolvers.unit_of_work import unit_of_work
from tests.factories import ORIGIN, make_site
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://Shop.Example", "https://shop.example"),
        ("https://shop.example:443/path?a#b", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("shop.example", None),
        ("null", None),
        ("", None),
        ("file:///etc", None),
        ("https://", None),
        ("https://a b.example", None),
        ("https://*.example", None),
        ("https://a\x00b.example", None),
        ("https://a..example", None),
        ("https://shop.example:99999", None),
        ("http://[::1", None),
    ],
)
def test_an_origin_has_one_form(typed: str, origin: str | None) -> None:
    assert origin_of(typed) == origin


async def save(services: Services, site_id: Any = None, **given: Any) -> Any:
    whole = {"name": "Shop", "origins": [ORIGIN], "greeting": "", **given}
    return await act(services, SYSTEM, sites.save_site, site_id, **whole)


async def test_odd_sites_are_refused(services: Services) -> None:
    for given, path, code in (
        ({"name": " "}, "name", ProblemCode.REQUIRED),
        ({"name": "x" * 81}, "name", ProblemCode.TOO_LARGE),
        ({"greeting": "x" * 301}, "greeting", ProblemCode.TOO_LARGE),
        ({"origins": []}, "origins", ProblemCode.REQUIRED),
        ({"origins": [ORIGIN] * 21}, "origins", ProblemCode.TOO_LARGE),
        ({"origins": [ORIGIN, "shop"]}, "origins.1", ProblemCode.MALFORMED),
        ({"origins": ["https://a\x00b.example"]}, "origins.0", ProblemCode.MALFORMED),
    ):
        assert await problem_of(save(services, **given)) == (path, code)
    with pytest.raises(NotFound):
        await save(services, new_id())
    site, _ = await save(services, origins=[ORIGIN, "HTTPS://shop.example:443"])
    assert site.origins == [ORIGIN]


async def test_a_secret_is_told_when_it_is_new(services: Services) -> None:
    site, secret = await make_site(services)
    assert (await save(services, site.id, name="Other"))[1] is None
    renewed, other = await save(services, site.id, name="Other", renews_secret=True)
    assert other not in (None, secret)
    assert (renewed.version, renewed.site_key) == (3, site.site_key)
    async with services.database.read_session() as session:
        rows = list(await session.scalars(select(WorkspaceChange)))
    assert [row.kind for row in rows][-3:] == ["site_saved"] * 3
    assert all(str(each) not in str(row.data) for row in rows for each in (secret, other))


async def test_there_are_at_most_50_sites(services: Services) -> None:
    async with unit_of_work(services, SYSTEM) as work:
        for number in range(50):
            work.session.add(
                Site(name="S", origins=[ORIGIN], site_key=f"k{number}", identity_secret="s")
            )
    with pytest.raises(LimitReached):
        await save(services)
