"""Pictures of sites for the tests of the metrics."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from stopwatch.core.decision import DecisionId, GroundKind
from stopwatch.core.gauges import CalmMembers, CalmRule, Gauges, SingleRule
from stopwatch.core.kpi import Better, Kpi, KpiId, PhaseId, RuleId, SiteId, Unit
from stopwatch.core.rule import Combine, Criterion, Op, Statistic, StopRule
from stopwatch.core.sample import Absence
from stopwatch.core.state import Reported
from stopwatch.core.status import RuleStatus, SiteStatus, StatusView, WideStops
from stopwatch.core.window import Window

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
SLOT = datetime(2026, 11, 21, 10, 14, tzinfo=UTC)
KPI = Kpi(KpiId("error_ratio"), "Errors", Unit.RATIO, Better.LOWER, "errors / all", "all")
WRITTEN = StopRule(
    RuleId("5xx"), Combine.ONE, (Criterion(KPI.id, Op.ABOVE, Decimal("0.05")),), Window(16, 16), recover_slots=16
)
WIDE = (
    WideStops("_all", None, {GroundKind.MANUAL: 1}),
    WideStops("_pilot", PhaseId("pilot"), {}),
)


def rule(name: str, state: Reported = Reported.OK) -> RuleStatus:
    """A rule of which every number is known."""
    return RuleStatus(
        RuleId(name),
        state,
        value=0.074,
        newest_slot=SLOT,
        threshold=0.05,
        pending_seconds=240.0,
        breaching_slots=5,
        required_slots=16,
        coverage=0.9375,
        written=WRITTEN,
    )


def blind(name: str) -> RuleStatus:
    """A rule of which nothing is known."""
    return RuleStatus(RuleId(name), Reported.NO_DATA, reason=Absence.MISSING)


def site(name: str, *rules: RuleStatus) -> SiteStatus:
    """A paused site with a decision nobody answered."""
    return SiteStatus(
        SiteId(name),
        PhaseId("pilot"),
        Reported.OK,
        paused=True,
        decision=DecisionId(f"{name}-20261121T1010Z"),
        rules=rules,
        unacknowledged_since=datetime(2026, 11, 21, 10, 10, tzinfo=UTC),
        opened={GroundKind.RULE: 2},
        baselines={(KpiId("error_ratio"), Statistic.MEDIAN): 0.01, (KpiId("error_ratio"), Statistic.P90): 0.02},
    )


def picture(*sites: SiteStatus, kpis: tuple[Kpi, ...] = (KPI,), wide: tuple[WideStops, ...] = WIDE) -> Gauges:
    """The sites after an evaluation, every rule shown by itself."""
    named = [each.site for each in sites]
    return Gauges(
        StatusView(tuple(replace(each, rules=()) for each in sites), kpis=kpis, wide=wide),
        singles=tuple(
            SingleRule(each.site, each.phase, place, status)
            for each in sites
            for place, status in enumerate(each.rules)
        ),
        values={KPI.id: dict.fromkeys(named, 0.074)} if sites else {},
        volumes={KPI.id: dict.fromkeys(named, 420.0)} if sites else {},
        last_evaluation=NOW,
    )


def calm(*sites: str, rule: str = "calm", phase: str = "pilot") -> CalmRule:
    """One rule that is plainly ok at all *sites*."""
    return CalmRule(
        CalmMembers(
            tuple(map(SiteId, sites)),
            (PhaseId(phase),) * len(sites),
            (7,) * len(sites),
            (replace(WRITTEN, id=RuleId(rule)),) * len(sites),
            tuple(0.05 + place % 2 for place in range(len(sites))),
        ),
        SLOT,
        (0.01,) * len(sites),
    )


def large(sites: int, rules: int) -> Gauges:
    """Many sites with *rules* rules and KPIs each; one site in a hundred breaches, at all others the rules are calm."""
    ill = tuple(rule(f"rule-{number}", Reported.BREACHED) for number in range(rules))
    known = [site(f"site-{number:04}", *ill if number % 100 == 0 else ()) for number in range(sites)]
    well = [each.site for each in known if not each.rules]
    drawn = picture(*known)
    named = [each.site for each in known]
    return replace(
        drawn,
        calm=tuple(calm(*well, rule=f"rule-{number}") for number in range(rules)),
        values={KpiId(f"kpi-{number}"): dict.fromkeys(named, 0.074) for number in range(rules)},
        volumes={KpiId(f"kpi-{number}"): dict.fromkeys(named, 420.0) for number in range(rules)},
    )
