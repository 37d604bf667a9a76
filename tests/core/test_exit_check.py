"""Shares and spans are written so that nobody takes them for more, or less, than they are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stopwatch.core.exit.check import days, percent

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0 %"), (1.0, "100.0 %"), (0.95, "95.0 %"), (0.00012, "0.01 %"), (0.99996, "99.996 %"), (1e-9, "1e-07 %")],
)
def test_shares_are_never_rounded_to_all_or_nothing(share: float, text: str) -> None:
    assert percent(share) == text


def test_a_share_is_never_rounded_to_the_limit_it_misses() -> None:
    assert (percent(0.94996, 0.95), percent(0.95, 0.95), percent(0.0101, 0.01)) == ("94.996 %", "95.0 %", "1.01 %")


@pytest.mark.parametrize(
    ("span", "text"),
    [(10 * DAY, "10 d"), (DAY + 2 * timedelta(hours=1), "1 d 2 h"), (65 * MINUTE, "1 h 05 min"), (MINUTE / 2, "30 s")],
)
def test_spans_are_written_with_two_units(span: timedelta, text: str) -> None:
    assert days(span) == text
