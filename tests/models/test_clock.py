from datetime import UTC, datetime, timedelta, timezone

import pytest

from models.clock import ManualClock, SystemClock


def test_the_system_clock_tells_utc():
    assert SystemClock().now().tzinfo is UTC


def test_a_manual_clock_moves_only_when_told():
    clock = ManualClock(datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == clock.now() == datetime(2026, 3, 1, 10, tzinfo=UTC)
    clock.advance(90.5)
    assert clock.now() == datetime(2026, 3, 1, 10, 1, 30, 500_000, tzinfo=UTC)
    clock.advance(-90.5)
    assert clock.now() == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_clock_does_not_start_at_a_naive_instant():
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 3, 1))
