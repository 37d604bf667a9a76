"""A running daemon takes up what somebody activated from another process, and forgets nothing it held."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.app.time_acts import TimeActs
from stopwatch.config.settings import load_settings
from stopwatch.core.go_lives import go_lives
from stopwatch.core.kpi import SiteId
from stopwatch.store.connect import open_store
from stopwatch.telemetry.metrics import Metrics
from stopwatch.watch.rollout.entry import GoLive, activate

KPIS = """
kpis:
  - {id: load, title: Load, unit: count, better: lower, query: 'sum by (site) (rate(load[5m]))'}
"""
RULES = """
rules:
  - {id: load-high, kpi: load, op: ">", threshold: 5, sustain: {for: 5m}}
"""
PLAN = """
rollout: story
change: {version: "4.12"}
phases:
  - {id: pilot, sites: [ham-01], observation: 1d}
  - {id: wave-1, sites: [lodz], observation: 1d, readiness: [UAT signed]}
sites:
  ham-01: {name: Hamburg, timezone: Europe/Berlin, go_live: 2026-11-20T06:00:00Z}
  lodz: {name: Łódź, timezone: Europe/Warsaw, go_live: 2026-11-20T06:00:00Z}
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


def watched(daemon: Daemon) -> dict[str, datetime]:
    """From when on each site is watched."""
    return {
        cell.site: cell.state.armed_at for watch in daemon.watches for group in watch.groups for cell in group.cells
    }


def test_a_site_that_somebody_activates_is_watched_from_the_next_pulse_on(daemon: Daemon) -> None:
    planned = datetime(2026, 11, 20, 6, tzinfo=UTC)
    TimeActs(daemon).pass_time()
    assert watched(daemon) == {"ham-01": planned}
    before = daemon.watches[0]
    TimeActs(daemon).pass_time()
    assert daemon.watches[0] is before, "nothing is laid out anew while nothing changes"
    now = planned + timedelta(days=1)
    asked = GoLive(SiteId("lodz"), "cli:bo", "4.12", override=True, reason="customers wait")
    activate(daemon.desk, asked, transport="cli", now=now)
    TimeActs(daemon).pass_time()
    assert watched(daemon) == {"ham-01": planned, "lodz": now}


def test_a_go_live_of_the_plan_stands_in_the_ledger_with_its_version_for_good(daemon: Daemon) -> None:
    planned = datetime(2026, 11, 20, 6, tzinfo=UTC)
    TimeActs(daemon).pass_time()
    again = GoLive(SiteId("ham-01"), "cli:bo", "4.13", reason="second try")
    activate(daemon.desk, again, transport="cli", now=planned + timedelta(days=3))
    with daemon.store.reading() as view:
        lives = go_lives(view.activations("story"), view.entries("story"))
    assert [(one.at, one.version, one.actor[:5]) for one in lives] == [
        (planned, "4.12", "plan:"),
        (planned + timedelta(days=3), "4.13", "cli:b"),
    ]
