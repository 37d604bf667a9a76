"""A recovery threshold on the breaching side would call a site good while it breaches."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from stopwatch.core.rule import BaselineThreshold

if TYPE_CHECKING:
    from stopwatch.config.merge import Teller
    from stopwatch.core.rule import Op, Threshold

    Path = tuple[str | int, ...]


def check_recovery(teller: Teller, op: Op, limit: Threshold, again: Threshold | None, *paths: Path) -> None:
    """Complain, at the first of *paths*, if *again* lies beyond *limit*, as far as no baseline decides."""
    if isinstance(limit, Decimal) and isinstance(again, Decimal):
        beyond = op.breaching_side(Fraction(again), Fraction(limit))
        written = f"{again} is {'above' if op.upward else 'below'} the threshold {limit}"
    elif isinstance(limit, BaselineThreshold) and isinstance(again, BaselineThreshold):
        same = limit.statistic is again.statistic and limit.bound == again.bound
        beyond = same and op.breaching_side(Fraction(again.factor), Fraction(limit.factor))
        written = f"factor {again.factor} is beyond factor {limit.factor}"
    else:
        return
    if beyond:
        side = "at or below" if op.upward else "at or above"
        message = f"the recovery threshold lies on the breaching side: {written}"
        teller.error("recover-breaches", message, f"put it {side} the threshold, or leave it out", *paths)
