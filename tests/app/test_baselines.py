"""A running daemon takes up a baseline that somebody froze from another process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.app.time_acts import TimeActs
from stopwatch.config.settings import load_settings
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.store.connect import open_store
from stopwatch.telemetry.metrics import Metrics

KPIS = """
kpis:
  - {id: load, title: Load, unit: count, better: lower, query: 'sum by (site) (rate(load[5m]))'}
"""
RULES = """
rules:
  - {id: load-high, kpi: load, op: ">", threshold: {baseline: p90, factor: 2, floor: 1}, sustain: {for: 5m}}
"""
PLAN = """
rollout: story
phases: [{id: pilot, sites: [ham-01], observation: 1d}]
sites:
  ham-01: {name: Hamburg, timezone: Europe/Berlin, go_live: 2026-11-20T06:00:00Z}
"""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    for name, text in (("kpis", KPIS), ("stop-rules", RULES), ("rollout", PLAN)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    environment = {"STOPWATCH_CONFIG": str(tmp_path), "STOPWATCH_PROMETHEUS_URL": "http://127.0.0.1:9"}
    store, clock = open_store(f"sqlite:///{tmp_path}/stopwatch.db"), Clock()
    made = Daemon(load_settings(environment), store, clock, Metrics(version="0", now=clock.now))
    yield made
    made.close()
    store.close()


def limits(daemon: Daemon) -> list[float | None]:
    cells = [cell for watch in daemon.watches for group in watch.groups for cell in group.cells]
    return [cell.resolved.limits[0].threshold if cell.resolved is not None else None for cell in cells]


def test_a_baseline_counts_from_the_next_pulse_on_and_is_measured(daemon: Daemon, tmp_path: Path) -> None:
    TimeActs(daemon).pass_time()
    assert limits(daemon) == [None]
    other = open_store(f"sqlite:///{tmp_path}/stopwatch.db")
    body = {"kpis": {"load": {"median": 2.0, "p90": 3.0}}}
    with other.writing() as tx:
        tx.record(entry("story", EntryKind.BASELINE, "ham-01", body=body, actor="cli:bo", at=daemon.clock.now()))
    other.close()
    TimeActs(daemon).pass_time()
    assert limits(daemon) == [6.0]
    taken = daemon.watches[0]
    TimeActs(daemon).pass_time()
    assert daemon.watches[0] is taken, "nothing is laid out anew while nothing changes"
    page = daemon.board.page().decode()
    assert 'stopwatch_kpi_baseline{site="ham-01",phase="pilot",kpi="load",statistic="p90"} 3.0' in page
