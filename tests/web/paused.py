"""A pause with evidence that proves itself and hostile words, and one that was dismissed the day before."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import nan

from stopwatch.core.audit import canonical_json, content_hash, finite
from stopwatch.core.decision import Acted, Decision, DecisionId, DecisionState, Ground, GroundId, GroundKind, Link
from stopwatch.core.evidence import rule_of, verdict_json
from stopwatch.core.grid import rfc3339
from stopwatch.core.kpi import KpiId, PhaseId, RuleId, SiteId
from stopwatch.core.rule import Combine, Criterion, Limit, Op, ResolvedRule, StopRule
from stopwatch.core.sample import Samples, classify
from stopwatch.core.verdict import judge
from stopwatch.core.window import Window
from tests.web.world import LIVE, at

WINDOW = Window(16, 16, 2)


def bundle(held: int = 54) -> dict[str, object]:
    """The evidence of an opening, as the watch would freeze it; *held* of the slots of its three windows."""
    criterion = Criterion(KpiId("integration-5xx"), Op.ABOVE, Decimal("0.05"), Decimal("0.03"))
    written = StopRule(RuleId("integration-5xx"), Combine.ONE, (criterion,), WINDOW, 16)
    rule = ResolvedRule(written, (Limit(KpiId("integration-5xx"), Op.ABOVE, 0.05, 0.03, 100.0),))
    calm = [0.010, 0.012, 0.011, 0.013, 0.009, 0.012, nan, nan, 0.011, 0.010] * 3 + [0.012] * 8
    values = [*calm, *(0.055 + 0.002 * (slot % 7) + 0.001 * slot for slot in range(16))]
    volumes = [1200.0 + 10 * slot for slot in range(len(values))][-held:]
    values = values[-held:]
    first = rule.grid.at_or_before(at(10, 14)) - len(values) + 1
    slots = classify(rule, first, [Samples(values, volumes)])
    return {
        "version": 1,
        "site": "ham-01",
        "site_name": "Hamburg",
        "timezone": "Europe/Berlin",
        "change": "opened",
        "at": rfc3339(at(10, 14)),
        "opened_at": rfc3339(at(10, 14)),
        "pending_since": rfc3339(at(9, 59)),
        "armed_at": rfc3339(at(6, 0, day=20)),
        "rule": rule.record(),
        "rule_hash": rule.hash,
        "revision": "9f2c4e0b7f6d" + "0" * 52,
        "first_slot": rfc3339(rule.grid.instant(first)),
        "step_seconds": 60.0,
        "classes": slots.classes.decode(),
        "good": slots.good.decode(),
        "conditions": [
            {
                "kpi": "integration-5xx",
                "title": "Integration 5xx",
                "unit": "ratio",
                "query": 'sum by (site) (rate(http_requests_total{code=~"5.."}[5m]))\n  / sum by (site) (rate(x[5m]))',
                "values": [finite(value) for value in values],
                "volume_query": "sum by (site) (increase(http_requests_total[5m]))",
                "volumes": list(volumes),
            }
        ],
        "verdict": verdict_json(judge(WINDOW, slots.classes[-WINDOW.reach :])),
        "source": {"name": "default", "url": "http://prometheus:9090", "version": "2.42.0", "skew_seconds": 0.2},
        "activation": {"at": rfc3339(at(6, 0, day=20)), "version": "4.12.0", "actor": "plan:9f2c4e0b"},
        "on_call": "wms-on-call",
    }


def recovery() -> dict[str, object]:
    """The evidence of the recovery of that opening, as the watch would freeze it: good for a quarter of an hour."""
    opening = bundle()
    rule = rule_of(opening["rule"])  # type: ignore[arg-type] # JSON
    values = [0.012] * 12 + [0.071] * 26 + [0.011] * 16
    volumes = [1300.0] * len(values)
    first = rule.grid.at_or_before(at(10, 40)) - len(values) + 1
    slots = classify(rule, first, [Samples(values, volumes)])
    return (
        opening
        | {
            "change": "recovered",
            "at": rfc3339(at(10, 40)),
            "recovers": content_hash(opening),
            "first_slot": rfc3339(rule.grid.instant(first)),
            "classes": slots.classes.decode(),
            "good": slots.good.decode(),
            "conditions": [opening["conditions"][0] | {"values": values, "volumes": volumes}],  # type: ignore[index] # JSON
            "verdict": verdict_json(judge(WINDOW, slots.classes[-WINDOW.reach :])),
        }
    )


def appendix() -> dict[str, object]:
    """What was read later where the bundle holds twenty slots only."""
    first, whole = bundle(20), bundle()
    read = {name: whole[name] for name in ("site", "opened_at", "rule_hash", "first_slot", "classes", "good")}
    return {
        **read,
        "version": 1,
        "kind": "appendix",
        "of": content_hash(first),
        "step_seconds": 60.0,
        "conditions": whole["conditions"],
        "read_at": rfc3339(at(10, 16)),
    }


HOSTILE = '<img src=x onerror="alert(1)">&'
SAID = {"criterion": "operational-blocker", "reason": HOSTILE, "actor": "slack:U1", "at": rfc3339(at(10, 20))}
SHA256, SAID_SHA256 = content_hash(bundle()), content_hash(SAID)
RECOVERY_SHA256 = content_hash(recovery())
BODIES = {content_hash(each): canonical_json(each) for each in (bundle(), SAID, recovery())}


def decision() -> Decision:
    """An acknowledged pause with a ground of a rule and one that a person declared in hostile words."""
    rule = Ground(
        id=GroundId("integration-5xx@20261121T1014Z"),
        kind=GroundKind.RULE,
        site=SiteId("ham-01"),
        rule=RuleId("integration-5xx"),
        criterion=None,
        opened_at=at(10, 14),
        recorded_at=at(10, 15, 1),
        pending_since=at(9, 59),
        evidence=SHA256,
        links=(
            Link("dashboard", "https://grafana.example/d/site?var-site=ham-01&from=1"),
            Link("logs", "javascript:alert(1)"),
        ),
        summary={
            "kpi_title": "Integration 5xx",
            "unit": "ratio",
            "op": ">",
            "value": 0.082,
            "threshold": 0.05,
            "site_name": "Hamburg",
            "timezone": "Europe/Berlin",
        },
    )
    manual = Ground(
        id=GroundId("operational-blocker@20261121T1020Z"),
        kind=GroundKind.MANUAL,
        site=SiteId("ham-01"),
        rule=None,
        criterion="operational-blocker",
        opened_at=at(10, 20),
        recorded_at=at(10, 20),
        evidence=SAID_SHA256,
        summary={"reason": HOSTILE, "actor": "slack:U1"},
    )
    act = Acted("acknowledge", "slack:U1", at(10, 16, 21), "looking at the gateway", 1, 2, {})
    place = (SiteId("ham-01"), PhaseId("pilot"))
    return Decision(
        LIVE,
        "wms-4-12",
        "ham-01",
        *place,
        DecisionState.ACKNOWLEDGED,
        2,
        1,
        at(10, 14),
        grounds=(rule, manual),
        acts=(act,),
    )


def ended() -> Decision:
    """A decision that was dismissed with a reason that a spreadsheet would compute."""
    act = Acted("dismiss", "api:eva", at(9, 30, day=20), '=HYPERLINK("http://evil")', 1, 2, {})
    old = replace(decision(), id=DecisionId("site-002-20261120T0900Z"), scope="site-002", site=SiteId("site-002"))
    return replace(
        old,
        phase=PhaseId("wave-1"),
        state=DecisionState.DISMISSED,
        opened_at=at(9, 0, day=20),
        ended_at=at(9, 30, day=20),
        acts=(act,),
        grounds=(replace(decision().grounds[0], site=SiteId("site-002"), opened_at=at(9, 0, day=20)),),
    )
