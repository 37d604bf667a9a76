"""A rollout three days into its pilot, as the records tell it: a pause, issues, a judgement, a no-go, checkpoints."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from stopwatch.core.blind import BlindSpan
from stopwatch.core.change import ChangeRecord, Notice
from stopwatch.core.decision import Acted, Decision, DecisionId, DecisionState, Ground, GroundId, GroundKind, Link
from stopwatch.core.grid import rfc3339
from stopwatch.core.kpi import Better, Kpi, KpiId, RuleId, Unit
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.rollout import RuleSet
from stopwatch.core.rule import BaselineThreshold, Combine, Criterion, Links, Op, Statistic, StopRule
from stopwatch.core.story import Story
from stopwatch.core.window import Window
from tests.core.hypercare import HAM, LIVE, LODZ, PILOT, PLAN, held, issue_entry

NOW = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
PROVEN = "at least 97.1 % at 95 %"
SHA = "9f2c4e0b7f6d1c58a3e9d0b4c7a1e2f35b6c8d9e0f1a2b3c4d5e6f708192a3b4"
ERRORS, LABELS = KpiId("integration-5xx"), KpiId("label-success")
KPIS = {
    ERRORS: Kpi(ERRORS, "Integration 5xx", Unit.RATIO, Better.LOWER, "sum by (site) (rate(errors[5m])) / total"),
    LABELS: Kpi(LABELS, "Label success", Unit.RATIO, Better.HIGHER, "labels_ok / labels_all"),
}
RULES = (
    StopRule(
        RuleId("integration-5xx"),
        Combine.ONE,
        (Criterion(ERRORS, Op.ABOVE, Decimal("0.05")),),
        Window(16, 16),
        16,
        links=Links(dashboard="https://grafana.example/d/site?var-site={site}", runbook="https://wiki.example/5xx"),
    ),
    StopRule(
        RuleId("label-success"),
        Combine.ONE,
        (Criterion(LABELS, Op.BELOW, BaselineThreshold(Statistic.MEDIAN, Decimal("0.98"), Decimal("0.99"))),),
        Window(15, 12),
        16,
    ),
)


ACTIVATED = {
    "version": "4.12.0",
    "override": True,
    "reason": "peak is near",
    "unmet": ["uat (qa): not recorded; stopwatch rollout done ham-01 uat --link URL"],
}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def entry(number: int, kind: EntryKind, scope: str, item: str, when: datetime, **body: object) -> Entry:
    """One entry of the ledger."""
    return Entry(number, "wms-4-12", kind, scope, item, body, "cli:ida", when)


def kpis(value: float, state: str = "ok") -> list[dict[str, object]]:
    """How both KPIs stood."""
    first = {"site": HAM, "rule": "integration-5xx", "kpi": ERRORS, "title": "Integration 5xx", "unit": "ratio"}
    other = {"site": HAM, "rule": "label-success", "kpi": LABELS, "title": "Label success", "unit": "ratio"}
    return [
        {**first, "op": ">", "value": value, "limit": 0.05, "state": state},
        {**other, "op": "<", "value": 0.998, "limit": 0.985, "state": "ok"},
    ]


def baseline() -> dict[str, object]:
    """What a baseline of two weeks holds."""
    span = {"start": "2026-11-05T09:00:00Z", "end": "2026-11-19T09:00:00Z", "source": "default", "revision": "ab" * 32}
    known = {"samples": 20106, "slots": 20160, "coverage": 0.9973, "better": "lower", "unit": "ratio"}
    kpis = {ERRORS: {**known, "median": 0.012, "p90": 0.019}, LABELS: {**known, "median": 0.998, "p90": 0.9991}}
    return {**span, "evidence": SHA, "kpis": kpis, "left_out": {}}


def day(errors: float, end: datetime) -> list[dict[str, object]]:
    """What the KPIs were like on the day before a checkpoint, the labels unseen."""
    known = {"median": errors, "p90": 2 * errors, "samples": 479, "slots": 480, "coverage": 0.998, "why": None}
    unseen = {"median": None, "p90": None, "samples": 0, "slots": 480, "coverage": 0.0}
    why = "0 samples in 480 slots, at least 100 are needed"
    span = {"start": rfc3339(end - timedelta(days=1)), "end": rfc3339(end)}
    return [{"site": HAM, **span, "kpis": {ERRORS: known, LABELS: {**unseen, "why": why}}}]


def judgement_record() -> dict[str, object]:
    """What the judgement rests on, as it is kept."""
    rule = {"site": HAM, "mode": "enforce", "slots": 2880, "low_volume_share": 0.1}
    return {
        "windows": [
            {"site": HAM, "went_live": "2026-11-20T06:00:00Z", "start": "2026-11-21T11:00:00Z"}
            | {"end": "2026-11-23T07:00:00Z", "because": "ham-01-20261121T1015Z resumed"}
        ],
        "rules": [
            {**rule, "rule": "integration-5xx", "verdict": "fail", "coverage": 0.998, "breaching_share": 0.021}
            | {"longest_breaching_seconds": 1920, "breaches": [{"acquitted": None}]}
            | {"pauses": 1, "blind_slots": 40, "step_seconds": 60.0},
            {"site": HAM, "rule": "label-success", "mode": "enforce", "verdict": "not_provable", "slots": None}
            | {"failure": "Prometheus refused the expression"},
        ],
        "kpis": [
            {"site": HAM, "title": "Label success"}
            | {"proof": {"text": f"{PROVEN}, valid whenever looked at", "failures": 12, "attempts": 4100}},
            {
                "site": HAM,
                "title": "Integration 5xx",
                "proof": None,
                "unproven": "the KPI names no counters of failures and attempts",
            },
        ],
        "figures": [
            {"site": HAM, "start": "2026-11-21T11:00:00Z", "end": "2026-11-23T07:00:00Z"}
            | {
                "kpis": {
                    ERRORS: {"median": 0.026, "p90": 0.05, "samples": 2874, "slots": 2880, "coverage": 0.998},
                    LABELS: {"median": 0.9985, "p90": 0.9992, "samples": 2880, "slots": 2880, "coverage": 1.0},
                }
            }
        ],
        "checks": [{"verdict": "pass", "rule": None, "text": "no slot was left unjudged"}],
    }


def entries() -> tuple[Entry, ...]:
    """What people and the daemon recorded."""
    bad = {"verdict": "fail", "text": "integration-5xx breached once at ham-01", "wants": "a window without it"}
    lacks = {"verdict": "not_provable", "text": "no runbook was recorded since go-live", "wants": "record one"}
    judged = {"verdict": "fail", "summary": "pilot fails: 1 demand is not met", "evidence": SHA, "open": [bad, lacks]}
    call = {"go": False, "judgement": 13, "verdict": "fail", "against": False, "reason": "wait for 4.12.1"}
    link = "https://wiki.example/labels"
    return (
        entry(1, EntryKind.BASELINE, HAM, "", at(19, 9), **baseline()),
        entry(2, EntryKind.DONE, HAM, "uat", at(19, 10), done=True, link="https://wiki.example/uat", note="signed"),
        entry(3, EntryKind.REHEARSAL, HAM, "flag", at(19, 11), ok=True, link="https://wiki.example/rehearsal"),
        entry(4, EntryKind.ACTIVATION, HAM, "", at(20, 6), **ACTIVATED),
        entry(
            5,
            EntryKind.REPORT,
            "pilot",
            "checkpoint/2026-11-21",
            at(21, 8),
            kpis=kpis(0.011),
            figures=day(0.011, at(21, 8)),
        ),
        held(6, at=at(21, 8, 20), day="2026-11-21"),
        issue_entry(
            7, description="labels | print *twice* <b>", workaround="bin one", target="2026-11-22", owner="Mia"
        ),
        issue_entry(8, "ham-01-2", description="no totes", severity="sev3", attributable=True),
        issue_entry(9, "ham-01-2", description="no totes", severity="sev3", status="resolved", workaround="carts"),
        entry(10, EntryKind.REPORT, "pilot", "checkpoint/2026-11-22", at(22, 8), kpis=kpis(0.061, "breached")),
        entry(11, EntryKind.RUNBOOK, "pilot", "", at(19, 12), note="label retries", link=link),
        entry(12, EntryKind.SIGN_OFF, "pilot", "warehouse-lead", at(23, 7), ok=False, note="labels"),
        entry(13, EntryKind.JUDGEMENT, "pilot", "", at(23, 7, 30), **judged),
        entry(14, EntryKind.GO, "pilot", "no-go", at(23, 7, 40), **call),
        entry(
            15,
            EntryKind.REPORT,
            "pilot",
            "checkpoint/2026-11-23",
            at(23, 8),
            kpis=kpis(0.013),
            figures=day(0.013, at(23, 8)),
        ),
    )


def decision() -> Decision:
    """A pause that was resumed, with a ticket and a follow-up."""
    ground = Ground(
        GroundId("integration-5xx@20261121T1014Z"),
        GroundKind.RULE,
        HAM,
        RuleId("integration-5xx"),
        None,
        at(21, 10, 14),
        at(21, 10, 15),
        recovered_at=at(21, 10, 40),
        links=(Link("ticket", "https://tickets.example/4711"), Link("follow-up", "https://tickets.example/4800")),
    )
    act = Acted("resume", "slack:U1", at(21, 11), "carrier is back", 1, 2, {})
    return Decision(
        DecisionId("ham-01-20261121T1015Z"),
        "wms-4-12",
        HAM,
        HAM,
        PILOT.id,
        DecisionState.RESUMED,
        2,
        0,
        at(21, 10, 14),
        ended_at=at(21, 11),
        grounds=(ground,),
        acts=(act,),
    )


def story() -> Story:
    """Everything."""
    site = replace(
        PLAN.sites[HAM],
        on_call="S0ONCALL",
        contacts={"warehouse-lead": "Bo, 4711"},
        dashboards=("https://grafana.example/d/ham",),
    )
    plan = replace(
        PLAN,
        sites={HAM: site, LODZ: PLAN.sites[LODZ]},
        change=ChangeRecord(
            what="WMS 4.12",
            why="speed",
            version="4.12.0",
            scope_in=("receiving", "packing"),
            communication=(Notice("summary at every gate", "warehouse leads"), Notice("new labels")),
            written={"what": "WMS 4.12", "ticket": "CHG-7", "approvers": ["Ida", "Bo"]},
        ),
        links={"runbook": "https://wiki.example/rollout"},
    )
    rule_set = RuleSet(plan, KPIS, {HAM: RULES, LODZ: RULES}, "ab" * 32)
    blind = (BlindSpan(HAM, at(22, 3), at(22, 3, 40)),)
    return Story(
        rule_set,
        NOW,
        LIVE,
        (decision(),),
        entries(),
        blind,
        (),
        {PILOT.id: judgement_record()},
        "5d41402abc4b" + "0" * 52,
    )


def quiet() -> Story:
    """A rollout of which nothing is recorded yet."""
    return replace(story(), activations={}, decisions=(), entries=(), blind=(), judged={})


LATER = timedelta(hours=5)
