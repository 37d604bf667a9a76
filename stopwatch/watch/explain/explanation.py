"""Why a rule fired at a site, or did not: the daemon's own walk over its slots, with every number it went by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.errors import ConfigurationError, SourceError
from stopwatch.core.grid import SlotRange
from stopwatch.core.sample import Slots
from stopwatch.core.state import Change, Condition, RuleEvent, armed_slot, rearmed, walk
from stopwatch.watch.evaluation.layout import assemble
from stopwatch.watch.explain.forecast import Forecast, Recovery, earliest, recovery
from stopwatch.watch.explain.slots import SlotLine, lines_of, read_slots
from stopwatch.watch.links import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from stopwatch.core.decision import Link
    from stopwatch.core.kpi import Kpi, KpiId, RuleId, SiteId
    from stopwatch.core.rollout import RuleSet, Site
    from stopwatch.core.rule import ResolvedRule, Statistic, StopRule
    from stopwatch.core.sample import Absence
    from stopwatch.core.state import Reported, RuleState, Step
    from stopwatch.core.verdict import Verdict
    from stopwatch.watch.evaluation.cells import Cell, Column
    from stopwatch.watch.explain.arming import Arming
    from stopwatch.watch.ports import Source


@dataclass(frozen=True, slots=True)
class Question:
    """Which rule at which site, as of *at*; *slots* is how many lines are wanted, None for as many as were judged."""

    site: SiteId
    rule: RuleId
    at: datetime
    slots: int | None = None


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """One query that was read: *role* is value or volume, *labels* are the watched values of ``$sites``."""

    kpi: KpiId
    role: str
    expression: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """A slot at which the condition or the data health changed."""

    at: datetime
    condition: Condition
    no_data: Absence | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    Everything that the state of one rule at one site follows from.

    *at* is the instant of the newest slot, *folded* the slots that were walked through; *first_seen* and *seen* the
    evaluation range. *step* is None where nothing could be judged: *failure* says why, or the slot lies before
    activation. *begins_within* tells that the walk began in the middle of things.
    """

    site: Site
    rule: StopRule
    kpis: tuple[Kpi, ...]
    at: datetime
    arming: Arming
    source: str
    queries: tuple[AskedQuery, ...]
    resolved: ResolvedRule | None = None
    failure: str | None = None
    folded: SlotRange | None = None
    begins_within: bool = False
    step: Step | None = None
    first_seen: int = 0
    seen: Slots | None = None
    lines: tuple[SlotLine, ...] = ()
    turns: tuple[Turn, ...] = ()
    fire: Forecast | None = None
    recover: Forecast | None = None
    recovery: Recovery | None = None
    links: tuple[Link, ...] = ()

    @property
    def reported(self) -> Reported | None:
        """The word people are shown for this state."""
        return None if self.step is None or self.resolved is None else self.step.state.reported(self.resolved)

    @property
    def verdict(self) -> Verdict | None:
        """What the window said at the newest slot."""
        return None if self.step is None else self.step.verdict


def explain(
    rule_set: RuleSet,
    source: Source,
    question: Question,
    arming: Arming,
    *,
    catch_up: timedelta,
    baselines: Callable[[SiteId], Mapping[tuple[KpiId, Statistic], float]] = lambda _site: {},
) -> Explanation:
    """
    Explain a rule at a site; failures of the source or of a baseline are part of the answer.

    Args:
        rule_set: The rules and the plan.
        source: The site's Prometheus.
        question: What is to be explained.
        arming: From when the rule counts.
        catch_up: How far back slots are walked through at most.
        baselines: A site's frozen numbers.

    Raises:
        ConfigurationError: There is no such site, or no such rule at it.

    """
    site, rule = wanted(rule_set, question.site, question.rule)
    grid = rule.grid
    newest = grid.at_or_before(question.at)
    begin = newest - catch_up // grid.step
    groups = assemble(rule_set, source.name, {site.id: arming.at or grid.instant(begin)}, baselines, rearmed)
    cell = next(cell for group in groups for cell in group.cells if cell.rule is rule)
    so_far = Explanation(
        site=site,
        rule=rule,
        kpis=tuple(rule_set.kpis[criterion.kpi] for criterion in rule.criteria),
        at=grid.instant(newest),
        arming=arming,
        source=source.name,
        queries=_queries(cell),
        resolved=cell.resolved,
    )
    if cell.resolved is None:
        return replace(so_far, failure=cell.unresolved)
    if arming.at is None:
        # Nobody activated the site: as if it were, with its windows full from the first slot on.
        cell.state = rearmed(grid.instant(begin - cell.resolved.history) - rule.settle)
    try:
        return _judged(so_far, cell, cell.resolved, source, question, (begin, newest))
    except SourceError as error:
        return replace(so_far, failure=str(error), links=_links(so_far, None))


