"""Sites of several tenants behind one address: each tenant is asked for its own sites, with its own header."""

from pathlib import Path

from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.config.settings import load_settings
from stopwatch.store.connect import open_store
from stopwatch.telemetry.metrics import Metrics
from tests.prometheus.scripted import ScriptedServer, Seen, http

KPIS = """
kpis:
  - {id: load, title: Load, unit: count, better: lower, query: 'sum by (site) (rate(load{site=~"$sites"}[5m]))'}
"""
RULES = """
rules:
  - {id: load-high, kpi: load, op: ">", threshold: 5, sustain: {for: 5m}}
"""
PLAN = """
rollout: tenants
phases: [{{id: pilot, sites: [ham-01], observation: 1d}}, {{id: wave-1, sites: [lodz], observation: 1d}}]
sites:
  ham-01: {{name: Hamburg, timezone: Europe/Berlin, go_live: 2026-11-20T06:00:00Z, source: north, label: HAM}}
  lodz: {{name: Łódź, timezone: Europe/Warsaw, go_live: 2026-11-20T06:00:00Z, source: east, label: LDZ}}
sources:
  north: {{url: "{url}", headers: {{X-Scope-OrgID: tenant-north}}}}
  east: {{url: "{url}", headers: {{X-Scope-OrgID: tenant-east}}}}
"""


def answer(seen: Seen) -> bytes:
    empty = '{"status": "success", "data": {"resultType": "matrix", "result": []}}'
    return http(empty, 200, "Content-Type: application/json")


def test_two_sites_with_two_tenants_are_asked_with_their_header(tmp_path: Path) -> None:
    with ScriptedServer(answer) as server:
        (tmp_path / "kpis.yaml").write_text(KPIS, encoding="utf-8")
        (tmp_path / "stop-rules.yaml").write_text(RULES, encoding="utf-8")
        plan = PLAN.format(url=server.url)
        (tmp_path / "rollout.yaml").write_text(plan, encoding="utf-8")
        settings = load_settings({"STOPWATCH_CONFIG": str(tmp_path)})
        store, clock = open_store(f"sqlite:///{tmp_path}/stopwatch.db"), Clock()
        daemon = Daemon(settings, store, clock, Metrics(version="0", now=clock.now))
        for source in daemon.source_names:
            daemon.tick(source)
        daemon.close()
        store.close()
    asked = {(seen.headers["x-scope-orgid"], seen.form["query"]) for seen in server.seen if "query" in seen.form}
    assert asked == {
        ("tenant-north", 'sum by (site) (rate(load{site=~"HAM"}[5m]))'),
        ("tenant-east", 'sum by (site) (rate(load{site=~"LDZ"}[5m]))'),
    }
