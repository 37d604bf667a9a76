"""Durations are read and written in Prometheus's spelling."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.config.duration import LONGEST, parse_duration, spell_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("60s", 60, id="seconds"),
        pytest.param("1h30m", 5400, id="two parts"),
        pytest.param("10d", 864_000, id="days"),
        pytest.param("1w", 604_800, id="a week"),
        pytest.param("1y", 31_536_000, id="a year"),
        pytest.param("500ms", 0.5, id="milliseconds"),
        pytest.param("1m500ms", 60.5, id="minutes and milliseconds"),
        pytest.param("0s", 0, id="nothing"),
        pytest.param("90m", 5400, id="more than an hour of minutes"),
    ],
)
def test_what_a_duration_spells(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "10", "m", "1.5h", "-5m", "5 m", "30m1h", "5m\n", "\u0665m", "1M", "11y", "9" * 90 + "s"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"numbers with units|longer than ten years"):
        parse_duration(text)


@given(st.integers(0, LONGEST // timedelta(milliseconds=1)))
def test_what_was_spelt_can_be_read_again(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(spell_duration(duration)) == duration
