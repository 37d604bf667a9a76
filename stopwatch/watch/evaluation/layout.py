"""Laying out what is watched at one source: rules at sites, grouped by grid, with the queries they share."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from stopwatch.core.errors import BaselineUnresolvedError
from stopwatch.core.grid import Grid
from stopwatch.core.reading import Query
from stopwatch.core.records import ProgressKey
from stopwatch.core.resolve import resolve
from stopwatch.core.rule import BaselineThreshold
from stopwatch.watch.evaluation.cache import SlotCache
from stopwatch.watch.evaluation.cells import Cell, Column, Group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from stopwatch.core.kpi import Kpi, KpiId, SiteId
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import ResolvedRule, Statistic, StopRule
    from stopwatch.core.state import RuleState


def query_hash(expression: str, site_label: str) -> str:
    """Return the identity of a query: SHA-256 over label and expression."""
    return hashlib.sha256(f"{site_label}\n{expression}".encode()).hexdigest()


def assemble(
    rule_set: RuleSet,
    source: str,
    active: Mapping[SiteId, datetime],
    baselines: Callable[[SiteId], Mapping[tuple[KpiId, Statistic], float]],
    fresh: Callable[[datetime], RuleState],
) -> list[Group]:
    """
    Lay out what is watched at *source*.

    Args:
        rule_set: What was loaded.
        source: The source's name; only sites that name it are laid out.
        active: Activation times of the sites that are watched; other sites have no cells.
        baselines: A site's frozen numbers.
        fresh: Makes the state of a rule that is armed at a time.

    """
    groups: dict[tuple[timedelta, timedelta], Group] = {}
    sites = {
        site.label: site.id for site in rule_set.plan.sites.values() if site.source == source and site.id in active
    }
    shared: dict[StopRule, _Shared] = {}
    for site_id in sites.values():
        site, armed = rule_set.plan.sites[site_id], fresh(active[site_id])
        for order, rule in enumerate(rule_set.rules.get(site_id, ())):
            place = (rule.step, rule.eval_delay)
            group = groups.setdefault(place, Group(Grid(rule.step), rule.eval_delay))
            known = shared.get(rule)
            if known is None:
                known = shared[rule] = _share(group, source, rule, rule_set.kpis, sites)
            resolved, unresolved = known.resolved, known.unresolved
            if known.relative:
                resolved, unresolved = _resolve(rule, rule_set.kpis, baselines(site_id))
            group.cells.append(
                Cell(group, site_id, site.phase, order, rule, resolved, unresolved, known.columns, armed)
            )
    return list(groups.values())


class _Shared(NamedTuple):
    """What sites with equal rules share; a rule *relative* to baselines is resolved for each of them."""

    columns: tuple[tuple[Column, Column | None], ...]
    relative: bool
    resolved: ResolvedRule | None = None
    unresolved: str | None = None


def _share(
    group: Group, source: str, rule: StopRule, kpis: Mapping[KpiId, Kpi], sites: Mapping[str, SiteId]
) -> _Shared:
    columns = tuple(
        _columns(group, source, kpis[criterion.kpi], sites, guarded=criterion.volume is not None)
        for criterion in rule.criteria
    )
    limits = [limit for criterion in rule.criteria for limit in (criterion.threshold, criterion.recover_threshold)]
    if any(isinstance(limit, BaselineThreshold) for limit in limits):
        return _Shared(columns, relative=True)
    resolved, unresolved = _resolve(rule, kpis, {})
    return _Shared(columns, relative=False, resolved=resolved, unresolved=unresolved)


def _resolve(
    rule: StopRule, kpis: Mapping[KpiId, Kpi], baselines: Mapping[tuple[KpiId, Statistic], float]
) -> tuple[ResolvedRule | None, str | None]:
    try:
        return resolve(rule, kpis, baselines), None
    except (BaselineUnresolvedError, ValueError) as error:
        return None, str(error)


def _columns(
    group: Group, source: str, kpi: Kpi, sites: Mapping[str, SiteId], *, guarded: bool
) -> tuple[Column, Column | None]:
    value = _column(group, source, kpi, kpi.query, sites)
    volume = _column(group, source, kpi, kpi.volume, sites) if guarded and kpi.volume is not None else None
    return value, volume


def _column(group: Group, source: str, kpi: Kpi, expression: str, sites: Mapping[str, SiteId]) -> Column:
    key = ProgressKey(
        source,
        query_hash(expression, kpi.site_label),
        int(group.grid.step.total_seconds()),
        int(group.eval_delay.total_seconds()),
    )
    if key not in group.columns:
        query = Query(expression, kpi.site_label, sites)
        group.columns[key] = Column(key, query, kpi.id, SlotCache(sites.values()))
    return group.columns[key]
