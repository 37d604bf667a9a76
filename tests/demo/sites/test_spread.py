"""Durations cut into buckets keep their quantiles and their mean."""

import math
from itertools import accumulate

import pytest

from stopwatch.demo.sites.spread import Spread

SPREAD = Spread(median_seconds=0.2, sigma=0.5)


def test_shares_add_up_to_everything_and_means_lie_in_their_buckets() -> None:
    bounds = (0.05, 0.1, 0.2, 0.5, 1.0)
    shares, means = SPREAD.buckets(bounds)
    assert sum(shares) == pytest.approx(1.0)
    assert all(low <= mean <= high for low, mean, high in zip((0.0, *bounds), means, (*bounds, math.inf), strict=True))
    assert sum(share * mean for share, mean in zip(shares, means, strict=True)) == pytest.approx(
        0.2 * math.exp(0.5**2 / 2)
    )


def test_the_bucket_edge_at_a_quantile_holds_that_share() -> None:
    shares, _ = SPREAD.buckets((SPREAD.quantile(0.5), SPREAD.quantile(0.95)))
    assert list(accumulate(shares)) == pytest.approx([0.5, 0.95, 1.0])


def test_slower_moves_every_quantile_by_the_factor() -> None:
    assert SPREAD.slower(3).quantile(0.95) == pytest.approx(3 * SPREAD.quantile(0.95))
