"""
Days of a daemon in minutes: the whole evaluation of 200 sites × 5 KPIs on a simulated clock, with faults and people.

``python -m tests.bench.soak`` prints a line of JSON for every simulated day: memory, threads, descriptors,
database, decisions. Queries go over real HTTP to a Prometheus of its own, records to SQLite as in earnest.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

from stopwatch.app.acting import DaemonActs
from stopwatch.app.alerting import Alerting
from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.app.measuring import measure_database
from stopwatch.app.time_acts import TimeActs
from stopwatch.config.settings import load_settings
from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act
from stopwatch.core.errors import ActRefusedError
from stopwatch.store.connect import open_store
from stopwatch.store.schema import decisions
from stopwatch.telemetry.logs import set_up_logs
from stopwatch.telemetry.metrics import Metrics
from tests.bench.soak_prometheus import DAY, KPIS, names, serve

START = datetime(2026, 11, 23, tzinfo=UTC)
LIMIT = 0.05
PEOPLE_EVERY = 30
"""Minutes between two looks of the people who answer pauses."""


class SimulatedClock(Clock):
    """Stands still but for `pass_minutes`; seconds that never go back still go on, for deadlines of requests."""

    def __init__(self) -> None:
        """Begin at `START`."""
        super().__init__()
        self._time = START + timedelta(seconds=5)
        self._ahead = 0.0

    def pass_minutes(self, minutes: int) -> None:
        """Let so much time pass."""
        self._time += timedelta(minutes=minutes)
        self._ahead += minutes * 60

    def wall(self) -> datetime:  # type: ignore[override] # the real one needs no instance
        """Return the simulated time."""
        return self._time

    def monotonic(self) -> float:  # type: ignore[override] # as above
        """Return seconds that never go back."""
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:  # type: ignore[override] # as above
        """Do not wait: whoever pauses before a second try is faster here."""


def write_folder(folder: Path, url: str, step: int) -> None:
    """Write the rule folder; rules are judged every *step* minutes."""
    folder.mkdir()
    kpis = [
        {
            "id": f"kpi{kpi}",
            "title": f"KPI {kpi}",
            "unit": "ratio",
            "better": "lower",
            "query": f"max by (site) (kpi{kpi})",
        }
        for kpi in range(KPIS)
    ]
    rules = [
        {
            "id": f"rule{kpi}",
            "kpi": f"kpi{kpi}",
            "op": ">",
            "threshold": LIMIT,
            "sustain": {"for": "15m"},
            "step": f"{step}m",
        }
        for kpi in range(KPIS)
    ]
    sites = {site: {"name": site, "timezone": "UTC", "go_live": START.isoformat()} for site in names()}
    plan = {
        "rollout": "soak",
        "phases": [{"id": "all", "sites": list(sites), "observation": "10d"}],
        "sites": sites,
        "sources": {"default": {"url": url}},
    }
    for name, content in (("kpis", {"kpis": kpis}), ("stop-rules", {"rules": rules}), ("rollout", plan)):
        (folder / f"{name}.yaml").write_text(json.dumps(content))


@contextmanager
def prometheus() -> Iterator[str]:
    """Run the Prometheus as a process of its own."""
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe()
    process = spawning.Process(target=serve, args=(there,))
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


def answer(daemon: Daemon, acts: DaemonActs) -> None:
    """Let people confirm every new pause, and resume whatever may be resumed."""
    with daemon.store.reading() as view:
        live = view.decisions("soak", live=True)
    for decision in live:
        act = Act.RESUME if all(ground.over for ground in decision.grounds) else Act.CONFIRM
        try:
            acts.act(decision.id, ActRequest(act, "cli:ida", reason="seen to"))
        except ActRefusedError:
            continue


def look(day: int, daemon: Daemon, database: Path, began: float) -> dict[str, object]:
    """Return what there is to see at the end of a day; sizes in KiB."""
    gc.collect()
    rss = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    with daemon.store.reading() as view:
        made = view.connection.execute(select(func.count()).select_from(decisions)).scalar_one()
    files = [path for path in database.parent.iterdir() if path.name.startswith(database.name)]
    return {
        "day": day,
        "rss_kib": int(rss.split()[1]),
        "threads": threading.active_count(),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "database_kib": sum(path.stat().st_size for path in files) // 1024,
        "decisions": made,
        "seconds": round(time.monotonic() - began),
    }


def soak(days: int, step: int, folder: Path) -> Iterator[dict[str, object]]:
    """Live so many days, evaluating every *step* minutes, and tell what is seen at the end of each."""
    began = time.monotonic()
    set_up_logs(json=True, level="error")
    with prometheus() as url:
        write_folder(folder / "rules", url, step)
        settings = load_settings({"STOPWATCH_CONFIG": str(folder / "rules")})
        clock, database = SimulatedClock(), folder / "stopwatch.db"
        store = open_store(f"sqlite:///{database}")
        metrics = Metrics(version="0", now=clock.now)
        daemon = Daemon(settings, store, clock, metrics)
        acts, chores = DaemonActs(daemon), [TimeActs(daemon).pass_time, Alerting(daemon, None, []).pass_time]
        chores += [daemon.learn_versions, partial(measure_database, store, metrics)]
        try:
            for minute in range(step, days * DAY + 1, step):
                clock.pass_minutes(step)
                daemon.tick("default")
                for chore in chores:
                    chore()
                metrics.render(compressed=True)
                if minute % PEOPLE_EVERY == 0:
                    answer(daemon, acts)
                if minute % DAY == 0:
                    daemon.reload(by="signal")
                    yield look(minute // DAY, daemon, database, began)
        finally:
            daemon.close()
            store.close()


def main() -> None:
    """Print every day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--step", type=int, default=5, help="minutes of a slot")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="soak.") as folder:
        for day in soak(given.days, given.step, Path(folder)):
            partial(print, flush=True)(json.dumps(day))


if __name__ == "__main__":
    main()
