"""A rule whose operator breaches where the KPI is good has most likely been turned round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.kpi import Better

if TYPE_CHECKING:
    from stopwatch.config.merge import Teller
    from stopwatch.core.kpi import Kpi
    from stopwatch.core.rule import Op


def check_direction(teller: Teller, kpi: Kpi, op: Op, path: tuple[str | int, ...]) -> None:
    """Warn if *op* does not breach on the side that is bad for *kpi*."""
    if op.upward != (kpi.better is Better.LOWER):
        message = f"{op.value} breaches where {kpi.id} is good: it says better: {kpi.better.value}"
        hint = f"use {'<' if op.upward else '>'}, or correct `better` in kpis.yaml"
        teller.warning("op-against-better", message, hint, path)
