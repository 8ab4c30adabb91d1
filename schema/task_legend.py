"""What the bands of due dates look like."""

import strawberry

from models.enums import DueBand
from resolvers.task_legend import LegendEntry
from schema.scalars import Color


@strawberry.type(description="Meaning and colour of a due band.")
class TaskLegendEntry:
    band: DueBand = strawberry.field(description="The band.")
    color: Color = strawberry.field(description="Colour.")
    label: str = strawberry.field(description="1 to 40 characters; always shown with the colour.")


@strawberry.input(description="Meaning and colour of a due band.")
class TaskLegendEntryInput:
    band: DueBand = strawberry.field(description="The band.")
    color: Color = strawberry.field(description="Colour.")
    label: str = strawberry.field(description="1 to 40 characters.")

    def given(self) -> LegendEntry:
        """As use-cases take it."""
        return LegendEntry(self.band, self.color, self.label)


def legend_entry(entry: LegendEntry) -> TaskLegendEntry:
    """An entry for clients."""
    return TaskLegendEntry(band=entry.band, color=Color(entry.color), label=entry.label)
