"""Prometheus's side: every alert fires when it should and keeps quiet when not, and says where help is written."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.promtool import PROMETHEUS, ROOT, promtool, rules_of, unit_test, yaml

pytestmark = pytest.mark.slow

ALERTS, KPIS = PROMETHEUS / "rules" / "alerts.yml", PROMETHEUS / "rules" / "kpis.yml"
RULES = {rule["alert"]: rule for rule in rules_of(ALERTS)}
README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
WHERE = 'job="stopwatch",instance="a:9477"'
HERE = {"job": "stopwatch", "instance": "a:9477"}
DOWN = "stopwatch_prometheus_queries_total"


def evaluating(at: str, *, leader: int = 1, watched: int = 5, step: int = 60) -> dict[str, str]:
    """Series of a replica whose newest evaluation, one each *step* seconds, ended at the instants *at*."""
    return {
        f"stopwatch_leader{{{WHERE}}}": f"{leader}x120",
        f'stopwatch_watched_rules{{{WHERE},source="eu"}}': f"{watched}x120",
        f"stopwatch_evaluation_step_seconds{{{WHERE}}}": f"{step}x120",
        f"stopwatch_last_evaluation_timestamp_seconds{{{WHERE}}}": at,
    }


SITE = f'{WHERE},site="ham-01",phase="pilot"'
OF_SITE = {"site": "ham-01", "phase": "pilot"}
WRITABLE = f"stopwatch_database_writable{{{WHERE}}}"
CHECKPOINT = f'stopwatch_checkpoint_overdue{{{WHERE},phase="pilot"}}'


# Alert, series (a sample each 15 s, for half an hour), and the labels it fires with; None: it must keep quiet.
CASES: list[Any] = [
    pytest.param("StopwatchAbsent", {"up": "0x120"}, {}, id="nothing is scraped"),
    pytest.param("StopwatchAbsent", {f"stopwatch_build_info{{{WHERE}}}": "1x120"}, None, id="it is there"),
    pytest.param("StopwatchNotEvaluating", evaluating("0x120"), HERE, id="evaluations ceased"),
    pytest.param("StopwatchNotEvaluating", evaluating("_x120"), HERE, id="never evaluated"),
    pytest.param("StopwatchNotEvaluating", evaluating("0+15x120"), None, id="evaluations go on"),
    pytest.param("StopwatchNotEvaluating", evaluating("0x120", step=600), HERE, id="ceased at steps of ten minutes"),
    pytest.param("StopwatchNotEvaluating", evaluating("0x39 600x39 1200x42", step=600), None, id="go on at such steps"),
    pytest.param("StopwatchNotEvaluating", evaluating("0+15x90 1350x2 _x26", step=600), None, id="restarted just now"),
    pytest.param("StopwatchNotEvaluating", evaluating("0x120", leader=0), None, id="a standby need not"),
    pytest.param("StopwatchNotEvaluating", evaluating("_x120", watched=0), None, id="no site is live yet"),
    pytest.param("StopwatchRecordsRefused", {WRITABLE: "1x80 0x40"}, HERE, id="the disk is full"),
    pytest.param("StopwatchRecordsRefused", {WRITABLE: "1x80 0 1 0 1 0" + " 1 0" * 18}, HERE, id="now and then"),
    pytest.param("StopwatchRecordsRefused", {WRITABLE: "1x108 0 1x12"}, None, id="one write was refused"),
    pytest.param("StopwatchCheckpointOverdue", {CHECKPOINT: "0x80 1x40"}, {"phase": "pilot"}, id="nobody recorded it"),
    pytest.param("StopwatchCheckpointOverdue", {CHECKPOINT: "0x120"}, None, id="it was recorded"),
    *(
        pytest.param(alert, {f"{series}{{{SITE}}}": values}, fires, id=said)
        for alert, series in (
            ("StopwatchIssueOverdue", "stopwatch_issues_overdue"),
            ("StopwatchIssueUnreviewed", "stopwatch_issues_unreviewed"),
        )
        for values, fires, said in (("0x80 2x40", OF_SITE, "two issues wait"), ("0x120", None, "none waits"))
    ),
    pytest.param(
        "StopwatchSiteBlind",
        {f'stopwatch_site_blind{{{WHERE},site="ham-01",phase="pilot"}}': "1x120"},
        {"site": "ham-01", "phase": "pilot"},
        id="blind for long",
    ),
    pytest.param(
        "StopwatchSiteBlind",
        {f'stopwatch_site_blind{{{WHERE},site="ham-01",phase="pilot"}}': "0x90 1x30"},
        None,
        id="blind for eight minutes",
    ),
    pytest.param(
        "StopwatchQueriesFailing",
        {
            f'{DOWN}{{{WHERE},source="eu",outcome="ok"}}': "0x120",
            f'{DOWN}{{{WHERE},source="eu",outcome="timeout"}}': "0+1x120",
        },
        {"source": "eu"},
        id="all queries time out",
    ),
    pytest.param(
        "StopwatchQueriesFailing",
        {
            f'{DOWN}{{{WHERE},source="eu",outcome="ok"}}': "0+2x120",
            f'{DOWN}{{{WHERE},source="eu",outcome="timeout"}}': "0+1x120",
        },
        None,
        id="a third times out",
    ),
    pytest.param(
        "StopwatchSlotsMissed",
        {f'stopwatch_slots_missed_total{{{WHERE},source="eu"}}': "0x60 27x60"},
        {"source": "eu"},
        id="an outage was too long",
    ),
    pytest.param(
        "StopwatchSlotsMissed", {f'stopwatch_slots_missed_total{{{WHERE},source="eu"}}': "27x120"}, None, id="long ago"
    ),
    pytest.param(
        "StopwatchReloadFailed",
        {f"stopwatch_config_last_reload_successful{{{WHERE}}}": "1x60 0x60"},
        HERE,
        id="files are refused",
    ),
    pytest.param(
        "StopwatchReloadFailed",
        {f"stopwatch_config_last_reload_successful{{{WHERE}}}": "0x110 1x10"},
        None,
        id="and mended",
    ),
    pytest.param(
        "StopwatchOutboxStuck", {f"stopwatch_outbox_oldest_seconds{{{WHERE}}}": "0+15x120"}, HERE, id="it waits"
    ),
    pytest.param(
        "StopwatchOutboxStuck", {f"stopwatch_outbox_oldest_seconds{{{WHERE}}}": "4x120"}, None, id="it leaves at once"
    ),
    pytest.param("StopwatchSlackDown", {f"stopwatch_slack_up{{{WHERE}}}": "1x60 0x60"}, HERE, id="Slack refuses"),
    pytest.param("StopwatchSlackDown", {f"stopwatch_slack_up{{{WHERE}}}": "1x120"}, None, id="Slack takes messages"),
    pytest.param(
        "StopwatchMessageDead",
        {f'stopwatch_outbox_dead_total{{{WHERE},reason="gone"}}': "_x100 1x20"},
        {"reason": "gone"},
        id="the first dead message",
    ),
    pytest.param(
        "StopwatchMessageDead",
        {f'stopwatch_outbox_dead_total{{{WHERE},reason="gone"}}': "1x100 2x20"},
        {"reason": "gone"},
        id="one more dead message",
    ),
    pytest.param("StopwatchMessageDead", {f"stopwatch_outbox_pending{{{WHERE}}}": "9x120"}, None, id="none is dead"),
    pytest.param(
        "StopwatchPauseUnacknowledged",
        {f'stopwatch_decision_unacknowledged_seconds{{{WHERE},site="lodz"}}': "0+15x120"},
        {"site": "lodz"},
        id="nobody answers",
    ),
    pytest.param(
        "StopwatchPauseUnacknowledged",
        {f'stopwatch_decision_unacknowledged_seconds{{{WHERE},site="lodz"}}': "_x80 0+15x40"},
        None,
        id="ten minutes old",
    ),
    pytest.param(
        "StopwatchClockSkew",
        {f'stopwatch_clock_skew_seconds{{{WHERE},source="eu"}}': "-9x120"},
        {**HERE, "source": "eu"},
        id="our clock is ahead",
    ),
    pytest.param(
        "StopwatchClockSkew", {f'stopwatch_clock_skew_seconds{{{WHERE},source="eu"}}': "4x120"}, None, id="close"
    ),
    pytest.param(
        "StopwatchNoLeader",
        {f"stopwatch_leader{{{WHERE}}}": "0x120", 'stopwatch_leader{job="stopwatch",instance="b:9477"}': "0x120"},
        {"job": "stopwatch"},
        id="two standbys",
    ),
    pytest.param(
        "StopwatchNoLeader",
        {f"stopwatch_leader{{{WHERE}}}": "0x120", 'stopwatch_leader{job="stopwatch",instance="b:9477"}': "1x120"},
        None,
        id="one leads",
    ),
]


def told(text: str, labels: Mapping[str, str]) -> str:
    """Fill an annotation with *labels* as Prometheus does."""
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: labels[found[1]], text)


@pytest.mark.parametrize(("alert", "series", "fires"), CASES)
def test_an_alert_fires_when_it_should_and_only_then(
    tmp_path: Path, alert: str, series: dict[str, str], fires: dict[str, str] | None
) -> None:
    rule = RULES[alert]
    expected = (
        [
            {
                "exp_labels": {**fires, **rule["labels"]},
                "exp_annotations": {name: told(text, fires) for name, text in rule["annotations"].items()},
            }
        ]
        if fires is not None
        else []
    )
    assert (
        unit_test(
            tmp_path, ALERTS, series, alert_rule_test=[{"eval_time": "29m", "alertname": alert, "exp_alerts": expected}]
        )
        == ""
    )


def test_every_alert_is_tried_both_ways() -> None:
    tried = {(case.values[0], case.values[2] is not None) for case in CASES}
    assert tried == {(name, fires) for name in RULES for fires in (True, False)}


def slug(heading: str) -> str:
    """The anchor that git hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", RULES)
