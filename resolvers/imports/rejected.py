"""The file of rejected rows: the line, the reason, and the cells as they were."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from resolvers.cells import defused, defused_once

HEAD = ("Leadlight line", "Leadlight reason")


class RejectedRows:
    """Appends to the file and knows how much of it belongs to what is committed."""

    def __init__(self, path: Path, names: Sequence[str], length: int) -> None:
        self.path = path
        self._names = names
        self.length = length
        """Bytes that belong to rows of before."""

    def restore(self) -> None:
        """Takes away what a batch wrote that was never committed."""
        if self.length == 0:
            self.path.unlink(missing_ok=True)
        elif self.path.exists() and self.path.stat().st_size > self.length:
            with self.path.open("r+b") as file:
                file.truncate(self.length)

    def append(self, rows: Sequence[tuple[int, str, Sequence[str]]]) -> int:
        """Writes line, reason and cells; answers the length that the file has then."""
        if not rows:
            return self.length
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        is_new = not self.path.exists() or self.path.stat().st_size == 0
        if is_new:
            text.write("\ufeff")  # spreadsheets take it for UTF-8 then
            writer.writerow([*HEAD, *map(defused_once, self._names)])
        for line, reason, cells in rows:
            writer.writerow([line, defused(reason), *map(defused_once, cells)])
        with self.path.open("ab") as file:
            file.write(text.getvalue().encode("utf-8", "backslashreplace"))
            return file.tell()
