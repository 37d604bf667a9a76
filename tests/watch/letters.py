"""Rules, series of letters and a source that serves them; and one plain fold over them to compare with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import nan
from typing import NamedTuple

from stopwatch.core.errors import SourceUnavailableError
from stopwatch.core.grid import SlotRange
from stopwatch.core.kpi import Better, Kpi, KpiId, PhaseId, RuleId, SiteId, Unit
from stopwatch.core.phase import Phase
from stopwatch.core.reading import Query, Reading
from stopwatch.core.resolve import resolve
from stopwatch.core.rollout import DEFAULT_SOURCE, Plan, RuleSet, Site
from stopwatch.core.rule import Combine, Criterion, FixedVolume, Op, StopRule
from stopwatch.core.sample import Samples, classify
from stopwatch.core.state import Change, RuleState, armed_slot, fold, rearmed
from stopwatch.core.window import Window

T0 = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
GRAIN = timedelta(seconds=30)
"""One letter of a series; a rule of a minute's step sees every second one."""
MINUTE = timedelta(minutes=1)
ROLLOUT = "wms-4-12"
CHANNEL = "C0PILOT"
HAM, LODZ, LYON = SiteId("ham-01"), SiteId("lodz"), SiteId("lyon")
PILOT, WAVE = PhaseId("pilot"), PhaseId("wave-1")
VALUES = {"B": 9.0, "C": 1.0, "W": -2.3456789012345677e-101, "R": 4.5, "M": nan}
"""Breaching, clear and good, likewise with as many digits as can be, clear and not good as good is up to 4, missing."""
DAY = timedelta(hours=24)


def kpi(name: str, *, volume: bool = False) -> Kpi:
    """A KPI whose query is its own name."""
    return Kpi(KpiId(name), name.title(), Unit.COUNT, Better.LOWER, name, f"{name}_volume" if volume else None)


def rule(
    name: str,
    *kpis: str,
    window: Window | None = None,
    combine: Combine = Combine.ONE,
    volume: bool = False,
    **more: object,
) -> StopRule:
    """A rule over KPIs (its own name by default): above 5 in three slots in a row, good at 4 or less."""
    guard = FixedVolume(Decimal(10)) if volume else None
    criteria = tuple(Criterion(KpiId(each), Op.ABOVE, Decimal(5), Decimal(4), guard) for each in kpis or (name,))
    plain = StopRule(RuleId(name), combine, criteria, window or Window(3, 3, extra=1), recover_slots=2)
    return replace(plain, **{"eval_delay": timedelta(0), **more})  # type: ignore[arg-type] # fields by name


def rule_set(*rules: StopRule, sites: Iterable[SiteId] = (HAM,), go_live: datetime = T0) -> RuleSet:
    """A rule set in which every rule holds at every site; the first site is the pilot, the others are wave 1."""
    known = list(sites)
    criteria = [criterion for each in rules for criterion in each.criteria]
    guarded = {criterion.kpi for criterion in criteria if criterion.volume is not None}
    plan = Plan(
        rollout=ROLLOUT,
        phases=(Phase(PILOT, tuple(known[:1]), DAY), Phase(WAVE, tuple(known[1:]), DAY)),
        sites={
            site: Site(site, site.title(), WAVE if at else PILOT, "Europe/Berlin", site.upper(), go_live)
            for at, site in enumerate(known)
        },
        sources={},
    )
    kpis = {criterion.kpi: kpi(criterion.kpi, volume=criterion.kpi in guarded) for criterion in criteria}
    return RuleSet(plan, kpis, dict.fromkeys(known, rules), "0" * 64)


class Asked(NamedTuple):
    """One request that reached the source."""

    query: str
    slots: SlotRange
    sites: frozenset[SiteId]


@dataclass(slots=True)
class LetterSource:
    """
    A Prometheus in memory.

    *series* holds a letter for every `GRAIN` from `T0` on, by query and site. *failing* names queries that answer
    nothing. A letter in *late* is there only from that instant of *now* on.
    """

    series: dict[tuple[str, SiteId], str] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    late: dict[tuple[str, SiteId, int], datetime] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    now: datetime = T0
    name: str = DEFAULT_SOURCE

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        self.asked.append(Asked(query.expression, slots, frozenset(query.labels.values())))
        if query.expression in self.failing:
            raise SourceUnavailableError("nobody answers", reason="connect")
        instants = [slots.grid.instant(slot) for slot in range(slots.first, slots.last + 1)]
        return Reading(
            {
                site: [self.value(query.expression, site, instant) for instant in instants]
                for site in query.labels.values()
                if (query.expression, site) in self.series
            }
        )

    def value(self, query: str, site: SiteId, instant: datetime) -> float:
        """What is there at *instant* now; NaN where there is nothing, or not yet."""
        at, rest = divmod(instant - T0, GRAIN)
        letters = self.series.get((query, site), "")
        if rest or not 0 <= at < len(letters):
            return nan
        if query.endswith("_volume"):
            return {"C": 50.0, "L": 1.0}.get(letters[at], nan)
        return nan if self.now < self.late.get((query, site, at), T0) else VALUES[letters[at]]


class Entry(NamedTuple):
    """One line of the event log: a ground, whatever decision it belongs to."""

    site: SiteId
    rule: RuleId
    opened_at: datetime
    pending_since: datetime | None
    recovered_at: datetime | None


def plain(rules: RuleSet, source: LetterSource, newest: datetime) -> tuple[list[Entry], dict[object, RuleState]]:
    """Return event log and states as one fold over the whole series gives them: no ticks, no cache, no records."""
    entries: list[Entry] = []
    states: dict[object, RuleState] = {}
    for site in rules.plan.sites.values():
        for each in rules.rules[site.id]:
            state, found = _plain_one(rules, source, site, each, newest)
            entries += found
            states[site.id, each.id] = state
    return sorted(entries), states


def _plain_one(
    rules: RuleSet, source: LetterSource, site: Site, each: StopRule, newest: datetime
) -> tuple[RuleState, list[Entry]]:
    resolved = resolve(each, rules.kpis, {})
    assert site.go_live is not None
    state = rearmed(site.go_live)
    first = armed_slot(resolved, state)
    instants = [
        each.grid.instant(slot) for slot in range(first, each.grid.newest(now=newest, eval_delay=each.eval_delay) + 1)
    ]
    samples = [
        Samples(
            [source.value(rules.kpis[limit.kpi].query, site.id, instant) for instant in instants],
            [source.value(str(rules.kpis[limit.kpi].volume), site.id, instant) for instant in instants]
            if limit.volume_min is not None
            else None,
        )
        for limit in resolved.limits
    ]
    state, events = fold(resolved, state, classify(resolved, first, samples), start=first)
    ends = {event.opened_at: event.at for event in events if event.change is Change.RECOVERED}
    return state, [
        Entry(site.id, each.id, event.at, event.pending_since, ends.get(event.at))
        for event in events
        if event.change is Change.OPENED
    ]
