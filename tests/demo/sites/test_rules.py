"""The demo's rule folder fits the simulated sites."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from stopwatch.demo.sites.plan import SITES
from stopwatch.demo.sites.rules import RULES, write_rules


def _read(path: Path) -> Any:  # noqa: ANN401 - a YAML file is anything
    return YAML(typ="safe").load(path)


def test_the_rollout_names_the_simulated_sites_as_they_are() -> None:
    plan = _read(RULES / "rollout.yaml")
    assert [(site, facts["name"], facts["timezone"], facts["label"]) for site, facts in plan["sites"].items()] == [
        (site.id, site.name, site.timezone, site.label) for site in SITES
    ]
    assert [(site, phase["id"]) for phase in plan["phases"] for site in phase["sites"]] == [
        (site.id, site.phase) for site in SITES
    ]


def test_every_rule_has_its_kpi_and_every_kpi_its_rule_and_volume() -> None:
    kpis, rules = _read(RULES / "kpis.yaml")["kpis"], _read(RULES / "stop-rules.yaml")["rules"]
    assert sorted(rule["kpi"] for rule in rules) == sorted(kpi["id"] for kpi in kpis)
    assert all("volume" in kpi for kpi in kpis)


def test_a_copy_may_go_live_when_its_history_begins(tmp_path: Path) -> None:
    folder = write_rules(tmp_path / "rules", go_live=datetime(2026, 11, 21, 7, 30, tzinfo=UTC))
    text = (folder / "rollout.yaml").read_text(encoding="utf-8")
    assert re.findall(r"go_live: ([^,]*),", text) == ["2026-11-21T07:30:00Z"] * len(SITES)
    assert (folder / "kpis.yaml").read_text() == (RULES / "kpis.yaml").read_text()
