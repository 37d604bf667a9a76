"""The confidence sequence agrees with scipy, holds whenever it is looked at, and stands the counts of years."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import betaln

from stopwatch.core.exit.confidence import ALPHA, Bounds, Counts, bounds, proven, total, words

K = 10_000 / (2 * math.log(20) + math.log(1 + 2 * math.log(20))) - 1


def oracle(successes: int, attempts: int) -> tuple[float, float]:
    """Solve M(p) = 20 with another library's beta function and another way to find roots."""
    failures = attempts - successes

    def over(p: float) -> float:
        mixed = betaln(K * p + successes, K * (1 - p) + failures) - betaln(K * p, K * (1 - p))
        return float(mixed - successes * math.log(p) - failures * math.log1p(-p) - math.log(20))

    share = min(max(successes / attempts, 1e-9), 1 - 1e-9)
    low = brentq(over, 1e-12, share, xtol=1e-14) if successes else 0.0
    high = brentq(over, share, 1 - 1e-12, xtol=1e-14) if failures else 1.0
    return low, high


@pytest.mark.parametrize(
    ("successes", "attempts"),
    [
        pytest.param(12, 20, id="twelve of twenty"),
        pytest.param(0, 50, id="none of fifty"),
        pytest.param(50, 50, id="fifty of fifty"),
        pytest.param(97, 100, id="97 of a hundred"),
        pytest.param(9_800, 10_000, id="ten thousand"),
        pytest.param(123_456, 1_000_000, id="a million"),
        pytest.param(9_999_990, 10_000_000, id="ten failures of ten million"),
    ],
)
def test_the_bounds_are_those_of_an_independent_solution(successes: int, attempts: int) -> None:
    assert bounds(successes, attempts) == pytest.approx(oracle(successes, attempts), abs=1e-9)


def test_written_numbers_do_not_drift() -> None:
    assert bounds(9_800, 10_000) == pytest.approx((0.9754843, 0.9839896), abs=5e-8)


def test_nothing_is_known_without_attempts_nor_by_the_first() -> None:
    assert bounds(0, 0) == bounds(1, 1) == bounds(0, 1) == (0.0, 1.0)


@pytest.mark.parametrize("attempts", [7, 1_000, 10**6, 10**9])
def test_no_failure_proves_never_all_and_no_success_never_none(attempts: int) -> None:
    low, high = bounds(attempts, attempts)
    assert (0.0 < low < 1.0, high) == (True, 1.0)
    mirrored = bounds(0, attempts)
    assert mirrored[0] == 0.0
    assert mirrored[1] == pytest.approx(1 - low, rel=1e-6, abs=1e-9)


def test_more_failures_prove_less_and_more_of_the_same_proves_more() -> None:
    by_failures = [bounds(5_000 - failed, 5_000)[0] for failed in range(0, 5_000, 250)]
    assert by_failures == sorted(by_failures, reverse=True)
    widths = [high - low for low, high in (bounds(97 * n, 100 * n) for n in (1, 10, 100, 1_000, 10_000, 100_000))]
    assert widths == sorted(widths, reverse=True)


def test_a_smaller_risk_asks_for_wider_bounds() -> None:
    low, high = bounds(970, 1_000)
    lower, higher = bounds(970, 1_000, alpha=0.001)
    assert lower < low < 0.97 < high < higher


def test_counts_of_years_stay_stable() -> None:
    attempts = 10**12
    low, high = bounds(attempts - attempts // 1_000, attempts)
    assert 0.998 < low < 0.999 < high < 0.9991
    assert high - low < 1e-5


@pytest.mark.parametrize(
    ("successes", "attempts", "alpha"),
    [
        pytest.param(3, 2, 0.05, id="more successes than attempts"),
        pytest.param(-1, 2, 0.05, id="fewer than none"),
        pytest.param(1, 2, 0.0, id="no risk at all"),
        pytest.param(1, 2, 1.0, id="all the risk"),
    ],
)
def test_impossible_counts_are_refused(successes: int, attempts: int, alpha: float) -> None:
    with pytest.raises(ValueError, match="no bounds follow"):
        bounds(successes, attempts, alpha=alpha)


def test_fractions_are_rounded_to_the_side_that_proves_less() -> None:
    found = proven(Counts(29.2, 1000.7))
    assert (found.lower, found.upper) == (bounds(970, 1000)[0], bounds(972, 1001)[1])


def test_a_window_without_both_counts_does_not_count() -> None:
    nan = math.nan
    windows = [(1.0, 100.0), (nan, 100.0), (1.0, nan), (0.0, math.inf), (-1.0, 5.0), (3.0, 2.5)]
    assert total(windows) == (Counts(3.5, 102.5), 2)


def outside_ever(p: float, attempts: int, rng: np.random.Generator, looks: list[int]) -> bool:
    """Tell whether the truth *p* left the bounds at any of the *looks* of one history."""
    wins = np.cumsum(rng.random(attempts) < p)
    found = (bounds(int(wins[look - 1]), look) for look in looks)
    return any(not low <= p <= high for low, high in found)


def test_every_look_of_many_histories_holds_the_truth() -> None:
    rng, looks = np.random.default_rng(7), [10, 20, 50, 100, 200, 500, 1_000, 2_000]
    missed = sum(outside_ever(0.97, 2_000, rng, looks) for _ in range(150))
    assert missed / 150 <= ALPHA


@pytest.mark.long
@pytest.mark.parametrize("p", [0.5, 0.97, 0.999])
def test_who_stops_when_it_looks_best_is_not_fooled_either(p: float) -> None:
    """Whoever looks after every few attempts and stops at the first miss finds one in at most one history of twenty."""
    rng, random_looks = np.random.default_rng(11), random.Random(5)
    missed = 0
    for _ in range(400):
        looks = sorted(random_looks.sample(range(1, 20_001), 60))
        missed += outside_ever(p, 20_000, rng, looks)
    assert missed / 400 <= ALPHA


@pytest.mark.parametrize(
    ("lower", "text"),
    [
        (0.0, "at least 0.0 %"),
        (0.97199, "at least 97.1 %"),
        (0.99949, "at least 99.949 %"),
        (0.9999996, "at least 99.999960 %"),
    ],
)
def test_what_is_proven_is_said_in_words_and_never_rounded_up(lower: float, text: str) -> None:
    found = Bounds(lower, 1.0, 3.0, 100.0, 5, 0.05)
    assert words(found) == f"{text} at 95 %, valid whenever looked at"
