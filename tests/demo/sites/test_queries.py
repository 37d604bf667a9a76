"""The demo's KPI queries against a real Prometheus that scrapes the simulated sites after a minute of history."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from stopwatch.demo.prometheus import PrometheusServer, ScrapeTarget
from stopwatch.demo.sites.estate import Estate
from stopwatch.demo.sites.history import write_history
from stopwatch.demo.sites.plan import SITES
from stopwatch.demo.sites.rules import RULES
from stopwatch.demo.sites.simulator import Simulator

TARGET = {"job": "warehouses", "instance": "warehouses"}
LABELS = {site.label for site in SITES}
KPIS: list[dict[str, Any]] = YAML(typ="safe").load(RULES / "kpis.yaml")["kpis"]
RULE_OF = {rule["kpi"]: rule for rule in YAML(typ="safe").load(RULES / "stop-rules.yaml")["rules"]}
FAULT_OF = {
    "order_to_ship_p95": ("HAM", "ham-01", "order_to_ship"),
    "exception_ratio": ("LDZ", "lodz", "exceptions"),
    "label_success_ratio": ("RTM", "rotterdam", "labels"),
    "integration_5xx_ratio": ("LYS", "lyon", "integration_5xx"),
    "integration_latency_p95": ("MAD", "madrid", "integration_latency"),
}


class Ask:
    """Instant queries to one Prometheus."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, query: str, *, at: float | None = None) -> dict[str, float]:
        """Answer by site; two series for one site are an error."""
        form = {"query": query} if at is None else {"query": query, "time": f"{at:.3f}"}
        answer = httpx.post(f"{self._url}/api/v1/query", data=form, trust_env=False, timeout=60).json()
        assert answer["status"] == "success", answer
        pairs = [(series["metric"]["site"], float(series["value"][1])) for series in answer["data"]["result"]]
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)


@contextmanager
def _running(folder: Path) -> Iterator[tuple[Simulator, Ask, float]]:
    now = time.time()
    estate = Estate(start=now - 60, seed=5)
    write_history(estate, folder / "history.om", until=now, resolution_seconds=1, target_labels=TARGET)
    with Simulator(estate) as simulator:
        target = ScrapeTarget("warehouses", simulator.address, {"instance": "warehouses"})
        with PrometheusServer(folder / "p", scrape_targets=[target], openmetrics=folder / "history.om") as prometheus:
            yield simulator, Ask(prometheus.url), now


def _within_20_s(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.25)
    return False


def _breaching(kpi: dict[str, Any], value: float) -> bool:
    rule = RULE_OF[kpi["id"]]
    return bool(value > rule["threshold"]) if rule["op"] == ">" else bool(value < rule["threshold"])


def _only_breaching(ask: Ask, kpi: dict[str, Any], label: str) -> bool:
    return [site for site, value in ask(kpi["query"]).items() if _breaching(kpi, value)] == [label]


@pytest.mark.slow
def test_each_query_has_one_sane_series_a_site_in_history_and_live_and_shows_its_fault(tmp_path: Path) -> None:
    with _running(tmp_path) as (simulator, ask, history_end):
        scraped_since = f"count by (site) (timestamp(wms_orders_total) > {history_end + 3:.3f})"
        assert _within_20_s(lambda: set(ask(scraped_since)) == LABELS)
        for kpi in KPIS:
            for at in (history_end - 10, None):
                values = ask(kpi["query"], at=at)
                assert set(values) == LABELS, kpi["id"]
                assert not any(_breaching(kpi, value) for value in values.values()), (kpi["id"], values)
                assert all(volume >= 200 for volume in ask(kpi["volume"], at=at).values()), kpi["id"]
            for counts in (kpi[key] for key in ("failures", "attempts") if key in kpi):
                assert set(ask(counts)) == LABELS
        assert set(ask("sum by (site) (count by (site, instance, job) (wms_orders_total))").values()) == {1.0}
        for _, site, kind in FAULT_OF.values():
            httpx.post(f"{simulator.url}/control/fault", json={"site": site, "kind": kind}, trust_env=False, timeout=60)
        for kpi in KPIS:
            label = FAULT_OF[kpi["id"]][0]
            assert _within_20_s(partial(_only_breaching, ask, kpi, label)), (kpi["id"], ask(kpi["query"]))


@pytest.mark.slow
def test_a_silent_site_goes_missing_and_a_closed_one_has_no_volume(tmp_path: Path) -> None:
    kpi = next(kpi for kpi in KPIS if kpi["id"] == "integration_5xx_ratio")
    with _running(tmp_path) as (simulator, ask, _):
        for site, kind in (("lyon", "silent"), ("lodz", "closed")):
            httpx.post(f"{simulator.url}/control/fault", json={"site": site, "kind": kind}, trust_env=False, timeout=60)
        assert _within_20_s(lambda: set(ask(kpi["query"])) == LABELS - {"LYS"})
        assert _within_20_s(lambda: ask(kpi["volume"]).get("LDZ") == 0)
        assert "LYS" not in ask(kpi["volume"])
