"""What a baseline is: quantiles as everybody else computes them, enough samples, and what KPIs it is about."""

from __future__ import annotations

import math
import statistics
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.baseline import LEAST_SAMPLES, MOST_SLOTS, KpiFigures, figures, grid_within, slots_of
from stopwatch.core.baseline_comparison import band_of, compare
from stopwatch.core.kpi import Better, Kpi, KpiId, RuleId, Unit
from stopwatch.core.quantile import quantile
from stopwatch.core.rule import Combine, Criterion, Op, StopRule
from stopwatch.core.window import Window

LOAD = KpiId("load")
NUMBERS = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300)
START = datetime(2026, 11, 1, tzinfo=UTC)


def kpi(better: Better = Better.LOWER) -> Kpi:
    return Kpi(LOAD, "Load", Unit.COUNT, better, "load")


@given(NUMBERS, st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.99, 1.0]))
def test_quantiles_are_those_of_numpy(values: list[float], share: float) -> None:
    assert quantile(sorted(values), share) == pytest.approx(float(np.quantile(values, share)), rel=1e-12, abs=1e-6)


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=300))
def test_median_and_p90_are_those_of_the_standard_library(values: list[float]) -> None:
    ordered = sorted(values)
    assert quantile(ordered, 0.5) == pytest.approx(statistics.median(values), rel=1e-12, abs=1e-6)
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    assert quantile(ordered, 0.9) == pytest.approx(tenths[8], rel=1e-12, abs=1e-6)


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 1.5), ([1.0], -0.1)])
def test_what_is_no_quantile_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        quantile(values, share)


def test_missing_slots_are_left_out_and_counted() -> None:
    values = [*map(float, range(1, 102)), *[math.nan] * 99]
    found = figures(LOAD, values, 200)
    assert (found.median, found.p90, found.samples, found.slots, found.why) == (51.0, 91.0, 101, 200, None)
    assert found.coverage == pytest.approx(0.505)


def test_one_sample_too_few_freezes_nothing_and_says_so() -> None:
    found = figures(LOAD, [1.0] * (LEAST_SAMPLES - 1), 300)
    assert (found.median, found.p90) == (None, None)
    assert found.why == "99 samples in 300 slots, at least 100 are needed"


def test_an_infinite_median_is_no_baseline() -> None:
    assert figures(LOAD, [math.inf] * 150, 150).why == "its median or p90 is infinite"
    assert figures(LOAD, [-math.inf] * 75 + [math.inf] * 75, 150).why is not None


def rule(step: timedelta) -> StopRule:
    criteria = (Criterion(LOAD, Op.ABOVE, Decimal(1)),)
    return StopRule(RuleId("r"), Combine.ONE, criteria, Window(1, 1), recover_slots=1, step=step)


@pytest.mark.parametrize(
    ("steps", "span", "seconds"),
    [
        pytest.param([60], timedelta(days=14), 60, id="two weeks at a minute"),
        pytest.param([60, 15], timedelta(days=1), 15, id="the finest rule"),
        pytest.param([], timedelta(days=1), 60, id="no rule reads it"),
        pytest.param([1], timedelta(days=14), 50, id="a second would be too many"),
        pytest.param([60], timedelta(days=30), 120, id="a month"),
    ],
)
def test_a_window_is_read_at_the_slots_of_the_rule_as_long_as_they_are_not_too_many(
    steps: list[int], span: timedelta, seconds: int
) -> None:
    slots = slots_of([rule(timedelta(seconds=step)) for step in steps], LOAD, START, START + span)
    assert slots.grid.step.total_seconds() == seconds
    assert len(slots) <= MOST_SLOTS


def test_no_span_makes_a_grid_coarser_than_an_hour() -> None:
    assert grid_within(timedelta(seconds=7), timedelta(days=3650), 10).step == timedelta(hours=1)


@pytest.mark.parametrize(
    ("better", "inside", "outside"),
    [
        pytest.param(Better.LOWER, 12.0, 12.0001, id="up to the band times the median"),
        pytest.param(Better.HIGHER, 8.3333334, 8.333, id="from the median over the band on"),
    ],
)
def test_the_edge_of_the_band_belongs_to_it(better: Better, inside: float, outside: float) -> None:
    band = band_of(better, 10.0, Decimal("1.2"))
    assert (band.holds(inside), band.holds(outside), band.holds(math.nan)) == (True, False, False)


@pytest.mark.parametrize(
    ("better", "now", "words"),
    [
        pytest.param(Better.LOWER, 10.0, "as before, within the band", id="the same"),
        pytest.param(Better.LOWER, 11.0, "worse: 1.1 times the baseline, within the band", id="a little worse"),
        pytest.param(Better.LOWER, 30.0, "worse: 3 times the baseline, OUTSIDE the band", id="much worse"),
        pytest.param(Better.LOWER, 5.0, "better: 0.5 times the baseline, within the band", id="better"),
        pytest.param(Better.HIGHER, 5.0, "worse: 0.5 times the baseline, OUTSIDE the band", id="higher is better"),
    ],
)
def test_a_kpi_is_compared_in_plain_words(better: Better, now: float, words: str) -> None:
    (found,) = compare(
        {LOAD: kpi(better)},
        {LOAD: KpiFigures(LOAD, 500, 500, 10.0, 20.0)},
        [figures(LOAD, [now] * 100, 100)],
        band=Decimal("1.2"),
    )
    assert found.words == words
    assert found.ratio == pytest.approx(now / 10)
    assert found.worse == pytest.approx(now / 10 if better is Better.LOWER else 10 / now)


def test_what_cannot_be_compared_says_why() -> None:
    kpis, few = {LOAD: kpi()}, figures(LOAD, [], 60)
    (unknown,) = compare(kpis, {}, [few], band=Decimal("1.2"))
    assert (unknown.words, unknown.inside, unknown.ratio) == ("the baseline does not hold it", None, None)
    never = {LOAD: KpiFigures(LOAD, 500, 500, 0.0, 0.0)}
    (short,) = compare(kpis, never, [few], band=Decimal("1.2"))
    assert short.words == "cannot be told: 0 samples in 60 slots, at least 100 are needed"
    many = figures(LOAD, [1.0] * 100, 100)
    (zero,) = compare(kpis, never, [many], band=Decimal("1.2"))
    assert (zero.words, zero.ratio) == ("worse: the baseline was zero, OUTSIDE the band", None)
