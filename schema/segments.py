"""Segments, who is in them, and why."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from models.segments import Segment as SegmentRow
from resolvers import access
from resolvers.filters import ClauseWords, restore
from resolvers.segments import listing
from schema.context import Info, argument_id
from schema.errors import seal_version
from schema.filters import LeadFilter
from schema.leads import After, First, Lead, LeadConnection, LeadEdge, count_of
from schema.loaders import SchemaView
from schema.pages import Count, PageInfo, connection
from schema.rules import Rule, RuleClause, clause_of, rule_of
from schema.scalars import Cursor, Version
from schema.values import global_id


@strawberry.type(description="Re-evaluation of all leads after an edit.")
class SegmentEvaluation:
    done: int = strawberry.field(description="Leads done so far.")
    total: int = strawberry.field(description="Leads that there were when it began.")


@strawberry.type(description="Set of leads computed from a rule.")
class Segment:
    row: strawberry.Private[SegmentRow]
    view: strawberry.Private[SchemaView]

    @strawberry.field(description="The segment.")
    def id(self) -> strawberry.ID:
        return global_id("segment", self.row.id)

    @strawberry.field(description="1 to 80 characters, unique.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="At most 500 characters.")
    def description(self) -> str | None:
        return self.row.description

    @strawberry.field(description="The rule.")
    async def rule(self) -> Rule:
        stored = self.row.rule
        explained = await self.view.load.explanation.load(restore(stored))
        return rule_of(stored["filter"], explained)

    @strawberry.field(description="Leads in it that you may see.")
    async def lead_count(self) -> Count:
        return count_of(await self.view.load.count_of_segment.load(self.row.id))

    @strawberry.field(description="Its leads, latest entry first.")
    async def leads(self, first: First, after: After = None) -> LeadConnection:
        view = self.view
        page = await listing.leads_page(view, self.row.id, first, after)
        count = partial(view.load.count_of_segment.load, self.row.id)
        return connection(
            LeadConnection, LeadEdge, page, lambda row: Lead(row=row, view=view), count=count
        )

    @strawberry.field(
        description="Re-evaluation after an edit; null: none under way, or you do not see all "
        "leads."
    )
    def evaluation(self) -> SegmentEvaluation | None:
        row = self.row
        if row.evaluation_id is None or not access.sees_all_leads(self.view.actor):
            return None
        return SegmentEvaluation(done=row.evaluation_done, total=row.evaluation_total)

    @strawberry.field(
        description="What uses it and is yours to know, by name: segments, shared views, "
        "automations; at most 50."
    )
    async def used_by(self) -> list[str]:
        return await self.view.load.users_of_segment.load(self.row.id)

    @strawberry.field(description="Since when archived: no membership any more.")
    def archived_at(self) -> datetime | None:
        return self.row.archived_at

    @strawberry.field(description="Version for `expectedVersion`.")
    def version(self, info: Info) -> Version:
        return seal_version(info, self.row.id, self.row.version)


@strawberry.type(description="Row of SegmentConnection.")
class SegmentEdge:
    cursor: Cursor = strawberry.field(description="Its place.")
    node: Segment = strawberry.field(description="The row.")


@strawberry.type(description="Page of segments.")
class SegmentConnection:
    edges: list[SegmentEdge] = strawberry.field(description="With cursors.")
    nodes: list[Segment] = strawberry.field(description="Alone.")
    page_info: PageInfo = strawberry.field(description="Its ends.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="All that you may see.")
    async def total_count(self) -> int:
        return await self.count()


@strawberry.type(description="A lead is in a segment.")
class SegmentMembership:
    row: strawberry.Private[SegmentRow]
    view: strawberry.Private[SchemaView]
    lead_id: strawberry.Private[UUID]
    told: strawberry.Private[listing.Logged | None]

    since: datetime = strawberry.field(description="Since when.")

    @strawberry.field(description="The segment.")
    def segment(self) -> Segment:
        return Segment(row=self.row, view=self.view)

    @strawberry.field(
        description="Clauses that hold, or below `not` do not; of a change or a past card those "
        "that let the lead in, without words about what you may not see now."
    )
    async def because(self) -> list[RuleClause]:
        if self.told is not None:
            return [clause_of(each) for each in await self._told(self.told)]
        paths = await self.view.load.reasons.load((self.lead_id, self.row.id))
        said = await self.view.load.explanation.load(restore(self.row.rule))
        return [clause_of(each) for each in said.clauses if each.path in paths]

    async def _told(self, logged: listing.Logged) -> list[ClauseWords]:
        reads_all = access.reads_all_fields(self.view.actor)
        named = {UUID(hex=key) for each in logged for key in each.get("segments", ())}
        hidden = set() if reads_all else await self.view.load.hidden_names(named)
        return listing.told_clauses(logged, hidden, reads_all=reads_all)


@strawberry.type(description="Verdict on one clause.")
class ClauseVerdict:
    clause: RuleClause = strawberry.field(description="The clause.")
    is_matching: bool = strawberry.field(description="Holds.")


@strawberry.type(description="Why a lead is or is not in a segment, weighed now.")
class SegmentExplanation:
    segment: Segment = strawberry.field(description="The segment.")
    is_member: bool = strawberry.field(description="In it now.")
    verdicts: list[ClauseVerdict] = strawberry.field(description="Verdict on each clause.")
    flips_at: datetime | None = strawberry.field(
        description="When time alone will change it; null: never."
    )


@strawberry.type(description="What a rule would give.")
class SegmentPreview:
    words: str = strawberry.field(description="In words.")
    count: Count = strawberry.field(description="How many that you may see.")
    sample: list[Lead] = strawberry.field(description="Up to 10 of them, newest first.")


async def memberships_of(view: SchemaView, lead_id: UUID) -> list[SegmentMembership]:
    """The segments that a lead is in, as the view has it."""
    return [
        SegmentMembership(
            row=each.segment,
            view=view,
            lead_id=lead_id,
            told=each.because if view.is_past else None,
            since=each.since,
        )
        for each in await view.load.segments_of_lead.load(lead_id)
    ]


async def explanation_of(
    view: SchemaView, lead_id: UUID, segment_id: str
) -> SegmentExplanation | None:
    """Why a lead is or is not in a segment; None for one that is not the viewer's to know, and of
    the past."""
    row = await view.load.segment.load(argument_id("segment", segment_id))
    if row is None or view.is_past:
        return None
    found = await listing.standing_of(view, lead_id, row)
    return SegmentExplanation(
        segment=Segment(row=row, view=view),
        is_member=found.is_member,
        verdicts=[
            ClauseVerdict(clause=clause_of(clause), is_matching=holds)
            for clause, holds in found.verdicts
        ],
        flips_at=found.flips_at,
    )


async def segment(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The segment.")]
) -> Segment | None:
    """One segment; null when its rule looks at a field that the viewer may not see."""
    view = await info.context.reading()
    row = await view.load.segment.load(argument_id("segment", id))
    return Segment(row=row, view=view) if row else None


async def segments(
    info: Info,
    first: First,
    after: After = None,
    include_archived: Annotated[
        bool, strawberry.argument(description="Archived ones too.")
    ] = False,
) -> SegmentConnection:
    """Segments, by name."""
    view = await info.context.reading()
    page = await listing.segments_page(
        view, include_archived=include_archived, first=first, after=after
    )
    count = partial(listing.count_segments, view, include_archived=include_archived)
    return connection(
        SegmentConnection, SegmentEdge, page, lambda row: Segment(row=row, view=view), count=count
    )


async def segment_preview(
    info: Info, filter: Annotated[LeadFilter, strawberry.argument(description="The rule.")]
) -> SegmentPreview:
    """What a rule would give before it is saved."""
    view = await info.context.reading()
    found = await listing.preview(view, filter.read())
    return SegmentPreview(
        words=found.words,
        count=count_of(found.count),
        sample=[Lead(row=row, view=view) for row in found.sample],
    )
