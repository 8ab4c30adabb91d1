"""Who enters and leaves which segment, found and written right before the commit.

However many segments there are, the statements are the same: one that reads the clauses of
all of them, one that reads where the leads stand, and some that write what is different.

Invariants
- It runs under the locks of the leads' logs: of two transactions on one lead the second sees what
  the first wrote, so the last verdict is that of the last state.
- A standing that this writes is what the log tells: no row changes membership without a change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, select, tuple_

from models.changes import RecordedChange
from models.enums import ActorKind, ChangeKind, HistoryType, SegmentAct, SegmentCause, Via
from models.fields import FieldDefinition
from models.ids import new_id
from models.segments import SegmentStanding
from resolvers import log
from resolvers.actors import SYSTEM
from resolvers.filters import tree
from resolvers.filters.conditions import rows_in
from resolvers.filters.grounds import Grounds
from resolvers.filters.wording import explain_all
from resolvers.log import Place
from resolvers.segments.facts import Facts, read_facts
from resolvers.segments.known import KnownSegment, KnownSegments
from resolvers.segments.learning import grounds_at
from resolvers.segments.mentions import Mentions, meet, named_by, together, touched_by
from resolvers.segments.weighing import BROKEN, Verdict, holding, weigh
from resolvers.upserts import put_rows, table_of

if TYPE_CHECKING:
    from resolvers.unit_of_work import UnitOfWork

AT_ONCE = 500
_STANDINGS = table_of(SegmentStanding)
OUTSIDE = Verdict(False)
Pair = tuple[UUID, UUID]
"""A lead and a segment."""
Verdicts = dict[Pair, Verdict]
Standings = dict[Pair, Any]
"""Rows of `segment_standing`."""
Reasons = dict[Pair, list[dict[str, Any]]]


@dataclass(frozen=True)
class Cause:
    """What made leads enter or leave: by lead its changes, else time or an edit of the rule."""

    kind: SegmentCause
    changes: Mapping[UUID, Sequence[RecordedChange]]

    def of(self, lead_id: UUID, looked_at: Mentions) -> UUID | None:
        """The last of the lead's changes that touched what a rule looks at."""
        for change in reversed(self.changes.get(lead_id, ())):
            if meet(looked_at, touched_by(change)):
                return change.id
        return None


class Settling:
    """Verdicts into rows and changes, in one unit of work."""

    def __init__(self, work: "UnitOfWork", place: Place) -> None:
        self.work, self.place = work, place

    async def settle(
        self,
        known: KnownSegments,
        lead_ids: Iterable[UUID],
        segment_ids: Iterable[UUID],
        cause: Cause,
    ) -> None:
        """Weighs these segments and their followers for leads whose logs are locked."""
        leads, weighed = sorted(lead_ids), known.with_followers(segment_ids)
        for start in range(0, len(leads), AT_ONCE):
            await self._some(known, leads[start : start + AT_ONCE], weighed, cause)

    async def _some(
        self,
        known: KnownSegments,
        leads: Sequence[UUID],
        weighed: Sequence[KnownSegment],
        cause: Cause,
    ) -> None:
        work = self.work
        is_sqlite = work.services.database.is_sqlite
        grounds = grounds_at(known, work.services.clock.now(), is_sqlite=is_sqlite)
        rules = [each.rule for each in weighed if each.rule is not None]
        clauses = [clause for rule in rules for _, clause in tree.clauses(rule)]
        facts = await read_facts(rows_in(work), grounds, leads, clauses)
        used = {each for segment in weighed for each in segment.uses}
        standings = await _standings(work, leads, {each.id for each in weighed} | used)
        kept: dict[UUID, dict[UUID, Verdict]] = {lead: {} for lead in leads}
        for (lead, segment_id), row in standings.items():
            kept[lead][segment_id] = Verdict(row.since is not None, row.flips_at)
        found: Verdicts = {}
        for lead in leads:
            found |= _weigh_lead(lead, facts.get(lead), weighed, grounds, kept[lead])
        flips = [
            place
            for place, verdict in found.items()
            if verdict.holds is not (place in standings and standings[place].since is not None)
        ]
        by_id = {each.id: each for each in weighed}
        reasons = await _reasons(work, by_id, facts, found, flips, standings, grounds.fields)
        looked_at = {
            each: together(one.looked_at for one in known.with_used([each]))
            for each in {place[1] for place in flips}
        }
        changes = {
            place: _change(
                work, place[0], by_id[place[1]], reasons.get(place), cause.kind,
                cause.of(place[0], looked_at[place[1]]),
            )
            for place in flips
            if place[0] in facts  # the log of a lead that went into another ended with that
        }  # fmt: skip
        await self._append(list(changes.values()))
        await _keep(work, found, standings, changes, reasons)

    async def _append(self, changes: Sequence[RecordedChange]) -> None:
        recorded: dict[UUID, list[RecordedChange]] = {}
        for change in changes:
            recorded.setdefault(change.lead_id, []).append(change)
        if not recorded:
            return
        place = await log.append(self.work.session, recorded)
        self.place = self.place if self.place.epoch else place
        await log.store(self.work.session, recorded)
        for lead_id, told in recorded.items():
            self.work.committed.setdefault(lead_id, []).extend(told)


async def _standings(
    work: "UnitOfWork", leads: Sequence[UUID], segments: Iterable[UUID]
) -> Standings:
    found = await work.session.execute(
        select(_STANDINGS).where(
            _STANDINGS.c.lead_id.in_(leads), _STANDINGS.c.segment_id.in_(list(segments))
        )
    )
    return {(row.lead_id, row.segment_id): row for row in found}


