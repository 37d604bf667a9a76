"""The model: counts follow the rhythm, a fault moves its own KPI and no other."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from stopwatch.demo.sites.estate import Estate
from stopwatch.demo.sites.faults import DEFAULT_STRENGTH, Fault, FaultKind
from stopwatch.demo.sites.ledger import (
    EXCEPTIONS,
    LABELS,
    ORDER_TO_SHIP,
    ORDERS,
    REQUEST_DURATION,
    REQUESTS,
    Ledger,
    Metric,
)
from stopwatch.demo.sites.plan import DEMO_RATE_FACTOR, SITES

pytestmark = pytest.mark.slow

FRIDAY_NINE = datetime.fromisoformat("2026-11-20T09:00+01:00").timestamp()
SATURDAY_THREE = datetime.fromisoformat("2026-11-21T03:00+01:00").timestamp()


@dataclass(frozen=True, slots=True)
class Kpis:
    """The five KPIs over a whole run; the p95 are the bucket bounds that 95 % stay under."""

    exceptions: float
    labels: float
    integration_5xx: float
    integration_latency: float
    order_to_ship: float


def _p95(ledger: Ledger, metric: Metric) -> float:
    boxes = [sum(parts) for parts in zip(*(series.counts for _, series in ledger.histograms_of(metric)), strict=True)]
    wanted, seen = 0.95 * sum(boxes), 0
    for bound, count in zip((*metric.bounds, float("inf")), boxes, strict=True):
        seen += count
        if seen >= wanted:
            return bound
    raise AssertionError("a p95 lies in some bucket")


def _kpis(estate: Estate, site: str) -> Kpis:
    ledger = next(warehouse.ledger for warehouse in estate.warehouses if warehouse.site.id == site)
    failed = sum(count for (_, code), count in ledger.counters_of(REQUESTS) if code.startswith("5"))
    return Kpis(
        exceptions=ledger.total(EXCEPTIONS) / ledger.total(ORDERS),
        labels=dict(ledger.counters_of(LABELS)).get(("failed",), 0) / ledger.total(LABELS),
        integration_5xx=failed / ledger.total(REQUESTS),
        integration_latency=_p95(ledger, REQUEST_DURATION),
        order_to_ship=_p95(ledger, ORDER_TO_SHIP),
    )


def _lived(seconds: float, *, start: float = FRIDAY_NINE, seed: int = 7, fault: Fault | None = None) -> Estate:
    estate = Estate(start=start, seed=seed)
    if fault is not None:
        estate.faults.inject(fault)
    estate.advance(start + seconds)
    return estate


def _orders(estate: Estate) -> dict[str, int]:
    return {warehouse.site.id: warehouse.ledger.total(ORDERS) for warehouse in estate.warehouses}


def test_a_seed_gives_the_same_counts_again_and_another_seed_other_ones() -> None:
    assert _orders(_lived(30)) == _orders(_lived(30))
    assert _orders(_lived(30)) != _orders(_lived(30, seed=8))


def test_orders_come_at_the_rate_of_the_rhythm_at_day_and_at_weekend_nights() -> None:
    day, night = _orders(_lived(60)), _orders(_lived(60, start=SATURDAY_THREE))
    for site in SITES:
        peak = 60 * site.peak_orders_per_second * DEMO_RATE_FACTOR
        assert 0.6 * peak < day[site.id] < 1.25 * peak
        assert night[site.id] < 0.5 * day[site.id]


def test_even_a_weekend_night_has_orders_enough_to_judge_ten_seconds() -> None:
    for site in SITES:
        assert site.peak_orders_per_second * DEMO_RATE_FACTOR * site.rhythm.trough * 10 > 1.5 * 200


def test_a_usual_day_is_far_from_every_stop_rule() -> None:
    estate = _lived(120)
    for site in estate.site_ids:
        kpis = _kpis(estate, site)
        assert kpis.exceptions < 0.025
        assert kpis.labels < 0.02
        assert kpis.integration_5xx < 0.01
        assert kpis.integration_latency <= 1.0
        assert kpis.order_to_ship <= 6 * 3600


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind not in {FaultKind.SILENT, FaultKind.CLOSED}])
def test_a_fault_worsens_its_own_kpi_at_its_own_site_only(kind: FaultKind) -> None:
    usual, faulty = _lived(60), _lived(60, fault=Fault("lyon", kind, DEFAULT_STRENGTH[kind]))
    before, after = _kpis(usual, "lyon"), _kpis(faulty, "lyon")
    for kpi in Kpis.__slots__:
        worse = getattr(after, kpi) > 2 * getattr(before, kpi)
        assert worse == (kpi == kind.value), kpi
    assert _kpis(usual, "ham-01") == _kpis(faulty, "ham-01")


def test_a_closed_warehouse_counts_nothing_and_its_neighbours_go_on() -> None:
    orders = _orders(_lived(20, fault=Fault("lodz", FaultKind.CLOSED, 1.0)))
    assert orders["lodz"] == 0
    assert all(count > 0 for site, count in orders.items() if site != "lodz")


def test_a_silent_site_lives_on_but_is_not_exported() -> None:
    estate = _lived(20, fault=Fault("lyon", FaultKind.SILENT, 1.0, until=FRIDAY_NINE + 30))
    assert _orders(estate)["lyon"] > 0
    assert "lyon" not in {warehouse.site.id for warehouse in estate.exporting()}
    estate.advance(FRIDAY_NINE + 31)
    assert "lyon" in {warehouse.site.id for warehouse in estate.exporting()}


def test_a_series_of_failures_exists_only_from_the_first_failure_on() -> None:
    ledger = Ledger()
    ledger.count(EXCEPTIONS, by=0)
    assert dict(ledger.counters_of(EXCEPTIONS)) == {}
    ledger.count(EXCEPTIONS, by=2)
    assert dict(ledger.counters_of(EXCEPTIONS)) == {(): 2}


def test_time_set_back_changes_nothing() -> None:
    estate = _lived(10)
    before = _orders(estate)
    estate.advance(FRIDAY_NINE)
    assert (_orders(estate), estate.now) == (before, FRIDAY_NINE + 10)
