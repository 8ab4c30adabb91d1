"""Segments: who is in one is kept right through changes, time, edits of rules and merges."""

import asyncio
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, null, select, update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import FieldVisibility
from models.ids import encode_id
from models.segments import Segment, SegmentStanding
from models.workspace import Workspace
from resolvers import events, jobs, merging, tags, visits
from resolvers.actors import SYSTEM
from resolvers.card_state import CardState
from resolvers.events import NewEvent
from resolvers.filters import tree
from resolvers.job_rows import GENERAL
from resolvers.presence import store_intervals
from resolvers.segments import evaluating, facts
from resolvers.segments.saving import SegmentEdit, save_segment
from resolvers.segments.verifying import verify
from resolvers.segments.watches import Watch
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.worker import run_due_jobs
from tests.factories import make_lead, make_site, make_staff, make_visit
from tests.resolvers.filter_meaning import Literal, Meaning
from tests.resolvers.filter_world import make_world
from tests.resolvers.filter_writing import CLAUSES, Writer
from tests.resolvers.segment_life import Life, give_logs, read_again
from tests.resolvers.verify import act, assert_folds, assert_log_holds, card_of, changes_of

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


async def test_changes_edits_and_time_at_once_leave_nothing_wrong(
    services: Services, clock: ManualClock
) -> None:
    """Several write on the same leads while rules are edited, weighed and turned by time."""
    admin = await make_staff(services)
    ids = [await make_lead(services, admin) for _ in range(6)]
    quiet = {"event": {"name": "Quote", "count": {"is": 0},
                       "within": {"withinLast": {"amount": 1, "unit": "HOUR"}}}}  # fmt: skip
    warm = {"tags": {"any": ["VIP"]}}
    made = await act(services, admin, save_segment, None, SegmentEdit("Warm", literal=warm))
    inner = {"segmentId": encode_id("segment", made.id)}
    both = {"and": [{"not": inner}, {"not": quiet}]}
    other = await act(services, admin, save_segment, None, SegmentEdit("Other", literal=both))

    async def write(number: int) -> None:
        for turn in range(12):
            lead_id = ids[(number + turn) % len(ids)]
            change = tags.add_tags if turn % 3 else tags.remove_tags
            await act(services, admin, change, lead_id, ["VIP"])
            if turn % 4 == number:
                new = NewEvent("Quote", None, clock.now() - timedelta(minutes=55))
                await act(services, admin, events.add_event, lead_id, new, uuid4().hex)

    async def shape() -> None:
        for turn in range(4):
            rule = {"or": [warm, quiet]} if turn % 2 else warm
            edit = SegmentEdit(literal=rule)
            await act(services, admin, save_segment, made.id, edit)
            await run_due_jobs(services)

    async def pass_time() -> None:
        for _ in range(8):
            clock.advance(70)
            await evaluating.flip_due(services)
            await asyncio.sleep(0)

    await asyncio.gather(*(write(number) for number in range(4)), shape(), pass_time())
    await run_due_jobs(services)
    await evaluating.flip_due(services)
    found = await verify(services)
    assert (found.differences, found.under_way) == ([], [])
    for each in ids:
        await assert_log_holds(services, each)
        card, folded = await card_of(services, each), CardState()
        assert_folds(folded, await changes_of(services, each), card)
    async with unit_of_work(services, SYSTEM) as work:  # what verify is for
        await work.session.execute(delete(SegmentStanding))
    late = await verify(services)
    members = {each.segment for each in late.differences if each.is_so}
    assert members <= {"Warm", "Other"}
    assert late.differences
    assert other.visibility is FieldVisibility.ALL


