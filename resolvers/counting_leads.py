"""How many leads a statement finds: exactly up to a limit, beyond it an estimate."""

from typing import Any

from sqlalchemy import ClauseElement, Executable, Select, String, func, select
from sqlalchemy.ext.compiler import compiles
from sqlmodel import col

from models.leads import Lead
from resolvers.views import View

EXACT_BELOW = 10_000


async def counted(view: View, leads: Select[Any]) -> int:
    """Number of rows of a statement that selects ids of leads.

    Up to 10,000 it is exact; 10,001 stands for some more than that, and beyond it is an estimate of
    two digits: on PostgreSQL the planner's, on SQLite from a sample of leads.
    """
    found = await _up_to(view, leads)
    if found <= EXACT_BELOW:
        return found
    estimate = await (_sampled if view.services.database.is_sqlite else _planned)(view, leads)
    return max(rounded(estimate), EXACT_BELOW + 1)


def told(found: int) -> tuple[int, bool]:
    """The number to tell of what `counted` answers, and whether it is exact."""
    most = EXACT_BELOW + 1
    return (EXACT_BELOW if found == most else found), found < most


def rounded(number: int) -> int:
    """Its first two digits, so that a count that only seems to move stands still."""
    unit: int = 10 ** max(len(str(number)) - 2, 0)
    return (number + unit // 2) // unit * unit


async def _up_to(view: View, leads: Select[Any]) -> int:
    limited = leads.limit(EXACT_BELOW + 1).subquery()
    return await view.scalar(select(func.count()).select_from(limited)) or 0


async def _sampled(view: View, leads: Select[Any]) -> int:
    """Ids end in random digits: those that end alike are a fair sample. Where one passes the limit,
    a sixteenth of it will do."""
    for digits in (1, 2, 3):
        ends = func.substr(col(Lead.id), -digits, type_=String)
        found = await _up_to(view, leads.where(ends == "7" * digits))
        if found <= EXACT_BELOW:
            break
    return found * 16**digits


class _Explained(Executable, ClauseElement):
    """What the planner says of a statement."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained, "postgresql")
def _explain(element: _Explained, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **options)}"


async def _planned(view: View, leads: Select[Any]) -> int:
    ((plan,),) = await view.rows(_Explained(leads))
    return int(plan[0]["Plan"]["Plan Rows"])