def test_an_alert_says_what_it_means_and_where_help_is_written(name: str) -> None:
    rule = RULES[name]
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert page.endswith("/deploy/README.md")
    headings = {slug(found) for found in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    assert anchor in headings


def test_what_the_alerts_ask_for_is_measured() -> None:
    documented = set(re.findall(r"^\| `(stopwatch_\w+)`", README, re.MULTILINE))
    asked = {name for rule in RULES.values() for name in re.findall(r"\bstopwatch_\w+", rule["expr"])}
    assert asked - documented == set()


def test_prometheus_accepts_its_configuration_with_both_rule_files() -> None:
    checked = promtool("check", "config", "--lint=all", PROMETHEUS / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "2 rule files found" in checked.stdout
    jobs = {job["job_name"] for job in yaml(PROMETHEUS / "prometheus.yml")["scrape_configs"]}
    assert "stopwatch" in jobs


def test_the_recorded_kpis_are_those_that_are_shipped() -> None:
    kpis = yaml(ROOT / "rules" / "kpis.yaml")["kpis"]
    shipped = {f"site:{kpi['id']}:5m": kpi["query"] for kpi in kpis}
    shipped |= {f"site:{kpi['id']}:volume5m": kpi["volume"] for kpi in kpis}
    recorded = {rule["record"]: rule["expr"] for rule in rules_of(KPIS)}
    assert {name: query.split() for name, query in recorded.items()} == {
        name: query.split() for name, query in shipped.items()
    }


def test_a_recorded_kpi_yields_one_value_a_site(tmp_path: Path) -> None:
    calls = "wms_integration_requests_total"
    series = {
        f'{calls}{{site="HAM",code="200"}}': "0+45x120",
        f'{calls}{{site="HAM",code="503"}}': "0+15x120",
        f'{calls}{{site="LDZ",code="200"}}': "0+10x120",
    }
    expected = [
        {"labels": '{__name__="site:integration_5xx_ratio:5m", site="HAM"}', "value": 0.25},
        {"labels": '{__name__="site:integration_5xx_ratio:5m", site="LDZ"}', "value": 0},
    ]
    test = {"expr": "site:integration_5xx_ratio:5m", "eval_time": "20m", "exp_samples": expected}
    assert unit_test(tmp_path, KPIS, series, promql_expr_test=[test]) == ""
