"""Proving the standings right: every rule weighed for every lead anew, beside what is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Executable, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.leads import Lead
from models.segments import Segment, SegmentStanding
from resolvers.filters import tree
from resolvers.filters.grounds import Grounds
from resolvers.segments.facts import Facts, read_facts
from resolvers.segments.known import KnownSegments
from resolvers.segments.learning import grounds_at, read_all
from resolvers.segments.settling import weigh_all
from resolvers.segments.weighing import Verdict
from resolvers.services import Services

AT_ONCE = 500
OUTSIDE = Verdict(False)


@dataclass(frozen=True)
class Difference:
    """A standing that is not what the rule says; `is_late`: time will be noticed too late."""

    lead_id: UUID
    segment: str
    is_kept: bool
    is_so: bool
    is_late: bool

    @property
    def words(self) -> str:
        """What is wrong, for the operator."""
        if self.is_kept is self.is_so:
            return "time will change it before anybody looks"
        return "is kept and does not belong" if self.is_kept else "belongs and is not kept"


@dataclass
class Verification:
    segments: int = 0
    leads: int = 0
    under_way: list[str] = field(default_factory=list)
    """Segments that are being weighed after an edit: theirs are not compared."""
    differences: list[Difference] = field(default_factory=list)


async def verify(services: Services) -> Verification:
    """Weighs all in one reading of the database; nothing is written."""
    now = services.clock.now()
    async with services.database.read_session() as session:
        known = await read_all(session)
        grounds = grounds_at(known, now, is_sqlite=services.database.is_sqlite)
        under_way = select(Segment).where(col(Segment.evaluation_id).is_not(None))
        busy = {row.id: row.name for row in await session.scalars(under_way)}
        followers = {each.id: each.name for each in known.with_followers(busy)}
        found = Verification(len(known.segments), 0, sorted({**busy, **followers}.values()))
        checked = [each for each in known.segments if each.id not in {**busy, **followers}]
        names = {each.id: each.name for each in checked}
        last: UUID | None = None
        while names:
            leads = await _next_leads(session, last)
            if not leads:
                break
            found.leads += len(leads)
            so = await verdicts_of(session, known, grounds, leads)
            kept = await _kept(session, leads)
            for lead in leads:
                for segment, name in names.items():
                    verdict = so.get(lead, {}).get(segment, OUTSIDE)
                    row = kept.get((lead, segment), (None, None))
                    found.differences += _compare(lead, name, verdict, row)
            last = leads[-1]
    return found


async def _next_leads(session: AsyncSession, last: UUID | None) -> Sequence[UUID]:
    statement = select(col(Lead.id)).order_by(col(Lead.id)).limit(AT_ONCE)
    if last is not None:
        statement = statement.where(col(Lead.id) > last)
    return (await session.scalars(statement)).all()


async def verdicts_of(
    session: AsyncSession, known: KnownSegments, grounds: Grounds, leads: Sequence[UUID]
) -> dict[UUID, Mapping[UUID, Verdict]]:
    """All segments of these leads weighed from what is stored of the leads alone."""

    async def rows(statement: Executable) -> Sequence[object]:
        return (await session.execute(statement)).all()

    clauses = [
        clause for each in known.segments if each.rule for _, clause in tree.clauses(each.rule)
    ]
    facts: dict[UUID, Facts] = await read_facts(rows, grounds, leads, clauses)
    return {lead: weigh_all(each, known.segments, grounds, {}) for lead, each in facts.items()}


async def _kept(
    session: AsyncSession, leads: Sequence[UUID]
) -> dict[tuple[UUID, UUID], tuple[datetime | None, datetime | None]]:
    standing = SegmentStanding
    rows = await session.execute(
        select(
            col(standing.lead_id), col(standing.segment_id), col(standing.since),
            col(standing.flips_at),
        ).where(col(standing.lead_id).in_(leads))
    )  # fmt: skip
    return {(lead, segment): (since, flips_at) for lead, segment, since, flips_at in rows}


def _compare(
    lead: UUID, name: str, verdict: Verdict, row: tuple[datetime | None, datetime | None]
) -> list[Difference]:
    since, flips_at = row
    is_kept, is_so = since is not None, verdict.holds is True
    is_late = verdict.flips_at is not None and (flips_at is None or flips_at > verdict.flips_at)
    if is_kept is is_so and not is_late:
        return []
    return [Difference(lead, name, is_kept, is_so, is_late)]
