"""What was measured, as a table and as JSON."""

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import orjson


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that `share` (0 to 1) of all values do not pass."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


@dataclass
class Measure:
    """One figure, measured once a round; `limit` is the most that its median may be."""

    setup: str
    name: str
    unit: str
    limit: float | None = None
    rounds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.rounds)

    @property
    def is_over(self) -> bool:
        return self.limit is not None and self.median > self.limit


@dataclass
class Report:
    """Every figure of a run, in the order of their first measurement."""

    measures: dict[tuple[str, str, str], Measure] = field(default_factory=dict)

    def add(
        self, setup: str, name: str, unit: str, value: float, *, limit: float | None = None
    ) -> None:
        """One round's value of a figure."""
        key = (setup, name, unit)
        self.measures.setdefault(key, Measure(setup, name, unit, limit)).rounds.append(value)

    def add_times(self, setup: str, name: str, seconds: Sequence[float]) -> None:
        """p50 and p99 of one round's times, in milliseconds."""
        for share in (0.5, 0.99):
            value = percentile(seconds, share) * 1_000
            self.add(setup, f"{name}, p{share * 100:g}", "ms", value)

    def table(self) -> str:
        """Markdown: median, least and most of the rounds of each figure."""
        lines = ["| set-up | measure | median | unit | min..max |", "|---|---|---|---|---|"]
        for each in self.measures.values():
            value = _shown(each.median)
            if each.limit is not None:
                value += f" ({'OVER' if each.is_over else 'at most'} {_shown(each.limit)})"
            span = f"{_shown(min(each.rounds))}..{_shown(max(each.rounds))}"
            lines.append(f"| {each.setup} | {each.name} | {value} | {each.unit} | {span} |")
        return "\n".join(lines)

    def write(self, path: Path, options: dict[str, Any]) -> None:
        """The same as JSON, with every round and what it ran on."""
        machine = {
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "cores": os.cpu_count(),
        }
        measures = [
            {**each.__dict__, "median": each.median, "is_over": each.is_over}
            for each in self.measures.values()
        ]
        body = {
            "at": datetime.now(UTC).isoformat(),
            "machine": machine,
            "options": options,
            "measures": measures,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2))


def _shown(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"
