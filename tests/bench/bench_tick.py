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
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from stopwatch.demo.prometheus import PrometheusServer, free_port
from tests.bench.tick_world import STEP_SECONDS, Load, copy_data, write_alerts, write_data, write_rule_folder

SETTLE_STEPS = 2
MOST_PER_SITE = 1000
"""Beyond so many sites the peers have no rules per site any more: an evaluation would take them minutes."""
CAUGHT_UP = 2
"""So many evaluations it takes to have the past behind."""
_CPUCLOCK_SCHED = 2
_READY_SECONDS = 900


@dataclass(slots=True)
class Runner:
    """A process that evaluates; *page* is where it says how long that took, *scraped* whether that page is read."""

    name: str
    pid: int
    page: str
    wall: str
    scraped: bool = False
    runs: list[dict[str, float]] = field(default_factory=list)


def cpu_seconds(pid: int) -> float:
    """User and system time that a process used so far, by its CPU clock: clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)


def peak_mib(pid: int) -> float:
    """The most memory a process ever held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def total(page: str, name: str) -> float:
    """Sum all series of a metric whose name and labels match *name*."""
    return sum(float(value) for value in re.findall(rf"^{name} (\S+)$", page, re.MULTILINE))


def measure(runner: Runner, server: PrometheusServer, client: httpx.Client, steps: int) -> None:
    """Let one runner go on alone, and keep what *steps* steps cost."""
    os.kill(runner.pid, signal.SIGCONT)
    time.sleep(SETTLE_STEPS * STEP_SECONDS)
    before = _look(runner, server, client)
    # What it costs to ask for figures is no part of a step: the processor is read last here, and first at the end.
    before |= _cpu(runner, server)
    began = time.monotonic()
    for _ in range(steps):
        if runner.scraped:
            client.get(runner.page).raise_for_status()
        time.sleep(max(0.0, STEP_SECONDS - (time.monotonic() - began) % STEP_SECONDS))
    took = (time.monotonic() - began) / STEP_SECONDS
    after = _look(runner, server, client)
    os.kill(runner.pid, signal.SIGSTOP)
    run = {name: (after[name] - before[name]) / took for name in before}
    walls, seconds = run.pop("wall count"), run.pop("wall sum")
    run["wall"] = seconds / walls if walls else float("nan")
    runner.runs.append(run | {"rss": peak_mib(runner.pid)})


def _look(runner: Runner, server: PrometheusServer, client: httpx.Client) -> dict[str, float]:
    return {
        **_cpu(runner, server),
        **_told(client.get(runner.page).text, client.get(f"{server.url}/metrics").text, runner.wall),
    }


def _cpu(runner: Runner, server: PrometheusServer) -> dict[str, float]:
    return {"cpu": cpu_seconds(runner.pid), "server": cpu_seconds(server.pid or 0)}


def _told(own: str, other: str, wall: str) -> dict[str, float]:
    queries = r'\{[^}]*handler="/api/v1/query(?:_range)?"[^}]*\}'
    return {
        "wall sum": total(own, rf"{wall}_sum(?:\{{[^}}]*\}})?"),
        "wall count": total(own, rf"{wall}_count(?:\{{[^}}]*\}})?"),
        "queries": total(other, "prometheus_http_request_duration_seconds_count" + queries),
        "bytes": total(other, "prometheus_http_response_size_bytes_sum" + queries),
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


def start_all(stack: ExitStack, load: Load, folder: Path, server: PrometheusServer, *, peers: bool) -> list[Runner]:
    """Start ourselves and the peers that are there."""
    write_rule_folder(load, folder / "rules", now=datetime.now(UTC))
    port = free_port()
    ours = start(
        stack,
        [sys.executable, "-m", "stopwatch", "run"],
        folder / "stopwatch.log",
        STOPWATCH_CONFIG=str(folder / "rules"),
        STOPWATCH_DATABASE_URL=f"sqlite:///{folder}/stopwatch.db",
        STOPWATCH_PROMETHEUS_URL=server.url,
        STOPWATCH_LISTEN=f"127.0.0.1:{port}",
        MALLOC_ARENA_MAX="2",  # as in the image and the unit
    )
    page, wall = f"http://127.0.0.1:{port}/metrics", "stopwatch_evaluation_duration_seconds"
    runners = [Runner("stopwatch", ours, page, wall), Runner("stopwatch, scraped", ours, page, wall, scraped=True)]
    if not peers:
        return runners
    sink = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    stack.callback(sink.shutdown)
    for per_site in (False, True) if load.sites <= MOST_PER_SITE else (False,):
        words, rules = ("per site" if per_site else "by site"), folder / f"alerts-{per_site}.json"
        write_alerts(load, rules, per_site=per_site)
        if shutil.which("vmalert"):
            runners.append(_vmalert(stack, f"vmalert, {words}", rules, server, sink.server_port))
        runners.append(_prometheus(stack, f"Prometheus, {words}", rules, folder, server))
    return runners


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


def _prometheus(stack: ExitStack, name: str, rules: Path, folder: Path, server: PrometheusServer) -> Runner:
    """Start a Prometheus on the same data that evaluates the rules itself."""
    own = PrometheusServer(folder / name.replace(", ", "-").replace(" ", "-"))
    own.data_dir.mkdir()
    copy_data(folder / "blocks", own.storage)
    stack.enter_context(own)
    config = json.loads(own.config_file.read_text(encoding="utf-8")) | {"rule_files": [str(rules)]}
    own.config_file.write_text(json.dumps(config), encoding="utf-8")
    httpx.post(f"{own.url}/-/reload", timeout=60, trust_env=False).raise_for_status()
    pid = own.pid or 0
    stack.callback(os.kill, pid, signal.SIGCONT)
    return Runner(name, pid, f"{own.url}/metrics", "prometheus_rule_group_duration_seconds")


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
    ahead = _READY_SECONDS + runs * runners_at_most * (steps + SETTLE_STEPS + 1) * STEP_SECONDS
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        write_data(load, folder / "blocks", now=time.time(), ahead_seconds=ahead)
        server = PrometheusServer(folder / "prometheus")
        server.data_dir.mkdir()
        copy_data(folder / "blocks", server.storage)
        stack.enter_context(server)
        client = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        runners = start_all(stack, load, folder, server, peers=peers)
        await_evaluations(runners, client)
        time.sleep(2 * STEP_SECONDS)
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
        f"\n{load.sites} sites × 5 KPIs, {guards} volume guards: medians of {len(runners[0].runs)} interleaved runs of "
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
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--no-guards", action="store_true")
    parser.add_argument("--ours-only", action="store_true")
    asked = parser.parse_args()
    runners = 2 if asked.ours_only else 6
    seconds = asked.runs * runners * (asked.steps + SETTLE_STEPS) * STEP_SECONDS + 60
    sys.stderr.write(f"about {seconds / 60:.0f} minutes for each of {asked.sites} sites\n")
    for sites in asked.sites:
        load = Load(sites, guarded=not asked.no_guards)
        bench(load, runs=asked.runs, steps=asked.steps, peers=not asked.ours_only)


if __name__ == "__main__":
    main()
