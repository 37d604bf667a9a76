"""Numbers take the place of baselines and automatic volumes, exactly as the decimal text says."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from stopwatch.core.errors import BaselineUnresolvedError
from stopwatch.core.kpi import Better, Kpi, KpiId, RuleId, Unit
from stopwatch.core.resolve import auto_volume, resolve
from stopwatch.core.rule import (
    AutoVolume,
    BaselineThreshold,
    Combine,
    Criterion,
    FixedVolume,
    Limit,
    Op,
    Statistic,
    StopRule,
    Threshold,
)
from stopwatch.core.window import Window

K = KpiId("k")
RATIO = Kpi(K, "Share", Unit.RATIO, Better.LOWER, "q")
SUCCESS = replace(RATIO, better=Better.HIGHER)
P95 = Kpi(K, "p95", Unit.SECONDS, Better.LOWER, "histogram_quantile(0.95, sum by (le, site) (rate(x_bucket[5m])))")
MEDIAN, P90 = Statistic.MEDIAN, Statistic.P90


def rule_of(*criteria: Criterion) -> StopRule:
    combine = Combine.ONE if len(criteria) == 1 else Combine.ALL
    return StopRule(RuleId("r"), combine, criteria, Window(3, 3), recover_slots=3)


def limit_of(criterion: Criterion, kpi: Kpi = RATIO, **frozen: float) -> Limit:
    """Resolve one condition; *frozen* names the site's baselines by statistic."""
    baselines = {(K, Statistic(name)): number for name, number in frozen.items()}
    (limit,) = resolve(rule_of(criterion), {K: kpi}, baselines).limits
    return limit


@pytest.mark.parametrize(
    ("kpi", "limit", "least"),
    [
        pytest.param(RATIO, "0.05", 100, id="five percent of failures: a hundred attempts"),
        pytest.param(RATIO, "0.1", 50, id="a tenth, exactly fifty"),
        pytest.param(RATIO, "0.03", 167, id="three percent: 166.7"),
        pytest.param(RATIO, "1", 5, id="everything fails"),
        pytest.param(SUCCESS, "0.95", 100, id="ninety-five percent of successes: a hundred attempts"),
        pytest.param(SUCCESS, "0.9", 50, id="nine tenths, exactly fifty, though 1 − 0.9 as floats is not 0.1"),
        pytest.param(SUCCESS, "0.99", 500, id="ninety-nine percent, exactly five hundred"),
        pytest.param(P95, "7200", 200, id="95th percentile: two hundred samples"),
        pytest.param(replace(P95, query="histogram_quantile(.9, x)"), "1", 100, id="90th percentile, written .9"),
        pytest.param(replace(P95, quantile=Decimal("0.99")), "1", 1000, id="a written quantile wins over the query"),
        pytest.param(replace(P95, query="job:p99", quantile=Decimal("0.99")), "1", 1000, id="a recorded percentile"),
    ],
)
def test_the_least_volume_that_says_something(kpi: Kpi, limit: str, least: int) -> None:
    criterion = Criterion(K, Op.ABOVE, Decimal(limit), volume=AutoVolume())
    minimum = limit_of(criterion, kpi).volume_min
    assert minimum is not None
    assert minimum <= least
    assert minimum > least - 1
    if Fraction(minimum) == least:
        assert auto_volume({K: kpi}, K, Fraction(Decimal(limit))) == least


@pytest.mark.parametrize("limit", ["0.05", "0.03", "0.07", "0.3", "0.0123"])
def test_the_float_of_an_automatic_volume_never_lets_too_little_pass(limit: str) -> None:
    minimum = limit_of(Criterion(K, Op.ABOVE, Decimal(limit), volume=AutoVolume())).volume_min
    assert minimum is not None
    exact = 5 / Fraction(Decimal(limit))
    assert Fraction(minimum) >= exact
    assert Fraction(math.nextafter(minimum, 0)) < exact


