"""How durations spread: a lognormal law cut into histogram buckets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT_TWO = math.sqrt(2.0)


def _phi(z: float) -> float:
    return 0.5 * (1.0 + math.erf(z / _ROOT_TWO))


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations with a *median_seconds* and a log-scale *sigma*."""

    median_seconds: float
    sigma: float

    def quantile(self, share: float) -> float:
        """Give the duration in seconds that *share* of all durations stay under."""
        return self.median_seconds * math.exp(self.sigma * NormalDist().inv_cdf(share))

    def slower(self, factor: float) -> Spread:
        """Give the same law with every duration multiplied by *factor*."""
        return Spread(self.median_seconds * factor, self.sigma)

    def buckets(self, bounds: Sequence[float]) -> tuple[list[float], list[float]]:
        """
        Cut the law at the upper *bounds* (seconds, ascending); a last bucket up to infinity is added.

        Returns:
            The share of durations in each bucket and the mean duration (seconds) inside it. The mean of a lognormal
            between a and b is m·(Φ(z_b - s) - Φ(z_a - s)) / (Φ(z_b) - Φ(z_a)) with z = ln(x/median)/s, s = sigma.

        """
        edges = [math.log(bound / self.median_seconds) / self.sigma for bound in bounds]
        mass = [0.0, *(_phi(z) for z in edges), 1.0]
        weighted = [0.0, *(_phi(z - self.sigma) for z in edges), 1.0]
        overall = self.median_seconds * math.exp(self.sigma**2 / 2)
        shares = [high - low for low, high in pairwise(mass)]
        parts = [overall * (high - low) for low, high in pairwise(weighted)]
        inside = [0.0, *bounds]
        means = [part / share if share > 0 else low for part, share, low in zip(parts, shares, inside, strict=True)]
        return shares, means
