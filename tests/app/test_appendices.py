"""The daemon reads later, from its own source, what an opening could not wait for; followers leave it to the leader."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from stopwatch.app.appendices import Appendices
from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.app.leading import Leading
from stopwatch.config.settings import load_settings
from stopwatch.core.appendix import APPENDED
from stopwatch.store.connect import open_store
from stopwatch.store.lease import Held
from stopwatch.telemetry.metrics import Metrics
from tests.prometheus.scripted import ScriptedServer, Seen, http
from tests.watch.letters import ROLLOUT
from tests.watch.test_appending import restarted
from tests.watch.world import Worlds

PLAN = f"""
rollout: {ROLLOUT}
phases: [{{id: pilot, sites: [ham-01], observation: 1d}}]
sites: {{ham-01: {{name: Hamburg, timezone: Europe/Berlin}}}}
"""


def answer(seen: Seen) -> bytes:
    """One value at every slot that is asked for."""
    start, end, step = (int(seen.form.get(name, "0")) for name in ("start", "end", "step"))
    values = [[slot, "1"] for slot in range(start, end + 1, max(1, step))]
    result = [{"metric": {"site": "HAM-01"}, "values": values}]
    return http(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A ground that was opened right after a restart, with five slots of twelve."""
    worlds = Worlds(tmp_path / "worlds")
    worlds.folder.mkdir()
    restarted(worlds)
    worlds.close()
    return f"sqlite:///{worlds.folder}/0.db"


def made(tmp_path: Path, database: str, prometheus: str, leading: Leading | None = None) -> Daemon:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "rollout.yaml").write_text(PLAN)
    kpi = "{id: load, title: Load, unit: count, better: lower, query: 'sum by (site) (rate(load[5m]))'}"
    (rules / "kpis.yaml").write_text(f"kpis: [{kpi}]")
    (rules / "stop-rules.yaml").write_text("rules: []")
    environment = {"STOPWATCH_CONFIG": str(rules), "STOPWATCH_PROMETHEUS_URL": prometheus}
    clock = Clock()
    metrics = Metrics(version="0", now=clock.now)
    return Daemon(load_settings(environment), open_store(database), clock, metrics, leading)


def appended(daemon: Daemon) -> list[str]:
    with daemon.store.reading() as view:
        return [str(row["evidence"]) for row in view.audited(APPENDED)]


def test_an_appendix_is_made_by_the_source_that_is_watched(tmp_path: Path, database: str) -> None:
    with ScriptedServer(answer) as prometheus:
        daemon = made(tmp_path, database, prometheus.url)
        job = Appendices(daemon)
        job.pass_time()
        (sha256,) = appended(daemon)
        with daemon.store.reading() as view:
            appendix = json.loads(view.evidence(sha256) or "")
        job.pass_time()
        daemon.close()
        daemon.store.close()
    assert (appendix["source"]["url"], len(appendix["classes"])) == (prometheus.url, 12)
    assert [seen.form["query"] for seen in prometheus.seen if seen.method == "POST"] == ["load"], "once is enough"


class NobodysLease:
    """Another replica holds it."""

    def take(self) -> int | None:
        return None

    def renew(self, _epoch: int) -> bool:
        return False

    def look(self) -> Held | None:
        return None


def test_a_follower_leaves_it_to_the_leader(tmp_path: Path, database: str) -> None:
    with ScriptedServer(answer) as prometheus:
        lease = NobodysLease()
        following = Leading(lease, term=timedelta(seconds=9), monotonic=Clock.monotonic)  # type: ignore[arg-type] # asked, never given
        daemon = made(tmp_path, database, prometheus.url, following)
        Appendices(daemon).pass_time()
        assert appended(daemon) == []
        assert prometheus.seen == []
        daemon.close()
        daemon.store.close()


def test_a_source_that_a_reload_has_closed_is_one_that_does_not_answer(tmp_path: Path, database: str) -> None:
    with ScriptedServer(answer) as prometheus:
        daemon = made(tmp_path, database, prometheus.url)
        job = Appendices(daemon)
        daemon.close()
        job.pass_time()
        assert appended(daemon) == [], "it is tried again with the next one"
        daemon.store.close()
