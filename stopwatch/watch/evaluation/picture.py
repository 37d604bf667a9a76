"""One immutable picture of how everything stands, drawn from the sketches of ticks and the live decisions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import compress
from math import isnan
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from stopwatch.core.escalation import waiting_since
from stopwatch.core.gauges import CalmMembers, CalmRule, Gauges, SingleRule
from stopwatch.core.rollout import wide_scope
from stopwatch.core.rule import Combine
from stopwatch.core.sample import CLEAR, classify
from stopwatch.core.state import Condition, Reported
from stopwatch.core.status import RuleStatus, SiteStatus, StatusView, WideStops
from stopwatch.core.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from stopwatch.core.baseline import Numbers
    from stopwatch.core.decision import Decision, GroundKind
    from stopwatch.core.kpi import KpiId, SiteId
    from stopwatch.core.rollout import Plan, RuleSet
    from stopwatch.core.rule import ResolvedRule
    from stopwatch.watch.evaluation.cells import Cell
    from stopwatch.watch.evaluation.folding import Ended
    from stopwatch.watch.evaluation.sketch import Held, Sketch, Still


_NO_BASELINES: Mapping[str, Numbers] = MappingProxyType({})
_NOTHING_ENDED: Mapping[SiteId, tuple[Ended, ...]] = MappingProxyType({})


def plain_sites(
    rule_set: RuleSet, *, blind: Container[SiteId] = (), baselines: Mapping[str, Numbers] = _NO_BASELINES
) -> StatusView:
    """Return every site of the plan with its *baselines* and whether it is *blind*; decisions are laid over it."""
    sites = rule_set.plan.sites.values()
    return StatusView(
        tuple(
            SiteStatus(site.id, site.phase, blind=site.id in blind, baselines=baselines.get(site.id, {}))
            for site in sites
        ),
        kpis=tuple(rule_set.kpis.values()),
    )


def draw(
    standing: StatusView,
    sketches: Iterable[Sketch],
    ended: Mapping[SiteId, tuple[Ended, ...]] = _NOTHING_ENDED,
    at: datetime | None = None,
) -> Gauges:
    """Draw how the rules stand at the sites that *standing* holds; rules whose decisions *ended* begin afresh."""
    places = {site.site: place for place, site in enumerate(standing.sites)}
    values, volumes = _Newest(), _Newest()
    calm: list[CalmRule] = []
    singles: list[SingleRule] = []
    for sketch in sketches:
        for still in sketch.still:
            newest = still.grid.instant(still.last)
            values.add(still.kpi, newest, still.roster.shown.sites, still.values)
            if still.volumes is not None:
                volumes.add(still.kpi, newest, still.roster.shown.sites, still.volumes)
            afresh = _beginning(still, ended)
            calm.append(_calm(still, {single.site for single in afresh}))
            singles += afresh
        for held in sketch.held:
            if held.last is not None or held.state.failures >= held.cell.rule.error_after:
                # Of other cells nothing is known yet, and unknown must not look like healthy.
                singles.append(_single(held.cell, _rule(held, ended.get(held.cell.site, ()))))
            _note_newest(held, values, volumes)
    return Gauges(
        standing,
        tuple(calm),
        tuple(
            sorted(
                (single for single in singles if single.site in places),
                key=lambda single: (places[single.site], single.place),
            )
        ),
        values.by_kpi(),
        volumes.by_kpi(),
        at,
    )


class _Newest:
    """The newest number of every KPI at every site, whichever rule reads it; a missing one counts for nothing."""

    def __init__(self) -> None:
        self._rows: dict[KpiId, list[tuple[datetime, dict[SiteId, float]]]] = defaultdict(list)

    def add(self, kpi: KpiId, slot: datetime, sites: Sequence[SiteId], numbers: Sequence[float]) -> None:
        """Take in *numbers* at *slot*, in order of *sites*."""
        row = dict(zip(sites, numbers, strict=True))
        if any(map(isnan, numbers)):
            row = {site: number for site, number in row.items() if not isnan(number)}
        if row:
            self._rows[kpi].append((slot, row))

    def by_kpi(self) -> Mapping[KpiId, Mapping[SiteId, float]]:
        """Return what is newest; what was taken in is used up."""
        for rows in self._rows.values():
            rows.sort(key=itemgetter(0))
            for _slot, row in rows[1:]:
                rows[0][1].update(row)
        return {kpi: rows[0][1] for kpi, rows in self._rows.items()}


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


def _beginning(still: Still, ended: Mapping[SiteId, tuple[Ended, ...]]) -> list[SingleRule]:
    """Return the members of a calm set that a decision which ended has re-armed, until they fold their next slot."""
    if ended.keys().isdisjoint(still.roster.shown.sites):
        return []
    newest = still.grid.instant(still.last)
    return [
        _single(cell, _afresh(cell.resolved, newest))
        for cell in still.roster.cells
        if cell.resolved is not None and _ended_since(cell, cell.state.armed_at, ended.get(cell.site, ()))
    ]


def _calm(still: Still, leaving: AbstractSet[SiteId]) -> CalmRule:
    """Return a calm set without the sites that are *leaving* it; its members are the same object if nobody is."""
    known, newest = still.roster.shown, still.grid.instant(still.last)
    if not leaving:
        return CalmRule(known, newest, still.values)
    stays = [site not in leaving for site in known.sites]
    return CalmRule(
        CalmMembers(
            tuple(compress(known.sites, stays)),
            tuple(compress(known.phases, stays)),
            tuple(compress(known.places, stays)),
            tuple(compress(known.written, stays)),
            tuple(compress(known.thresholds, stays)),
        ),
        newest,
        tuple(compress(still.values, stays)),
    )


def _single(cell: Cell, status: RuleStatus) -> SingleRule:
    return SingleRule(cell.site, cell.phase, cell.order, status)


def _note_newest(held: Held, values: _Newest, volumes: _Newest) -> None:
    if held.last is None:
        return
    slot, sites = held.grid.instant(held.last), (held.cell.site,)
    for (column, _guard), (value, volume) in zip(held.cell.columns, held.newest, strict=True):
        values.add(column.kpi, slot, sites, (value,))
        volumes.add(column.kpi, slot, sites, (volume,))


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
