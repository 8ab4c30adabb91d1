"""Segments as people see them: the list, who is in one, and why a lead is or is not."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import col

from models.automations import Automation
from models.leads import Lead
from models.segments import Segment, SegmentStanding
from resolvers import access, filters
from resolvers.automations.listing import may_configure
from resolvers.counting_leads import EXACT_BELOW
from resolvers.filters import ClauseWords, Filter, condition_for, explain, tree
from resolvers.filters.wording import HIDDEN_CLAUSE, HIDDEN_SEGMENT
from resolvers.pages import Key, Page, read_page
from resolvers.saved_views import shared_views
from resolvers.segments.facts import read_facts
from resolvers.segments.known import KnownSegment, KnownSegments
from resolvers.segments.learning import grounds_at, read_all, used_by
from resolvers.segments.settling import weigh_all
from resolvers.segments.weighing import Verdict, Weigh, holding
from resolvers.views import View

SAMPLE, MOST_NAMED, MOST_STEPS = 10, 50, 50
ORDER = (Key(col(Segment.name_key)), Key(col(Segment.id), is_id=True))
BY_ENTRY = (
    Key(col(SegmentStanding.since), True, is_instant=True),
    Key(col(Lead.id), True, is_id=True),
)
Logged = Sequence[Mapping[str, Any]]
"""Clauses as the log holds them: path, key, words, and the `fields` and `segments` they name."""


@dataclass(frozen=True)
class Membership:
    """A lead in a segment; `because` are the clauses that let it in, as the log holds them."""

    lead_id: UUID
    segment: Segment
    since: datetime
    because: Logged


@dataclass(frozen=True)
class Standing:
    """Why a lead is or is not in a segment: each clause with its verdict."""

    segment: Segment
    is_member: bool
    verdicts: Sequence[tuple[ClauseWords, bool]]
    flips_at: datetime | None
    """The first instant at which time alone changes it, or, after many that don't, a later one
    that may."""


@dataclass(frozen=True)
class Preview:
    """What a rule would give, of the leads that the viewer sees."""

    words: str
    count: int
    """Counted at most to 10,001."""
    sample: Sequence[Lead]


async def segments_page(
    view: View, *, include_archived: bool, first: int, after: str | None
) -> Page[Segment]:
    """Segments that the viewer may know of, by name."""
    statement = _visible(view)
    if not include_archived:
        statement = statement.where(col(Segment.archived_at).is_(None))
    return await read_page(view, statement, ORDER, f"segments:{include_archived}", first, after)


async def count_segments(view: View, *, include_archived: bool) -> int:
    statement = select(func.count()).where(access.visible_segments(view.actor))
    if not include_archived:
        statement = statement.where(col(Segment.archived_at).is_(None))
    return await view.scalar(statement.select_from(Segment)) or 0


def _visible(view: View) -> Select[Any]:
    return select(Segment).where(access.visible_segments(view.actor))


async def segments_by_id(view: View, ids: Sequence[UUID]) -> list[Segment | None]:
    """Segments that the viewer may know of."""
    rows = await view.scalars(_visible(view).where(col(Segment.id).in_(ids)))
    found = {row.id: row for row in rows}
    return [found.get(each) for each in ids]


async def leads_page(view: View, segment_id: UUID, first: int, after: str | None) -> Page[Lead]:
    """Who is in a segment, of the leads that the viewer sees; the latest entry first."""
    return await read_page(
        view, _members(view, segment_id), BY_ENTRY, f"segment:{segment_id}", first, after
    )


def _members(view: View, segment_id: UUID) -> Select[Any]:
    return (
        select(Lead)
        .join(SegmentStanding, col(SegmentStanding.lead_id) == col(Lead.id))
        .where(
            col(SegmentStanding.segment_id) == segment_id,
            col(SegmentStanding.since).is_not(None),
            access.visible_leads(view.actor),
        )
    )


async def counts_by_segment(view: View, ids: Sequence[UUID]) -> list[int]:
    """How many leads of each the viewer sees, counted at most to 10,001."""
    counts = [
        select(func.count())
        .select_from(
            _members(view, each).with_only_columns(col(Lead.id)).limit(EXACT_BELOW + 1).subquery()
        )
        .scalar_subquery()
        .label(f"n{number}")
        for number, each in enumerate(ids)
    ]
    return list((await view.rows(select(*counts)))[0])


async def memberships_by_lead(view: View, lead_ids: Sequence[UUID]) -> list[list[Membership]]:
    """The segments that each lead is in and that the viewer may know of, by name."""
    rows = await view.rows(
        select(SegmentStanding, Segment)
        .join(Segment, col(Segment.id) == col(SegmentStanding.segment_id))
        .where(
            col(SegmentStanding.lead_id).in_(lead_ids),
            col(SegmentStanding.since).is_not(None),
            col(Segment.archived_at).is_(None),
            access.visible_segments(view.actor),
        )
        .order_by(col(Segment.name_key))
    )
    found: dict[UUID, list[Membership]] = {each: [] for each in lead_ids}
    for standing, segment in rows:
        found[standing.lead_id].append(
            Membership(standing.lead_id, segment, standing.since, standing.because)
        )
    return [found[each] for each in lead_ids]


def told_clauses(logged: Logged, hidden: Set[str], *, reads_all: bool) -> list[ClauseWords]:
    """Clauses as they were told then, for somebody from whom these keys of fields and ids of
    segments are hidden now: the rule may look at less by now than it did.

    Those that do not say what they name are told to who reads all fields.
    """

    def words(each: Mapping[str, Any]) -> str:
        if not hidden.isdisjoint(each.get("segments", ())):
            return f"in {HIDDEN_SEGMENT}"
        is_hidden = not hidden.isdisjoint(each["fields"]) if "fields" in each else not reads_all
        return HIDDEN_CLAUSE if is_hidden else str(each["words"])

    return [ClauseWords(each["path"], each["key"], words(each), False) for each in logged]


async def names_of_users(view: View, ids: Sequence[UUID]) -> list[list[str]]:
    """What uses each segment and is the viewer's to know: other segments, shared views, and
    rules."""
    found: dict[UUID, list[str]] = {each: [] for each in ids}
    rules = [
        (row.name, used_by(filters.restore(row.rule)))
        for row in await view.scalars(_visible(view).where(col(Segment.archived_at).is_(None)))
    ]
    for saved in await shared_views(view):
        if saved.filter is not None:
            rules.append((saved.name, used_by(filters.restore(saved.filter))))
    if may_configure(view):
        for row in await view.scalars(
            select(Automation).where(col(Automation.removed_at).is_(None))
        ):
            started = {UUID(hex=each)} if (each := row.trigger.get("segment")) else set()
            tested = used_by(filters.restore(row.condition)) if row.condition else frozenset()
            rules.append((row.name, tested | started))
    for name, used in sorted(rules, key=lambda each: each[0].casefold()):
        for each in used & found.keys():
            found[each].append(name)
    return [found[each][:MOST_NAMED] for each in ids]


async def preview(view: View, rule: Filter) -> Preview:
    """Words, count and the first leads of a rule that is not saved. BadFilter if it can't be."""
    filters.check_for_segment(rule)
    chosen = select(Lead).where(access.visible_leads(view.actor), await condition_for(view, rule))
    limited = chosen.with_only_columns(col(Lead.id)).limit(EXACT_BELOW + 1).subquery()
    count = await view.scalar(select(func.count()).select_from(limited)) or 0
    newest = chosen.order_by(col(Lead.id).desc()).limit(SAMPLE)
    told = await explain(view.rows, rule)
    return Preview(told.words, count, await view.scalars(newest))


