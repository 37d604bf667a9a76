"""The model of one warehouse: what its orders make it count while time advances."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from stopwatch.demo.sites.chance import binomial, poisson, scatter
from stopwatch.demo.sites.faults import FaultKind
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

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from stopwatch.demo.sites.plan import Connector, DemoSite
    from stopwatch.demo.sites.spread import Spread

_REJECTED_RATIO: Final = (
    0.002  # calls answered 422: an order the other side will not take, no failure of the integration
)
_LOAD_SLOWS: Final = 0.25  # calls are this much slower at the peak than at rest


class Drift:
    """Slow noise around 1: an Ornstein-Uhlenbeck walk of the logarithm with a spread and a memory in seconds."""

    def __init__(self, rng: Random, *, spread: float, memory_seconds: float) -> None:
        """Start somewhere in the usual range."""
        self._rng, self._spread, self._memory = rng, spread, memory_seconds
        self._log = rng.gauss(0.0, spread)

    def advance(self, seconds: float) -> float:
        """Walk on by *seconds* and give the factor there."""
        keep = math.exp(-seconds / self._memory)
        self._log = self._log * keep + self._rng.gauss(0.0, self._spread * math.sqrt(1 - keep * keep))
        return math.exp(self._log)


class Warehouse:
    """One site: feed it time and faults, read its ledger."""

    def __init__(self, site: DemoSite, rng: Random, *, rate_factor: float) -> None:
        """Open the site with empty counters; *rate_factor* multiplies its orders, *rng* decides everything else."""
        self.site: Final = site
        self.ledger: Final = Ledger()
        self._rng, self._rate_factor, self._zone = rng, rate_factor, ZoneInfo(site.timezone)
        self._rate_drift = Drift(rng, spread=0.06, memory_seconds=600)
        self._latency_drift = Drift(rng, spread=0.05, memory_seconds=300)
        self._ship_drift = Drift(rng, spread=0.04, memory_seconds=1800)

    def orders_per_second(self, at: float) -> float:
        """Give the expected order rate at the Unix time *at*, without noise and faults."""
        return self.site.peak_orders_per_second * self._rate_factor * self._level(at)

    def _level(self, at: float) -> float:
        return self.site.rhythm.level(datetime.fromtimestamp(at, self._zone))

    def advance(self, start: float, seconds: float, faults: Mapping[FaultKind, float]) -> None:
        """Live through *seconds* from the Unix time *start* under *faults* (strength by kind)."""
        rate_noise = self._rate_drift.advance(seconds)
        latency_noise, ship_noise = self._latency_drift.advance(seconds), self._ship_drift.advance(seconds)
        if FaultKind.CLOSED in faults:
            return
        middle = start + seconds / 2
        orders = poisson(self._rng, self.orders_per_second(middle) * rate_noise * seconds)
        exception_ratio = faults.get(FaultKind.EXCEPTIONS, self.site.exception_ratio)
        self.ledger.count(ORDERS, by=orders)
        self.ledger.count(EXCEPTIONS, by=binomial(self._rng, orders, exception_ratio))
        slowness = (
            latency_noise * (1 + _LOAD_SLOWS * self._level(middle)) * faults.get(FaultKind.INTEGRATION_LATENCY, 1.0)
        )
        for connector in self.site.connectors:
            error_ratio = faults.get(FaultKind.INTEGRATION_5XX, connector.error_ratio)
            self._call(connector, orders, error_ratio=error_ratio, slowness=slowness)
        ordered_at = middle - self.site.order_to_ship.median_seconds
        shipped = poisson(self._rng, self.orders_per_second(ordered_at) * rate_noise * seconds)
        self._ship(shipped, faults, slowness=ship_noise * faults.get(FaultKind.ORDER_TO_SHIP, 1.0))

    def _call(self, connector: Connector, orders: int, *, error_ratio: float, slowness: float) -> None:
        calls = poisson(self._rng, orders * connector.calls_per_order)
        failed = binomial(self._rng, calls, error_ratio)
        rejected = binomial(self._rng, calls - failed, _REJECTED_RATIO)
        self.ledger.count(REQUESTS, connector.name, "200", by=calls - failed - rejected)
        self.ledger.count(REQUESTS, connector.name, "422", by=rejected)
        self.ledger.count(REQUESTS, connector.name, "503", by=failed)
        self._observe(REQUEST_DURATION, connector.name, count=calls, spread=connector.duration.slower(slowness))

    def _ship(self, shipped: int, faults: Mapping[FaultKind, float], *, slowness: float) -> None:
        failed = binomial(self._rng, shipped, faults.get(FaultKind.LABELS, self.site.label_failure_ratio))
        self.ledger.count(LABELS, "ok", by=shipped - failed)
        self.ledger.count(LABELS, "failed", by=failed)
        self._observe(ORDER_TO_SHIP, count=shipped, spread=self.site.order_to_ship.slower(slowness))

    def _observe(self, metric: Metric, *labels: str, count: int, spread: Spread) -> None:
        shares, means = spread.buckets(metric.bounds)
        counts = scatter(self._rng, count, shares)
        total = sum(number * mean for number, mean in zip(counts, means, strict=True))
        self.ledger.observe(metric, *labels, counts=counts, total=total)
