"""Prints the CPU time of five reads, a tick of 1,000 sites, over HTTP: ``python -m tests.bench.source_reads``."""

import time
from datetime import UTC, datetime, timedelta

from stopwatch.core.grid import Grid, SlotRange
from stopwatch.core.kpi import SiteId
from stopwatch.core.reading import Query
from stopwatch.prometheus.client import PrometheusSource
from tests.bench.parse_answer import body
from tests.prometheus.scripted import ScriptedServer, http

SITES, READS, RUNS = 1_000, 5, 200


def main() -> None:
    """Print the least and the usual CPU time of the thread that reads; the server has a thread of its own."""
    slots = SlotRange(Grid(timedelta(minutes=1)), 29_700_000, 29_700_000)
    query = Query("x", "site", {f"site-{site:04}": SiteId(f"site-{site:04}") for site in range(SITES)})
    answer = http(body(SITES, slots, gaps=False), 200, "Content-Type: application/json")
    took = []
    with (
        ScriptedServer(answer) as server,
        PrometheusSource(
            "bench", server.url, monotonic=time.monotonic, clock=lambda: datetime.now(UTC), sleep=time.sleep
        ) as source,
    ):
        for _ in range(RUNS):
            start = time.thread_time()
            for _ in range(READS):
                source.read(query, slots, deadline_seconds=30)
            took.append(1e3 * (time.thread_time() - start))
    took.sort()
    print(f"{READS} reads of {SITES} sites: least {took[0]:.2f} ms, usual {took[RUNS // 2]:.2f} ms of CPU")  # noqa: T201 -- prints its result


if __name__ == "__main__":
    main()
