"""What the bench of a tick measures of one runner, and when: not while it catches up what it slept through."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from stopwatch.demo.prometheus import PrometheusServer
from tests.bench.tick_world import STEP_SECONDS

SETTLE_STEPS = 2
"""After so many steps everybody is awake again."""
CALM_STEPS = 3
"""So many steps in a row with equal answers are calm: nothing is caught up any more."""
MOST_STEPS = 72
"""No runner is waited for longer; at 10,000 sites we catch up some four slots a step of what we slept through."""
_CPUCLOCK_SCHED = 2


@dataclass(slots=True)
class Runner:
    """
    A process that evaluates; *page* is where it says how long that took, *scraped* whether that page is read.

    Who *catches_up* evaluates the slots that it slept through, which is no part of a step.
    """

    name: str
    pid: int
    page: str
    wall: str
    scraped: bool = False
    catches_up: bool = False
    settles: int = SETTLE_STEPS
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
    time.sleep(runner.settles * STEP_SECONDS)
    if runner.catches_up:
        await_calm(server, client)
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


def await_calm(server: PrometheusServer, client: httpx.Client) -> None:
    """Wait until the server answers each step with as many queries and (within a tenth) bytes as the step before."""
    steps: list[dict[str, float]] = []
    before = asked_of(server, client)
    for _ in range(MOST_STEPS):
        time.sleep(STEP_SECONDS)
        after = asked_of(server, client)
        steps.append({name: after[name] - before[name] for name in after})
        before = after
        newest = steps[-CALM_STEPS:]
        least, most = (pick(each["bytes"] for each in newest) for pick in (min, max))
        if len(newest) == CALM_STEPS and len({each["queries"] for each in newest}) == 1 and most <= 1.1 * least:
            return
    sys.stderr.write(f"it is not calm after {MOST_STEPS} steps: {steps[-CALM_STEPS:]}\n")


def _look(runner: Runner, server: PrometheusServer, client: httpx.Client) -> dict[str, float]:
    return {
        **_cpu(runner, server),
        **_told(client.get(runner.page).text, runner.wall),
        **asked_of(server, client),
    }


def _cpu(runner: Runner, server: PrometheusServer) -> dict[str, float]:
    return {"cpu": cpu_seconds(runner.pid), "server": cpu_seconds(server.pid or 0)}


def _told(page: str, wall: str) -> dict[str, float]:
    return {
        "wall sum": total(page, rf"{wall}_sum(?:\{{[^}}]*\}})?"),
        "wall count": total(page, rf"{wall}_count(?:\{{[^}}]*\}})?"),
    }


def asked_of(server: PrometheusServer, client: httpx.Client) -> dict[str, float]:
    """How many queries the server has answered, and with how many bytes."""
    page = client.get(f"{server.url}/metrics").text
    queries = r'\{[^}]*handler="/api/v1/query(?:_range)?"[^}]*\}'
    return {
        "queries": total(page, "prometheus_http_request_duration_seconds_count" + queries),
        "bytes": total(page, "prometheus_http_response_size_bytes_sum" + queries),
    }
