"""Due bands as conditions on rows, so that a page and its count need not read what they leave out.

They say the same as `models/due_bands.py`; a test compares the two.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col

from models.due_bands import SOON_DAYS, Moment
from models.enums import DueBand
from models.tasks import Task


def in_bands(bands: Sequence[DueBand], now: Moment) -> ColumnElement[bool]:
    """Tasks in one of the bands at a moment."""
    return or_(*(_in_band(band, now) for band in bands))


def due_within(since: datetime | None, before: datetime | None, zone: str) -> ColumnElement[bool]:
    """Tasks due in a period; one due on a day counts if the period has a part of that day."""
    at, on = col(Task.due_at), col(Task.due_on)
    timed: list[ColumnElement[bool]] = [at.is_not(None)]
    daily: list[ColumnElement[bool]] = [on.is_not(None)]
    if since:
        timed.append(at >= since)
        daily.append(on >= Moment(since, zone).today)
    if before:
        timed.append(at < before)
        daily.append(on <= Moment(before - timedelta(microseconds=1), zone).today)
    return or_(and_(*timed), and_(*daily))


def _in_band(band: DueBand, now: Moment) -> ColumnElement[bool]:
    at, on = col(Task.due_at), col(Task.due_on)
    if band is DueBand.DONE:
        return col(Task.completed_at).is_not(None)
    soon, later = now.start(1), now.start(SOON_DAYS + 1)
    last = now.today + timedelta(days=SOON_DAYS)
    is_due = {
        DueBand.OVERDUE: or_(at <= now.at, on < now.today),
        DueBand.TODAY: or_(and_(at > now.at, at < soon), on == now.today),
        DueBand.SOON: or_(and_(at >= soon, at < later), and_(on > now.today, on <= last)),
        DueBand.LATER: or_(at >= later, on > last),
        DueBand.NO_DATE: and_(at.is_(None), on.is_(None)),
    }
    return and_(col(Task.completed_at).is_(None), is_due[band])
