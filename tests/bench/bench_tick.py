"""
Prints what a tick costs us and our peers on the same data: ``python -m tests.bench.bench_tick --sites 10 100 1000``.

Every runner runs all the time, but all except the one that is measured are frozen, so that the machine's moods meet
all of them alike. CPU is that of whole processes (their CPU clock), divided by the steps that passed. What is printed
is Markdown, one table for each number of sites, as soon as it is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from stopwatch.demo.prometheus import PrometheusServer, ScrapeTarget, free_port
from tests.bench import tick_shipped, tick_world
from tests.bench.tick_measures import CALM_STEPS, SETTLE_STEPS, Runner, measure, total
from tests.bench.tick_world import STEP_SECONDS, Data, Load, exporter, server_on, write_data

APPENDED_SECONDS = 75
"""When what openings owe (the rest of their evidence, a minute later, every 15 s) was read."""
WINDOW_SECONDS = 160
"""What is scraped has no past: so long it takes until the longest window of a rule is full and what breaches opens."""
REFILL_STEPS = 8
"""A Prometheus that was frozen scraped nothing meanwhile: after so many steps the ranges of its queries are full."""
LONG = Load(10_000, guarded=True)
"""What is tried besides with ``--long``: gauges, in blocks."""
MOST_PER_SITE = 1000
"""Beyond so many sites the peers have no rules per site any more: an evaluation would take them minutes."""
CAUGHT_UP = 2
"""So many evaluations it takes to have the past behind."""
_READY_SECONDS = 900
WORDS = {
    Data.BLOCKS: "gauges in blocks",
    Data.SCRAPED: "gauges scraped once a step",
    Data.SHIPPED: "the shipped rules on counters and histograms scraped once a step",
}


class _Sink(BaseHTTPRequestHandler):
    """An Alertmanager that takes everything and says nothing."""

    def do_POST(self) -> None:
        """Take the alerts."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def start(stack: ExitStack, command: list[str], log: Path, **environment: str) -> int:
    """Start a process that ends with *stack*."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **environment})

    def stop() -> None:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()

    stack.callback(stop)
    return process.pid


def start_all(
    stack: ExitStack,
    load: Load,
    folder: Path,
    server: PrometheusServer,
    targets: list[ScrapeTarget] | None = None,
    *,
    peers: bool,
) -> list[Runner]:
    """Start ourselves and the peers that are there; Prometheus as a peer scrapes *targets* too."""
    write_rules = tick_shipped.write_rule_folder if load.data is Data.SHIPPED else tick_world.write_rule_folder
    write_rules(load, folder / "rules", now=datetime.now(UTC))
    port = free_port()
    ours = start(
        stack,
        [sys.executable, "-m", "stopwatch", "run"],
        folder / "stopwatch.log",
        STOPWATCH_CONFIG=str(folder / "rules"),
        STOPWATCH_DATABASE_URL=f"sqlite:///{folder}/stopwatch.db",
        STOPWATCH_PROMETHEUS_URL=server.url,
        STOPWATCH_LISTEN=f"127.0.0.1:{port}",
    )
    page, wall = f"http://127.0.0.1:{port}/metrics", "stopwatch_evaluation_duration_seconds"
    runners = [
        Runner(name, ours, page, wall, scraped=scraped, catches_up=True)
        for name, scraped in (("stopwatch", False), ("stopwatch, scraped", True))
    ]
    if not peers:
        return runners
    sink = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    stack.callback(sink.shutdown)
    for per_site in (False, True) if load.sites <= MOST_PER_SITE else (False,):
        words, rules = ("per site" if per_site else "by site"), folder / f"alerts-{per_site}.json"
        rules.write_text(_groups(load, folder / "rules", per_site=per_site), encoding="utf-8")
        if shutil.which("vmalert"):
            runners.append(_vmalert(stack, f"vmalert, {words}", rules, server, sink.server_port))
        runners.append(_prometheus(stack, f"Prometheus, {words}", rules, folder, targets or []))
    return runners


def _groups(load: Load, folder: Path, *, per_site: bool) -> str:
    if load.data is Data.SHIPPED:
        rules = list(tick_shipped.alerts(load, folder, per_site=per_site))
    else:
        rules = list(tick_world.alerts(load, per_site=per_site))
    return json.dumps({"groups": [{"name": "bench", "interval": f"{STEP_SECONDS}s", "rules": rules}]})


def _vmalert(stack: ExitStack, name: str, rules: Path, server: PrometheusServer, sink: int) -> Runner:
    port = free_port()
    command = [
        "vmalert",
        f"-rule={rules}",
        f"-datasource.url={server.url}",
        f"-notifier.url=http://127.0.0.1:{sink}",
        f"-evaluationInterval={STEP_SECONDS}s",
        f"-httpListenAddr=127.0.0.1:{port}",
    ]
    pid = start(stack, command, rules.with_suffix(".vmalert.log"))
    return Runner(name, pid, f"http://127.0.0.1:{port}/metrics", "vmalert_iteration_duration_seconds")


def _prometheus(stack: ExitStack, name: str, rules: Path, folder: Path, targets: list[ScrapeTarget]) -> Runner:
    """Start a Prometheus on the same data that evaluates the rules itself."""
    own = stack.enter_context(server_on(folder / name.replace(", ", "-").replace(" ", "-"), folder / "blocks", targets))
    config = json.loads(own.config_file.read_text(encoding="utf-8")) | {"rule_files": [str(rules)]}
    own.config_file.write_text(json.dumps(config), encoding="utf-8")
    httpx.post(f"{own.url}/-/reload", timeout=60, trust_env=False).raise_for_status()
    pid = own.pid or 0
    stack.callback(os.kill, pid, signal.SIGCONT)
    settles = REFILL_STEPS if targets else SETTLE_STEPS
    return Runner(name, pid, f"{own.url}/metrics", "prometheus_rule_group_duration_seconds", settles=settles)


def await_evaluations(runners: list[Runner], client: httpx.Client) -> None:
    """
    Wait until everybody has evaluated twice, so that what came before is caught up; large estates take their time.

    Raises:
        TimeoutError: Somebody has not.

    """
    until = time.monotonic() + _READY_SECONDS
    for runner in runners:
        while not _evaluated(runner, client):
            if time.monotonic() >= until:
                message = f"{runner.name} has not evaluated twice within {_READY_SECONDS} s"
                raise TimeoutError(message)
            time.sleep(1)


def _evaluated(runner: Runner, client: httpx.Client) -> bool:
    try:
        page = client.get(runner.page).raise_for_status().text
    except httpx.HTTPError:
        return False
    return total(page, rf"{runner.wall}_count(?:\{{[^}}]*\}})?") >= CAUGHT_UP


def bench(load: Load, *, runs: int, steps: int, peers: bool) -> None:
    """Print one table."""
    runners_at_most = 6
    ahead = _READY_SECONDS + runs * runners_at_most * (steps + SETTLE_STEPS + 2 * CALM_STEPS) * STEP_SECONDS
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        if load.data is Data.BLOCKS:
            write_data(load, folder / "blocks", now=time.time(), ahead_seconds=ahead)
        targets = stack.enter_context(exporter(load))
        server = stack.enter_context(server_on(folder / "prometheus", folder / "blocks", targets))
        client = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        runners = start_all(stack, load, folder, server, targets, peers=peers)
        await_evaluations(runners, client)
        time.sleep(APPENDED_SECONDS + (WINDOW_SECONDS if targets else 0))
        for pid in {runner.pid for runner in runners}:
            os.kill(pid, signal.SIGSTOP)
        for _ in range(runs):
            for runner in runners:
                measure(runner, server, client, steps)
        print_table(load, runners, steps)


def print_table(load: Load, runners: list[Runner], steps: int) -> None:
    """Print medians of all runs, the spread of CPU, and the ratio of our CPU to each."""
    guards = "with" if load.guarded else "without"
    sys.stdout.write(
        f"\n{load.sites} sites × 5 KPIs, {WORDS[load.data]}, {guards} volume guards: medians of "
        f"{len(runners[0].runs)} interleaved runs of "
        f"{steps} steps of {STEP_SECONDS} s, per step; in brackets the least and the most. Load average {_loads()}.\n\n"
        "| | CPU ms | server ms | wall ms | queries | KiB | peak RSS MiB | ours / it | ours, scraped / it |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
    )
    ours, scraped = (statistics.median(run["cpu"] for run in runner.runs) for runner in runners[:2])
    for runner in runners:
        middle = {name: statistics.median(run[name] for run in runner.runs) for name in runner.runs[0]}
        costs = sorted(1e3 * run["cpu"] for run in runner.runs)
        cells = [
            f"{1e3 * middle['cpu']:.1f} ({costs[0]:.1f}–{costs[-1]:.1f})",
            *(f"{1e3 * middle[name]:.0f}" for name in ("server", "wall")),
            *(f"{value:.0f}" for value in (middle["queries"], middle["bytes"] / 1024, middle["rss"])),
            *(f"{one / middle['cpu']:.2f}" for one in (ours, scraped)),
        ]
        sys.stdout.write(f"| {runner.name} | {' | '.join(cells)} |\n")
    sys.stdout.flush()


def _loads() -> str:
    return ", ".join(f"{each:.1f}" for each in os.getloadavg())


def main() -> None:
    """Bench every load that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--data", type=Data, choices=list(Data), default=Data.BLOCKS, help="default: gauges in blocks")
    parser.add_argument("--long", action="store_true", help="10,000 sites besides, as gauges in blocks")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--no-guards", action="store_true")
    parser.add_argument("--ours-only", action="store_true")
    asked = parser.parse_args()
    # Servers live in sessions of their own: who ends the bench must end them too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    runners = 2 if asked.ours_only else 6
    seconds = asked.runs * runners * (asked.steps + SETTLE_STEPS + CALM_STEPS) * STEP_SECONDS + 60 + APPENDED_SECONDS
    sys.stderr.write(f"about {seconds / 60:.0f} minutes for each of {asked.sites} sites\n")
    loads = [Load(sites, guarded=not asked.no_guards, data=asked.data) for sites in asked.sites]
    for load in [*loads, *([LONG] if asked.long else [])]:
        bench(load, runs=asked.runs, steps=asked.steps, peers=not asked.ours_only)


if __name__ == "__main__":
    main()
