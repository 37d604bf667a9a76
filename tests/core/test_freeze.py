"""Freeze windows forbid, name themselves, and say when a site is next open, in the site's local time."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from stopwatch.core.freeze import Freeze, Frozen, frozen
from stopwatch.core.kpi import SiteId

HAM, LYON = SiteId("ham-01"), SiteId("lyon")
BERLIN = ZoneInfo("Europe/Berlin")
PEAK = Freeze("peak", datetime(2026, 12, 14), datetime(2027, 1, 7))  # noqa: DTZ001 – local time of whichever site is asked
SHIFT = Freeze("late shift", daily=(time(14), time(22)))
NIGHT = Freeze("night", daily=(time(22), time(6)), days=frozenset({4}))
WEEKEND = Freeze("weekend", days=frozenset({5, 6}))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("freezes", "now", "by", "opens"),
    [
        pytest.param([PEAK], "2026-12-13T22:59:59", None, None, id="a second before local midnight of the first day"),
        pytest.param([PEAK], "2026-12-13T23:00:00", PEAK, "2027-01-06T23:00:00", id="from local midnight on"),
        pytest.param([PEAK], "2027-01-06T23:00:00", None, None, id="the end is no part of it"),
        pytest.param([SHIFT], "2026-11-23T13:30:00", SHIFT, "2026-11-23T21:00:00", id="within the shift"),
        pytest.param([SHIFT], "2026-11-23T12:30:00", None, None, id="13:30 in Hamburg is before the shift"),
        pytest.param([NIGHT], "2026-11-28T01:00:00", NIGHT, "2026-11-28T05:00:00", id="Friday's night"),
        pytest.param([NIGHT], "2026-11-27T01:00:00", None, None, id="Thursday's night is free"),
        pytest.param([WEEKEND], "2026-11-28T09:00:00", WEEKEND, "2026-11-29T23:00:00", id="both days in one"),
        pytest.param(
            [PEAK, SHIFT],
            "2027-01-06T13:00:00",
            PEAK,
            "2027-01-06T23:00:00",
            id="overlapping ones",
        ),
        pytest.param([SHIFT, NIGHT], "2026-11-27T20:00:00", SHIFT, "2026-11-28T05:00:00", id="one behind the other"),
        pytest.param([SHIFT], "2026-10-25T20:59:00", SHIFT, "2026-10-25T21:00:00", id="the day the clock goes back"),
    ],
)
def test_when_a_site_is_frozen_and_when_it_opens(
    freezes: list[Freeze], now: str, by: Freeze | None, opens: str | None
) -> None:
    found = frozen(freezes, HAM, BERLIN, now=utc(now))
    assert found == (None if by is None or opens is None else Frozen(by, utc(opens)))


def test_a_window_of_one_site_leaves_the_others_open() -> None:
    inventory = Freeze("inventory", end=utc("2027-01-01T00:00:00"), sites=(LYON,))
    assert frozen([inventory], HAM, BERLIN, now=utc("2026-12-01T00:00:00")) is None
    assert frozen([inventory], LYON, BERLIN, now=utc("2026-12-01T00:00:00")) is not None


@pytest.mark.parametrize(
    "freezes",
    [
        pytest.param([Freeze("until further notice", utc("2026-11-01T00:00:00"))], id="no end"),
        pytest.param([SHIFT, Freeze("the rest", daily=(time(22), time(14)))], id="two that cover every day"),
    ],
)
def test_what_never_opens_says_so(freezes: list[Freeze]) -> None:
    found = frozen(freezes, HAM, BERLIN, now=utc("2026-11-23T13:30:00"))
    assert found is not None
    assert found.opens is None