async def test_batches_come_to_an_end_and_an_edit_begins_them_anew(
    services: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluating, "BATCH", 2)
    monkeypatch.setattr(evaluating, "SECONDS", -1.0)  # each batch is a run of its own
    admin = await make_staff(services)
    ids = [await make_lead(services, admin) for _ in range(3)]
    fresh = {"createdAt": {"withinLast": {"amount": 1, "unit": "HOUR"}}}

    async def save(segment_id: UUID | None = None, **edit: Any) -> Segment:
        saved = await act(services, admin, save_segment, segment_id, SegmentEdit(**edit))
        assert isinstance(saved, Segment)
        return saved

    async def right() -> None:
        found = await verify(services)
        assert (found.differences, found.under_way) == ([], [])

    outer = await save(name="Outer", literal=fresh)
    await run_due_jobs(services)
    inner = await save(name="Inner", literal=fresh)
    await run_due_jobs(services)
    await save(outer.id, literal={"segmentId": encode_id("segment", inner.id)})
    await run_due_jobs(services)
    await right()
    # all rows of both are due at one instant, and the older ones follow from the others
    clock.advance(3_601)
    await evaluating.flip_due(services)
    await right()
    # a batch ends between an edit's reading of the row and its writing
    third = await save(name="Third", literal=fresh)
    async with unit_of_work(services, SYSTEM) as work:
        row = await work.session.get_one(Segment, third.id)
        moved = {"evaluated_to": ids[1], "evaluation_done": 2}
        await work.session.execute(
            update(Segment).where(col(Segment.id) == third.id).values(moved),
            execution_options={"synchronize_session": False},
        )
        await evaluating.begin(work, row)
    async with services.database.read_session() as session:
        row = await session.get_one(Segment, third.id)
        assert (row.evaluated_to, row.evaluation_done) == (None, 0)
    # a run that ends while a newer evaluation waits leaves that one's job alone
    (claim,) = await jobs.claim(services, GENERAL, 10)
    warm = {"tags": {"any": ["VIP"]}}
    await save(third.id, literal={"not": warm})
    former = UUID(hex=claim.data["evaluation"])
    await evaluating._put_off(services, claim, third.id, former)
    await run_due_jobs(services)
    await right()
    # who comes back out of another lead does not come back into what was archived meanwhile
    await act(services, admin, merging.merge_leads, ids[0], ids[1], ())
    await save(third.id, is_archived=True)
    await run_due_jobs(services)
    services.segments.key = None  # as a process that does not know the archived one any more
    await act(services, admin, merging.unmerge_lead, ids[1])
    async with services.database.read_session() as session:
        assert (await session.scalars(select(SegmentStanding))).all() == []
    await assert_log_holds(services, ids[1])


def test_no_statement_reads_more_columns_than_databases_have() -> None:
    """What is watched beside a clause counts as well."""
    watched = [Watch(lambda _: None, null())] * 12 + [Watch(lambda _: None)]
    parts = list(facts.parts_of([(tree.HasNoTag(True), watched)] * 150))
    assert sum(len(part) for part in parts) == 150
    assert max(len(part) for part in parts) * 13 <= facts.MOST_COLUMNS


async def test_stays_on_a_site_count_though_no_change_tells_of_them(
    services: Services, clock: ManualClock
) -> None:
    admin = await make_staff(services)
    site, _ = await make_site(services)
    visit = await make_visit(services, site)
    rule = {"lastSeenAt": {"withinLast": {"amount": 1, "unit": "HOUR"}}}
    made = await act(services, admin, save_segment, None, SegmentEdit("Here", literal=rule))
    await run_due_jobs(services)
    # as a process that has heard of nothing since there were no segments
    services.segments.key, services.segments.segments = 1, ()

    async def members() -> list[UUID]:
        await store_intervals(services)
        await evaluating.flip_due(services)
        async with services.database.read_session() as session:
            found = await session.scalars(
                select(col(SegmentStanding.lead_id)).where(
                    col(SegmentStanding.segment_id) == made.id,
                    col(SegmentStanding.since).is_not(None),
                )
            )
            return list(found)

    assert await members() == []
    await visits.heartbeat(services, visit.actor, "page-0001", is_visible=True, idle_ms=0)
    assert await members() == [visit.actor.lead_id]
    await visits.leave(services, visit.actor, "page-0001")
    for _ in range(20):  # a leap would be an outage
        clock.advance(1)
        await services.presence.sweep()
    assert await members() == [visit.actor.lead_id]
    clock.advance(3_601)
    assert await members() == []
    assert (await verify(services)).differences == []