# --- why, and why not -------------------------------------------------------------------------


async def reasons(view: View, pairs: Sequence[tuple[UUID, UUID]]) -> list[list[str]]:
    """Of each lead and segment the paths of the clauses that keep the lead in it now."""
    known: KnownSegments = await view.run(read_all)
    leads, ids = {lead for lead, _ in pairs}, {segment for _, segment in pairs}
    weighed = known.with_used(ids)
    by_id = {each.id: each for each in weighed}
    verdicts = await _weigh(view, known, sorted(leads), weighed, view.services.clock.now())
    found = []
    for lead, segment in pairs:
        rule = by_id[segment].rule if segment in by_id else None
        of = verdicts.get(lead)
        found.append(holding(rule, of[1]) if rule is not None and of is not None else [])
    return found


async def standing_of(view: View, lead_id: UUID, segment: Segment) -> Standing:
    """The verdict of each clause now, and when time alone changes that of the segment."""
    known: KnownSegments = await view.run(read_all)
    weighed = known.with_used([segment.id])
    said = await explain(view.rows, filters.restore(segment.rule))
    now = view.services.clock.now()
    rule = next((each.rule for each in weighed if each.id == segment.id), None)
    found = await _weigh(view, known, [lead_id], weighed, now)
    if rule is None or lead_id not in found:
        return Standing(segment, False, [(each, False) for each in said.clauses], None)
    by_segment, of = found[lead_id]
    held = [of(clause).holds is True for _, clause in tree.clauses(rule)]
    flips_at = await _flip(view, known, lead_id, weighed, segment.id, by_segment[segment.id])
    is_member = by_segment[segment.id].holds is True
    return Standing(segment, is_member, list(zip(said.clauses, held, strict=True)), flips_at)


async def _flip(
    view: View,
    known: KnownSegments,
    lead_id: UUID,
    weighed: Sequence[KnownSegment],
    segment_id: UUID,
    verdict: Verdict,
) -> datetime | None:
    """The first of the instants that may change a verdict at which it is another one."""
    at = verdict.flips_at
    for _ in range(MOST_STEPS):
        if at is None:
            return None
        by_segment, _ = (await _weigh(view, known, [lead_id], weighed, at))[lead_id]
        if by_segment[segment_id].holds is not verdict.holds:
            return at
        at = by_segment[segment_id].flips_at
    return at


async def _weigh(
    view: View,
    known: KnownSegments,
    leads: Sequence[UUID],
    weighed: Sequence[KnownSegment],
    at: datetime,
) -> dict[UUID, tuple[Mapping[UUID, Verdict], Weigh]]:
    """By lead the verdicts of these segments at an instant, and those of clauses."""
    grounds = grounds_at(known, at, is_sqlite=view.services.database.is_sqlite)
    clauses = [clause for each in weighed if each.rule for _, clause in tree.clauses(each.rule)]
    facts = await read_facts(view.rows, grounds, leads, clauses)
    return {lead: (weigh_all(each, weighed, grounds, {}), each.of) for lead, each in facts.items()}
