"""The sustained window of a rule: how many slots are looked at and how many of them must breach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta
    from decimal import Decimal


class Missing(StrEnum):
    """What a slot without data means when the data alone cannot decide."""

    MISSING = "missing"
    IGNORE = "ignore"
    NOT_BREACHING = "not_breaching"
    BREACHING = "breaching"

    @property
    def extra_slots(self) -> int:
        """How many slots beyond N are looked at by default, so that late or lost samples can be replaced."""
        return 2 if self.looks_through else 0

    @property
    def looks_through(self) -> bool:
        """Whether a missing slot is neither breaching nor clear but simply looked through."""
        return self in {Missing.MISSING, Missing.IGNORE}


@dataclass(frozen=True, slots=True)
class Window:
    """M breaching of the newest N real samples, looked for among the newest N + *extra* slots."""

    n: int
    m: int
    extra: int = 2
    missing: Missing = Missing.MISSING
    min_coverage: float = 0.8

    def __post_init__(self) -> None:
        """
        Check the bounds.

        Raises:
            ValueError: Not 1 ≤ m ≤ n, extra < 0, or min_coverage outside 0…1.

        """
        if not 1 <= self.m <= self.n:
            message = f"m must be at least 1 and at most n, not m={self.m} of n={self.n}"
            raise ValueError(message)
        if self.extra < 0:
            message = f"extra_slots must not be negative, not {self.extra}"
            raise ValueError(message)
        if not 0 <= self.min_coverage <= 1:
            message = f"min_coverage must be between 0 and 1, not {self.min_coverage:g}"
            raise ValueError(message)

    @property
    def reach(self) -> int:
        """E, the number of slots of the evaluation range."""
        return self.n + self.extra


def slots_for(duration: timedelta, step: timedelta) -> int:
    """Return N for ``for: D``: ceil(D/step) + 1, Prometheus's own fencepost (first and last slot at least D apart)."""
    return -(-duration // step) + 1


def slots_in(window: timedelta, step: timedelta) -> int:
    """
    Return N for ``window: W``.

    Raises:
        ValueError: W is shorter than one step or not a whole number of steps.

    """
    if window < step or window % step:
        message = f"window must be a whole number of steps of {step.total_seconds():g} s, at least one"
        raise ValueError(message)
    return window // step


def share_of(fraction: Decimal, n: int) -> int:
    """Return M = ceil(f·n), exactly, from the decimal text of f."""
    return math.ceil(Fraction(fraction) * n)
