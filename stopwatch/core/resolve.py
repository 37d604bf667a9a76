"""Putting numbers in the place of baselines and automatic volumes, so that a rule can be judged at one site."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from stopwatch.core.errors import BaselineUnresolvedError
from stopwatch.core.kpi import Better, Unit
from stopwatch.core.rule import AutoVolume, BaselineThreshold, FixedVolume, Limit, ResolvedRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.kpi import Kpi, KpiId
    from stopwatch.core.rule import Criterion, Statistic, StopRule, Threshold

EXPECTED_FAILURES = 5
"""Automatic volume of a ratio: at the limit so many failures are expected (the normal approximation's n·p ≥ 5)."""
TAIL_SAMPLES = 10
"""Automatic volume of a percentile: at least this many samples are expected beyond the quantile."""


def resolve(
    rule: StopRule, kpis: Mapping[KpiId, Kpi], baselines: Mapping[tuple[KpiId, Statistic], float]
) -> ResolvedRule:
    """
    Put numbers in the place of baselines and automatic volumes.

    Args:
        rule: The rule as it applies to one site.
        kpis: The KPIs that automatic volumes need to know (unit, better, quantile).
        baselines: The site's frozen numbers in the KPI's unit.

    Raises:
        BaselineUnresolvedError: A baseline is not frozen, or puts the recovery limit on the breaching side.
        ValueError: An automatic volume cannot follow from this KPI or limit.

    """
    return ResolvedRule(rule, tuple(_resolve_one(rule, criterion, kpis, baselines) for criterion in rule.criteria))


def _resolve_one(
    rule: StopRule,
    criterion: Criterion,
    kpis: Mapping[KpiId, Kpi],
    baselines: Mapping[tuple[KpiId, Statistic], float],
) -> Limit:
    threshold = _number(criterion.threshold, criterion, baselines)
    recover = threshold
    if criterion.recover_threshold is not None:
        recover = _number(criterion.recover_threshold, criterion, baselines)
    if criterion.op.breaching_side(recover, threshold):
        message = (
            f"rule {rule.id}: recover.threshold {float(recover):g} lies on the breaching side of {float(threshold):g}"
        )
        raise BaselineUnresolvedError(message)
    minimum: float | None = None
    if isinstance(criterion.volume, FixedVolume):
        minimum = float(criterion.volume.minimum)
    elif isinstance(criterion.volume, AutoVolume):
        minimum = _ceiling_float(auto_volume(kpis, criterion.kpi, threshold))
    used = _used(criterion, baselines)
    return Limit(criterion.kpi, criterion.op, float(threshold), float(recover), minimum, used)


def _used(
    criterion: Criterion, baselines: Mapping[tuple[KpiId, Statistic], float]
) -> tuple[tuple[Statistic, float], ...]:
    written = (criterion.threshold, criterion.recover_threshold)
    statistics = {limit.statistic for limit in written if isinstance(limit, BaselineThreshold)}
    return tuple((statistic, baselines[criterion.kpi, statistic]) for statistic in sorted(statistics))


def _number(threshold: Threshold, criterion: Criterion, baselines: Mapping[tuple[KpiId, Statistic], float]) -> Fraction:
    if isinstance(threshold, Decimal):
        return Fraction(threshold)
    frozen = baselines.get((criterion.kpi, threshold.statistic))
    if frozen is None or not math.isfinite(frozen):
        message = f"no baseline {threshold.statistic} of {criterion.kpi} is frozen for this site"
        raise BaselineUnresolvedError(message)
    product = Fraction(threshold.factor) * Fraction(repr(frozen))
    if threshold.bound is None:
        return product
    bound = Fraction(threshold.bound)
    return max(bound, product) if criterion.op.upward else min(bound, product)


def auto_volume(kpis: Mapping[KpiId, Kpi], kpi_id: KpiId, threshold: Fraction) -> Fraction:
    """
    Return the least volume at which a value of the KPI says something at the limit *threshold*.

    Ratios: attempts ≥ 5/L, L = threshold, or 1 − threshold where higher is better. Percentiles: samples ≥ 10/(1−p).

    Raises:
        ValueError: The KPI is unknown here, L ≤ 0, or it is neither a ratio nor a percentile with a known quantile.

    """
    kpi = kpis.get(kpi_id)
    if kpi is None:
        message = f"volume auto needs the definition of KPI {kpi_id}"
        raise ValueError(message)
    if kpi.unit is Unit.RATIO:
        limit = threshold if kpi.better is Better.LOWER else 1 - threshold
        if limit <= 0:
            message = (
                f"volume auto is impossible for {kpi_id}: no failures are expected at the limit {float(threshold):g}"
            )
            raise ValueError(message)
        return EXPECTED_FAILURES / limit
    quantile = kpi.percentile
    if quantile is None:
        message = f"volume auto needs a ratio, or a percentile whose quantile is known; {kpi_id} is neither"
        raise ValueError(message)
    if not 0 < quantile < 1:
        message = f"volume auto needs a quantile between 0 and 1, not {quantile} of {kpi_id}"
        raise ValueError(message)
    return TAIL_SAMPLES / (1 - Fraction(quantile))


def _ceiling_float(number: Fraction) -> float:
    nearest = float(number)
    return nearest if Fraction(nearest) >= number else math.nextafter(nearest, math.inf)