@pytest.mark.parametrize(
    ("kpi", "limit", "said"),
    [
        pytest.param(RATIO, "0", "no failures are expected at the limit 0", id="a limit of zero"),
        pytest.param(RATIO, "-0.1", "no failures are expected at the limit -0.1", id="a limit below zero"),
        pytest.param(SUCCESS, "1", "no failures are expected at the limit 1", id="every success demanded"),
        pytest.param(SUCCESS, "1.5", "no failures are expected at the limit 1.5", id="more than every success"),
        pytest.param(replace(P95, query="avg(x)"), "1", "k is neither", id="neither ratio nor percentile"),
        pytest.param(replace(P95, quantile=Decimal(1)), "1", "between 0 and 1, not 1", id="the largest sample"),
        pytest.param(replace(P95, quantile=Decimal(0)), "1", "between 0 and 1, not 0", id="the smallest sample"),
    ],
)
def test_an_automatic_volume_that_cannot_be_is_an_error(kpi: Kpi, limit: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        limit_of(Criterion(K, Op.ABOVE, Decimal(limit), volume=AutoVolume()), kpi)


def test_an_automatic_volume_needs_the_definition_of_its_kpi() -> None:
    with pytest.raises(ValueError, match="volume auto needs the definition of KPI k"):
        resolve(rule_of(Criterion(K, Op.ABOVE, Decimal(1), volume=AutoVolume())), {}, {})


def test_a_fixed_volume_stands_as_written_and_none_is_none() -> None:
    assert limit_of(Criterion(K, Op.ABOVE, Decimal(1), volume=FixedVolume(Decimal("12.5")))).volume_min == 12.5
    assert limit_of(Criterion(K, Op.ABOVE, Decimal(1))).volume_min is None


@pytest.mark.parametrize(
    ("op", "bound", "frozen", "threshold"),
    [
        pytest.param(Op.ABOVE, "0.02", 0.01, 0.02, id="above: the floor holds"),
        pytest.param(Op.ABOVE, "0.02", 0.1, 0.15, id="above: half more than usual"),
        pytest.param(Op.AT_LEAST, "0.02", 0.0, 0.02, id="at least: never under the floor"),
        pytest.param(Op.BELOW, "0.9", 0.8, 0.9, id="below: the ceiling holds"),
        pytest.param(Op.BELOW, "0.9", 0.4, 0.6, id="below: under the ceiling"),
        pytest.param(Op.AT_MOST, "0.9", 0.6, 0.9, id="at most: both are the same"),
        pytest.param(Op.ABOVE, None, 0.1, 0.15, id="above, no floor"),
        pytest.param(Op.BELOW, None, 0.1, 0.15, id="below, no ceiling"),
    ],
)
def test_a_threshold_from_the_baseline(op: Op, bound: str | None, frozen: float, threshold: float) -> None:
    written = BaselineThreshold(MEDIAN, Decimal("1.5"), None if bound is None else Decimal(bound))
    limit = limit_of(Criterion(K, op, written), median=frozen)
    assert limit.threshold == threshold
    assert limit.recover_threshold == threshold


def test_each_statistic_has_its_own_frozen_number() -> None:
    written = BaselineThreshold(P90, Decimal(2))
    assert limit_of(Criterion(K, Op.ABOVE, written), median=1.0, p90=3.0).threshold == 6.0


@pytest.mark.parametrize(
    "frozen",
    [
        pytest.param({}, id="nothing is frozen"),
        pytest.param({"p90": 1.0}, id="only the other statistic is"),
        pytest.param({"median": math.nan}, id="it is not a number"),
        pytest.param({"median": math.inf}, id="it is endless"),
    ],
)
def test_a_baseline_that_is_not_known_is_an_error(frozen: dict[str, float]) -> None:
    with pytest.raises(BaselineUnresolvedError, match="no baseline median of k is frozen") as failure:
        limit_of(Criterion(K, Op.ABOVE, BaselineThreshold(MEDIAN, Decimal(2))), RATIO, **frozen)
    assert failure.value.reason == "baseline"


def test_an_automatic_volume_follows_from_the_threshold_after_the_baseline() -> None:
    written = BaselineThreshold(MEDIAN, Decimal("1.5"), Decimal("0.02"))
    assert limit_of(Criterion(K, Op.ABOVE, written, volume=AutoVolume()), median=0.1).volume_min == pytest.approx(
        5 / 0.15
    )


@pytest.mark.parametrize(
    ("op", "threshold", "recover", "good"),
    [
        pytest.param(Op.ABOVE, "5", "4", True, id="above: recovers below"),
        pytest.param(Op.ABOVE, "5", "5", True, id="above: recovers at the limit"),
        pytest.param(Op.ABOVE, "5", "5.1", False, id="above: must not recover above"),
        pytest.param(Op.AT_LEAST, "5", "6", False, id="at least: must not recover above"),
        pytest.param(Op.BELOW, "5", "6", True, id="below: recovers above"),
        pytest.param(Op.BELOW, "5", "4", False, id="below: must not recover below"),
        pytest.param(Op.AT_MOST, "5", "4.9", False, id="at most: must not recover below"),
        pytest.param(Op.AT_MOST, "5", "5", True, id="at most: recovers at the limit"),
    ],
)
def test_the_recovery_limit_never_lies_on_the_breaching_side(
    op: Op, threshold: str, recover: str, *, good: bool
) -> None:
    criterion = Criterion(K, op, Decimal(threshold), Decimal(recover))
    if good:
        assert limit_of(criterion).recover_threshold == float(recover)
    else:
        with pytest.raises(BaselineUnresolvedError, match="lies on the breaching side"):
            limit_of(criterion)


def test_the_hash_tells_every_number_that_judges_apart() -> None:
    def hashed(threshold: Threshold, **frozen: float) -> str:
        baselines = {(K, Statistic(name)): number for name, number in frozen.items()}
        return resolve(rule_of(Criterion(K, Op.ABOVE, threshold)), {K: RATIO}, baselines).hash

    relative = BaselineThreshold(MEDIAN, Decimal(2))
    assert hashed(Decimal("0.2")) == hashed(relative, median=0.1)
    assert hashed(Decimal("0.2")) != hashed(relative, median=0.11)
    assert len(hashed(Decimal(1))) == 64


def test_a_rule_looks_back_as_far_as_its_longest_judgement() -> None:
    criterion = Criterion(K, Op.ABOVE, Decimal(1))
    rule = rule_of(criterion)
    histories = [
        resolve(changed, {}, {}).history
        for changed in (rule, replace(rule, recover_slots=9), replace(rule, stale_after=40))
    ]
    assert histories == [5, 11, 40]
