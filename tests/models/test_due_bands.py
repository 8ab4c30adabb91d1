"""Due bands, also on days that summer time makes shorter or longer, and when they change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.due_bands import Due, Moment, band_of, is_due_within, next_flip, start_of_day
from models.enums import DueBand

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.behaviour("A42")
@pytest.mark.parametrize(
    ("due", "band"),
    [
        (Due(on=date(2026, 3, 1)), DueBand.OVERDUE),
        (Due(at=NOON), DueBand.OVERDUE),
        (Due(at=NOON + timedelta(microseconds=1)), DueBand.TODAY),
        (Due(on=date(2026, 3, 2)), DueBand.TODAY),
        (Due(at=datetime(2026, 3, 3, tzinfo=UTC)), DueBand.SOON),
        (Due(on=date(2026, 3, 9)), DueBand.SOON),
        (Due(on=date(2026, 3, 10)), DueBand.LATER),
        (Due(at=datetime(2026, 3, 10, tzinfo=UTC)), DueBand.LATER),
        (Due(), DueBand.NO_DATE),
        (Due(on=date(2026, 3, 1), is_done=True), DueBand.DONE),
    ],
)
def test_the_band_follows_from_the_due_date_and_now(due: Due, band: DueBand) -> None:
    assert band_of(due, Moment(NOON)) is band


@pytest.mark.behaviour("A42")
def test_one_task_has_another_band_for_somebody_who_is_a_day_ahead() -> None:
    due = Due(on=date(2026, 3, 2))
    late = datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert band_of(due, Moment(late, "America/Los_Angeles")) is DueBand.TODAY
    assert band_of(due, Moment(late, "Pacific/Auckland")) is DueBand.OVERDUE


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),  # its clock goes from 23:59 to 1:00
        ("Atlantic/Azores", date(2026, 10, 25), 25),  # its clock goes from 0:59 back to 0:00
    ],
)
def test_a_day_is_as_long_as_the_zones_clock_shows_it(zone: str, day: date, hours: int) -> None:
    begin, end = start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)
    assert end - begin == timedelta(hours=hours)
    for instant, told in ((begin, day), (end, day + timedelta(days=1))):
        assert instant.astimezone(ZoneInfo(zone)).date() == told
        before = instant - timedelta(microseconds=1)
        assert before.astimezone(ZoneInfo(zone)).date() == told - timedelta(days=1)


@pytest.mark.behaviour("A42")
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Africa/Cairo", "Pacific/Apia"])
@pytest.mark.parametrize(
    "due",
    [
        Due(on=date(2026, 3, 29)),
        Due(at=datetime(2026, 4, 24, 22, 30, tzinfo=UTC)),
        Due(at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_band_changes_at_the_instant_that_was_told_and_never_between(due: Due, zone: str) -> None:
    now = Moment(datetime(2026, 3, 1, tzinfo=UTC), zone)
    told = [band_of(due, now)]
    while flip := next_flip(due, now):
        just_before = Moment(flip - timedelta(microseconds=1), zone)
        assert band_of(due, just_before) is told[-1]
        now = Moment(flip, zone)
        told.append(band_of(due, now))
    assert told == [DueBand.LATER, DueBand.SOON, DueBand.TODAY, DueBand.OVERDUE]


def test_what_is_done_or_has_no_date_never_changes_its_band() -> None:
    now = Moment(NOON)
    assert next_flip(Due(), now) is None
    assert next_flip(Due(on=date(2026, 4, 1), is_done=True), now) is None
    assert next_flip(Due(on=date(2026, 3, 1)), now) is None


def test_a_day_lies_in_a_period_that_has_a_part_of_it() -> None:
    day = date(2026, 3, 2)
    due, midnight = Due(on=day), start_of_day(date(2026, 3, 3), "Europe/Berlin")
    assert is_due_within(due, midnight - timedelta(seconds=1), None, "Europe/Berlin")
    assert not is_due_within(due, midnight, None, "Europe/Berlin")
    assert not is_due_within(due, None, start_of_day(day, "Europe/Berlin"), "Europe/Berlin")
    assert not is_due_within(Due(), None, midnight, "Europe/Berlin")
