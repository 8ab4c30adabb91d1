"""One language of filters: its SQL agrees with what it means, on both databases."""

from random import Random

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.leads import Lead
from models.workspace import Workspace
from resolvers.actors import SYSTEM
from resolvers.filters import condition_for, explain, read_filter, restore, store
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.views import View
from tests.factories import make_staff
from tests.resolvers.filter_meaning import Meaning
from tests.resolvers.filter_world import make_world
from tests.resolvers.filter_writing import CLAUSES, Writer

ROUNDS, ZONE = 300, "America/New_York"


@pytest.mark.behaviour("B3")
async def test_sql_finds_the_leads_that_a_filter_means(
    services: Services, clock: ManualClock
) -> None:
    """Random filters over random leads, in a zone whose clocks change within their periods."""
    random = Random(20260308)
    clock.advance(86_400 * 8)
    me = await make_staff(services)
    other = await make_staff(services, name="Ben Bell")
    async with unit_of_work(services, SYSTEM) as work:
        (await work.session.scalars(select(Workspace))).one().time_zone = ZONE
    world = await make_world(services, random, 40, [me.id, other.id])
    meaning, writer, seen = (
        Meaning(world, me.id, ZONE),
        Writer(world, random),
        dict.fromkeys(CLAUSES, 0),
    )
    view = View(services, me)
    for number in range(ROUNDS):
        literal = writer.clause() if number % 2 else writer.filter()
        filter = read_filter(literal)
        assert restore(store(literal)) == filter
        statement = select(col(Lead.id)).where(await condition_for(view, filter))
        found = set(await view.scalars(statement))
        expected = {each.row.id for each in world.leads if meaning.of(literal, each)}
        assert found == expected, literal
        told = await explain(view.rows, filter)
        assert told.words
        assert not any(each.is_broken for each in told.clauses), literal
        if number % 2 and 0 < len(found) < len(world.leads):
            seen[next(iter(literal))] += 1
    await view.close()
    assert [key for key, count in seen.items() if not count and key != "presence"] == []
