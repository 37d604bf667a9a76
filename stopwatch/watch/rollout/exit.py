"""Looking at a phase for its exit gate: the whole window from the TSDB, through the daemon's own evaluator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.blind import BLIND, SEEN, recorded_spans
from stopwatch.core.exit.check import KpiOver, RuleOver
from stopwatch.core.exit.judgement import Seen
from stopwatch.core.exit.observation import SiteWindow, acquittals, armed_at, observe
from stopwatch.core.exit.stretch import tally
from stopwatch.core.grid import Grid
from stopwatch.core.kpi import SiteId
from stopwatch.core.rule import Mode
from stopwatch.core.sample import Slots
from stopwatch.core.state import rearmed
from stopwatch.watch.baseline import Span
from stopwatch.watch.evaluation.layout import assemble
from stopwatch.watch.evaluation.past import read_past
from stopwatch.watch.rollout.exit_counts import count
from stopwatch.watch.rollout.figures import Reading, read_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.blind import BlindSpan
    from stopwatch.core.decision import Decision
    from stopwatch.core.kpi import KpiId
    from stopwatch.core.ledger import Entry
    from stopwatch.core.phase import Phase
    from stopwatch.core.records import Activation, Unjudged
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import ResolvedRule, Statistic
    from stopwatch.core.sample import Samples
    from stopwatch.watch.evaluation.cells import Cell
    from stopwatch.watch.ports import Reader, Source
    from stopwatch.watch.rollout.exit_counts import Ranges

MOST_SLOTS = 5_000
"""So many slots of a window are enough to tell its median and p90; ten days fit in at three minutes."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the records say of a rollout, read in one view."""

    activations: Mapping[SiteId, Activation]
    decisions: tuple[Decision, ...] = ()
    entries: tuple[Entry, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    blind: tuple[BlindSpan, ...] = ()


def told_of(view: Reader, rollout: str) -> Told:
    """Read everything that the gates of a rollout need to know."""
    return Told(
        view.activations(rollout),
        tuple(view.decisions(rollout)),
        tuple(view.entries(rollout)),
        tuple(view.unjudged(rollout)),
        tuple(recorded_spans(view.audited(BLIND, SEEN), rollout)),
    )


def look(
    rule_set: RuleSet,
    phase: Phase,
    sources: Mapping[str, Source],
    told: Told,
    *,
    now: datetime,
    ranges: Ranges,
    baselines: Callable[[SiteId], Mapping[tuple[KpiId, Statistic], float]] = lambda _site: {},
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Seen:
    """
    Look at the whole observation window of every site of *phase*, with one query for all its sites.

    Args:
        rule_set: The rules in force and the plan.
        phase: The phase that is to be judged.
        sources: By name; every site's must be among them.
        told: What the records say.
        now: The time of the judgement; the window ends where slots may be judged by then.
        ranges: Gives the ranges that a PromQL expression looks back over.
        baselines: A site's frozen numbers.
        progress: Called with (slots done, slots in all) after every piece.

    """
    end = _end(rule_set, phase, now)
    windows = {
        site: observe(
            rule_set.plan,
            site,
            go_live=told.activations[site].at if site in told.activations else None,
            decisions=told.decisions,
            observation=phase.observation,
            end=end,
        )
        for site in phase.sites
    }
    strips = _read(rule_set, sources, windows, told, baselines, progress)
    spans = {site: Span(window.start, window.end) for site, window in windows.items() if window.start is not None}
    return Seen(
        tuple(windows.values()),
        tuple(strip.over() for strip in strips),
        tuple(_counted(rule_set, sources, windows, ranges)),
        told.decisions,
        told.entries,
        told.unjudged,
        tuple((span.site, (span.since, span.until or end)) for span in told.blind),
        read_figures(rule_set, sources, spans, Reading(MOST_SLOTS)),
    )


def _end(rule_set: RuleSet, phase: Phase, now: datetime) -> datetime:
    """Return the newest instant at which every rule of the phase has a slot that may be judged."""
    rules = [rule for site in phase.sites for rule in rule_set.rules.get(site, ())]
    step = max((rule.step for rule in rules), default=timedelta(minutes=1))
    delay = max((rule.eval_delay for rule in rules), default=timedelta())
    grid = Grid(step)
    return grid.instant(grid.newest(now=now, eval_delay=delay))


class _Strip:
    """One rule at one site along its observation window, with every class of it and of the warm-up before."""

    def __init__(self, cell: Cell, window: SiteWindow, begin: datetime, decisions: Sequence[Decision]) -> None:
        grid, went_live = cell.group.grid, window.went_live or begin
        self.cell = cell
        self.failure: str | None = None
        self.armed_at = armed_at(cell.site, cell.rule.id, went_live, decisions)
        self.acquittals = acquittals(cell.site, cell.rule.id, decisions)
        armed = grid.at_or_after(self.armed_at + cell.rule.settle)
        self.begin = max(grid.at_or_after(begin), armed)
        history = cell.resolved.history if cell.resolved is not None else 1
        self.first = max(armed, self.begin - history)
        self.slots = Slots(self.first, b"", b"")
        cell.last = self.first - 1

    @property
    def next(self) -> int:
        """The first slot it was not given yet."""
        return self.slots.last + 1

    def fail(self, why: str, _upto: int) -> None:
        """Keep why it cannot be judged; a window that is half read proves nothing."""
        self.failure = why

    def fold(self, _rule: ResolvedRule, slots: Slots, _samples: Sequence[Samples], start: int) -> None:
        """Keep the classes from slot *start* on."""
        offset = start - slots.first
        known = self.slots
        self.slots = Slots(known.first, known.classes + slots.classes[offset:], known.good + slots.good[offset:])
        self.cell.last = slots.last

    def over(self) -> RuleOver:
        """Return what the window came to."""
        cell, rule = self.cell, self.cell.resolved
        kpis = tuple(dict.fromkeys(criterion.kpi for criterion in cell.rule.criteria))
        found = RuleOver(cell.site, cell.rule.id, kpis, observed=cell.rule.mode is Mode.OBSERVE, failure=self.failure)
        if rule is None or self.failure is not None:
            return found
        tallied = tally(rule, self.slots, first=self.begin, armed_at=self.armed_at, acquittals=self.acquittals)
        return replace(found, tally=tallied, hash=rule.hash)


def _read(
    rule_set: RuleSet,
    sources: Mapping[str, Source],
    windows: Mapping[SiteId, SiteWindow],
    told: Told,
    baselines: Callable[[SiteId], Mapping[tuple[KpiId, Statistic], float]],
    progress: Callable[[int, int], None],
) -> list[_Strip]:
    """Read every rule at every live site, grouped so that all sites share the queries."""
    live = {site: window.start for site, window in windows.items() if window.start is not None}
    tables = []
    for name, source in sources.items():
        groups = []
        for group in assemble(rule_set, name, live, baselines, rearmed):
            end = max(windows[cell.site].end for cell in group.cells)
            group.newest = group.grid.at_or_before(end)
            strips = [_Strip(cell, windows[cell.site], live[cell.site], told.decisions) for cell in group.cells]
            groups.append((group, strips))
        tables.append((source, groups))
    everything = [strip for _source, groups in tables for _group, strips in groups for strip in strips]
    total = sum(max(0, strip.cell.group.newest - strip.first + 1) for strip in everything)
    for source, groups in tables:
        read_past(source, groups, lambda: progress(_done(everything), total))
    order = list(windows)
    return sorted(everything, key=lambda strip: (order.index(strip.cell.site), strip.cell.order))


def _done(strips: Sequence[_Strip]) -> int:
    return sum(
        strip.cell.group.newest - strip.first + 1 if strip.failure is not None else len(strip.slots.classes)
        for strip in strips
    )


def _counted(
    rule_set: RuleSet, sources: Mapping[str, Source], windows: Mapping[SiteId, SiteWindow], ranges: Ranges
) -> list[KpiOver]:
    """Count what stands behind every KPI that a rule of a live site reads."""
    found: list[KpiOver] = []
    for name, source in sources.items():
        sites = [
            rule_set.plan.sites[site]
            for site, window in windows.items()
            if window.start is not None and rule_set.plan.sites[site].source == name
        ]
        used = dict.fromkeys(
            criterion.kpi for site in sites for rule in rule_set.rules.get(site.id, ()) for criterion in rule.criteria
        )
        for kpi in used:
            reading = [
                site
                for site in sites
                if any(c.kpi == kpi for rule in rule_set.rules.get(site.id, ()) for c in rule.criteria)
            ]
            labels = {site.label: site.id for site in reading}
            seen = [windows[site.id] for site in reading]
            found += count(rule_set.kpis[kpi], source, seen, labels, ranges)
    return found
