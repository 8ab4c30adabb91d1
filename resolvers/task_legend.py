"""What the bands of due dates look like and are called. The seeds name no colours: they are ours,
and each team may choose its own. A label stands beside every colour."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from models.enums import DueBand
from models.workspace import Workspace
from resolvers.errors import ProblemCode, invalid
from resolvers.text import required
from resolvers.views import View

COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
MAX_LABEL = 40


@dataclass(frozen=True)
class LegendEntry:
    """How one band is shown."""

    band: DueBand
    color: str
    label: str


OURS = (
    LegendEntry(DueBand.OVERDUE, "#B91C1C", "Overdue"),
    LegendEntry(DueBand.TODAY, "#B45309", "Today"),
    LegendEntry(DueBand.SOON, "#2563EB", "Within 7 days"),
    LegendEntry(DueBand.LATER, "#4B5563", "Later"),
    LegendEntry(DueBand.NO_DATE, "#6B7280", "No date"),
    LegendEntry(DueBand.DONE, "#15803D", "Done"),
)


def legend_of(stored: Mapping[str, Any] | None) -> list[LegendEntry]:
    """Every band in order, as the team wants it."""
    own = stored or {}
    return [LegendEntry(each.band, **own[each.band]) if each.band in own else each for each in OURS]


async def read_legend(view: View) -> list[LegendEntry]:
    """The legend as it is now."""
    return legend_of(await view.scalar(select(col(Workspace.task_legend))))


def check_legend(entries: Sequence[LegendEntry]) -> list[LegendEntry]:
    """Entries as they are stored; InvalidInput unless each band is there at most once."""
    checked: list[LegendEntry] = []
    for index, each in enumerate(entries):
        path = f"taskLegend.{index}"
        if any(each.band is other.band for other in checked):
            raise invalid(f"{path}.band", ProblemCode.TAKEN, "Each band once.")
        if not COLOR.fullmatch(each.color):
            raise invalid(f"{path}.color", ProblemCode.MALFORMED, "A colour such as #1F6FEB.")
        label = required(f"{path}.label", each.label, MAX_LABEL)
        checked.append(LegendEntry(each.band, each.color.upper(), label))
    return checked


def change_legend(workspace: Workspace, entries: Sequence[LegendEntry]) -> list[dict[str, Any]]:
    """Sets how bands are shown, in the locked row; those not named stay. Diffs of what changed."""
    wanted = {each.band: each for each in check_legend(entries)}
    before = legend_of(workspace.task_legend)
    after = [wanted.get(each.band, each) for each in before]
    if after == before:
        return []
    workspace.task_legend = {
        each.band: {"color": each.color, "label": each.label} for each in after
    }
    return [
        {
            "path": f"taskLegend:{new.band}",
            "label": f"Due band {new.band}",
            "before": {"type": "TEXT", "text": f"{old.label}, {old.color}"},
            "after": {"type": "TEXT", "text": f"{new.label}, {new.color}"},
        }
        for old, new in zip(before, after, strict=True)
        if old != new
    ]
