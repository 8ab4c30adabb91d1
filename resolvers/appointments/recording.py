"""How an appointment stands in the log: its scalars, its long texts by version, what changed."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from models.appointments import Appointment
from models.enums import AppointmentKind, ChangeKind, HistoryType
from models.staff import Staff
from models.wordings import WordingPart
from resolvers import wordings
from resolvers.appointments import reminders
from resolvers.appointments.telling import tell_edited
from resolvers.clashes import refuse_clashes
from resolvers.day_hints import touch_days
from resolvers.unit_of_work import UnitOfWork
from resolvers.values import LoggedValue, reference
from resolvers.wordings import Worded, excerpt

KIND_NOUNS = {
    AppointmentKind.CALL: "call",
    AppointmentKind.SHOWING: "showing",
    AppointmentKind.MEETING: "meeting",
}
BODY, NOTE = WordingPart.BODY, WordingPart.NOTE
VERSIONS = {BODY: "body_version", NOTE: "note_version"}
"""Where the row says which version wrote its text."""
PARTS = {
    "title": ("title", "Title"),
    "starts_at": ("startsAt", "Start"),
    "ends_at": ("endsAt", "End"),
    "is_all_day": ("isAllDay", "Whole days"),
    "assignee": ("assigneeId", "Who"),
    "place": ("place", "Place"),
    "reminder_minutes": ("reminderMinutes", "Reminder"),
    "cancelled_at": ("cancelledAt", "Called off"),
    "outcome": ("outcome", "Outcome"),
}
"""Scalars that change, with their path in inputs and their label."""
WORDED = {BODY: ("body", "Text"), NOTE: ("note", "Note")}
INSTANTS = frozenset({"starts_at", "ends_at", "cancelled_at"})
Values = dict[str, Any]


class Act(StrEnum):
    """What was done, for the sentence in the history."""

    SCHEDULED = "SCHEDULED"
    LOGGED = "LOGGED"
    CHANGED = "CHANGED"
    HANDED_OVER = "HANDED_OVER"
    OUTCOME = "OUTCOME"
    CANCELLED = "CANCELLED"


ADDING = frozenset({Act.SCHEDULED, Act.LOGGED})


def logged(row: Appointment) -> Values:
    """An appointment as the log holds it: everything but its long texts."""
    return {
        "kind": row.kind,
        "title": row.title,
        "assignee": row.assignee_id.hex if row.assignee_id else None,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "is_all_day": row.is_all_day,
        "time_zone": row.time_zone,
        "place": row.place,
        "reminder_minutes": row.reminder_minutes,
        "is_logged": row.is_logged,
        "was_start_in_past": row.was_start_in_past,
        "cancelled_at": row.cancelled_at.isoformat() if row.cancelled_at else None,
        "outcome": row.outcome,
        "body_version": row.body_version,
        "note_version": row.note_version,
        "changed_at": row.changed_at.isoformat(),
        "version": row.version,
    }


async def record(work: UnitOfWork, row: Appointment, act: Act, diffs: list[Values]) -> None:
    """Writes an act into the log; the reminder follows."""
    work.record(
        row.lead_id,
        ChangeKind.APPOINTMENT_CHANGED,
        HistoryType.APPOINTMENT,
        {
            "action": "ADDED" if act in ADDING else "EDITED",
            "act": act,
            "version": row.version,
            "appointment": logged(row),
            "diffs": diffs,
        },
        subject=("appointment", row.id),
    )
    await reminders.follow(work, row)
    touch_days(work, row.assignee_id)


async def text_of(work: UnitOfWork, row: Appointment, part: WordingPart) -> str | None:
    """A long text of the appointment as it is."""
    return await wordings.text_of(work.session, row.id, part, getattr(row, VERSIONS[part]))


def write_text(work: UnitOfWork, row: Appointment, part: WordingPart, text: str | None) -> None:
    """Gives the appointment a long text in its present version, or takes it away."""
    setattr(row, VERSIONS[part], row.version if text is not None else None)
    if text is not None:
        wordings.write(work, row.lead_id, Worded(row.id, part, row.version), text)


class Editing:
    """One edit of an appointment: what it was, and the texts that it gets."""

    def __init__(self, work: UnitOfWork, row: Appointment) -> None:
        self.work, self.row = work, row
        self.before = logged(row)
        self.texts: dict[WordingPart, tuple[str | None, str | None]] = {}

    async def say(self, part: WordingPart, text: str | None) -> None:
        """Takes up a text, if it is another one."""
        former = await text_of(self.work, self.row, part)
        if text != former:
            self.texts[part] = (former, text)

    async def finish(
        self, act: Act, expected: int | None = None, more: tuple[Values, ...] = ()
    ) -> bool:
        """Writes the edit down; False, and nothing written, if it changed nothing.

        Conflict if somebody else changed one of its parts after the version `expected`.
        """
        diffs = await self._diffs()
        if not diffs and not self.texts:
            return False
        row = self.row
        wanted = diffs + [_worded(part, *texts, cut=False) for part, texts in self.texts.items()]
        await refuse_clashes(self.work, ChangeKind.APPOINTMENT_CHANGED, row, expected, wanted)
        row.version += 1
        row.changed_at = self.work.at
        for part, (former, text) in self.texts.items():
            write_text(self.work, row, part, text)
            diffs.append(_worded(part, former, text, cut=True))
        await record(self.work, row, act, [*diffs, *more])
        await tell_edited(self.work, row, self.before)
        former = self.before["assignee"]
        touch_days(self.work, UUID(hex=former) if former else None)
        return True

    async def _diffs(self) -> list[Values]:
        after = logged(self.row)
        return [
            {
                "path": path,
                "label": label,
                "before": await self._value(key, self.before[key]),
                "after": await self._value(key, after[key]),
            }
            for key, (path, label) in PARTS.items()
            if self.before[key] != after[key]
        ]

    async def _value(self, key: str, value: Any) -> LoggedValue | None:
        if value is None:
            return None
        if key == "assignee":
            staff = await self.work.session.get_one(Staff, UUID(hex=value))
            return reference(staff.name, staff.id)
        if key in INSTANTS:
            return {"type": "INSTANT", "at": value}
        if key == "is_all_day":
            return {"type": "BOOLEAN", "boolean": value}
        if key == "reminder_minutes":
            return {"type": "NUMBER", "number": str(value)}
        return {"type": "TEXT", "text": value}


def _worded(part: WordingPart, before: str | None, after: str | None, *, cut: bool) -> Values:
    path, label = WORDED[part]
    shown = excerpt if cut else _whole
    return {"path": path, "label": label, "before": shown(before), "after": shown(after)}


def _whole(text: str | None) -> LoggedValue | None:
    return None if text is None else {"type": "TEXT", "text": text}
