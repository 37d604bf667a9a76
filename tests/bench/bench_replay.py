"""
Prints how fast and in how much memory a month is replayed: ``python -m tests.bench.bench_replay [vmalert]``.

With *vmalert* the same history is also served by a real Prometheus and replayed by ``stopwatch replay`` and by
``vmalert -replay`` (Debian's package victoria-metrics), one after the other.
"""

from __future__ import annotations

import gc
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from stopwatch.core.grid import SlotRange, rfc3339
from stopwatch.core.kpi import KpiId, RuleId, SiteId
from stopwatch.core.reading import Query, Reading
from stopwatch.core.rollout import RuleSet
from stopwatch.demo.prometheus import PrometheusServer, create_blocks
from stopwatch.watch.replay.run import Replay, Span, replay
from tests.watch.past import FIRST, START, minute, rule_set, stop_rule

SITES, RULES, DAYS = 100, 5, 30
SERVED_SITES, SERVED_DAYS = 10, 7
MINUTES_A_DAY = 24 * 60


def month(slots: int, seed: int) -> list[float]:
    """One value a minute around 1, well under the limit 5; now and then it lies over it for a while, or is missing."""
    drawn = random.Random(seed)
    values = [drawn.random() + 0.5 for _ in range(slots)]
    for _ in range(slots // 5_000):
        begin, length = drawn.randrange(slots), drawn.randrange(2, 40)
        values[begin : begin + length] = [9.0] * len(values[begin : begin + length])
    for _ in range(slots // 2_000):
        values[drawn.randrange(slots)] = math.nan
    return values


def rules_of(sites: int) -> RuleSet:
    """Five rules of one KPI each, with a volume guard and a recovery limit, at *sites* sites."""
    kpis = [KpiId(f"k{number}") for number in range(RULES)]
    plain = stop_rule(volume=100)
    rules = [replace(plain, id=RuleId(f"r{kpi}"), criteria=(replace(plain.criteria[0], kpi=kpi),)) for kpi in kpis]
    whole = rule_set(*rules, sites=[SiteId(f"site-{number:03}") for number in range(sites)])
    model = next(iter(whole.kpis.values()))
    return replace(whole, kpis={kpi: replace(model, id=kpi, query=kpi, volume=f"{kpi}_volume") for kpi in kpis})


@dataclass
class Ready:
    """A source whose answers cost next to nothing: slices of lists; *seconds* is the processor time they took."""

    name: str = "default"
    rows: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        begun = time.thread_time()
        row, low = self.rows[query.expression], slots.first - FIRST
        answer = Reading({site: row[low : low + len(slots)] for site in query.labels.values()})
        self.seconds += time.thread_time() - begun
        return answer


def in_memory() -> None:
    """Replay a month of data that is there already."""
    slots = DAYS * MINUTES_A_DAY
    whole = rules_of(SITES)
    source = Ready()
    for number, kpi in enumerate(whole.kpis.values()):
        source.rows |= {kpi.query: month(slots, number), str(kpi.volume): [400.0] * slots}
    gc.collect()
    for drawn in (False, True):
        source.seconds, before = 0.0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = time.process_time()
        [found] = replay([whole], {"default": source}, Span(START, minute(slots - 1)), drawn=drawn)
        took = time.process_time() - begun - source.seconds
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        tell(found, "with pictures" if drawn else "plain", took, f"memory grew by {grown:.0f} MiB")


def tell(found: Replay, name: str, took: float, more: str) -> None:
    """Print one line of the table."""
    line = (
        f"{name:<24}{found.slots:>12,} slot-verdicts in {took:6.2f} s: {found.slots / took / 1e6:5.2f} million a second"
    )
    sys.stdout.write(f"{line}; {len(found.breaches)} breaches; {more}\n")


class Sink(BaseHTTPRequestHandler):
    """Takes whatever vmalert writes and counts its bytes."""

    received = 0

    def do_POST(self) -> None:
        Sink.received += len(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is the library's
        """Say nothing."""


def history(folder: Path, whole: RuleSet, end: int) -> Path:
    """Write the history as OpenMetrics, its last sample at *end* (seconds)."""
    slots, path = SERVED_DAYS * MINUTES_A_DAY, folder / "history.om"
    with path.open("w", encoding="utf-8") as file:
        for number, kpi in enumerate(whole.kpis.values()):
            for name, values in ((kpi.query, month(slots, number)), (str(kpi.volume), [400.0] * slots)):
                file.write(f"# TYPE {name} gauge\n")
                for site in whole.plan.sites.values():
                    file.writelines(
                        f'{name}{{site="{site.label}"}} {value} {end - 60 * (slots - 1 - place)}\n'
                        for place, value in enumerate(values)
                        if value == value  # noqa: PLR0124 -- the fastest test for NaN
                    )
        file.write("# EOF\n")
    return path


def files(folder: Path, whole: RuleSet, end: datetime) -> None:
    """Write the same rules for both."""
    kpis = [
        f"  - {{id: {kpi.id}, title: T, unit: count, better: lower, query: 'last_over_time({kpi.query}[30s])', "
        f"volume: 'last_over_time({kpi.volume}[30s])'}}"
        for kpi in whole.kpis.values()
    ]
    rules = [
        f"  - {{id: r{kpi.id}, kpi: {kpi.id}, op: '>', threshold: 5, sustain: {{for: 15m}}, volume: {{min: 100}}}}"
        for kpi in whole.kpis.values()
    ]
    alerts = [
        f"      - {{alert: r{kpi.id}, for: 15m, "
        f"expr: 'last_over_time({kpi.query}[30s]) > 5 and last_over_time({kpi.volume}[30s]) >= 100'}}"
        for kpi in whole.kpis.values()
    ]
    live = rfc3339(end - timedelta(days=SERVED_DAYS))
    sites = [
        f"  {site.id}: {{name: N, timezone: UTC, go_live: {live}, label: {site.label}}}"
        for site in whole.plan.sites.values()
    ]
    phases = f"phases: [{{id: pilot, sites: [{', '.join(whole.plan.sites)}], observation: 10d}}]"
    texts = {
        "kpis.yaml": ["kpis:", *kpis],
        "stop-rules.yaml": ["rules:", *rules],
        "rollout.yaml": ["rollout: bench", phases, "sites:", *sites],
        "alerts.yaml": ["groups:", "  - name: bench", "    interval: 1m", "    rules:", *alerts],
    }
    for name, lines in texts.items():
        (folder / name).write_text("\n".join([*lines, ""]), encoding="utf-8")


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run *command* and return the seconds it took: on the clock, and of its own processor time."""
    begun, before = time.perf_counter(), _children()
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.stdout.write(f"{command[0]} failed: {done.stderr[-500:]}\n")
    return time.perf_counter() - begun, _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def sink() -> Iterator[int]:
    """Take remote writes on a free port while the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def against_vmalert() -> None:
    """Replay the same week with both, over the same Prometheus."""
    whole = rules_of(SERVED_SITES)
    end = datetime.fromtimestamp(int(time.time()) // 60 * 60, UTC)
    start = end - timedelta(days=SERVED_DAYS) + timedelta(minutes=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files(folder, whole, end)
        written = history(folder, whole, int(end.timestamp()))
        server = PrometheusServer(folder / "server", retention="60d")
        create_blocks(written, server.storage, longest_block="1000h")
        with server, sink() as port:
            span = [rfc3339(start), rfc3339(end)]
            ours = timed(
                [sys.executable, "-m", "stopwatch", "replay", "--start", span[0], "--end", span[1], "--format", "json"],
                {"STOPWATCH_CONFIG": str(folder), "STOPWATCH_PROMETHEUS_URL": server.url},
            )
            theirs = timed(
                [
                    "vmalert",
                    f"-rule={folder}/alerts.yaml",
                    f"-datasource.url={server.url}",
                    f"-remoteWrite.url=http://127.0.0.1:{port}",
                    f"-replay.timeFrom={span[0]}",
                    f"-replay.timeTo={span[1]}",
                    "-replay.rulesDelay=0s",
                    "-replay.disableProgressBar",
                    "-httpListenAddr=127.0.0.1:0",
                ],
                {},
            )
    slots = SERVED_SITES * RULES * SERVED_DAYS * MINUTES_A_DAY
    sys.stdout.write(f"{slots:,} slots over a real Prometheus, seconds on the clock (own processor time):\n")
    for name, (clock, own) in (("stopwatch replay", ours), ("vmalert -replay", theirs)):
        sys.stdout.write(f"{name:<24}{clock:6.1f} ({own:.1f})\n")
    sys.stdout.write(f"ratio {ours[0] / theirs[0]:.1f}; vmalert wrote {Sink.received:,} bytes of results\n")


def main() -> None:
    """Print the figures."""
    if "vmalert" in sys.argv[1:]:
        if shutil.which("vmalert") is None:
            sys.stdout.write("vmalert is not installed: apt-get install victoria-metrics\n")
            return
        against_vmalert()
        return
    in_memory()


if __name__ == "__main__":
    main()
