"""What a site has counted so far: counters and histogram buckets that only ever grow."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric family; *labels* come after ``site``; *bounds* (seconds) make it a histogram, without them a counter."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


ORDERS = Metric("wms_orders", "Orders received.")
EXCEPTIONS = Metric("wms_order_exceptions", "Orders that needed a person.")
LABELS = Metric("wms_carrier_labels", "Carrier labels asked for, by outcome (ok, failed).", ("outcome",))
REQUESTS = Metric("wms_integration_requests", "Calls to integrations, by HTTP status code.", ("connector", "code"))
REQUEST_DURATION = Metric(
    "wms_integration_request_duration_seconds",
    "Duration of calls to integrations in seconds.",
    ("connector",),
    (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0),
)
ORDER_TO_SHIP = Metric(
    "wms_order_to_ship_seconds",
    "Time from order to shipment in seconds, observed at shipment.",
    (),
    (30 * _MINUTE, *(hours * _HOUR for hours in (1, 1.5, 2, 3, 4, 5, 6, 8, 12, 24))),
)
METRICS = (ORDERS, EXCEPTIONS, LABELS, REQUESTS, REQUEST_DURATION, ORDER_TO_SHIP)


@dataclass(slots=True)
class Buckets:
    """One histogram series: how many observations fell into each bucket (the last one is unbounded), and their sum."""

    counts: list[int]
    sum: float = 0.0

    def cumulative(self) -> list[int]:
        """Give the counts as Prometheus wants them: everything up to each bound, the last one being the total."""
        return list(accumulate(self.counts))


@dataclass(slots=True)
class Ledger:
    """
    All series of one site.

    A series exists only from its first event on, as in most real exporters: a site that never failed has no failures.
    """

    counters: dict[tuple[Metric, tuple[str, ...]], int] = field(default_factory=dict)
    histograms: dict[tuple[Metric, tuple[str, ...]], Buckets] = field(default_factory=dict)

    def count(self, metric: Metric, *labels: str, by: int) -> None:
        """Add *by* events to a counter."""
        if by:
            key = (metric, labels)
            self.counters[key] = self.counters.get(key, 0) + by

    def observe(self, metric: Metric, *labels: str, counts: Sequence[int], total: float) -> None:
        """Add *counts* observations per bucket with the sum *total* to a histogram."""
        if not any(counts):
            return
        series = self.histograms.setdefault((metric, labels), Buckets([0] * (len(metric.bounds) + 1)))
        series.counts = [old + new for old, new in zip(series.counts, counts, strict=True)]
        series.sum += total

    def total(self, metric: Metric) -> int:
        """Sum a counter, or the number of observations of a histogram, over all its series."""
        counted = sum(value for (of, _), value in self.counters.items() if of is metric)
        return counted + sum(sum(series.counts) for (of, _), series in self.histograms.items() if of is metric)

    def counters_of(self, metric: Metric) -> Iterator[tuple[tuple[str, ...], int]]:
        """List the series of a counter: label values and count."""
        return ((labels, value) for (of, labels), value in self.counters.items() if of is metric)

    def histograms_of(self, metric: Metric) -> Iterator[tuple[tuple[str, ...], Buckets]]:
        """List the series of a histogram: label values and buckets."""
        return ((labels, series) for (of, labels), series in self.histograms.items() if of is metric)
