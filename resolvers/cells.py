"""Cells of tables as files hold them: the one form that exports write and imports read.

Invariants
- No spreadsheet computes a cell: an apostrophe stands before what one would take for a formula.
- Reading takes away exactly what writing added, so that a cell comes back as it was.
"""

import re
from collections.abc import Sequence

SIGNS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a formula begins with; the wide ones count in some places."""
BEFORE = " '\u00a0\u3000"
"""What may stand before it: spaces, and apostrophes that were there already."""
BETWEEN = ":::"
"""Parts several values of a cell, as in files of other programs."""


def _is_computed(cell: str) -> bool:
    return cell.lstrip(BEFORE)[:1] in SIGNS


def defused(cell: str) -> str:
    """The cell as no spreadsheet computes it."""
    return f"'{cell}" if _is_computed(cell) else cell


def plain(cell: str) -> str:
    """The cell as it was before it was defused, trimmed."""
    cell = cell.strip()
    return cell[1:].strip() if cell.startswith("'") and _is_computed(cell) else cell


def joined(values: Sequence[str], between: re.Pattern[str]) -> str:
    """Several values as one cell; `between` is what else parts values where the cell is read.

    A single value that would be parted by it has the sign behind it, which then parts alone.
    """
    if len(values) == 1 and between.search(values[0]):
        return f"{values[0]} {BETWEEN}"
    return f" {BETWEEN} ".join(values)


def parted(cell: str, between: re.Pattern[str]) -> list[str]:
    """The values of a cell: parted by `:::` where it is there, else by `between`."""
    parts = cell.split(BETWEEN) if BETWEEN in cell else between.split(cell)
    return [part.strip() for part in parts if part.strip()]
