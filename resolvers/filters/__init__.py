"""One language of filters over leads: for lists, stored rules and whatever else picks leads.

A filter is a tree of frozen dataclasses (`tree`). `reading` makes it of what clients write and of
what was stored, `checking` holds it to its limits, `compiling` turns it into SQL, `wording` says it
to people. A new clause is one class in `tree` and one branch in each of the others.
"""

from resolvers.filters.checking import BadFilter, check, check_for_nobody, check_for_segment
from resolvers.filters.compiling import compile_clause, compile_filter
from resolvers.filters.conditions import condition_for
from resolvers.filters.grounds import Grounds, Rows, check_fields, grounds_for
from resolvers.filters.reading import read_filter
from resolvers.filters.storing import restore, store
from resolvers.filters.tree import Filter
from resolvers.filters.wording import ClauseWords, Explanation, explain, explain_all

__all__ = [
    "BadFilter",
    "ClauseWords",
    "Explanation",
    "Filter",
    "Grounds",
    "Rows",
    "check",
    "check_fields",
    "check_for_nobody",
    "check_for_segment",
    "compile_clause",
    "compile_filter",
    "condition_for",
    "explain",
    "explain_all",
    "grounds_for",
    "read_filter",
    "restore",
    "store",
]
