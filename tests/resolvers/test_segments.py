"""Segments: who is in one is kept right through changes, time, edits of rules and merges."""

from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.ids import encode_id
from models.segments import Segment, SegmentStanding
from models.workspace import Workspace
from resolvers.actors import SYSTEM
from resolvers.segments import evaluating
from resolvers.segments.saving import SegmentEdit, save_segment
from resolvers.segments.verifying import verify
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.worker import run_due_jobs
from tests.factories import make_site, make_staff, make_visit
from tests.resolvers.filter_meaning import Literal, Meaning
from tests.resolvers.filter_world import make_world
from tests.resolvers.filter_writing import CLAUSES, Writer
from tests.resolvers.segment_life import Life, give_logs, read_again
from tests.resolvers.verify import act, assert_log_holds

ZONE = "America/New_York"
TIMED: list[Literal] = [
    {"lastActivityAt": {"notWithinLast": {"amount": 2, "unit": "DAY"}}},
    {"event": {"name": "Quote", "count": {"atLeast": 2},
               "within": {"withinLast": {"amount": 3, "unit": "DAY"}}}},
    {"and": [{"state": {"longerThan": {"amount": 30, "unit": "HOUR"}}}, {"isAnonymous": False}]},
    {"or": [{"task": {"bands": ["OVERDUE", "TODAY"]}}, {"tags": {"any": ["VIP"]}}]},
    {"property": {"fieldKey": "signed", "is": {"date": {"withinNextDays": 2}}}},
    {"location": {"localTimeBetween": {"from": "09:00", "to": "17:30"}}},
    {"createdAt": {"withinLast": {"amount": 1, "unit": "MONTH"}}},
    {"not": {"conversation": {"waitingLongerThan": {"amount": 5, "unit": "HOUR"}}}},
]  # fmt: skip


class Proof:
    """Segments with their rules, and what must be so of them at every moment."""

    def __init__(self, services: Services, admin: Any, meaning: Meaning) -> None:
        self.services, self.admin, self.meaning = services, admin, meaning
        self.ids: dict[str, UUID] = {}

    async def save(self, name: str, literal: Literal) -> str:
        edit = SegmentEdit(name=name, literal=literal)
        segment = await act(self.services, self.admin, save_segment, self.ids.get(name), edit)
        self.ids[name] = segment.id
        encoded = encode_id("segment", segment.id)
        self.meaning.segments[encoded] = literal
        return encoded

    async def check(self) -> None:
        """Kept rows, full recomputation and the plain reading of the rules are one."""
        found = await verify(self.services)
        assert found.differences == []
        assert found.under_way == []
        world = self.meaning.world
        await read_again(self.services, world)
        self.meaning.now = world.now
        async with self.services.database.read_session() as session:
            rows = await session.execute(
                select(col(SegmentStanding.segment_id), col(SegmentStanding.lead_id)).where(
                    col(SegmentStanding.since).is_not(None)
                )
            )
            kept = {(segment, lead) for segment, lead in rows}
        meant = {
            (segment, each.row.id)
            for segment in self.ids.values()
            for each in world.leads
            if self.meaning.segmentId(encode_id("segment", segment), each)
        }
        assert kept == meant


@pytest.mark.behaviour("B12")
@pytest.mark.parametrize("seed", [7])
async def test_what_is_kept_is_what_the_rules_mean(
    services: Services, clock: ManualClock, seed: int
) -> None:
    """Random rules, histories and leaps of the clock, over days when clocks are put forward."""
    random = Random(seed)
    clock.advance(86_400 * 3)
    admin, other = await make_staff(services), await make_staff(services, name="Ben Bell")
    async with unit_of_work(services, SYSTEM) as work:
        (await work.session.scalars(select(Workspace))).one().time_zone = ZONE
    world = await make_world(services, random, 12, [admin.id, other.id])
    await give_logs(services, world)
    site, _ = await make_site(services)
    visitors = [await make_visit(services, site) for _ in range(3)]
    meaning, writer = Meaning(world, None, ZONE), Writer(world, random)
    writer.clauses = [each for each in CLAUSES if each not in ("presence", "isHidden")]
    proof = Proof(services, admin, meaning)
    for number, literal in enumerate([*TIMED, *(_rule(writer) for _ in range(14))]):
        writer.segments.append(await proof.save(f"S{number}", literal))
    for number in range(3):
        names = [{"segmentId": each} for each in random.sample(writer.segments, 2)]
        literal = random.choice([{"and": names}, {"or": names}, {"not": names[0]}])
        writer.segments.append(await proof.save(f"Of others {number}", literal))
    await run_due_jobs(services)
    await proof.check()
    life = Life(services, random, world, admin, visitors)
    for turn in range(24):
        for _ in range(5):
            clock.advance(random.choice([0, 1, 20, 400]))
            await life.step()
        if turn % 8 == 5:  # another rule while leads go on changing
            await proof.save("S9", _rule(writer))
            await evaluating._evaluate_some(services, *await _evaluation(services, proof.ids["S9"]))
            await life.step()
        clock.advance(random.choice([60, 3_600, 30_000, 90_000, 250_000]))
        await run_due_jobs(services)
        await evaluating.flip_due(services)
        await proof.check()
    for each in world.leads:
        await assert_log_holds(services, each.row.id)


def _rule(writer: Writer) -> Literal:
    while True:
        literal = writer.filter()
        if "isMe" not in str(literal):
            return literal


async def _evaluation(services: Services, segment_id: UUID) -> tuple[UUID, UUID]:
    async with services.database.read_session() as session:
        segment = await session.get_one(Segment, segment_id)
        return segment.id, segment.evaluation_id or segment.id