def wanted(rule_set: RuleSet, site_id: SiteId, rule_id: RuleId) -> tuple[Site, StopRule]:
    """
    Return the site and the rule as it applies there.

    Raises:
        ConfigurationError: There is no such site, or no such rule at it.

    """
    site = rule_set.plan.sites.get(site_id)
    if site is None:
        planned = ", ".join(rule_set.plan.sites) or "none"
        raise ConfigurationError(f"the plan has no site {site_id!r}; it has: {planned}")
    rule = rule_set.rule(site.id, rule_id)
    if rule is None:
        known = ", ".join(rule.id for rule in rule_set.rules.get(site.id, ())) or "none"
        raise ConfigurationError(f"no rule {rule_id!r} applies at {site.id}; there are: {known}")
    return site, rule


def _judged(
    so_far: Explanation,
    cell: Cell,
    rule: ResolvedRule,
    source: Source,
    question: Question,
    span: tuple[int, int],
) -> Explanation:
    """Read, walk and look ahead."""
    begin, newest = span
    armed = armed_slot(rule, cell.state)
    start = max(begin, armed)
    state = _left_by_the_records(so_far.arming, rule, start) or cell.state
    shown = question.slots or max(rule.window.reach, rule.written.recover_slots + rule.window.extra)
    first = min(max(armed, start - rule.history + 1), newest - shown + 1)
    samples, slots = read_slots(cell, rule, source, first, newest)
    existing = Slots(armed, slots.classes[armed - first :], slots.good[armed - first :]) if armed > first else slots
    steps = list(walk(rule, state, existing, start=start)) if newest >= start else []
    last = steps[-1] if steps else None
    ahead = earliest(rule, last.state if last is not None else cell.state, existing)
    seen_from = max(armed, newest - rule.window.reach + 1)
    seen = Slots(seen_from, existing.classes[seen_from - existing.first :], existing.good[seen_from - existing.first :])
    entered = last is not None and last.state.condition.entered
    table_from = newest - (question.slots or (shown if entered else rule.window.reach)) + 1
    return replace(
        so_far,
        folded=SlotRange(rule.grid, start, newest) if last is not None else None,
        begins_within=bool(steps) and start > armed and state is cell.state and _in_the_middle(steps[0]),
        step=last,
        first_seen=seen_from,
        seen=seen if last is not None else None,
        lines=lines_of(cell, rule, source, (samples, slots), (max(first, table_from), armed)),
        turns=_turns(rule, state, steps),
        fire=ahead.fire,
        recover=ahead.recover,
        recovery=recovery(rule, last.state, existing) if last is not None else None,
        links=_links(so_far, last.state if last is not None else None),
    )


def _left_by_the_records(arming: Arming, rule: ResolvedRule, start: int) -> RuleState | None:
    """Return the stored state where it is that of the slot before *start*."""
    row, before = arming.row, rule.grid.instant(start - 1)
    if row is None or arming.folded_to is None or row.state.armed_at != arming.at:
        return None
    return row.state if row.as_of <= before <= arming.folded_to else None


def _in_the_middle(first: Step) -> bool:
    return first.state.condition is not Condition.OK


def _turns(rule: ResolvedRule, state: RuleState, steps: list[Step]) -> tuple[Turn, ...]:
    found, was = [], (state.condition, state.no_data)
    for step in steps:
        now = (step.state.condition, step.state.no_data)
        if now != was:
            found.append(Turn(rule.grid.instant(step.slot), *now))
        was = now
    return tuple(found)


def _queries(cell: Cell) -> tuple[AskedQuery, ...]:
    found: dict[tuple[str, str], AskedQuery] = {}
    for pair in cell.columns:
        for role, column in zip(("value", "volume"), pair, strict=True):
            if column is not None:
                found.setdefault((role, column.query.expression), _query(role, column))
    return tuple(found.values())


def _query(role: str, column: Column) -> AskedQuery:
    return AskedQuery(column.kpi, role, column.query.expression, tuple(column.query.labels))


def _links(so_far: Explanation, state: RuleState | None) -> tuple[Link, ...]:
    if so_far.resolved is None:
        return ()
    since = (state.pending_since if state is not None else None) or so_far.at
    event = RuleEvent(Change.OPENED, so_far.at, since, since)
    kpis = {kpi.id: kpi for kpi in so_far.kpis}
    return fill(so_far.rule, so_far.site, event, so_far.arming.decision or "", kpis)
