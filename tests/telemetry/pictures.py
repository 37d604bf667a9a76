"""Pictures of sites for the tests of the metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from stopwatch.core.decision import DecisionId, GroundKind
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
        values={KpiId("error_ratio"): 0.074},
        volumes={KpiId("error_ratio"): 420.0},
        unacknowledged_since=datetime(2026, 11, 21, 10, 10, tzinfo=UTC),
        opened={GroundKind.RULE: 2},
        baselines={(KpiId("error_ratio"), Statistic.MEDIAN): 0.01, (KpiId("error_ratio"), Statistic.P90): 0.02},
    )


def picture(*sites: SiteStatus) -> StatusView:
    """The sites after an evaluation."""
    return StatusView(sites, NOW, (KPI,), WIDE)


def large(sites: int, rules: int) -> StatusView:
    """Many sites, each with *rules* rules of which every number is known."""
    every = tuple(rule(f"rule-{number}") for number in range(rules))
    return picture(*(site(f"site-{number:04}", *every) for number in range(sites)))
