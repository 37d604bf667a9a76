"""One immutable picture of how everything stands, drawn from the cells in memory and the live decisions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from math import nan
from typing import TYPE_CHECKING

from stopwatch.core.escalation import waiting_since
from stopwatch.core.rule import Combine
from stopwatch.core.sample import Samples, classify
from stopwatch.core.state import Condition, Reported, armed_slot
from stopwatch.core.status import RuleStatus, SiteStatus, StatusView, worst
from stopwatch.core.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.decision import Decision, GroundKind
    from stopwatch.core.kpi import KpiId, SiteId
    from stopwatch.core.rollout import Plan, RuleSet
    from stopwatch.core.rule import ResolvedRule
    from stopwatch.watch.cells import Cell, Group
    from stopwatch.watch.folding import Ended
    from stopwatch.watch.tick import SourceWatch


def draw(
    rule_set: RuleSet, watches: Iterable[SourceWatch], ended: Mapping[SiteId, tuple[Ended, ...]], at: datetime | None
) -> StatusView:
    """Draw rules and values of every site of the plan; decisions are laid over it by `overlay`."""
    rules: dict[SiteId, list[tuple[int, RuleStatus]]] = defaultdict(list)
    values: dict[SiteId, dict[KpiId, float]] = defaultdict(dict)
    for watch in watches:
        for group in watch.groups:
            for cell in group.cells:
                if cell.last is None and cell.state.failures < cell.rule.error_after:
                    continue  # Nothing is known of it yet, and unknown must not look like healthy.
                rules[cell.site].append((cell.order, _rule(group, cell, ended.get(cell.site, ()))))
                _note_values(cell, values[cell.site])
    sites = []
    for site in rule_set.plan.sites.values():
        drawn = tuple(status for _order, status in sorted(rules[site.id], key=lambda pair: pair[0]))
        sites.append(SiteStatus(site.id, site.phase, worst(drawn), rules=drawn, values=values[site.id]))
    return StatusView(tuple(sites), at)


def overlay(
    view: StatusView,
    plan: Plan,
    live: Sequence[Decision],
    opened: Mapping[SiteId, Mapping[GroundKind, int]] | None = None,
) -> StatusView:
    """Lay the live decisions over a picture: a site's own decision first, else a wide stop that covers it."""
    covering: dict[SiteId, list[Decision]] = defaultdict(list)
    for decision in sorted(live, key=lambda decision: decision.site is None):
        for site in plan.covered(decision.scope):
            covering[site].append(decision)
    return replace(
        view,
        sites=tuple(
            replace(
                site,
                paused=any(decision.paused for decision in covering[site.site]),
                decision=covering[site.site][0].id if covering[site.site] else None,
                unacknowledged_since=min(
                    (since for decision in covering[site.site] if (since := waiting_since(decision))), default=None
                ),
                opened=dict(opened.get(site.site, {})) if opened is not None else site.opened,
            )
            for site in view.sites
        ),
    )


def _rule(group: Group, cell: Cell, ended: Sequence[Ended]) -> RuleStatus:
    newest = group.grid.instant(cell.last) if cell.last is not None else None
    rule = cell.resolved
    if rule is None:
        failures = cell.state.failures
        state = Reported.ERROR if failures >= cell.rule.error_after else Reported.OK
        return RuleStatus(cell.rule.id, state, newest_slot=newest)
    if any(end.at > cell.state.armed_at and cell.rule.id in end.rules for end in ended):
        # The decision that this rule was a ground of has ended; its first new slot has just not come yet.
        return RuleStatus(rule.id, Reported.OK, newest_slot=newest, threshold=_threshold(rule))
    verdict = _verdict(cell, rule)
    since = cell.state.pending_since
    return RuleStatus(
        rule.id,
        cell.state.reported(rule),
        reason=cell.state.no_data,
        pending_since=since,
        value=_value(cell, rule),
        newest_slot=newest,
        threshold=_threshold(rule),
        pending_seconds=(newest - since).total_seconds()
        if since is not None and newest is not None and cell.state.condition is Condition.PENDING
        else 0.0,
        breaching_slots=verdict.low if verdict else None,
        required_slots=rule.window.m,
        coverage=verdict.coverage if verdict else None,
    )


def _threshold(rule: ResolvedRule) -> float | None:
    return rule.limits[0].threshold if rule.written.combine is Combine.ONE else None


def _value(cell: Cell, rule: ResolvedRule) -> float | None:
    if rule.written.combine is not Combine.ONE or cell.last is None:
        return None
    value = cell.columns[0][0].cache.window(cell.site, cell.last, cell.last)[0]
    return value if value == value else None  # noqa: PLR0124 – NaN is the only such value


def _verdict(cell: Cell, rule: ResolvedRule) -> Verdict | None:
    """Return the newest verdict; a rule that saw nothing but clear slots needs no second look."""
    if cell.last is None:
        return None
    first = max(cell.last - rule.window.reach + 1, armed_slot(rule, cell.state))
    if cell.clear_run >= rule.history:
        return judge(rule.window, b"C" * (cell.last - first + 1))
    samples = [
        Samples(
            value.cache.window(cell.site, first, cell.last),
            volume.cache.window(cell.site, first, cell.last) if volume is not None else None,
        )
        for value, volume in cell.columns
    ]
    return judge(rule.window, classify(rule, first, samples).classes)


def _note_values(cell: Cell, values: dict[KpiId, float]) -> None:
    for value, _volume in cell.columns:
        newest = value.cache.window(cell.site, cell.last, cell.last)[0] if cell.last is not None else nan
        if newest == newest and value.kpi not in values:  # noqa: PLR0124 – NaN is the only such value
            values[value.kpi] = newest
