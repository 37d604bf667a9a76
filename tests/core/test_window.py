"""How many slots a sustained window has and how many must breach, exactly, from the text people write."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.window import Missing, Window, share_of, slots_for, slots_in


@given(held=st.integers(0, 100_000), step=st.integers(1, 3600))
def test_first_and_last_slot_of_a_duration_are_at_least_that_far_apart_and_no_further(held: int, step: int) -> None:
    n = slots_for(timedelta(seconds=held), timedelta(seconds=step))
    assert (n - 1) * step >= held
    assert (n - 2) * step < held


@pytest.mark.parametrize(
    ("window", "step", "n"),
    [
        pytest.param(1800, 60, 30, id="half an hour of minutes"),
        pytest.param(60, 60, 1, id="one step"),
        pytest.param(3600, 3600, 1, id="one hour"),
        pytest.param(10, 1, 10, id="ten seconds"),
    ],
)
def test_a_window_holds_whole_steps(window: int, step: int, n: int) -> None:
    assert slots_in(timedelta(seconds=window), timedelta(seconds=step)) == n


@pytest.mark.parametrize(
    ("window", "step"),
    [
        pytest.param(90, 60, id="a step and a half"),
        pytest.param(59, 60, id="less than a step"),
        pytest.param(0, 60, id="nothing"),
        pytest.param(-60, 60, id="backwards"),
    ],
)
def test_a_window_of_broken_steps_is_refused(window: int, step: int) -> None:
    with pytest.raises(ValueError, match="whole number of steps of 60 s, at least one"):
        slots_in(timedelta(seconds=window), timedelta(seconds=step))


@pytest.mark.parametrize(
    ("fraction", "n", "m"),
    [
        pytest.param("0.8", 30, 24, id="four fifths of thirty"),
        pytest.param("0.07", 100, 7, id="0.07 of a hundred is 7, though as floats it is 7.000000000000001"),
        pytest.param("0.14", 50, 7, id="0.14 of fifty is 7, though as floats it is 7.000000000000001"),
        pytest.param("0.28", 25, 7, id="0.28 of twenty-five is 7, though as floats it is 7.000000000000001"),
        pytest.param("0.1", 30, 3, id="a tenth of thirty"),
        pytest.param("0.81", 30, 25, id="a little more rounds up"),
        pytest.param("0.001", 30, 1, id="hardly anything is one"),
        pytest.param("1", 30, 30, id="all"),
        pytest.param("1.0", 7, 7, id="all, written longer"),
        pytest.param("0.80000000000000000000001", 30, 25, id="more digits than a float holds"),
        pytest.param("0.80000000000000000000000000000000001", 30, 25, id="more digits than a decimal context holds"),
    ],
)
def test_a_share_rounds_up_from_its_decimal_text(fraction: str, n: int, m: int) -> None:
    assert share_of(Decimal(fraction), n) == m


@given(digits=st.integers(1, 9_999), places=st.integers(4, 12), n=st.integers(1, 86_400))
def test_a_share_is_the_exact_ceiling(digits: int, places: int, n: int) -> None:
    fraction = Decimal(digits).scaleb(-places)
    assert share_of(fraction, n) == math.ceil(Fraction(digits, 10**places) * n)


@pytest.mark.parametrize(
    ("policy", "extra", "through"),
    [
        pytest.param(Missing.MISSING, 2, True, id="missing"),
        pytest.param(Missing.IGNORE, 2, True, id="ignore"),
        pytest.param(Missing.NOT_BREACHING, 0, False, id="not_breaching"),
        pytest.param(Missing.BREACHING, 0, False, id="breaching"),
    ],
)
def test_only_policies_that_look_through_look_further_back(policy: Missing, extra: int, *, through: bool) -> None:
    assert policy.extra_slots == extra
    assert policy.looks_through is through


@pytest.mark.parametrize(
    ("n", "m", "extra", "coverage", "said"),
    [
        pytest.param(3, 0, 0, 0.8, "m must be at least 1 and at most n, not m=0 of n=3", id="nothing must breach"),
        pytest.param(3, 4, 0, 0.8, "not m=4 of n=3", id="more than there are"),
        pytest.param(0, 0, 0, 0.8, "not m=0 of n=0", id="no slots"),
        pytest.param(3, 3, -1, 0.8, "extra_slots must not be negative, not -1", id="less than the window"),
        pytest.param(3, 3, 0, 1.01, "min_coverage must be between 0 and 1, not 1.01", id="more than all"),
        pytest.param(3, 3, 0, -0.01, "min_coverage must be between 0 and 1, not -0.01", id="less than nothing"),
        pytest.param(3, 3, 0, math.nan, "min_coverage must be between 0 and 1, not nan", id="not a number"),
    ],
)
def test_bounds_of_a_window(n: int, m: int, extra: int, coverage: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Window(n, m, extra, Missing.MISSING, coverage)


@pytest.mark.parametrize("coverage", [0.0, 1.0])
def test_the_bounds_themselves_are_allowed(coverage: float) -> None:
    assert Window(1, 1, 0, Missing.BREACHING, coverage).reach == 1
    assert Window(11, 11, 2).reach == 13
