"""What the files say becomes what the core judges by."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from stopwatch.config.checks.queries import JudgedOver
from stopwatch.config.load import FILES, check_folder, load_rule_set
from stopwatch.core.change import ChangeRecord, ChangeType
from stopwatch.core.kpi import KpiId, PhaseId, RuleId, SiteId
from stopwatch.core.phase import ReadinessItem
from stopwatch.core.rollout import RuleSet
from stopwatch.core.rule import AutoVolume, BaselineThreshold, Combine, FixedVolume, Mode, Severity, Statistic, StopRule
from stopwatch.core.window import Missing, Window
from tests.config import golden

SHIPPED = Path(__file__).parents[2] / "rules"
HAM, LODZ = SiteId("ham-01"), SiteId("lodz")


def load(tmp_path: Path, **files: str) -> RuleSet:
    """Load good/ with *files* (kpis, stop_rules, rollout) in place of its own."""
    for name in FILES:
        text = files.get(name.removesuffix(".yaml").replace("-", "_"))
        data = text.encode() if text is not None else (golden.GOOD / name).read_bytes()
        (tmp_path / name).write_bytes(data)
    return load_rule_set(tmp_path)


def rule_at(tmp_path: Path, body: str, site: SiteId = HAM) -> StopRule:
    """The rule of *body* (in flow style, without its id) at *site*."""
    found = load(tmp_path, stop_rules=f"rules: [{{id: r, {body}}}]").rule(site, RuleId("r"))
    assert found is not None
    return found


SLOW = 'kpi: latency, op: ">", threshold: 2'


@pytest.mark.parametrize(
    ("sustain", "n", "m"),
    [
        pytest.param("{for: 10m}", 11, 11, id="for, first and last slot ten minutes apart"),
        pytest.param("{for: 90s}", 3, 3, id="for rounds up"),
        pytest.param("{for: 0s}", 1, 1, id="for nothing"),
        pytest.param("{window: 30m, fraction: 0.8}", 30, 24, id="share of a window"),
        pytest.param("{window: 10m, fraction: 0.7}", 10, 7, id="no float makes 7 an 8"),
        pytest.param("{window: 1m, fraction: 0.001}", 1, 1, id="at least one"),
        pytest.param("{m: 12, n: 15}", 15, 12, id="m of n"),
    ],
)
def test_how_sustain_becomes_slots(tmp_path: Path, sustain: str, n: int, m: int) -> None:
    rule = rule_at(tmp_path, f"{SLOW}, sustain: {sustain}")
    assert (rule.window.n, rule.window.m) == (n, m)
    assert rule.recover_slots == n


@pytest.mark.parametrize(
    ("recover", "slots"),
    [
        pytest.param("{threshold: 1.5}", 31, id="as sustain"),
        pytest.param("{for: 15m}", 16, id="its own"),
        pytest.param("{for: 61s}", 3, id="rounds up"),
    ],
)
def test_how_long_recovery_must_hold(tmp_path: Path, recover: str, slots: int) -> None:
    assert rule_at(tmp_path, f"{SLOW}, sustain: {{for: 30m}}, recover: {recover}").recover_slots == slots


@pytest.mark.parametrize(
    ("missing", "extra"),
    [
        pytest.param("missing", 2, id="missing"),
        pytest.param("ignore", 2, id="ignore"),
        pytest.param("not_breaching", 0, id="not breaching"),
        pytest.param("breaching", 0, id="breaching"),
    ],
)
def test_extra_slots_follow_the_policy(tmp_path: Path, missing: str, extra: int) -> None:
    window = rule_at(tmp_path, f"{SLOW}, sustain: {{for: 10m}}, missing: {missing}").window
    assert (window.missing, window.extra) == (Missing(missing), extra)


def test_a_rule_has_the_documented_defaults(tmp_path: Path) -> None:
    rule = rule_at(tmp_path, f"{SLOW}, sustain: {{for: 10m}}")
    assert rule.window == Window(n=11, m=11, extra=2, missing=Missing.MISSING, min_coverage=0.8)
    assert (rule.step, rule.eval_delay, rule.settle) == (timedelta(seconds=60), timedelta(seconds=60), timedelta(0))
    assert (rule.stale_after, rule.error_after) == (5, 3)
    assert (rule.severity, rule.mode, rule.phases) == (Severity.PAGE, Mode.ENFORCE, None)
    assert rule.criteria[0].threshold == Decimal(2)
    assert rule.criteria[0].recover_threshold is None


def test_every_key_of_a_rule_reaches_the_core(tmp_path: Path) -> None:
    rule = rule_at(
        tmp_path,
        'kpi: errors, op: ">=", threshold: 0.10, sustain: {for: 10m}, recover: {threshold: 0.05, for: 5m}, '
        "missing: ignore, volume: {auto: true}, step: 30s, eval_delay: 90s, extra_slots: 7, min_coverage: 0.5, "
        "stale_after: 9, error_after: 4, settle: 1h, severity: notify, mode: observe, phases: [pilot], "
        'links: {runbook: "https://x.example/{rule}"}',
    )
    assert rule.window == Window(n=21, m=21, extra=7, missing=Missing.IGNORE, min_coverage=0.5)
    assert (rule.recover_slots, rule.step, rule.eval_delay) == (11, timedelta(seconds=30), timedelta(seconds=90))
    assert (rule.stale_after, rule.error_after, rule.settle) == (9, 4, timedelta(hours=1))
    assert (rule.severity, rule.mode, rule.phases) == (Severity.NOTIFY, Mode.OBSERVE, (PhaseId("pilot"),))
    assert str(rule.criteria[0].threshold) == "0.10"
    assert rule.criteria[0].volume == AutoVolume()
    assert rule.links.items() == [("runbook", "https://x.example/{rule}")]


def test_several_conditions_keep_their_own_limits(tmp_path: Path) -> None:
    rule = rule_at(
        tmp_path,
        'any: [{kpi: latency, op: ">", threshold: 2, recover_threshold: 1}, '
        '{kpi: errors, op: ">", threshold: {baseline: p90, factor: 1.5, floor: 0.02}, volume: {min: 20}}], '
        "sustain: {m: 3, n: 5}",
    )
    assert rule.combine is Combine.ANY
    assert [one.recover_threshold for one in rule.criteria] == [Decimal(1), None]
    assert rule.criteria[1].threshold == BaselineThreshold(Statistic.P90, Decimal("1.5"), Decimal("0.02"))
    assert rule.criteria[1].volume == FixedVolume(Decimal(20))


OVERRIDDEN = (
    f"{SLOW}, sustain: {{for: 10m}}, recover: {{threshold: 1, for: 5m}}, overrides: {{"
    "phases: {pilot: {threshold: 3, settle: 1h}, wave-1: {recover: {for: 20m}}}, sites: {ham-01: {threshold: 4}}}"
)


def test_a_site_overrides_its_phase_and_a_phase_the_rule(tmp_path: Path) -> None:
    rule = rule_at(tmp_path, OVERRIDDEN)
    assert (rule.criteria[0].threshold, rule.settle, rule.recover_slots) == (Decimal(4), timedelta(hours=1), 6)


def test_an_override_replaces_a_key_whole(tmp_path: Path) -> None:
    rule = rule_at(tmp_path, OVERRIDDEN, LODZ)
    assert (rule.recover_slots, rule.criteria[0].recover_threshold) == (21, None)


def test_defaults_follow_from_the_merged_rule(tmp_path: Path) -> None:
    body = (
        f"{SLOW}, sustain: {{for: 10m}}, overrides: {{sites: {{lodz: {{missing: breaching, sustain: {{for: 20m}}}}}}}}"
    )
    rule = rule_at(tmp_path, body, LODZ)
    assert (rule.window.n, rule.window.extra, rule.recover_slots) == (21, 0, 21)


def test_a_rule_that_only_its_overrides_complete_is_no_mistake(tmp_path: Path) -> None:
    overrides = "overrides: {phases: {pilot: {threshold: 1}, wave-1: {threshold: 2}}}"
    body = f'kpi: latency, op: ">", sustain: {{for: 10m}}, {overrides}'
    assert rule_at(tmp_path, body).criteria[0].threshold == Decimal(1)
    assert rule_at(tmp_path, body, LODZ).criteria[0].threshold == Decimal(2)


def test_a_rule_applies_only_in_the_phases_it_names(tmp_path: Path) -> None:
    rules = load(tmp_path, stop_rules=f"rules: [{{id: r, {SLOW}, sustain: {{for: 10m}}, phases: [wave-1]}}]").rules
    assert {site: [rule.id for rule in at_site] for site, at_site in rules.items()} == {HAM: [], LODZ: ["r"]}


def test_rules_keep_the_order_of_the_file(tmp_path: Path) -> None:
    text = "rules:\n" + "".join(f"  - {{id: r{n}, {SLOW}, sustain: {{for: {n}m}}}}\n" for n in (3, 1, 2))
    assert [rule.id for rule in load(tmp_path, stop_rules=text).rules[HAM]] == ["r3", "r1", "r2"]


def test_the_least_plan_loads_with_its_defaults(tmp_path: Path) -> None:
    plan = load(tmp_path).plan
    assert [(phase.id, phase.sites, phase.observation.days) for phase in plan.phases] == [
        ("pilot", ("ham-01",), 10),
        ("wave-1", ("lodz",), 7),
    ]
    assert plan.sites[HAM].go_live == datetime(2026, 11, 20, 6, tzinfo=UTC)
    assert (plan.sites[HAM].label, plan.sites[LODZ].label) == ("HAM", "lodz")
    assert (plan.sites[LODZ].phase, plan.sites[LODZ].source) == ("wave-1", "default")
    assert plan.sources["default"].url is None
    assert set(plan.slack.rights.values()) == {()}
    assert (plan.escalation.second_group, plan.delivery.settle) == (timedelta(minutes=20), timedelta(seconds=10))
    assert plan.override_max == timedelta(hours=4)


def test_every_key_of_a_plan_reaches_the_core(tmp_path: Path) -> None:
    text = """
