"""What is documented for operators is what there is: every metric, every event, every setting."""

import ast
import json
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from stopwatch.config.settings import SECRETS, Settings
from stopwatch.core.rule import Statistic
from stopwatch.prometheus.reasons import Reason
from stopwatch.telemetry import families
from stopwatch.telemetry.board import board_text
from stopwatch.telemetry.metrics import Metrics
from tests.telemetry.pictures import NOW, picture, rule, site

ROOT = Path(__file__).parents[2]
README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
EVERY = (*families.BOARD, *families.PROCESS)
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
EVENT = re.compile(r"[a-z_]+\.[a-z_]+")


def table(section: str) -> list[list[str]]:
    """The cells of the first table below the heading *section*, without its head."""
    text = README.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


METRICS = table("Metrics")


def test_every_metric_is_documented_as_it_is() -> None:
    documented = [row[:5] for row in METRICS]
    assert documented == [
        [
            f"`{family.full_name}`",
            family.kind.value,
            ", ".join(f"`{label}`" for label in family.labels) or "–",
            family.unit,
            family.meaning,
        ]
        for family in EVERY
    ]


def test_the_documented_number_of_series_is_right_at_every_place() -> None:
    """One site more, one rule more, one source more: each adds what its row says."""

    def lines(sites: int, rules: int) -> int:
        every = tuple(rule(f"rule-{number}") for number in range(rules))
        shown = picture(*(site(f"site-{number}", *every) for number in range(sites)))
        return sum(not line.startswith("#") for line in board_text(shown).splitlines())

    most = {row[0]: int(row[1]) for row in table("How many series")}
    one_rule = lines(1, 2) - lines(1, 1)
    # The picture's sites have one KPI, and wait for an answer, which another part of the page says.
    one_site = lines(2, 1) - lines(1, 1) - one_rule - most["KPI at a site"] + 1
    kpi = sum(family.labels == ("site", "phase", "kpi") for family in families.BOARD) + len(Statistic)
    assert (one_rule, kpi, one_site) == (most["rule at a site"], most["KPI at a site"], most["site"])

    metrics = Metrics(version="1", now=lambda: NOW)
    begin = metrics.render().decode().count("\n")
    metrics.expect_sources(["default"], outcomes=[reason.value for reason in Reason])
    metrics.observe_skew("default", timedelta(0))
    metrics.observe_watched("default", 0)
    metrics.observe_answers("default", seconds=[], size_bytes=0, unknown=0)
    assert metrics.render().decode().count("\n") - begin == most["source"]


@pytest.mark.parametrize("row", METRICS, ids=[row[0].strip("`") for row in METRICS])
def test_an_example_query_asks_for_its_own_metric(row: list[str]) -> None:
    assert row[0].strip("`") in row[5]


def test_prometheus_accepts_every_query_of_the_document(tmp_path: Path) -> None:
    queries = [row[5].strip("`") for row in METRICS]
    queries += [query for row in table("Runbook") for query in re.findall(r"`([^`]*stopwatch_[^`]*)`", row[0])]
    rules = [{"record": f"example:{number}", "expr": query} for number, query in enumerate(queries)]
    # JSON is YAML.
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "examples", "rules": rules}]}))
    checked = subprocess.run(
        ["promtool", "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True, check=False, timeout=30
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def events(module: ast.Module) -> set[str]:
    """Every event that *module* logs."""
    return {
        node.args[0].value
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS
        if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
        if EVENT.fullmatch(node.args[0].value)
    }


def test_every_event_of_the_log_is_documented() -> None:
    logged: set[str] = set()
    for path in (ROOT / "stopwatch").rglob("*.py"):
        if "demo" not in path.parts:
            logged |= events(ast.parse(path.read_text(encoding="utf-8")))
    assert {row[0].strip("`") for row in table("Events")} == logged


def test_every_setting_is_documented_and_whether_a_file_may_hold_it() -> None:
    documented = {row[0].partition("`")[2].partition("`")[0]: "`_FILE` possible" in row[2] for row in table("Settings")}
    assert documented == {f"STOPWATCH_{name.upper()}": name in SECRETS for name in Settings.model_fields}
