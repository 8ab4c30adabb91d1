"""How segments are made, changed and archived."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.ids import encode_id, new_id
from models.segments import Segment
from resolvers import access, filters
from resolvers.errors import (
    Conflict,
    ConflictReason,
    LimitReached,
    NotFound,
    Precondition,
    PreconditionReason,
    ProblemCode,
    invalid,
)
from resolvers.filters import BadFilter, tree
from resolvers.filters.conditions import rows_in
from resolvers.policy import Permission
from resolvers.project import locked
from resolvers.segments.evaluating import begin
from resolvers.segments.learning import used_by
from resolvers.segments.reshaping import set_visibility
from resolvers.text import fold, optional, required
from resolvers.unit_of_work import UnitOfWork

MOST = 200


@dataclass(frozen=True)
class SegmentEdit:
    """A segment as it shall be; None leaves a part, and a new one needs a name and a rule."""

    name: str | None = None
    description: str | None = None
    literal: dict[str, Any] | None = None
    """The rule as clients write it."""
    is_archived: bool | None = None
    expected: int | None = None


async def save_segment(work: UnitOfWork, segment_id: UUID | None, edit: SegmentEdit) -> Segment:
    """Makes, changes or archives a segment; saving what is there changes nothing.

    All leads are weighed in the background after a new rule. InvalidInput CYCLE for a rule that
    would follow from itself, Precondition for archiving what another segment uses.
    """
    access.require_rules(work.actor, Permission.CONFIGURE_SEGMENTS)
    await locked(work)  # names, and what follows from what, are those of all segments together
    rows = list(
        await work.session.scalars(
            select(Segment).order_by(col(Segment.id)).execution_options(populate_existing=True)
        )
    )
    visible = await _visible(work)
    segment = next((row for row in rows if row.id == segment_id and row.id in visible), None)
    if segment_id is not None and segment is None:
        raise NotFound("segment", encode_id("segment", segment_id))
    if segment and edit.expected is not None and segment.version > edit.expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The segment was changed in the meantime.",
            owner=segment.id,
            version=segment.version,
        )
    is_new = segment is None
    if segment is None:
        segment = _new(rows, edit)
    before = segment.model_dump()
    await _apply(work, segment, rows, edit, visible)
    if not is_new and before == segment.model_dump():
        return segment
    rules = {row.id: filters.restore(row.rule) for row in (*rows, segment)}
    if is_new:
        work.session.add(segment)
    else:
        segment.version += 1
    await set_visibility(work, [*rows, *([segment] if is_new else [])], rules)
    if is_new or any(before[key] != getattr(segment, key) for key in ("rule", "archived_at")):
        await begin(work, segment)
    await work.session.flush()
    told = {"segment": segment.id.hex, "name": segment.name, "rule": segment.rule,
            "is_archived": segment.archived_at is not None}  # fmt: skip
    work.record_workspace("segment_saved", told, rules=True)
    return segment


async def _visible(work: UnitOfWork) -> set[UUID]:
    found = await work.session.scalars(
        select(col(Segment.id)).where(access.visible_segments(work.actor))
    )
    return set(found)


def _new(rows: Sequence[Segment], edit: SegmentEdit) -> Segment:
    for path, part in (("name", edit.name), ("filter", edit.literal)):
        if part is None:
            raise invalid(path, ProblemCode.REQUIRED, "A new segment needs it.")
    if sum(row.archived_at is None for row in rows) >= MOST:
        raise LimitReached(f"There can be at most {MOST} segments.", MOST)
    return Segment(id=new_id(), name="", name_key="", rule={})


async def _apply(
    work: UnitOfWork,
    segment: Segment,
    rows: Sequence[Segment],
    edit: SegmentEdit,
    visible: Set[UUID],
) -> None:
    others = [row for row in rows if row is not segment]
    if edit.name is not None:
        segment.name = required("name", edit.name, 80)
        segment.name_key = fold(segment.name, 160)
        if any(row.name_key == segment.name_key for row in others):
            raise invalid("name", ProblemCode.TAKEN, "This name is taken.")
    if edit.description is not None:
        segment.description = optional("description", edit.description, 500)
    if edit.literal is not None:
        stored = await _checked(work, edit.literal)
        rule = filters.restore(stored)
        _check_circle(segment, rule, others)
        segment.rule = stored
    if edit.is_archived is not None and edit.is_archived is not (segment.archived_at is not None):
        if edit.is_archived:
            _check_unused(segment, others, visible)
        elif sum(row.archived_at is None for row in rows) >= MOST:
            raise LimitReached(f"There can be at most {MOST} segments.", MOST)
        segment.archived_at = work.at if edit.is_archived else None


async def _checked(work: UnitOfWork, literal: dict[str, Any]) -> dict[str, Any]:
    """The rule as it is stored; whoever saves it must see all that it looks at."""
    try:
        rule = filters.read_filter(literal)
        filters.check(rule)
        filters.check_for_segment(rule)
        grounds = await filters.grounds_for(work.services, work.actor, rows_in(work), rule)
        filters.check_fields(rule, grounds)
    except BadFilter as error:
        raise error.within("filter") from error
    return filters.store(literal)


def _check_circle(segment: Segment, rule: tree.Filter, others: Sequence[Segment]) -> None:
    """InvalidInput that names the circle which the rule would close."""
    rows = {row.id: row for row in others}
    uses = {row.id: used_by(filters.restore(row.rule)) for row in others}
    for place, clause in tree.clauses(rule):
        if not isinstance(clause, tree.InSegment):
            continue
        way = _way(clause.id, segment.id, uses)
        if way is not None:
            names = [segment.name, *(rows[each].name for each in way if each in rows), segment.name]
            path = ".".join(("filter", *place, clause.key))
            told = " → ".join(f"“{name}”" for name in names)
            raise invalid(path, ProblemCode.CYCLE, f"Segments would form a circle: {told}.")


def _way(start: UUID, goal: UUID, uses: Mapping[UUID, frozenset[UUID]]) -> tuple[UUID, ...] | None:
    """From a segment along those that it uses to another, without that one; None: there is none."""
    if start == goal:
        return ()
    waiting: list[tuple[UUID, ...]] = [(start,)]
    seen = {start}
    while waiting:
        way = waiting.pop()
        for each in uses.get(way[-1], frozenset()):
            if each == goal:
                return way
            if each not in seen:
                seen.add(each)
                waiting.append((*way, each))
    return None


def _check_unused(segment: Segment, others: Sequence[Segment], visible: Set[UUID]) -> None:
    """Precondition while a rule of another segment names this one."""
    users = {
        f"“{row.name}”" if row.id in visible else "another segment"
        for row in others
        if row.archived_at is None and segment.id in used_by(filters.restore(row.rule))
    }
    if users:
        told = ", ".join(sorted(users)[:5])
        raise Precondition(PreconditionReason.IN_USE, f"The segment is used by {told}.")
