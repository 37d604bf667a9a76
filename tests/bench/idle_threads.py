"""
Prints what each thread of a daemon costs a minute: ``python -m tests.bench.idle_threads --step 60 --slack``.

By the clock of each thread, so a busy machine tells little less than an idle one. ``--beside TREE`` runs the daemon of
another working tree at the same time on the same data, which is how two states of the code are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from stopwatch.demo.prometheus import PrometheusServer, free_port
from stopwatch.demo.slack.emulator import SlackEmulator
from tests.bench.bench_tick import start
from tests.bench.tick_world import STEP_SECONDS, Load, copy_data, write_data, write_rule_folder

WARM_SECONDS = 150
"""Until the past is caught up, and what openings owe (the rest of their evidence) is read."""
CHANNEL = "C0BENCH"
_CHILD = """
import json, os, pathlib, sys, threading, time
from stopwatch.app.running import run
from stopwatch.config.settings import load_settings
def name():
    while True:
        names = {str(each.native_id): each.name for each in threading.enumerate()}
        pathlib.Path(sys.argv[1] + ".new").write_text(json.dumps(names))
        os.replace(sys.argv[1] + ".new", sys.argv[1])
        time.sleep(1)
threading.Thread(target=name, name="bench", daemon=True).start()
run(load_settings(os.environ))
"""


@dataclass(slots=True)
class Runner:
    """A daemon from *tree*, which writes the *names* of its threads to a file; *runs* hold what each thread cost."""

    tree: Path
    pid: int
    names: Path
    runs: list[dict[str, float]] = field(default_factory=list)


def spent(pid: int) -> dict[str, float]:
    """Return the seconds of CPU of each thread of a process: schedstat counts nanoseconds."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        found[task.name] = int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    return found


def daemon(stack: ExitStack, tree: Path, folder: Path, server: PrometheusServer, *, slack: bool) -> Runner:
    """Start the daemon of a working tree."""
    folder.mkdir()
    environment = {
        "PYTHONPATH": str(tree),
        "STOPWATCH_CONFIG": str(folder.parent / "rules"),
        "STOPWATCH_DATABASE_URL": f"sqlite:///{folder}/stopwatch.db",
        "STOPWATCH_PROMETHEUS_URL": server.url,
        "STOPWATCH_LISTEN": f"127.0.0.1:{free_port()}",
    }
    if slack:
        emulator = stack.enter_context(SlackEmulator(channels={CHANNEL: "bench"}))
        environment |= {
            "STOPWATCH_SLACK_BASE_URL": emulator.api_url,
            "STOPWATCH_SLACK_BOT_TOKEN": "xoxb-demo",
            "STOPWATCH_SLACK_CHANNEL": CHANNEL,
        }
    names = folder / "threads.json"
    pid = start(stack, [sys.executable, "-P", "-c", _CHILD, str(names)], folder / "log", **environment)
    return Runner(tree, pid, names)


def measure(runners: list[Runner], seconds: float) -> None:
    """Keep what each thread of each daemon costs in *seconds*, as milliseconds of CPU a minute."""
    before = [spent(runner.pid) for runner in runners]
    time.sleep(seconds)
    for runner, known in zip(runners, before, strict=True):
        names = json.loads(runner.names.read_text(encoding="utf-8"))
        costs: dict[str, float] = defaultdict(float)
        for task, cost in spent(runner.pid).items():
            name = re.sub(r"[-_]?\d+(_\d+)?$", "", names.get(task, "not Python's"))
            costs[name] += (cost - known.get(task, 0.0)) * 60_000 / seconds
        costs.pop("bench", None)
        runner.runs.append(costs)


def print_table(runners: list[Runner], seconds: float) -> None:
    """Print medians of all runs with the least and the most."""
    names = sorted({name for runner in runners for run in runner.runs for name in run})
    heads = " | ".join(f"{runner.tree}" for runner in runners)
    sys.stdout.write(
        f"CPU ms a minute, medians of {len(runners[0].runs)} runs of {seconds:.0f} s, load {os.getloadavg()[0]:.1f}\n\n"
        f"| thread | {heads} |\n|---|{'---|' * len(runners)}\n"
    )
    for name in [*names, None]:
        cells = []
        for runner in runners:
            costs = sorted(sum(run.values()) if name is None else run.get(name, 0.0) for run in runner.runs)
            cells.append(f"{statistics.median(costs):.1f} ({costs[0]:.1f}–{costs[-1]:.1f})")
        sys.stdout.write(f"| {name or 'all'} | {' | '.join(cells)} |\n")
    sys.stdout.flush()


def main() -> None:
    """Start everything, wait until it is calm, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--step", type=int, default=STEP_SECONDS, help="seconds of a step")
    parser.add_argument("--slack", action="store_true", help="with Slack, an emulated one")
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="other working trees")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    seconds = max(30.0, float(asked.step))
    with tempfile.TemporaryDirectory(prefix="idle-") as name, ExitStack() as stack:
        folder, load = Path(name), Load(asked.sites, guarded=True)
        ahead = WARM_SECONDS + (asked.runs + 2) * seconds + 60
        write_data(load, folder / "blocks", now=time.time(), ahead_seconds=ahead)
        server = PrometheusServer(folder / "prometheus")
        server.data_dir.mkdir()
        copy_data(folder / "blocks", server.storage)
        stack.enter_context(server)
        write_rule_folder(load, folder / "rules", now=datetime.now(UTC))
        rules = folder / "rules" / "stop-rules.yaml"
        stepped = rules.read_text(encoding="utf-8").replace(f'"step":"{STEP_SECONDS}s"', f'"step":"{asked.step}s"')
        rules.write_text(stepped, encoding="utf-8")
        trees = [*asked.beside, Path.cwd()]
        runners = [
            daemon(stack, tree, folder / f"daemon-{number}", server, slack=asked.slack)
            for number, tree in enumerate(trees)
        ]
        time.sleep(WARM_SECONDS)
        for _ in range(asked.runs):
            measure(runners, seconds)
        print_table(runners, seconds)


if __name__ == "__main__":
    main()
