"""What counters prove about a success ratio: a confidence sequence that stays valid however often it is looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ALPHA = 0.05
"""How likely the truth may ever leave the bounds: they hold at 95 %."""
TIGHTEST_AT = 10_000
"""The number of attempts at which the bounds are about as close as they can be; fixed before anybody looks."""
_HALVINGS = 200


@dataclass(frozen=True, slots=True)
class Counts:
    """
    Events of one or more disjoint windows, as Prometheus counted them.

    Counters that are extrapolated to the edges of a window give fractions, so both are floats.
    """

    failures: float
    attempts: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The success ratio lies between *lower* and *upper* (0…1), at level 1 - *alpha* and whenever looked at."""

    lower: float
    upper: float
    failures: float
    attempts: float
    windows: int
    alpha: float


def total(windows: Iterable[tuple[float, float]]) -> tuple[Counts, int]:
    """
    Add up (failures, attempts) of disjoint windows; returns the sums and how many windows counted.

    A window counts only where both are finite and not negative: half a window proves nothing. A window cannot have more
    failures than attempts; what extrapolation adds beyond is cut.
    """
    failures = attempts = 0.0
    counted = 0
    for failed, tried in windows:
        if math.isfinite(failed) and math.isfinite(tried) and failed >= 0 and tried >= 0:
            failures += min(failed, tried)
            attempts += tried
            counted += 1
    return Counts(failures, attempts), counted


def proven(counts: Counts, windows: int = 1, *, alpha: float = ALPHA) -> Bounds:
    """Return what *counts* of so many *windows* prove; fractions are rounded to the side that proves less."""
    failed, tried = counts.failures, counts.attempts
    fewest, most = math.floor(tried), math.ceil(tried)
    lower, _ = bounds(max(0, fewest - math.ceil(failed)), fewest, alpha=alpha)
    _, upper = bounds(most - min(most, math.floor(failed)), most, alpha=alpha)
    return Bounds(lower, upper, failed, tried, windows, alpha)


def bounds(successes: int, attempts: int, *, alpha: float = ALPHA) -> tuple[float, float]:
    """
    Return the bounds of the success probability p after so many attempts.

    The two-sided beta-binomial mixture of Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric,
    nonasymptotic confidence sequences", Annals of Statistics 49 (2021), proposition 7. Were p the truth, then the
    likelihood of the outcomes mixed over Beta(K·p, K·(1 - p)), divided by their likelihood under p, is a martingale
    that begins at 1,

        M(p) = B(K·p + s, K·(1 - p) + n - s) / (B(K·p, K·(1 - p)) · p^s · (1 - p)^(n - s)),

    so by Ville's inequality it ever reaches 1/alpha with probability alpha at most, whenever one looks or stops. The
    bounds are the p at which M(p) = 1/alpha. log M is a sum of terms log(K + i/p) and log(K + j/(1 - p)), each convex
    in p, so that these p are an interval about s/n. K is chosen so that the interval is narrow about `TIGHTEST_AT`
    attempts. It rests on one assumption: every attempt succeeds with the same probability, whatever came before.

    Args:
        successes: s, 0 to *attempts*.
        attempts: n; without any, nothing is known.
        alpha: The probability with which the truth may ever lie outside.

    Raises:
        ValueError: Not 0 ≤ successes ≤ attempts, or alpha outside 0…1.

    """
    if not 0 <= successes <= attempts or not 0 < alpha < 1:
        message = f"no bounds follow from {successes} successes of {attempts} attempts at alpha {alpha:g}"
        raise ValueError(message)
    if attempts == 0:
        return 0.0, 1.0
    limit, weight, share = -math.log(alpha), _weight(alpha), successes / attempts

    def excluded(p: float) -> bool:
        return log_mixture(p, successes, attempts, weight) >= limit

    lower = _edge(excluded, 0.0, share) if successes else 0.0
    upper = _edge(excluded, 1.0, share) if successes < attempts else 1.0
    return lower, upper


def log_mixture(p: float, successes: int, attempts: int, weight: float) -> float:
    """Return log M(p) of `bounds`, for K = *weight* and 0 < p < 1."""
    failures = attempts - successes
    return (
        _surplus(weight, p, successes)
        + _surplus(weight, 1.0 - p, failures)
        - (math.lgamma(weight + attempts) - math.lgamma(weight))
    )


def _surplus(weight: float, p: float, count: int) -> float:
    """Return log(Γ(K·p + count) / (Γ(K·p) · p^count)), without the infinities of a probability that is not needed."""
    if count == 0:
        return 0.0
    return math.lgamma(weight * p + count) - math.lgamma(weight * p) - count * math.log(p)


def _weight(alpha: float) -> float:
    """Return K, by the closed form for the best mixture in section 3.5 of the paper: n / (2·log(1/alpha) + …) - 1."""
    spread = -2.0 * math.log(alpha)
    return max(1.0, TIGHTEST_AT / (spread + math.log1p(spread)) - 1.0)


def _edge(excluded: Callable[[float], bool], outside: float, inside: float) -> float:
    """Halve the way between an excluded p and one that is not; returns the last excluded one, which proves less."""
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        if middle in {outside, inside}:
            break
        if excluded(middle):
            outside = middle
        else:
            inside = middle
    return outside


def words(found: Bounds) -> str:
    """Write what is proven, the share rounded down: ``at least 97.1 % at 95 %, valid whenever looked at``."""
    return f"at least {_floored(found.lower)} % at {100 * (1 - found.alpha):g} %, valid whenever looked at"


def _floored(share: float) -> str:
    """Write a share in percent, never more than it is, with a digit more for each nine at its beginning."""
    digits = min(6, max(1, math.floor(-math.log10(1.0 - share)))) if 0 < share < 1 else 1
    return f"{math.floor(share * 100 * 10**digits) / 10**digits:.{digits}f}"
