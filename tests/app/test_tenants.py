"""Sites of several tenants behind one address: each tenant is asked for its own sites, with its own header."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
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


def kept_apart(seen: Seen) -> bytes:
    """Answer as Mimir does: nobody without a tenant, and to each tenant its own series, of which north's breach."""
    tenant = seen.headers.get("x-scope-orgid")
    if tenant is None:
        return http("no org id", 401)
    site, value = {"tenant-north": ("HAM", "9"), "tenant-east": ("LDZ", "1")}[tenant]
    if "start" not in seen.form:
        return answer(seen)
    first, last = (round(float(seen.form[name])) for name in ("start", "end"))
    values = [[instant, value] for instant in range(first, last + 1, round(float(seen.form["step"].rstrip("s"))))]
    result = [{"metric": {"site": site}, "values": values}]
    return http(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}), 200)


@contextmanager
def watching(folder: Path, server: ScriptedServer) -> Iterator[Daemon]:
    """A daemon that has looked once at each of the two tenants."""
    (folder / "kpis.yaml").write_text(KPIS, encoding="utf-8")
    (folder / "stop-rules.yaml").write_text(RULES, encoding="utf-8")
    (folder / "rollout.yaml").write_text(PLAN.format(url=server.url), encoding="utf-8")
    store, clock = open_store(f"sqlite:///{folder}/stopwatch.db"), Clock()
    settings = load_settings({"STOPWATCH_CONFIG": str(folder)})
    daemon = Daemon(settings, store, clock, Metrics(version="0", now=clock.now))
    for source in daemon.source_names:
        daemon.tick(source)
    yield daemon
    daemon.close()
    store.close()


def test_a_breach_in_the_data_of_one_tenant_stops_its_own_site_alone(tmp_path: Path) -> None:
    with ScriptedServer(kept_apart) as server, watching(tmp_path, server) as daemon, daemon.store.reading() as view:
        assert [decision.scope for decision in view.decisions("tenants")] == ["ham-01"]


def test_two_sites_with_two_tenants_are_asked_with_their_header(tmp_path: Path) -> None:
    with ScriptedServer(answer) as server, watching(tmp_path, server):
        pass
    asked = {(seen.headers["x-scope-orgid"], seen.form["query"]) for seen in server.seen if "query" in seen.form}
    assert asked == {
        ("tenant-north", 'sum by (site) (rate(load{site=~"HAM"}[5m]))'),
        ("tenant-east", 'sum by (site) (rate(load{site=~"LDZ"}[5m]))'),
    }
