"""Monitoring windows begin where the plan says, in the site's local time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from stopwatch.core.phase import WatchWindow

GO_LIVE = datetime(2026, 10, 23, 4, 30, tzinfo=UTC)
HOURS = timedelta(hours=8)


def starts(**when: object) -> list[str]:
    window = WatchWindow("as written", HOURS, "Ida", **when)  # type: ignore[arg-type] # fields by name
    found = window.starts(GO_LIVE, ZoneInfo("Europe/Berlin"), until=GO_LIVE + timedelta(days=3))
    return [moment.isoformat(timespec="minutes") for moment in found]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param({"after": timedelta(0)}, ["2026-10-23T04:30+00:00"], id="at go-live"),
        pytest.param({"after": timedelta(days=4)}, [], id="later than asked for"),
        pytest.param({"at": datetime(2026, 10, 24, 6, tzinfo=UTC)}, ["2026-10-24T06:00+00:00"], id="an instant"),
        pytest.param({"at": datetime(2026, 10, 22, 6, tzinfo=UTC)}, [], id="an instant before go-live"),
        pytest.param(
            {"daily": time(6)},
            ["2026-10-24T04:00+00:00", "2026-10-25T05:00+00:00"],
            id="six in the morning, local time, also after the clock went back",
        ),
        pytest.param({}, [], id="words have no time"),
    ],
)
def test_when_a_monitoring_window_begins(when: dict[str, object], expected: list[str]) -> None:
    assert starts(**when) == expected
