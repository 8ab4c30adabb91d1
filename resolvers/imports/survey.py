"""What a file is, before any of it is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from resolvers.imports.columns import name_columns
from resolvers.imports.dialect import Dialect, detect, refused
from resolvers.imports.reading import Broken, Row, read_rows

SAMPLES = 5


@dataclass(frozen=True)
class Survey:
    """A file that was looked through from its first row to its last."""

    dialect: Dialect
    names: Sequence[str]
    """Of the columns."""
    total: int
    """Rows under the names, broken ones among them."""
    filled: frozenset[int]
    """Numbers of the columns with a value in some row."""
    samples: Mapping[int, Sequence[str]]
    """First values by number of column, at most five each."""


def look_through(path: Path, encoding: str | None = None, separator: str | None = None) -> Survey:
    """Reads the whole file once. InvalidInput for one that can't be imported at all."""
    dialect = detect(path, encoding, separator)
    rows = read_rows(path, dialect)
    first = next(rows, None)
    if first is None:
        raise refused("The file is empty.")
    if isinstance(first, Broken):
        raise refused(f"The names of the columns can't be read: {first.reason}")
    names = name_columns(first.cells)
    empty, total = set(range(1, len(names) + 1)), 0
    samples: dict[int, list[str]] = {number: [] for number in empty}
    short = set(empty)
    for row in rows:
        total += 1
        if isinstance(row, Row) and short:
            for number in [each for each in short if len(row.cells) >= each]:
                cell = row.cells[number - 1].strip()
                if cell:
                    empty.discard(number)
                    samples[number].append(cell[:200])
                    if len(samples[number]) == SAMPLES:
                        short.discard(number)
    filled = frozenset(samples.keys() - empty)
    return Survey(dialect, names, total, filled, samples)
