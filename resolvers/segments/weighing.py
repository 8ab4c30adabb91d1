"""Verdicts of rules from those of their clauses, and the first instant that may change one.

A verdict is true, false, or None where a broken clause leaves it open, as in SQL: neither it nor
its opposite holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from resolvers.filters import tree


@dataclass(frozen=True)
class Verdict:
    """`flips_at`: the first instant at which time alone may change `holds`; None: it can't."""

    holds: bool | None
    flips_at: datetime | None = None


BROKEN = Verdict(None)
Weigh = Callable[[tree.Test], Verdict]


def weigh(rule: tree.Filter, of: Weigh) -> Verdict:
    """The verdict of a rule; `of` knows those of clauses."""
    match rule:
        case tree.All(parts):
            return _joined([weigh(each, of) for each in parts], deciding=False)
        case tree.AnyOf(parts):
            return _joined([weigh(each, of) for each in parts], deciding=True)
        case tree.Not(part):
            inner = weigh(part, of)
            return Verdict(None if inner.holds is None else not inner.holds, inner.flips_at)
    return of(rule)


def _joined(parts: Sequence[Verdict], *, deciding: bool) -> Verdict:
    """Parts of which one that is `deciding` decides alone: a false one of `and`, a true of `or`.

    While some decide, nothing changes before all of those have changed.
    """
    decide = [each for each in parts if each.holds is deciding]
    if decide:
        instants = [each.flips_at for each in decide]
        is_forever = None in instants
        return Verdict(deciding, None if is_forever else max(filter(None, instants)))
    soonest = min(filter(None, (each.flips_at for each in parts)), default=None)
    is_open = any(each.holds is None for each in parts)
    return Verdict(None if is_open else not deciding, soonest)


def holding(rule: tree.Filter, of: Weigh) -> list[str]:
    """Paths of the clauses that let a lead in: those that hold, or below `not` do not."""
    return [
        ".".join(place)
        for place, clause in tree.clauses(rule)
        if of(clause).holds is (place.count("not") % 2 == 0)
    ]
