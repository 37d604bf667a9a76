"""What the live check says of one source, from values that a small source makes up."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from stopwatch.core.checkup import Checkup, Weight
from stopwatch.core.errors import QueryRejectedError, SourceError, SourceUnavailableError
from stopwatch.core.grid import SlotRange
from stopwatch.core.kpi import Better, Kpi, KpiId, PhaseId, RuleId, SiteId, Unit
from stopwatch.core.phase import Phase
from stopwatch.core.reading import Query, Reading
from stopwatch.core.rollout import Plan, RuleSet, Site, SourcePlan
from stopwatch.core.rule import (
    BaselineThreshold,
    Combine,
    Criterion,
    FixedVolume,
    Links,
    Mode,
    Op,
    Severity,
    Statistic,
    StopRule,
    Threshold,
)
from stopwatch.core.window import Missing, Window
from stopwatch.watch.checkup.rules import check_source

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HAM = SiteId("ham-01")
DOWN = SourceUnavailableError("cannot be reached", reason="connection")


@dataclass
class MadeUp:
    """Gives ``values(instant)`` for every site; *failure* is raised instead, *silent* when asked for the version."""

    values: Callable[[datetime], float]
    skew: timedelta = timedelta(0)
    failure: SourceError | None = None
    silent: SourceError | None = None
    name: str = "default"
    url: str = "http://prometheus"

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        if self.failure is not None:
            raise self.failure
        instants = [slots.grid.instant(slot) for slot in range(slots.first, slots.last + 1)]
        return Reading({site: [self.values(at) for at in instants] for site in query.labels.values()}, skew=self.skew)

    def build_info(self) -> str:
        if self.silent is not None:
            raise self.silent
        return "2.42.0"


def rule_set(*, go_live: datetime | None, threshold: Threshold = Decimal(9), minimum: int = 3) -> RuleSet:
    kpi = Kpi(KpiId("load"), "Load", Unit.SECONDS, Better.LOWER, "load", volume="orders")
    rule = StopRule(
        id=RuleId("slow"),
        combine=Combine.ONE,
        criteria=(Criterion(kpi.id, Op(">"), threshold, None, FixedVolume(Decimal(minimum))),),
        window=Window(n=10, m=10, extra=2, missing=Missing.MISSING, min_coverage=0.8),
        recover_slots=10,
        step=timedelta(minutes=1),
        eval_delay=timedelta(minutes=1),
        stale_after=5,
        error_after=3,
        settle=timedelta(0),
        severity=Severity.PAGE,
        mode=Mode.ENFORCE,
        links=Links(None, None, None),
        phases=None,
    )
    site = Site(HAM, "Hamburg", PhaseId("pilot"), "Europe/Berlin", "HAM", go_live=go_live)
    plan = Plan(
        "r", (Phase(PhaseId("pilot"), (HAM,), timedelta(days=1)),), {HAM: site}, {"default": SourcePlan("default")}
    )
    return RuleSet(plan, {kpi.id: kpi}, {HAM: (rule,)}, "rev")


def live(source: MadeUp, **more: Threshold | int) -> Checkup:
    """Check a site that has been live for two days."""
    return check_source(rule_set(go_live=NOW - timedelta(days=2), **more), source, now=NOW)  # type: ignore[arg-type] # one dict for two types


def codes(found: Checkup) -> list[tuple[str, str]]:
    return [(finding.code, finding.weight.value) for finding in found.findings]


def hole(begin: timedelta, length: timedelta) -> Callable[[datetime], float]:
    """Five, but nothing for *length* from *begin* before now on."""
    return lambda at: math.nan if NOW - begin <= at < NOW - begin + length else 5.0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param(lambda _: 5.0, [], id="all there"),
        pytest.param(lambda _: math.nan, [("no-series", "error")], id="nothing"),
        pytest.param(
            hole(timedelta(minutes=2), timedelta(minutes=5)), [("no-data-now", "error")], id="nothing just now"
        ),
        pytest.param(
            hole(timedelta(minutes=8), timedelta(minutes=4)), [("window-thin", "warning")], id="a hole in the window"
        ),
        pytest.param(hole(timedelta(minutes=8), timedelta(minutes=2)), [], id="a hole that coverage allows"),
        pytest.param(
            hole(timedelta(hours=40), timedelta(hours=12)), [("often-missing", "warning")], id="half a night missing"
        ),
        pytest.param(hole(timedelta(hours=90), timedelta(hours=30)), [], id="nothing before go-live"),
        pytest.param(lambda _: 2.0, [("blind", "error")], id="volume never reaches the guard"),
        pytest.param(lambda at: 2.0 if at.hour < 18 else 5.0, [], id="volume reaches it in the evening"),
    ],
)
def test_what_is_said_of_a_live_site(values: Callable[[datetime], float], said: list[tuple[str, str]]) -> None:
    found = live(MadeUp(values))
    assert codes(found) == said
    assert found.cells[0].weight.value == (said[0][1] if said else "good")


def test_before_go_live_the_same_is_a_warning() -> None:
    for go_live in (None, NOW + timedelta(days=1)):
        found = check_source(rule_set(go_live=go_live), MadeUp(lambda _: math.nan), now=NOW)
        assert codes(found) == [("no-series", "warning")]


def test_a_clock_that_is_far_off_is_a_warning_and_shown() -> None:
    found = live(MadeUp(lambda _: 5.0, skew=timedelta(seconds=-30)))
    assert codes(found) == [("clock-skew", "warning")]
    assert "30 s behind ours" in found.findings[0].message
    assert live(MadeUp(lambda _: 5.0, skew=timedelta(seconds=4))).findings == ()


def test_a_source_that_only_hides_its_version_is_used_all_the_same() -> None:
    found = live(MadeUp(lambda _: 5.0, silent=SourceUnavailableError("HTTP 404", reason="http_4xx")))
    assert (codes(found), found.sources[0].version) == ([], None)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        pytest.param(DOWN, "source-unreachable", id="down"),
        pytest.param(QueryRejectedError("unknown function", reason="rejected"), "query-refused", id="refused"),
        pytest.param(SourceUnavailableError("HTTP 500", reason="http_5xx"), "query-failed", id="failing"),
    ],
)
def test_what_cannot_be_read_is_said_once_and_makes_red_cells(failure: SourceError, code: str) -> None:
    found = live(MadeUp(lambda _: 5.0, failure=failure))
    assert set(codes(found)) == {(code, "error")}
    assert [cell.weight for cell in found.cells] == [Weight.ERROR]


def test_a_limit_without_its_baseline_is_a_warning() -> None:
    found = live(MadeUp(lambda _: 5.0), threshold=BaselineThreshold(Statistic.MEDIAN, Decimal(2), None))
    assert codes(found) == [("baseline-unresolved", "warning")]
