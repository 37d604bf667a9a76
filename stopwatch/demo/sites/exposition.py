"""The metrics page of all sites, written by prometheus-client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from stopwatch.demo.sites.ledger import METRICS, Metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prometheus_client.core import Metric as Family

    from stopwatch.demo.sites.warehouse import Warehouse


def bucket_names(metric: Metric) -> list[str]:
    """Give the values of ``le`` of a histogram as Prometheus spells them, ``+Inf`` last."""
    return [
        str(floatToGoString(bound))  # type: ignore[no-untyped-call] # prometheus-client gives it no hints
        for bound in (*metric.bounds, float("inf"))
    ]


class SitesCollector(Collector):
    """The ledgers of some warehouses as Prometheus metric families, without ``_created`` series."""

    def __init__(self, warehouses: Sequence[Warehouse]) -> None:
        """Look at *warehouses*; a site left out has no series at all."""
        self._warehouses = warehouses

    def collect(self) -> Iterable[Family]:
        """Give every family, also those no site has a series of."""
        return [self._histogram(metric) if metric.bounds else self._counter(metric) for metric in METRICS]

    def _counter(self, metric: Metric) -> Family:
        family = CounterMetricFamily(metric.name, metric.help, labels=("site", *metric.labels))
        for warehouse in self._warehouses:
            for labels, value in warehouse.ledger.counters_of(metric):
                family.add_metric((warehouse.site.label, *labels), value)
        return family

    def _histogram(self, metric: Metric) -> Family:
        family = HistogramMetricFamily(metric.name, metric.help, labels=("site", *metric.labels))
        names = bucket_names(metric)
        for warehouse in self._warehouses:
            for labels, series in warehouse.ledger.histograms_of(metric):
                buckets = list(zip(names, map(float, series.cumulative()), strict=True))
                family.add_metric((warehouse.site.label, *labels), buckets=buckets, sum_value=series.sum)
        return family


def exposition(warehouses: Sequence[Warehouse]) -> bytes:
    """Write the metrics page of *warehouses* in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SitesCollector(warehouses))
    return generate_latest(registry)
