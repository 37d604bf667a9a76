"""Quantiles of a sample, as numpy and spreadsheets compute them by default."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def quantile(ordered: Sequence[float], share: float) -> float:
    """
    Return the *share* quantile (0…1) of *ordered*, which is sorted and holds no NaN.

    Linear interpolation between the two nearest order statistics, at the place (n - 1)·share counted from 0: type 7 of
    Hyndman & Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996), 361-365. It is the
    default of numpy and R, and ``method="inclusive"`` of Python's statistics.

    Raises:
        ValueError: The sample is empty, or *share* is no share.

    """
    if not ordered or not 0 <= share <= 1:
        message = f"no quantile {share} of {len(ordered)} numbers"
        raise ValueError(message)
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return low if low == high or place == below else low + (place - below) * (high - low)
