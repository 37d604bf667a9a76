"""What the bench makes of the shipped rules is what they say, twelve times as fast, for us and for the peers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from stopwatch.app.building import load
from tests.bench.exporter import shipped
from tests.bench.tick_shipped import alerts, write_rule_folder
from tests.bench.tick_world import Data, Load

LOAD = Load(3, guarded=True, data=Data.SHIPPED)
SHIPPED = load(Path(__file__).parents[2] / "rules")


def test_the_shipped_rules_load_in_the_bench_with_their_limits_and_a_twelfth_of_their_durations(tmp_path: Path) -> None:
    write_rule_folder(LOAD, tmp_path, now=datetime.now(UTC))
    made = {rule.id: rule for rule in next(iter(load(tmp_path).rules.values()))}
    original = {rule.id: rule for rule in SHIPPED.rules[next(site for site in SHIPPED.plan.sites if site != "lodz")]}
    assert made.keys() == original.keys()
    assert {rule.step for rule in made.values()} == {timedelta(seconds=5)}
    assert {id_: rule.window for id_, rule in made.items()} == {id_: rule.window for id_, rule in original.items()}
    assert all(rule.criteria[0].volume for rule in made.values())


def test_peers_get_the_same_limits_and_volumes_by_site_and_for_each_site(tmp_path: Path) -> None:
    write_rule_folder(LOAD, tmp_path, now=datetime.now(UTC))
    by_site, per_site = (list(alerts(LOAD, tmp_path, per_site=each)) for each in (False, True))
    assert [(rule["alert"], rule["for"]) for rule in by_site][2:4] == [
        ("label-success", "75s"),
        ("integration-5xx", "75s"),
    ]
    assert by_site[3]["expr"].endswith(
        "> 0.05 and on(site) (sum by (site) (increase(wms_integration_requests_total[25s]))) >= 100"
    )
    assert len(per_site) == len(by_site) * LOAD.sites
    assert 'wms_integration_requests_total{code=~"5..",site="site-00001"}[25s]' in per_site[3 * LOAD.sites + 1]["expr"]


def test_every_metric_that_the_shipped_rules_read_is_served(tmp_path: Path) -> None:
    page = "".join(shipped(LOAD, now=100.0, since=0.0))
    names = {line.partition("{")[0] for line in page.splitlines()}
    queries = " ".join(f"{kpi.query} {kpi.volume}" for kpi in SHIPPED.kpis.values())
    assert {
        word for word in queries.replace("(", " ").replace("{", " ").replace("[", " ").split() if "wms_" in word
    } <= names
