"""Segments weighed for all leads after an edit, and for some when an instant has come."""

from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col

from models.enums import JobKind, SegmentCause
from models.ids import new_id
from models.leads import Lead
from models.segments import Segment, SegmentStanding
from resolvers import jobs
from resolvers.actors import SYSTEM
from resolvers.jobs import Claim
from resolvers.services import Services
from resolvers.unit_of_work import UnitOfWork, Weighing, unit_of_work

KIND = JobKind.EVALUATE_SEGMENT
BATCH = 250
"""Leads in one transaction: others wait for them."""
SECONDS = 10.0
"""How long one run of the job goes on: less than the lease."""
Due = tuple[UUID, UUID]
"""A lead and a segment."""


async def begin(work: UnitOfWork, segment: Segment) -> None:
    """Has the segment weighed for all leads from the first one on; what was under way is void."""
    segment.evaluation_id, segment.evaluated_to, segment.evaluation_done = new_id(), None, 0
    for key in ("evaluated_to", "evaluation_done"):
        # Written even where they look as they were: a batch may have moved them on meanwhile.
        flag_modified(segment, key)
    segment.evaluation_total = await work.session.scalar(_counted(segment)) or 0
    data = {"segment": segment.id.hex, "evaluation": segment.evaluation_id.hex}
    await jobs.enqueue(work, KIND, data, key=segment.id.hex)
    work.renew_rules()


def _counted(segment: Segment) -> Select[Any]:
    if segment.archived_at is not None:
        return select(func.count()).where(col(SegmentStanding.segment_id) == segment.id)
    return select(func.count()).select_from(Lead).where(col(Lead.merged_at).is_(None))


async def evaluate(services: Services, claim: Claim) -> None:
    """Goes on with an evaluation, unless another edit made it void."""
    segment_id, evaluation_id = (UUID(hex=claim.data[key]) for key in ("segment", "evaluation"))
    until = monotonic() + SECONDS
    while await _evaluate_some(services, segment_id, evaluation_id):
        if monotonic() > until:
            await _put_off(services, claim, segment_id, evaluation_id)
            return


async def _put_off(services: Services, claim: Claim, segment_id: UUID, evaluation_id: UUID) -> None:
    """Lets another run go on, unless the job that waits is already that of a newer evaluation."""
    async with jobs.finishing(services, claim) as work:
        segment = await _locked(work, segment_id)
        if segment is not None and segment.evaluation_id == evaluation_id:
            await jobs.enqueue(work, KIND, claim.data, key=claim.key)


async def _locked(work: UnitOfWork, segment_id: UUID) -> Segment | None:
    # Not more of a lock than this: others insert standings that name the segment.
    return await work.session.get(Segment, segment_id, with_for_update={"key_share": True})


async def _evaluate_some(services: Services, segment_id: UUID, evaluation_id: UUID) -> bool:
    """Weighs the next leads; whether there may be more."""
    async with unit_of_work(services, SYSTEM) as work:
        segment = await _locked(work, segment_id)
        if segment is None or segment.evaluation_id != evaluation_id:
            return False
        leads = list(await work.session.scalars(_next_leads(segment)))
        segment.evaluation_done = min(
            segment.evaluation_done + len(leads), segment.evaluation_total
        )
        if leads:
            segment.evaluated_to = leads[-1]
            work.weighings.append(Weighing(leads, [segment_id], SegmentCause.RULE))
        else:  # not before: an archived segment is weighed only while this is under way
            segment.evaluation_id = None
            segment.evaluation_done = segment.evaluation_total
        return bool(leads)


def _next_leads(segment: Segment) -> Select[Any]:
    """Of an archived segment only who is in it can change."""
    if segment.archived_at is None:
        statement = select(col(Lead.id)).where(col(Lead.merged_at).is_(None))
        column = col(Lead.id)
    else:
        column = col(SegmentStanding.lead_id)
        statement = select(column).where(col(SegmentStanding.segment_id) == segment.id)
    if segment.evaluated_to is not None:
        statement = statement.where(column > segment.evaluated_to)
    return statement.order_by(column).limit(BATCH)


async def flip_due(services: Services) -> None:
    """Weighs what time alone may have changed by now."""
    weighed: set[Due] = set()
    while due := await _due(services):
        if weighed & due:
            return  # what stays due after it was weighed must not keep this going for ever
        leads, segments = sorted({each[0] for each in due}), sorted({each[1] for each in due})
        async with unit_of_work(services, SYSTEM) as work:
            work.weighings.append(Weighing(leads, segments, SegmentCause.TIME))
        if len(due) < BATCH:
            return
        weighed = due


async def _due(services: Services) -> set[Due]:
    """The first leads and segments whose instant has come."""
    async with services.database.read_session() as session:
        rows = await session.execute(
            select(col(SegmentStanding.lead_id), col(SegmentStanding.segment_id))
            .join(Segment, col(Segment.id) == col(SegmentStanding.segment_id))
            .where(
                col(SegmentStanding.flips_at) <= services.clock.now(),
                col(Segment.archived_at).is_(None),
            )
            .order_by(col(SegmentStanding.flips_at))
            .limit(BATCH)
        )
        return {(lead_id, segment_id) for lead_id, segment_id in rows}
