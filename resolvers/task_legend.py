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
from resolvers import access
from resolvers.errors import ProblemCode, invalid
from resolvers.policy import Permission
from resolvers.text import required
from resolvers.unit_of_work import UnitOfWork
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


async def change_task_legend(work: UnitOfWork, entries: Sequence[LegendEntry]) -> None:
    """Sets how bands are shown; those not named stay as they are, and the same changes nothing."""
    access.require(work.actor, Permission.ADMINISTER)
    wanted = check_legend(entries)
    workspace = (await work.session.scalars(select(Workspace).with_for_update())).one()
    before = legend_of(workspace.task_legend)
    named = {each.band: each for each in wanted}
    after = [named.get(each.band, each) for each in before]
    if after == before:
        return
    workspace.task_legend = {
        each.band: {"color": each.color, "label": each.label} for each in after
    }
    await work.session.flush()
    work.record_workspace("task_legend_changed", {"legend": workspace.task_legend})
