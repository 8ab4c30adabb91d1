"""Clauses of many leads, read by few statements: each clause once, whichever rules have it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.leads import Lead
from resolvers.filters import tree
from resolvers.filters.compiling import compile_clause
from resolvers.filters.grounds import Grounds, Rows, problem_of
from resolvers.segments.watches import Watch, watches
from resolvers.segments.weighing import BROKEN, Verdict

MOST_COLUMNS, MOST_OPERANDS = 400, 5_000
"""Of one statement: databases have limits, and none of ours should be near one."""
Watched = tuple[tree.Test, Sequence[Watch]]
"""A clause, and what decides when time changes it."""


@dataclass
class Facts:
    """The clauses of one lead at one moment."""

    lead_id: UUID
    verdicts: dict[tree.Test, Verdict] = field(default_factory=dict)

    def of(self, clause: tree.Test) -> Verdict:
        """The verdict of a clause that tables answer, or that needs none."""
        if isinstance(clause, tree.Ids):
            return Verdict(self.lead_id in clause.ids)
        return self.verdicts.get(clause, BROKEN)


async def read_facts(
    rows: Rows, grounds: Grounds, lead_ids: Sequence[UUID], clauses: Sequence[tree.Test]
) -> dict[UUID, Facts]:
    """What is so of each of these leads; who went into another lead is left out.

    Whether a lead is in a segment is left to who asks.
    """
    asked = [
        each
        for each in dict.fromkeys(clauses)
        if not isinstance(each, tree.Ids | tree.InSegment) and not problem_of(each, grounds)
    ]
    found: dict[UUID, Facts] = {}
    for part in parts_of([(each, watches(each, grounds)) for each in asked]):
        await _read(rows, grounds, lead_ids, part, found)
    return found


def parts_of(asked: Sequence[Watched]) -> Iterator[Sequence[Watched]]:
    """Clauses for one statement each; one empty part where there is no clause."""
    part: list[Watched] = []
    columns = operands = 0
    for clause, watched in asked:
        width = 1 + sum(each.column is not None for each in watched)
        size = width * sum(1 for _ in tree.everything(clause))  # a column may repeat them all
        if part and (columns + width > MOST_COLUMNS or operands + size > MOST_OPERANDS):
            yield part
            part, columns, operands = [], 0, 0
        part.append((clause, watched))
        columns += width
        operands += size
    yield part


async def _read(
    rows: Rows,
    grounds: Grounds,
    lead_ids: Sequence[UUID],
    part: Sequence[Watched],
    found: dict[UUID, Facts],
) -> None:
    columns = [compile_clause(clause, grounds) for clause, _ in part]
    watched = [(place, each) for place, (_, its) in enumerate(part) for each in its]
    read = [each.column for _, each in watched if each.column is not None]
    labelled = [each.label(f"c{number}") for number, each in enumerate([*columns, *read])]
    statement = select(col(Lead.id), *labelled).where(
        col(Lead.id).in_(lead_ids), col(Lead.merged_at).is_(None)
    )
    for lead_id, *values in await rows(statement):
        facts = found.setdefault(lead_id, Facts(lead_id))
        turns = _turns(watched, values[len(columns) :], grounds.now.at)
        for place, (clause, _) in enumerate(part):
            facts.verdicts[clause] = Verdict(bool(values[place]), turns.get(place))


def _turns(
    watched: Sequence[tuple[int, Watch]], values: Sequence[object], now: datetime
) -> Mapping[int, datetime]:
    """By the place of a clause the first instant that may change it."""
    remaining, turns = iter(values), dict[int, datetime]()
    for place, watch in watched:
        value = next(remaining) if watch.column is not None else None
        if watch.column is not None and value is None:
            continue
        turn = watch.turn(value)
        if turn is not None and turn > now:
            turns[place] = min(turn, turns.get(place, turn))
    return turns
