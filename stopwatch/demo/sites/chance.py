"""Aggregate random counts: one draw for a whole step instead of one for each order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_EXACT_UP_TO = 25.0  # expected count above which the normal approximation is within a few percent in the tails


def poisson(rng: Random, mean: float) -> int:
    """Draw how many events happen when *mean* are expected (Knuth below 25, normal approximation above)."""
    if mean <= 0:
        return 0
    if mean > _EXACT_UP_TO:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def binomial(rng: Random, trials: int, chance: float) -> int:
    """Draw how many of *trials* succeed at *chance* each (gaps between successes if few, else normal), 0..trials."""
    if trials <= 0 or chance <= 0:
        return 0
    if chance >= 1:
        return trials
    if chance > 0.5:  # noqa: PLR2004 - one half is the point of symmetry, no tunable
        return trials - binomial(rng, trials, 1 - chance)
    expected = trials * chance
    if expected > _EXACT_UP_TO:
        return min(trials, max(0, round(rng.gauss(expected, math.sqrt(expected * (1 - chance))))))
    log_miss, position, count = math.log1p(-chance), 0, 0
    while True:
        gap = math.log(1 - rng.random()) / log_miss  # infinite where the chance is tiny
        if gap >= trials - position:
            return count
        position += 1 + int(gap)
        count += 1


def scatter(rng: Random, trials: int, shares: Sequence[float]) -> list[int]:
    """Distribute *trials* over boxes with the given *shares* (they sum to 1); the answer sums to *trials*."""
    counts, left, rest = [], trials, 1.0
    for share in shares[:-1]:
        count = binomial(rng, left, min(1.0, share / rest)) if rest > 0 else 0
        counts.append(count)
        left -= count
        rest -= share
    return [*counts, left]
