"""Which due bands a stream has told, and when the next one changes by time alone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.changes import RecordedChange
from models.due_bands import band_of, next_flip
from models.enums import ChangeKind, DueBand
from models.tasks import Task
from resolvers.views import View


class Bands:
    """The bands of a lead's open tasks as one viewer was told them.

    It holds no more than a band for each, and reads the tasks again only when one of them changed
    or an instant is reached at which a band does.
    """

    def __init__(self, lead_id: UUID) -> None:
        self.lead_id = lead_id
        self._told: dict[UUID, DueBand] = {}
        self._just_told: set[UUID] = set()
        self._zone: str | None = None
        self._flips_at: datetime | None = None
        self._is_stale = True

    def forget(self) -> None:
        """What the client has is not known: it will be told all bands that time can change."""
        self._told, self._just_told, self._is_stale = {}, set(), True

    def note(self, change: RecordedChange) -> None:
        """A change goes to the client, which learns from it the band of the task it is about."""
        if change.kind is ChangeKind.TASK_CHANGED and change.subject_id:
            self._just_told.add(change.subject_id)
            self._is_stale = True

    def are_due(self, at: datetime, zone: str) -> bool:
        """Whether there may be something to tell."""
        is_late = self._flips_at is not None and self._flips_at <= at
        return self._is_stale or is_late or zone != self._zone

    def seconds_left(self, at: datetime) -> float | None:
        """Until the next band changes; None if none will."""
        return (self._flips_at - at).total_seconds() if self._flips_at else None

    def rest(self) -> Sequence[UUID]:
        """Nothing is to be told before another snapshot: the log is about to say why."""
        self._is_stale, self._flips_at = False, None
        return ()

    async def learn(self, view: View) -> Sequence[UUID]:
        """Reads the tasks in the view; those with another band than the client knows.

        What the view shows of them is known to the client afterwards.
        """
        rows = await view.scalars(
            select(Task).where(
                col(Task.lead_id) == self.lead_id,
                col(Task.completed_at).is_(None),
                col(Task.removed_at).is_(None),
            )
        )
        now = view.moment
        dated = [row for row in rows if row.due_at or row.due_on]
        bands = {row.id: band_of(row.due, now) for row in dated}
        news = [
            key
            for key, band in bands.items()
            if self._told.get(key) is not band and key not in self._just_told
        ]
        flips = [flip for row in dated if (flip := next_flip(row.due, now))]
        self._told, self._just_told, self._is_stale = bands, set(), False
        self._zone, self._flips_at = now.zone, min(flips, default=None)
        return news