rollout: wms-4-12
phases: [{id: pilot, sites: [ham-01], observation: 10d, readiness: [rollback rehearsed]}]
sites:
  ham-01: {name: Hamburg, timezone: Europe/Berlin, go_live: "2026-11-20 07:00:00+01:00", source: north,
           channel: C024BE91L, on_call: S0614TZR7, dashboards: ["https://grafana.example/d/ham"]}
sources: {north: {url: "http://127.0.0.1:9090", headers: {X-Scope-OrgID: north}}}
slack: {fallback_channel: C024BE91M, groups: [S0614TZR7], rights: {roll-back: [U024BE7LH]}}
escalation: {broadcast: 1m, undecided: 1h}
delivery: {settle: 1s, sweep: [2s]}
alerts: {site_label: warehouse}
override: {max: 2h}
change: {type: standard, what: WMS 4.12}
"""
    plan = load(tmp_path, rollout=text).plan
    site = plan.sites[HAM]
    assert site.go_live == datetime(2026, 11, 20, 6, tzinfo=UTC)
    assert (site.source, site.channel, site.on_call) == ("north", "C024BE91L", "S0614TZR7")
    assert site.dashboards == ("https://grafana.example/d/ham",)
    assert plan.phases[0].readiness == (ReadinessItem("rollback-rehearsed", "rollback rehearsed"),)
    assert plan.sources["north"].headers == {"X-Scope-OrgID": "north"}
    assert plan.slack.rights["roll-back"] == ("U024BE7LH",)
    assert (plan.slack.fallback_channel, plan.slack.groups) == ("C024BE91M", ("S0614TZR7",))
    assert (plan.escalation.broadcast, plan.escalation.undecided) == (timedelta(minutes=1), timedelta(hours=1))
    assert (plan.delivery.settle, plan.delivery.sweep) == (timedelta(seconds=1), (timedelta(seconds=2),))
    assert (plan.alerts.site_label, plan.alerts.criterion_label) == ("warehouse", "criterion")
    assert plan.override_max == timedelta(hours=2)
    assert plan.change == ChangeRecord(
        ChangeType.STANDARD, "WMS 4.12", written={"type": "standard", "what": "WMS 4.12"}
    )


def test_the_revision_is_the_hash_of_the_three_files(tmp_path: Path) -> None:
    revision = load(tmp_path).revision
    assert revision == sha256(b"".join((tmp_path / name).read_bytes() for name in FILES)).hexdigest()


def test_the_shipped_rules_load_without_a_complaint() -> None:
    rule_set, complaints = check_folder(SHIPPED)
    assert complaints == []
    assert rule_set is not None
    assert [len(phase.sites) for phase in rule_set.plan.phases] == [1, 3, 6]
    assert len(rule_set.kpis) == 5
    five_hundreds = RuleId("integration-5xx")
    limits = {site: rule_set.rule(site, five_hundreds) for site in (HAM, LODZ)}
    assert [rule.criteria[0].threshold for rule in limits.values() if rule] == [Decimal("0.02"), Decimal("0.05")]


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    message: str
    hint: str
    offset: int
    severity: str


class NoBooleans:
    """Complains about ``bool`` in a query, and remembers by which label sites are told apart and over which windows."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.windows: list[JudgedOver | None] = []

    def __call__(self, query: str, *, site_label: str, judged_over: JudgedOver | None) -> list[Finding]:
        self.labels.append(site_label)
        self.windows.append(judged_over)
        at = query.find("bool")
        return [] if at < 0 else [Finding("comparison", "a comparison", "remove it", at, "error")]


def test_what_a_promql_check_finds_is_said_at_its_column(tmp_path: Path) -> None:
    kpis = """kpis:
  - id: latency
    title: Latency
    unit: seconds
    better: lower
    site_label: warehouse
    query: |-
      max by (site) (
        latency_seconds > bool 2
      )
    volume: "sum by (site) (n) > bool 1"
"""
    load(tmp_path, kpis=kpis)
    check = NoBooleans()
    rule_set, complaints = check_folder(tmp_path, check)
    assert rule_set is None
    assert [(one.line, one.column, one.code) for one in complaints] == [(9, 27, "comparison"), (11, 34, "comparison")]
    assert set(check.labels) == {"warehouse"}
    assert check.windows == [(timedelta(minutes=10), "slow"), None]
    assert KpiId("latency") in load(tmp_path, kpis=kpis).kpis
