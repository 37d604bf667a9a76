"""The live rules over past slots, through the daemon's own columns, classes and fold; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.core.opening import decision_id
from stopwatch.core.rule import Mode
from stopwatch.core.state import rearmed
from stopwatch.watch.evaluation.cells import Group
from stopwatch.watch.evaluation.layout import assemble
from stopwatch.watch.evaluation.past import read_past
from stopwatch.watch.replay.lanes import Breach, Lane

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from stopwatch.core.decision import DecisionId
    from stopwatch.core.kpi import KpiId, SiteId
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import Statistic
    from stopwatch.watch.evaluation.cells import Cell, Column
    from stopwatch.watch.ports import Source


@dataclass(slots=True)
class ReplayedDecision:
    """Overlapping grounds of one site, merged; ended at the slot where the last of them recovered."""

    id: DecisionId
    site: SiteId
    opened_at: datetime
    grounds: list[Breach]

    @property
    def ended_at(self) -> datetime | None:
        """The end of the last ground, None while one lasts."""
        ends = [ground.recovered_at for ground in self.grounds]
        known = [end for end in ends if end is not None]
        return max(known) if len(known) == len(ends) else None


@dataclass(slots=True)
class Replay:
    """What a replay found; counts are of (rule, site, slot), *lanes* tell of every rule at every site."""

    breaches: list[Breach] = field(default_factory=list)
    decisions: list[ReplayedDecision] = field(default_factory=list)
    slots: int = 0
    missing: int = 0
    errors: int = 0
    failures: list[str] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Span:
    """What is replayed: *start* to *end*, both included; *as_live* leaves out what the daemon would not watch."""

    start: datetime
    end: datetime
    as_live: bool = False


def replay(
    rule_sets: Sequence[RuleSet],
    sources: Mapping[str, Source],
    span: Span,
    *,
    baselines: Callable[[SiteId], Mapping[tuple[KpiId, Statistic], float]] = lambda _site: {},
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    drawn: bool = False,
) -> list[Replay]:
    """
    Replay every rule at every site, under each of *rule_sets*; what several of them ask for is read once.

    Memory holds one piece of the columns at a time, however long the span is.

    Args:
        rule_sets: The rules and the plan, in as many variants as are to be compared.
        sources: By name; sites whose source is not among them are not replayed.
        span: From when to when.
        baselines: A site's frozen numbers.
        progress: Called with (slots done, slots in all) after every piece.
        drawn: Whether the lanes of the first rule set keep what a picture needs.

    """
    found = [Replay() for _ in rule_sets]
    layouts = []
    for name, source in sources.items():
        tables: dict[timedelta, _Table] = {}
        for rule_set, result in zip(rule_sets, found, strict=True):
            for group in assemble(rule_set, name, _active(rule_set, span), baselines, rearmed):
                table = tables.setdefault(group.grid.step, _Table(Group(group.grid, group.eval_delay)))
                table.take(group, rule_set, span, result, drawn=drawn and result is found[0])
        layouts.append((source, tables))
    lanes = [lane for _, tables in layouts for table in tables.values() for lane in table.lanes]
    total = sum(max(0, lane.cell.group.newest - lane.next + 1) for lane in lanes)
    for source, tables in layouts:
        told = [(table.group, table.lanes) for table in tables.values()]
        read_past(source, told, lambda: progress(sum(lane.slots + lane.errors for lane in lanes), total))
    for result in found:
        _finish(result)
    return found


def merge(breaches: list[Breach]) -> list[ReplayedDecision]:
    """Merge breaches of one site that overlap; *breaches* are in order of opening."""
    decisions: list[ReplayedDecision] = []
    current: dict[SiteId, ReplayedDecision] = {}
    taken: set[DecisionId] = set()
    for breach in breaches:
        decision = current.get(breach.site)
        if decision is not None and (decision.ended_at is None or breach.opened_at < decision.ended_at):
            decision.grounds.append(breach)
            continue
        identity = decision_id(breach.site, breach.opened_at, taken.__contains__)
        taken.add(identity)
        current[breach.site] = ReplayedDecision(identity, breach.site, breach.opened_at, [breach])
        decisions.append(current[breach.site])
    return decisions


@dataclass(slots=True)
class _Table:
    """All lanes of one source and grid, over the columns that they share, also between variants."""

    group: Group
    lanes: list[Lane] = field(default_factory=list)

    def take(self, group: Group, rule_set: RuleSet, span: Span, result: Replay, *, drawn: bool) -> None:
        """Take over the cells of *group*, each beginning at the first slot it is judged at."""
        self.group.newest = group.newest = group.grid.at_or_before(span.end)
        for cell in group.cells:
            cell.columns = tuple(
                (self._shared(value), self._shared(volume) if volume is not None else None)
                for value, volume in cell.columns
            )
            begin = _begin(cell, rule_set, span)
            cell.state = rearmed(group.grid.instant(begin) - cell.rule.settle)
            cell.last = begin - 1
            lane = Lane(cell, begin)
            if drawn:
                lane.draw(group.newest)
            self.lanes.append(lane)
            result.lanes.append(lane)

    def _shared(self, column: Column) -> Column:
        """Return the one column of that query; a past is not read with any delay."""
        return self.group.columns.setdefault(column.key._replace(eval_delay_seconds=0), column)


def _active(rule_set: RuleSet, span: Span) -> dict[SiteId, datetime]:
    """Return from when sites are replayed: their go-live, or the start where they have none before the end."""
    active: dict[SiteId, datetime] = {}
    for site in rule_set.plan.sites.values():
        if site.go_live is not None and site.go_live <= span.end:
            active[site.id] = max(site.go_live, span.start)
        elif not span.as_live:
            active[site.id] = span.start
    return active


def _begin(cell: Cell, rule_set: RuleSet, span: Span) -> int:
    grid, go_live = cell.group.grid, rule_set.plan.sites[cell.site].go_live
    first = grid.at_or_after(span.start)
    if go_live is None or go_live > span.end:
        return first
    return max(first, grid.at_or_after(go_live + cell.rule.settle))


def _finish(found: Replay) -> None:
    found.slots = sum(lane.slots for lane in found.lanes)
    found.missing = sum(lane.missing for lane in found.lanes)
    found.errors = sum(lane.errors for lane in found.lanes)
    failures = (f"{lane.cell.site} {lane.cell.rule.id}: {lane.failure}" for lane in found.lanes if lane.failure)
    found.failures = list(dict.fromkeys(failures))
    found.breaches = [breach for lane in found.lanes for breach in lane.breaches]
    found.breaches.sort(key=lambda breach: (breach.opened_at, breach.site, breach.order))
    found.decisions = merge([breach for breach in found.breaches if breach.mode is Mode.ENFORCE])
