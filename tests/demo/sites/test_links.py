"""Where the links of the demo's rules lead: the real Prometheus, the sites' log, and a runbook for every rule."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from ruamel.yaml import YAML

from stopwatch.demo.sites.estate import Estate
from stopwatch.demo.sites.rules import RULES, write_rules
from stopwatch.demo.sites.runbook import section
from stopwatch.demo.sites.simulator import Simulator

START = 1_795_000_000.0
ALL_RULES = YAML(typ="safe").load(RULES / "stop-rules.yaml")["rules"]


@pytest.mark.parametrize("rule", [pytest.param(rule["id"], id=rule["id"]) for rule in ALL_RULES])
def test_every_rule_has_its_page_in_the_runbook(rule: str) -> None:
    words = section(rule)
    assert words is not None
    assert words.startswith(f"# {rule}\n")
    assert "## " not in words


def test_a_rule_that_nobody_wrote_about_has_no_page() -> None:
    with Simulator(Estate(start=START, seed=1), clock=lambda: START) as sites:
        assert httpx.get(f"{sites.url}/runbook/labels", trust_env=False, timeout=60).status_code == 404
        assert httpx.get(f"{sites.url}/runbook/carrier-labels", trust_env=False, timeout=60).status_code == 200


def test_a_copy_links_to_the_ports_that_were_taken(tmp_path: Path) -> None:
    folder = write_rules(tmp_path, prometheus_url="http://127.0.0.1:1", sites_url="http://127.0.0.1:2")
    for rule in YAML(typ="safe").load(folder / "stop-rules.yaml")["rules"]:
        assert rule["links"]["dashboard"].startswith("http://127.0.0.1:1/graph?")
        assert rule["links"]["logs"].startswith("http://127.0.0.1:2/logs?")
        assert rule["links"]["runbook"] == "http://127.0.0.1:2/runbook/{rule}"


def test_the_log_tells_when_a_fault_came_and_went_at_one_site() -> None:
    now = [START]
    with Simulator(Estate(start=START, seed=1), clock=lambda: now[0]) as sites:
        sites.inject({"site": "lodz", "kind": "labels"})
        sites.inject({"site": "lyon", "kind": "closed", "seconds": 60})
        now[0] += 30
        sites.clear(site="lodz")
        begin, end = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (START, START + 30))
        until = datetime.fromtimestamp(START + 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

        def log(**asked: str) -> list[str]:
            return httpx.get(f"{sites.url}/logs", params=asked, trust_env=False, timeout=60).text.splitlines()

        came = f"{begin}  LDZ  fault labels began, strength 0.2, until it is cleared"
        went = f"{end}  LDZ  fault labels was cleared"
        assert log() == [came, f"{begin}  LYS  fault closed began, strength 1, until {until}", went]
        assert log(site="LDZ") == [came, went]
        assert log(site="LDZ", **{"from": str(int(START * 1000) + 1)}) == [went]
        assert log(site="HAM", to="1") == ["Nothing was noted here in this time."]
        assert httpx.get(f"{sites.url}/logs?from=noon", trust_env=False, timeout=60).status_code == 422
