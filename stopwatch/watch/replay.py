"""The live rules over past slots, through the daemon's own columns, classes and fold; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.core.opening import decision_id
from stopwatch.core.reading import chunk_slots
from stopwatch.core.rule import Mode
from stopwatch.core.sample import ANY_MISSING, Samples, classify
from stopwatch.core.state import Change, fold, rearmed
from stopwatch.watch.cells import assemble
from stopwatch.watch.columns import ColumnReader, Reads, needs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from stopwatch.core.decision import DecisionId
    from stopwatch.core.kpi import KpiId, RuleId, SiteId
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import ResolvedRule, Statistic
    from stopwatch.core.sample import Slots
    from stopwatch.watch.cells import Cell, Group
    from stopwatch.watch.ports import Source


@dataclass(slots=True)
class Breach:
    """One entry of a rule into ``breached``; *recovered_at* is None while it lasts."""

    site: SiteId
    rule: RuleId
    mode: Mode
    opened_at: datetime
    pending_since: datetime
    order: int
    recovered_at: datetime | None = None


_Lasting = dict[tuple["SiteId", "RuleId"], Breach]


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
    """What a replay found; counts are of (rule, site, slot)."""

    breaches: list[Breach] = field(default_factory=list)
    decisions: list[ReplayedDecision] = field(default_factory=list)
    slots: int = 0
    missing: int = 0
    errors: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Span:
    """What is replayed: *start* to *end*, both included; *as_live* leaves out what the daemon would not watch."""

    start: datetime
    end: datetime
    as_live: bool = False


def replay(
    rule_set: RuleSet,
    sources: Mapping[str, Source],
    span: Span,
    *,
    baselines: Callable[[SiteId], Mapping[tuple[KpiId, Statistic], float]] = lambda _site: {},
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    watch: Callable[[Cell, Slots, int], None] = lambda _cell, _slots, _start: None,
) -> Replay:
    """
    Replay every rule at every site.

    Args:
        rule_set: The rules and the plan.
        sources: By name; sites whose source is not among them are not replayed.
        span: From when to when.
        baselines: A site's frozen numbers.
        progress: Called with (slots done, slots in all) after every piece.
        watch: Called with every classed piece, its cell and the first slot that was folded, for those who draw it.

    """
    found = Replay()
    lasting: _Lasting = {}
    layouts = [(source, _layout(rule_set, name, span, baselines)) for name, source in sources.items()]
    total = sum(
        max(0, group.newest - _next(cell) + 1) for _, groups in layouts for group in groups for cell in group.cells
    )
    for source, groups in layouts:
        reader = ColumnReader(source)
        for group in groups:
            _replay_group(reader, group, (found, lasting), lambda: progress(found.slots + found.errors, total), watch)
        reader.close()
    found.breaches.sort(key=lambda breach: (breach.opened_at, breach.site, breach.order))
    found.decisions = merge([breach for breach in found.breaches if breach.mode is Mode.ENFORCE])
    found.failures = list(dict.fromkeys(found.failures))
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


def _layout(
    rule_set: RuleSet,
    source: str,
    span: Span,
    baselines: Callable[[SiteId], Mapping[tuple[KpiId, Statistic], float]],
) -> list[Group]:
    """Lay out the cells so that each begins at the first slot it is judged at; ``last`` is the slot before."""
    armed = {site.id: _armed_at(site.go_live, span) for site in rule_set.plan.sites.values()}
    active = {site: at for site, at in armed.items() if at is not None}
    groups = assemble(rule_set, source, active, baselines, rearmed)
    for group in groups:
        group.newest = group.grid.at_or_before(span.end)
        first = group.grid.at_or_after(span.start)
        for cell in group.cells:
            go_live = rule_set.plan.sites[cell.site].go_live
            begin = first
            if go_live is not None and go_live <= span.end:
                begin = max(first, group.grid.at_or_after(go_live + cell.rule.settle))
            cell.state = rearmed(group.grid.instant(begin) - cell.rule.settle)
            cell.last = begin - 1
    return groups


def _armed_at(go_live: datetime | None, span: Span) -> datetime | None:
    """Return from when a site is replayed: its go-live, or the start where it has none before the end."""
    if go_live is None or go_live > span.end:
        return None if span.as_live else span.start
    return max(go_live, span.start)


def _replay_group(
    reader: ColumnReader,
    group: Group,
    into: tuple[Replay, _Lasting],
    advanced: Callable[[], None],
    watch: Callable[[Cell, Slots, int], None],
) -> None:
    found, lasting = into
    chunk = chunk_slots(group.width)
    position = min((cell.last + 1 for cell in group.cells if cell.last is not None), default=group.newest + 1)
    stuck: set[int] = set()
    while position <= group.newest:
        upto = min(group.newest, position + chunk - 1)
        going = [cell for cell in group.cells if id(cell) not in stuck and _next(cell) <= upto]
        reads = Reads()
        reader.bring_up(group, needs_of((cell, _next(cell), _next(cell)) for cell in going), upto, reads)
        found.failures += reads.failures
        for cell in going:
            if cell.resolved is None or cell.failure() is not None:
                stuck.add(id(cell))
                found.errors += group.newest - _next(cell) + 1
                found.failures += [f"{cell.site} {cell.rule.id}: {cell.failure()}"]
            else:
                _fold(cell, cell.resolved, upto, found, lasting, watch)
        position = upto + 1
        advanced()


def _next(cell: Cell) -> int:
    return cell.last + 1 if cell.last is not None else 0


def _fold(
    cell: Cell,
    rule: ResolvedRule,
    upto: int,
    found: Replay,
    lasting: _Lasting,
    watch: Callable[[Cell, Slots, int], None],
) -> None:
    start = _next(cell)
    first = start - rule.history + 1
    samples = [
        Samples(
            value.cache.window(cell.site, first, upto),
            volume.cache.window(cell.site, first, upto) if volume is not None else None,
        )
        for value, volume in cell.columns
    ]
    slots = classify(rule, first, samples)
    cell.state, events = fold(rule, cell.state, slots, start=start)
    cell.last = upto
    judged = slots.classes[start - first :]
    found.slots += len(judged)
    found.missing += len(judged) - len(judged.translate(None, ANY_MISSING))
    watch(cell, slots, start)
    for event in events:
        if event.change is Change.OPENED:
            breach = Breach(cell.site, rule.id, cell.rule.mode, event.at, event.pending_since, cell.order)
            found.breaches.append(breach)
            lasting[cell.site, rule.id] = breach
        else:
            lasting.pop((cell.site, rule.id)).recovered_at = event.at