def _weigh_lead(
    lead: UUID,
    facts: Facts | None,
    weighed: Sequence[KnownSegment],
    grounds: Grounds,
    kept: Mapping[UUID, Verdict],
) -> Verdicts:
    """The verdicts of one lead; one that went into another is in no segment."""
    if facts is None:
        return {(lead, each.id): OUTSIDE for each in weighed}
    verdicts = weigh_all(facts, weighed, grounds, kept)
    return {(lead, segment_id): verdict for segment_id, verdict in verdicts.items()}


def weigh_all(
    facts: Facts,
    weighed: Sequence[KnownSegment],
    grounds: Grounds,
    kept: Mapping[UUID, Verdict],
) -> dict[UUID, Verdict]:
    """The verdicts of segments in their order; of others `kept` says where the lead stands."""
    found: dict[UUID, Verdict] = {}

    def of(clause: tree.Test) -> Verdict:
        if not isinstance(clause, tree.InSegment):
            return facts.of(clause)
        if clause.id not in grounds.segments:
            return BROKEN
        return found.get(clause.id) or kept.get(clause.id, OUTSIDE)

    for segment in weighed:
        verdict = weigh(segment.rule, of) if segment.rule is not None else OUTSIDE
        # In a segment one is or is not: what can't be tested lets nobody in.
        found[segment.id] = Verdict(verdict.holds is True, verdict.flips_at)
        facts.verdicts[tree.InSegment(segment.id)] = found[segment.id]
    return found


async def _reasons(
    work: "UnitOfWork",
    by_id: Mapping[UUID, KnownSegment],
    facts: Mapping[UUID, Facts],
    found: Verdicts,
    flips: Sequence[Pair],
    standings: Standings,
    fields: Mapping[str, FieldDefinition],
) -> Reasons:
    """For each lead that enters a segment the clauses that let it in, with what they name: who
    reads of it later may not be allowed to see that."""
    entered = [place for place in flips if found[place].holds and place[0] in facts]
    rules = {each: rule for _, each in entered if (rule := by_id[each].rule) is not None}
    if not rules:
        return {}
    said = await explain_all(rows_in(work), list(rules.values()))
    words = dict(zip(rules, said, strict=True))
    reasons: Reasons = {}
    for lead, segment in entered:
        paths = set(holding(rules[segment], clause_verdicts(facts[lead], lead, standings)))
        reasons[lead, segment] = [
            {"path": each.path, "key": each.key, "words": each.words, **named_by(clause, fields)}
            for each, (_, clause) in zip(
                words[segment].clauses, tree.clauses(rules[segment]), strict=True
            )
            if each.path in paths
        ]
    return reasons


def clause_verdicts(facts: Facts, lead: UUID, standings: Standings) -> Any:
    """The verdicts of all clauses of a lead, those about segments among them."""

    def of(clause: tree.Test) -> Verdict:
        if isinstance(clause, tree.InSegment) and clause not in facts.verdicts:
            row = standings.get((lead, clause.id))
            return Verdict(row is not None and row.since is not None)
        return facts.of(clause)

    return of


def _change(
    work: "UnitOfWork",
    lead_id: UUID,
    segment: KnownSegment,
    because: list[dict[str, Any]] | None,
    cause: SegmentCause,
    cause_id: UUID | None,
) -> RecordedChange:
    act = SegmentAct.LEFT if because is None else SegmentAct.ENTERED
    return RecordedChange(
        lead_id=lead_id,
        revision=0,
        id=new_id(),
        at=work.at,
        kind=ChangeKind.SEGMENTS_CHANGED,
        category=HistoryType.SEGMENT,
        subject_kind="segment",
        subject_id=segment.id,
        actor_kind=ActorKind.SYSTEM,
        actor_id=None,
        actor_name=SYSTEM.name,
        via=Via.SYSTEM,
        access_version=0,
        cause_id=cause_id,
        data={
            "act": act,
            "segment": {"id": segment.id.hex, "name": segment.name},
            "because": because or [],
            "cause": cause,
        },
        salt=None,
        commitment=b"",
        digest=b"",
    )


async def _keep(
    work: "UnitOfWork",
    found: Verdicts,
    standings: Standings,
    changes: Mapping[Pair, RecordedChange],
    reasons: Reasons,
) -> None:
    """Brings the rows to the verdicts; those that say nothing go."""
    rows, gone = [], []
    for place, verdict in found.items():
        row = standings.get(place)
        since: datetime | None = row.since if row else None
        because = row.because if row else []
        if place in changes:
            since = changes[place].at if verdict.holds else None
            because = reasons.get(place, [])
        elif not verdict.holds:
            since, because = None, []
        if since is None and verdict.flips_at is None:
            gone += [place] if row else []
        elif row is None or (row.since, row.flips_at) != (since, verdict.flips_at):
            rows.append(
                {
                    "lead_id": place[0],
                    "segment_id": place[1],
                    "since": since,
                    "because": because,
                    "flips_at": verdict.flips_at,
                }
            )
    key = ("lead_id", "segment_id")
    await put_rows(work.session, SegmentStanding, rows, key, replaces=True)
    for start in range(0, len(gone), AT_ONCE):
        places = tuple_(_STANDINGS.c.lead_id, _STANDINGS.c.segment_id)
        await work.session.execute(
            delete(_STANDINGS).where(places.in_(gone[start : start + AT_ONCE]))
        )
