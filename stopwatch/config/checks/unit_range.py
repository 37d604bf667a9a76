"""A limit outside the range of its KPI's unit is met always or never: a ratio of 5 % is 0.05."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from stopwatch.core.kpi import Unit

if TYPE_CHECKING:
    from stopwatch.config.merge import Teller
    from stopwatch.core.kpi import Kpi
    from stopwatch.core.rule import Threshold


def check_unit_range(teller: Teller, kpi: Kpi, limit: Threshold | None, path: tuple[str | int, ...]) -> None:
    """Complain if *limit* is no value that *kpi* can have."""
    if kpi.unit is Unit.RATIO and isinstance(limit, Decimal) and not 0 <= limit <= 1:
        hint = f"{limit} % is written {limit / 100:f}" if limit > 1 else "write a number from 0 to 1"
        message = f"{limit} is outside 0 to 1, the range of the ratio {kpi.id}"
        teller.error("limit-out-of-unit", message, hint, path)
