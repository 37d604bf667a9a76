"""How long /metrics takes over HTTP at 1,000 sites with five rules: ``python -m tests.bench.bench_metrics``."""

from __future__ import annotations

import statistics
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from stopwatch.core.status import StatusView
from stopwatch.telemetry.metrics import Metrics
from stopwatch.web.api import build_app
from stopwatch.web.server import WebServer
from tests.telemetry.pictures import large
from tests.web.world import FakeActs, FakeBoard, FakeHealth, FakeRecords

SITES, RULES, SCRAPES = 1000, 5, 200


@dataclass
class MeasuredHealth(FakeHealth):
    """Health whose metrics are the real ones."""

    own: Metrics | None = None

    def metrics(self) -> bytes:
        assert self.own is not None
        return self.own.render()


def observe_for_ever(metrics: Metrics, view: StatusView, stop: threading.Event) -> None:
    """Replace the picture ten times a second, so that most scrapes meet one that was not written yet."""
    while not stop.wait(0.1):
        metrics.observe_status(StatusView(view.sites, datetime.now(UTC)))


def main() -> None:
    """Scrape and print what it took."""
    metrics = Metrics(version="bench", now=lambda: datetime.now(UTC))
    view = large(SITES, RULES)
    metrics.observe_status(view)
    server = WebServer(
        build_app(FakeBoard(), FakeRecords(), MeasuredHealth(own=metrics), FakeActs(), version="bench"),
        host="127.0.0.1",
        port=0,
    )
    server.start()
    stop = threading.Event()
    threading.Thread(target=observe_for_ever, args=(metrics, view, stop), daemon=True).start()
    took, size = [], 0
    try:
        with httpx.Client(base_url=server.address, timeout=30, trust_env=False) as client:
            for _ in range(SCRAPES):
                began = time.perf_counter()
                size = len(client.get("/metrics").content)
                took.append((time.perf_counter() - began) * 1000)
    finally:
        stop.set()
        server.stop()
    p99 = statistics.quantiles(took, n=100)[98]
    sys.stdout.write(
        f"/metrics at {SITES} sites × {RULES} rules: {size / 1e6:.1f} MB; {SCRAPES} scrapes: "
        f"median {statistics.median(took):.0f} ms, p99 {p99:.0f} ms (goal 250), worst {max(took):.0f} ms\n"
    )


if __name__ == "__main__":
    main()
