"""A past written by hand: values by query and site, read as a source would, and rule sets around them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from stopwatch.core.errors import SourceUnavailableError
from stopwatch.core.grid import Grid, SlotRange
from stopwatch.core.kpi import Better, Kpi, KpiId, PhaseId, RuleId, SiteId, Unit
from stopwatch.core.phase import Phase
from stopwatch.core.reading import Query, Reading
from stopwatch.core.rollout import Plan, RuleSet, Site
from stopwatch.core.rule import Combine, Criterion, FixedVolume, Links, Op, StopRule
from stopwatch.core.window import Missing, Window

GRID = Grid(timedelta(minutes=1))
START = datetime(2026, 11, 21, 10, tzinfo=UTC)
FIRST = GRID.at_or_after(START)
"""The slot of the first value."""
HAM, LODZ = SiteId("ham-01"), SiteId("lodz")
RULE = RuleId("errors")
LETTERS = {"B": 9.0, "C": 1.0, "H": 4.0, "M": math.nan}
"""Values around the limit 5 and the recovery limit 3; H is clear but not yet good."""


def minute(number: int) -> datetime:
    """The instant of the value at index *number*."""
    return GRID.instant(FIRST + number)


def values(text: str) -> list[float]:
    """One value a letter."""
    return [LETTERS[letter] for letter in text]


@dataclass
class Past:
    """A source whose series are lists; the first value is that of slot `FIRST`. *broken* expressions fail."""

    series: Mapping[tuple[str, SiteId], Sequence[float]]
    broken: set[str] = field(default_factory=set)
    nan: bool = False
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    name: str = "default"

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        self.asked.append((query.expression, slots.first, slots.last))
        if query.expression in self.broken:
            raise SourceUnavailableError("no answer within 5 s", reason="timeout")
        counting = query.expression.startswith("count by")
        expression = query.expression.split("\n")[1] if counting else query.expression
        found = {}
        for site in query.labels.values():
            row = self.series.get((expression, site))
            if row is None:
                continue
            span = range(slots.first - FIRST, slots.last - FIRST + 1)
            read = [row[index] if 0 <= index < len(row) else math.nan for index in span]
            found[site] = [1.0 if self.nan else value for value in read] if counting else read
        return Reading(found)


def stop_rule(
    window: Window | None = None,
    *,
    identity: RuleId = RULE,
    volume: int | None = None,
    recover_slots: int = 3,
    settle: timedelta = timedelta(0),
    step: timedelta = timedelta(minutes=1),
    links: Links | None = None,
) -> StopRule:
    """A rule on KPI ``v``: above 5, good again when not above 3."""
    guard = FixedVolume(Decimal(volume)) if volume is not None else None
    criterion = Criterion(KpiId("v"), Op.ABOVE, Decimal(5), Decimal(3), guard)
    return StopRule(
        id=identity,
        combine=Combine.ONE,
        criteria=(criterion,),
        window=window or Window(4, 4),
        recover_slots=recover_slots,
        settle=settle,
        step=step,
        links=links or Links(),
    )


def rule_set(*rules: StopRule, go_live: datetime | None = START, sites: Sequence[SiteId] = (HAM,)) -> RuleSet:
    """A plan of one phase in which *rules* apply at every site."""
    phase = PhaseId("pilot")
    planned = {site: Site(site, site.title(), phase, "Europe/Berlin", site.upper(), go_live=go_live) for site in sites}
    kpis = {KpiId("v"): Kpi(KpiId("v"), "Value", Unit.COUNT, Better.LOWER, "v", volume="n")}
    plan = Plan("t", (Phase(phase, tuple(planned), timedelta(days=1)),), planned, {})
    return RuleSet(plan, kpis, dict.fromkeys(planned, rules), "revision")


def missing_as(missing: Missing, n: int = 4, m: int = 4) -> Window:
    """A window of that policy with its usual extra slots."""
    return Window(n, m, missing.extra_slots, missing)
