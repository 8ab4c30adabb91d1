"""What changes of the workspace do to rules: they are weighed anew, and may be for fewer people."""

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.enums import FieldVisibility
from models.fields import FieldDefinition
from models.segments import Segment
from resolvers.filters import tree
from resolvers.filters.grounds import keys_of
from resolvers.filters.storing import restore
from resolvers.policy import FIELD_READERS
from resolvers.segments.mentions import RESHAPING, meaning_of, together

if TYPE_CHECKING:
    from resolvers.unit_of_work import UnitOfWork


async def reshape(work: "UnitOfWork", kinds: Set[str]) -> None:
    """Begins to weigh the segments that mean something else after changes of these kinds."""
    touched = together(RESHAPING.get(each, frozenset()) for each in kinds)
    if not touched:
        return
    rows = list(await work.session.scalars(select(Segment).order_by(col(Segment.id))))
    rules = {row.id: restore(row.rule) for row in rows}
    if "fields" in touched and rows:
        await set_visibility(work, rows, rules)
    from resolvers.segments.evaluating import begin  # it writes units of work of its own

    for row in rows:
        if row.archived_at is None and meaning_of(rules[row.id]) & touched:
            await begin(work, row)


async def set_visibility(
    work: "UnitOfWork", rows: Sequence[Segment], rules: Mapping[UUID, tree.Filter]
) -> None:
    """Has each segment be for those only who see all that its rule looks at, through others too."""
    await work.session.flush()
    fields = (await work.session.scalars(select(FieldDefinition))).all()
    by_key = {row.key: row.visibility for row in fields}
    must_be_filled = [
        row.visibility for row in fields if row.is_required and row.archived_at is None
    ]

    def needed(rule: tree.Filter, above: frozenset[UUID]) -> list[FieldVisibility]:
        found = [FieldVisibility.ALL]
        for _, clause in tree.clauses(rule):
            found += [by_key[key] for key in keys_of(clause) if key in by_key]
            if isinstance(clause, tree.Marked) and clause.field is tree.Mark.INCOMPLETE:
                found += must_be_filled
            if isinstance(clause, tree.InSegment) and clause.id in rules and clause.id not in above:
                found += needed(rules[clause.id], above | {clause.id})
        return found

    for row in rows:
        visibility = min(
            needed(rules[row.id], frozenset({row.id})), key=lambda each: len(FIELD_READERS[each])
        )
        if row.visibility is not visibility:
            row.visibility = visibility
