"""Rows of a file, one after another: memory holds one row, however the file is broken.

Invariants
- What a quote encloses is one row, whatever is wrong with it: its inside is never read as rows.
- A row that can't be used is answered as `Broken` in its place, so that the numbers of the rows
  are the same each time that the file is read.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from resolvers.imports.dialect import Dialect

MAX_ROW = 1_000_000
"""Characters of a row."""
MAX_LINES = 1_000
"""Lines of a row; cells may have several."""
MAX_COLUMNS = 1_000
SHOWN = 1_000
"""Characters that are kept of a row that can't be used."""

csv.field_size_limit(MAX_ROW)


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of a row and the line in the file that it begins in, from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that can't be used, and the beginning of what it was."""

    line: int
    reason: str
    text: str


class TooLong(Exception):
    """The row that is being read passes a limit."""


class _Lines:
    """Lines of a file for csv, counted, and no more of them than a row may have."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.number = 0
        """Lines given so far."""
        self.has_ended = False
        self._taken = self._length = 0
        self._quotes = 0
        self._last = "\n"
        self.beginning = ""

    def begin_row(self) -> None:
        self._taken = self._length = self._quotes = 0
        self.beginning = ""

    @property
    def taken(self) -> int:
        """Lines of the present row."""
        return self._taken

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(MAX_ROW + 1)
        if not line:
            self.has_ended = True
            raise StopIteration
        self.number += 1
        self._taken += 1
        self._length += len(line)
        self._quotes += line.count('"')
        if self._taken == 1:
            self.beginning = line[:SHOWN]
        if self._length > MAX_ROW or self._taken > MAX_LINES:
            self.skip_rest(line)
            raise TooLong
        self._last = line
        return line

    def skip_rest(self, line: str | None = None) -> None:
        """Reads on to the end of the row, which is outside of any quotes, or of the file."""
        line = self._last if line is None else line
        while (self._quotes % 2 or not line.endswith(("\n", "\r"))) and not self.has_ended:
            line, former = self._file.readline(MAX_ROW + 1), line
            if not line:
                self.has_ended = True
                return
            self.number += former.endswith(("\n", "\r"))
            self._quotes += line.count('"')


def read_rows(path: Path, dialect: Dialect) -> Iterator[Row | Broken]:
    """Every row that is not blank, the first one being the names of the columns."""
    with path.open(encoding=dialect.encoding, errors=dialect.errors, newline="") as file:
        lines = _Lines(file)
        if dialect.has_separator_line:
            next(lines)
        for _ in iter(lambda: lines.has_ended, True):
            found = _next_row(lines, dialect)
            if found is not None:
                yield found


def _next_row(lines: _Lines, dialect: Dialect) -> Row | Broken | None:
    lines.begin_row()
    begin = lines.number + 1
    try:
        # A reader of its own for each row: after an error csv would go on inside the quotes.
        cells = next(csv.reader(lines, delimiter=dialect.separator, strict=True), None)
    except TooLong:
        if lines.has_ended and lines.taken > 1:
            return _broken(lines, begin, "A quote that opens here is never closed")
        limit = f"A row has at most {MAX_ROW:,} characters and {MAX_LINES:,} lines"
        return _broken(lines, begin, limit)
    except csv.Error:
        lines.skip_rest()
        if lines.has_ended:
            return _broken(lines, begin, "A quote that opens here is never closed")
        return _broken(lines, begin, "Quotes stand where none can be")
    if cells is None or not any(map(str.strip, cells)):
        return None
    if _is_undecoded(cells, dialect):
        return _broken(lines, begin, f"Has bytes that are no {dialect.shown_encoding}")
    return Row(begin, cells)


def _broken(lines: _Lines, begin: int, reason: str) -> Broken:
    until = f" (lines {begin} to {lines.number})" if lines.number > begin else ""
    return Broken(begin, f"{reason}{until}.", lines.beginning.rstrip("\r\n"))


def _is_undecoded(cells: list[str], dialect: Dialect) -> bool:
    if dialect.errors == "replace":
        return any("\ufffd" in cell for cell in cells)
    return any(
        not cell.isascii() and any("\udc80" <= each <= "\udcff" for each in cell) for cell in cells
    )


def read_values(path: Path, dialect: Dialect, after: int = 0) -> Iterator[tuple[int, Row | Broken]]:
    """Rows under the names of the columns, numbered from 1, without the first `after` of them."""
    rows = read_rows(path, dialect)
    return islice(enumerate(rows), after + 1, None)
