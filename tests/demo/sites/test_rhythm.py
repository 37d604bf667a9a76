"""The day of a warehouse has shifts, lunch, night and weekend."""

from datetime import datetime, timedelta

import pytest

from stopwatch.demo.sites.plan import SITES, DemoSite
from stopwatch.demo.sites.rhythm import Rhythm, Shift

RHYTHM = Rhythm((Shift(6, 14, 1.0), Shift(22, 5, 0.5)), lunch=12.0, night=0.2, weekend=0.5)
FRIDAY, SATURDAY = "2026-11-20", "2026-11-21"


@pytest.mark.parametrize(
    ("local", "level"),
    [
        pytest.param(f"{FRIDAY}T09:00", 1.0, id="full shift"),
        pytest.param(f"{FRIDAY}T06:15", 1 / 3, id="warming up"),
        pytest.param(f"{FRIDAY}T12:00", 0.7, id="lunch"),
        pytest.param(f"{FRIDAY}T18:00", 0.2, id="nobody there but the shop is open"),
        pytest.param(f"{FRIDAY}T01:00", 0.5, id="a shift past midnight"),
        pytest.param(f"{SATURDAY}T09:00", 0.5, id="weekend"),
    ],
)
def test_the_level_follows_the_clock_on_the_wall(local: str, level: float) -> None:
    assert RHYTHM.level(datetime.fromisoformat(local)) == pytest.approx(level, abs=0.001)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.id)
def test_no_minute_of_a_week_is_over_the_peak_or_under_the_trough(site: DemoSite) -> None:
    monday = datetime.fromisoformat("2026-11-16T00:00")
    levels = [site.rhythm.level(monday + timedelta(minutes=minute)) for minute in range(0, 7 * 24 * 60, 5)]
    assert max(levels) <= 1
    assert min(levels) >= site.rhythm.trough * 0.7
    assert max(levels) > 2 * min(levels)
