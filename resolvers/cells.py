"""Cells of tables as files hold them: the one form that exports write and imports read.

Invariants
- No spreadsheet computes a cell: an apostrophe stands before what one would take for a formula,
  also where one of another place begins a new cell: behind a semicolon, a tab or a line's end.
- Reading takes away exactly what writing added, so that a cell comes back as it was.
"""

import re
from collections.abc import Sequence

SIGNS = "=+@\uff1d\uff0b\uff0d\uff20-"
"""What a formula begins with; the wide ones count in some places."""
BREAKS = ";\t\r\n"
"""What begins a new cell for somebody; as first of a cell, all but the semicolon are signs too."""
BEFORE = " '\u00a0\u3000"
"""What may stand before it: spaces, and apostrophes that were there already."""
# Neither breaks nor the first sign are ever added, so both find the same places.
AT_START = rf"\A{{}}(?=[{BEFORE}]*[\t\r\n{SIGNS}])"
BEHIND_BREAK = rf"(?<=[{BREAKS}]){{}}(?=[{BEFORE}]*[{SIGNS}])"
COMPUTED, DEFUSED = [
    re.compile(f"{AT_START.format(each)}|{BEHIND_BREAK.format(each)}") for each in ("", "'")
]
BETWEEN = ":::"
"""Parts several values of a cell, as in files of other programs."""


def defused(cell: str) -> str:
    """The cell as no spreadsheet computes it."""
    return COMPUTED.sub("'", cell)


def defused_once(cell: str) -> str:
    """The same of a cell that may be defused already."""
    return defused(DEFUSED.sub("", cell))


def plain(cell: str) -> str:
    """The cell as it was before it was defused, trimmed."""
    return DEFUSED.sub("", cell).strip()


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
