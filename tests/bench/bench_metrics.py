"""How long /metrics takes over HTTP at 1,000 sites with five rules: ``python -m tests.bench.bench_metrics``."""

from __future__ import annotations

import http.client
import multiprocessing
import random
import statistics
import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection

from stopwatch.core.gauges import Gauges
from stopwatch.telemetry.metrics import Metrics
from stopwatch.web.application import build_app
from stopwatch.web.server import WebServer
from tests.telemetry.pictures import large
from tests.web.health import FakeHealth
from tests.web.world import FakeActs, FakeBoard, FakeRecords

SITES, RULES, SCRAPES = 1000, 5, 200
PICTURE_SECONDS = 1.0


@dataclass
class MeasuredHealth(FakeHealth):
    """Health whose metrics are the real ones."""

    own: Metrics | None = None

    def metrics(self, *, compressed: bool = False) -> bytes:
        assert self.own is not None
        return self.own.render(compressed=compressed)


def step_on(gauges: Gauges, now: datetime, chance: random.Random) -> Gauges:
    """Return the picture of the next step: every value is new, every volume and slot too."""
    values = {kpi: {site: chance.uniform(0.001, 0.03) for site in known} for kpi, known in gauges.values.items()}
    volumes = {kpi: {site: float(chance.randrange(200, 900)) for site in known} for kpi, known in gauges.values.items()}
    calm = tuple(replace(each, newest_slot=now) for each in gauges.calm)
    return replace(gauges, calm=calm, values=values, volumes=volumes, last_evaluation=now)


def serve(pipe: Connection) -> None:
    """
    Serve the page in a process of its own, as the daemon does, until the other side says stop.

    The picture is replaced once a second, the shortest step there is; how late that thread wakes up is what scraping
    without a pause would delay an evaluation by.
    """
    metrics = Metrics(version="bench", now=lambda: datetime.now(UTC))
    gauges, chance = large(SITES, RULES), random.Random(8)
    metrics.observe_status(gauges)
    app = build_app(FakeBoard(), FakeRecords(), MeasuredHealth(own=metrics), FakeActs(), version="bench")
    server = WebServer(app, host="127.0.0.1", port=0)
    server.start()
    stop, late = threading.Event(), list[float]()

    def observe() -> None:
        due = time.perf_counter() + PICTURE_SECONDS
        while not stop.wait(max(0.0, due - time.perf_counter())):
            late.append((time.perf_counter() - due) * 1000)
            metrics.observe_status(step_on(gauges, datetime.now(UTC), chance))
            due = max(due, time.perf_counter()) + PICTURE_SECONDS

    observer = threading.Thread(target=observe)
    observer.start()
    began = time.process_time()
    pipe.send(server.port)
    pipe.recv()
    used = (time.process_time() - began) * 1000 / SCRAPES
    stop.set()
    observer.join()
    server.stop()
    pipe.send((late, used))


def scrape(port: int, encoding: str) -> tuple[list[float], int]:
    """Return how many milliseconds each scrape took, and how many bytes the last one had."""
    took, size = [], 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(SCRAPES):
        began = time.perf_counter()
        connection.request("GET", "/metrics", headers={"Accept-Encoding": encoding})
        size = len(connection.getresponse().read())
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.02)
    connection.close()
    return took, size


def spread(values: list[float]) -> str:
    """Write the median, the 99th percentile and the worst."""
    p99 = statistics.quantiles(values, n=100, method="inclusive")[98]
    return f"median {statistics.median(values):.0f} ms, p99 {p99:.0f} ms, worst {max(values):.0f} ms"


def main() -> None:
    """Scrape plain and compressed, and print what it took."""
    for encoding in ("identity", "gzip"):
        here, there = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
        process.start()
        took, size = scrape(here.recv(), encoding)
        here.send("stop")
        late, used = here.recv()
        process.join()
        size_mb = f"{size / 1e6:.2f} MB"
        sys.stdout.write(
            f"/metrics at {SITES} sites × {RULES} rules, {encoding}, {size_mb}, {SCRAPES} scrapes: {spread(took)}, "
            f"{used:.0f} ms of CPU each (goal: p99 250 ms)\n  a thread beside it woke up late by: {spread(late)}\n"
        )


if __name__ == "__main__":
    main()
