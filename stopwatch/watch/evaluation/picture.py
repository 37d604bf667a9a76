"""One immutable picture of how everything stands, drawn from the sketches of ticks and the live decisions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import repeat
from math import nan
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from stopwatch.core.escalation import waiting_since
from stopwatch.core.rollout import wide_scope
from stopwatch.core.rule import Combine
from stopwatch.core.sample import CLEAR, classify
from stopwatch.core.state import Condition, Reported
from stopwatch.core.status import RuleStatus, SiteStatus, StatusView, WideStops, worst
from stopwatch.core.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.baseline import Numbers
    from stopwatch.core.decision import Decision, GroundKind
    from stopwatch.core.kpi import KpiId, SiteId
    from stopwatch.core.rollout import Plan, RuleSet, Site
    from stopwatch.core.rule import ResolvedRule
    from stopwatch.watch.evaluation.cells import Cell
    from stopwatch.watch.evaluation.folding import Ended
    from stopwatch.watch.evaluation.sketch import Held, Sketch, Still


_NO_BASELINES: Mapping[str, Numbers] = MappingProxyType({})

_Drawn = tuple[int, RuleStatus, tuple[tuple["KpiId", float, float], ...]]
"""A rule's place in its file, its status, and the newest value and volume of every KPI it reads."""


def draw(
    rule_set: RuleSet,
    sketches: Iterable[Sketch],
    ended: Mapping[SiteId, tuple[Ended, ...]],
    at: datetime | None,
    *,
    blind: Container[SiteId] = (),
    baselines: Mapping[str, Numbers] = _NO_BASELINES,
) -> StatusView:
    """
    Draw rules, values and *baselines* of every site of the plan, and whether it is *blind*.

    Decisions are laid over it by `overlay`.
    """
    found: dict[SiteId, list[_Drawn]] = defaultdict(list)
    for sketch in sketches:
        for still in sketch.still:
            _draw_still(still, ended, found)
        for held in sketch.held:
            if held.last is not None or held.state.failures >= held.cell.rule.error_after:
                # Of other cells nothing is known yet, and unknown must not look like healthy.
                _draw_held(held, ended, found)
    sites = [
        _site(site, found[site.id], site.id in blind, baselines.get(site.id, {}))
        for site in rule_set.plan.sites.values()
    ]
    return StatusView(tuple(sites), at, tuple(rule_set.kpis.values()))


def overlay(
    view: StatusView,
    plan: Plan,
    live: Sequence[Decision],
    opened: Mapping[str, Mapping[GroundKind, int]] | None = None,
) -> StatusView:
    """
    Lay the live decisions over a picture: a site's own decision first, else a wide stop that covers it.

    *opened* counts the decisions ever opened by scope and kind; without it the counts stay as they are.
    """
    covering: dict[SiteId, list[Decision]] = defaultdict(list)
    for decision in sorted(live, key=lambda decision: decision.site is None):
        for site in plan.covered(decision.scope):
            covering[site].append(decision)
    return replace(
        view,
        sites=tuple(_covered(site, covering.get(site.site, ()), opened) for site in view.sites),
        wide=_wide(plan, opened) if opened is not None else view.wide,
    )


def _covered(
    site: SiteStatus, live: Sequence[Decision], opened: Mapping[str, Mapping[GroundKind, int]] | None
) -> SiteStatus:
    """Return a site under its decisions; the same object where they say nothing new, as at most sites."""
    counts = opened.get(site.site, {}) if opened is not None else site.opened
    if not live and site.decision is None and not site.paused and counts == site.opened:
        return site
    return replace(
        site,
        paused=any(decision.paused for decision in live),
        decision=live[0].id if live else None,
        unacknowledged_since=min((since for decision in live if (since := waiting_since(decision))), default=None),
        opened=dict(counts),
    )


def _wide(plan: Plan, opened: Mapping[str, Mapping[GroundKind, int]]) -> tuple[WideStops, ...]:
    scopes = [(wide_scope(phase), phase) for phase in (None, *(phase.id for phase in plan.phases))]
    return tuple(WideStops(scope, phase, dict(opened.get(scope, {}))) for scope, phase in scopes)


