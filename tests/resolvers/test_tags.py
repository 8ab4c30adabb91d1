"""Tags: unique without regard to case, limited, and never half done."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.tags import Tag
from resolvers import tags
from resolvers.actors import SYSTEM
from resolvers.errors import LimitReached, ProblemCode
from resolvers.services import Services
from tests.factories import make_lead
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, card_of, changes_of, head_of


@pytest.fixture
async def lead_id(services: Services) -> UUID:
    return await make_lead(services)


async def names_on(services: Services, lead_id: UUID) -> list[str]:
    return sorted((await card_of(services, lead_id)).tags.values())


@pytest.mark.behaviour("B14")
async def test_tags_that_differ_by_case_are_one(services: Services, lead_id: UUID) -> None:
    await act(services, SYSTEM, tags.add_tags, lead_id, [" VIP ", "vip", "Café"])
    await act(services, SYSTEM, tags.add_tags, lead_id, ["ViP", "Cafe\u0301", "CAFE", "new"])
    assert await names_on(services, lead_id) == ["Café", "new", "vip"]
    added = (await changes_of(services, lead_id))[-1].data
    assert added is not None
    assert [tag["name"] for tag in added["added"]] == ["new"]
    await act(services, SYSTEM, tags.remove_tags, lead_id, ["VIP", "cafe", "unknown"])
    assert await names_on(services, lead_id) == ["new"]
    async with services.database.read_session() as session:
        rows = await session.scalars(select(Tag).where(col(Tag.archived_at).is_(None)))
        assert len(list(rows)) == 3


@pytest.mark.behaviour("B14")
async def test_odd_tags_are_refused(services: Services, lead_id: UUID) -> None:
    for names, path, code in (
        ([], "tags", ProblemCode.REQUIRED),
        (["a", ""], "tags.1", ProblemCode.REQUIRED),
        ([" \t "], "tags.0", ProblemCode.REQUIRED),
        (["x" * 65], "tags.0", ProblemCode.TOO_LARGE),
        (["x" * 10_000], "tags.0", ProblemCode.TOO_LARGE),
        (["a\nb"], "tags.0", ProblemCode.MALFORMED),
        (["a\x00"], "tags.0", ProblemCode.MALFORMED),
        (["\ud800"], "tags.0", ProblemCode.MALFORMED),
        ([f"t{number}" for number in range(21)], "tags", ProblemCode.TOO_LARGE),
    ):
        for use_case in (tags.add_tags, tags.remove_tags):
            assert await problem_of(act(services, SYSTEM, use_case, lead_id, names)) == (path, code)
    await act(services, SYSTEM, tags.add_tags, lead_id, [" " + "x" * 64, "\ufdfa" * 64, "🙂"])
    assert await head_of(services, lead_id) == 2


@pytest.mark.behaviour("B14")
async def test_a_lead_has_at_most_100_tags(services: Services, lead_id: UUID) -> None:
    for start in range(0, 100, 20):
        names = [f"tag {number}" for number in range(start, start + 20)]
        await act(services, SYSTEM, tags.add_tags, lead_id, names)
    with pytest.raises(LimitReached) as caught:
        await act(services, SYSTEM, tags.add_tags, lead_id, ["one more"])
    assert caught.value.limit == 100
    assert len(await names_on(services, lead_id)) == 100
    await act(services, SYSTEM, tags.add_tags, lead_id, ["tag 1"])
    async with services.database.read_session() as session:
        assert len(list(await session.scalars(select(Tag)))) == 100
