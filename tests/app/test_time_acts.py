"""Time's acts: nothing is asked of the records while nothing changes, and nothing that time brings is missed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from stopwatch.app.alerting import Alerting
from stopwatch.app.chores import Chores
from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.app.time_acts import TimeActs
from stopwatch.config.settings import load_settings
from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act, Decision
from stopwatch.core.kpi import SiteId
from stopwatch.core.stop import Stop
from stopwatch.store.connect import open_store
from stopwatch.telemetry.metrics import Metrics
from stopwatch.watch.acts.commands import act, pause

HAM = SiteId("ham-01")
HOUR, STEP = timedelta(hours=1), timedelta(seconds=60)
FILES = {
    "kpis": {
        "kpis": [{"id": "load", "title": "Load", "unit": "count", "better": "lower", "query": "sum by (site) (x)"}]
    },
    "stop-rules": {"rules": [{"id": "load-high", "kpi": "load", "op": ">", "threshold": 5, "sustain": {"for": "5m"}}]},
    "rollout": {
        "rollout": "story",
        "phases": [{"id": "pilot", "sites": [HAM], "observation": "1d"}],
        "sites": {HAM: {"name": "Hamburg", "timezone": "UTC", "go_live": "2035-01-01T00:00:00Z"}},
    },
}


class Moved(Clock):
    """A clock that tests move on."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.fixture
def clock() -> Moved:
    return Moved()


@pytest.fixture
def daemon(tmp_path: Path, clock: Moved) -> Iterator[Daemon]:
    for name, content in FILES.items():
        (tmp_path / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
    environment = {"STOPWATCH_CONFIG": str(tmp_path), "STOPWATCH_PROMETHEUS_URL": "http://127.0.0.1:9"}
    store = open_store(f"sqlite:///{tmp_path}/stopwatch.db")
    made = Daemon(load_settings(environment), store, clock, Metrics(version="0", now=clock.now))
    yield made
    made.close()
    store.close()


@contextmanager
def asked() -> Iterator[list[str]]:
    """Note every statement that the database is asked."""
    statements: list[str] = []

    def note(_c: Connection, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def stop(daemon: Daemon) -> Decision:
    declared = Stop("sev1", "the dock is blocked", "cli:bo", site=HAM)
    return pause(daemon.desk, declared, transport="cli", now=daemon.clock.now())[0]


def settled(daemon: Daemon) -> TimeActs:
    """Let passes come until what they write themselves has been seen."""
    acts = TimeActs(daemon)
    for _ in range(3):
        acts.pass_time()
    return acts


def test_a_pass_asks_nothing_while_nothing_changes(daemon: Daemon) -> None:
    stop(daemon)
    acts = settled(daemon)
    with asked() as statements:
        acts.pass_time()
    assert statements == []


def test_what_another_process_writes_is_seen_by_the_next_pass(daemon: Daemon, tmp_path: Path) -> None:
    acts = settled(daemon)
    before = daemon.board.view()
    other = open_store(f"sqlite:///{tmp_path}/stopwatch.db")
    declared = Stop("sev1", "the dock is blocked", "cli:bo", site=HAM)
    pause(
        daemon.desk.__class__(other, daemon.rule_set, daemon.desk.channel),
        declared,
        transport="cli",
        now=daemon.clock.now(),
    )
    other.close()
    acts.pass_time()
    assert [site.paused for site in before.sites] == [False]
    assert [site.paused for site in daemon.board.view().sites] == [True]


def test_the_end_of_an_override_comes_with_time_alone(daemon: Daemon, clock: Moved) -> None:
    paused = stop(daemon)
    request = ActRequest(
        Act.OVERRIDE, "cli:bo", rev=paused.rev, reason="customers wait", category="business", until=clock.now() + HOUR
    )
    act(daemon.desk, paused.id, request, transport="cli", now=clock.now())
    acts = settled(daemon)
    assert str(daemon.status().sites[0].decision) == paused.id
    clock.ahead = 2 * HOUR
    acts.pass_time()
    with daemon.store.reading() as view:
        found = view.decision(paused.id)
    assert found is not None
    assert (found.state.value, found.episode) == ("open", 2)


def test_a_planned_go_live_comes_with_time_alone(daemon: Daemon, clock: Moved) -> None:
    acts = settled(daemon)
    clock.ahead = timedelta(days=365 * 20)
    acts.pass_time()
    assert [cell.site for watch in daemon.watches for group in watch.groups for cell in group.cells] == [HAM]


def test_a_tick_is_wanted_once_a_slot(daemon: Daemon, clock: Moved) -> None:
    clock.ahead = timedelta(days=365 * 20)
    settled(daemon)
    wanted = [daemon.wants_tick("default")]
    daemon.tick("default")
    settled(daemon)
    wanted += [daemon.wants_tick("default"), daemon.wants_tick("elsewhere")]
    clock.ahead += STEP
    wanted += [daemon.wants_tick("default")]
    assert wanted == [True, False, False, True]


def test_a_daemon_on_a_file_has_no_lease_to_renew(daemon: Daemon) -> None:
    jobs = Chores(daemon, Alerting(daemon, None, [])).jobs()
    assert [*jobs][:3] == ["tick:default", "time", "alerting"]