def _site(site: Site, drawn: list[_Drawn], blind: bool, baselines: Numbers) -> SiteStatus:  # noqa: FBT001 -- one of its facts
    drawn.sort(key=itemgetter(0))
    rules = tuple(status for _order, status, _values in drawn)
    values: dict[KpiId, float] = {}
    volumes: dict[KpiId, float] = {}
    for _order, _status, newest in drawn:
        for kpi, value, volume in newest:
            if value == value:  # noqa: PLR0124 – NaN is the only value that is not itself
                values.setdefault(kpi, value)
            if volume == volume:  # noqa: PLR0124 – as above
                volumes.setdefault(kpi, volume)
    return SiteStatus(
        site.id,
        site.phase,
        worst(rules),
        rules=rules,
        values=values,
        volumes=volumes,
        blind=blind,
        baselines=baselines,
    )


def _draw_still(still: Still, ended: Mapping[SiteId, tuple[Ended, ...]], found: dict[SiteId, list[_Drawn]]) -> None:
    """Draw a calm set: plainly ok, with a whole range of clear slots."""
    newest, kpi, roster = still.grid.instant(still.last), still.kpi, still.roster
    volumes = still.volumes if still.volumes is not None else repeat(nan, len(still.values))
    members = zip(roster.cells, roster.thresholds, still.values, volumes, strict=True)
    for cell, threshold, value, volume in members:
        site, written = cell.site, cell.rule
        if site in ended and cell.resolved is not None and _ended_since(cell, cell.state.armed_at, ended[site]):
            status = _afresh(cell.resolved, newest)
        else:
            status = RuleStatus(
                written.id,
                Reported.OK,
                value=value if value == value else None,  # noqa: PLR0124 – NaN is the only value that is not itself
                newest_slot=newest,
                threshold=threshold,
                breaching_slots=0,
                required_slots=written.window.m,
                coverage=1.0,
                written=written,
            )
        found[site].append((cell.order, status, ((kpi, value, volume),)))


def _draw_held(held: Held, ended: Mapping[SiteId, tuple[Ended, ...]], found: dict[SiteId, list[_Drawn]]) -> None:
    cell = held.cell
    kpis = (value.kpi for value, _volume in cell.columns)
    values = tuple((kpi, value, volume) for kpi, (value, volume) in zip(kpis, held.newest, strict=True))
    found[cell.site].append((cell.order, _rule(held, ended.get(cell.site, ())), values))


def _rule(held: Held, ended: Sequence[Ended]) -> RuleStatus:
    newest = held.grid.instant(held.last) if held.last is not None else None
    cell, state, rule = held.cell, held.state, held.cell.resolved
    if rule is None:
        reported = Reported.ERROR if state.failures >= cell.rule.error_after else Reported.OK
        return RuleStatus(cell.rule.id, reported, newest_slot=newest, written=cell.rule)
    if _ended_since(cell, state.armed_at, ended):
        return _afresh(rule, newest)
    verdict = _verdict(held, rule)
    since = state.pending_since
    return RuleStatus(
        rule.id,
        state.reported(rule),
        reason=state.no_data,
        pending_since=since,
        value=_value(held, rule),
        newest_slot=newest,
        threshold=_threshold(rule),
        pending_seconds=(newest - since).total_seconds()
        if since is not None and newest is not None and state.condition is Condition.PENDING
        else None,
        breaching_slots=verdict.low if verdict else None,
        required_slots=rule.window.m,
        coverage=verdict.coverage if verdict else None,
        written=rule.written,
    )


def _ended_since(cell: Cell, armed_at: datetime, ended: Sequence[Ended]) -> bool:
    """Tell whether a decision that a rule was a ground of has ended, and its first new slot has not come yet."""
    return any(end.at > armed_at and end.rearms(cell.rule.id) for end in ended)


def _afresh(rule: ResolvedRule, newest: datetime | None) -> RuleStatus:
    return RuleStatus(rule.id, Reported.OK, newest_slot=newest, threshold=_threshold(rule), written=rule.written)


def _threshold(rule: ResolvedRule) -> float | None:
    return rule.limits[0].threshold if rule.written.combine is Combine.ONE else None


def _value(held: Held, rule: ResolvedRule) -> float | None:
    value = held.newest[0][0]
    return value if rule.written.combine is Combine.ONE and value == value else None  # noqa: PLR0124 – NaN is the only value that is not itself


def _verdict(held: Held, rule: ResolvedRule) -> Verdict | None:
    """Return the newest verdict; a rule that saw nothing but clear slots needs no second look."""
    if held.last is None:
        return None
    if not held.samples:
        return judge(rule.window, CLEAR * (held.last - held.first + 1))
    return judge(rule.window, classify(rule, held.first, held.samples).classes)
