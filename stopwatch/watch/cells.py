"""What is watched at one source: rules at sites, grouped by grid, with the queries they share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from stopwatch.core.errors import BaselineUnresolvedError
from stopwatch.core.grid import Grid
from stopwatch.core.reading import Query
from stopwatch.core.records import ProgressKey
from stopwatch.core.resolve import resolve
from stopwatch.core.rule import BaselineThreshold
from stopwatch.watch.cache import SlotCache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from stopwatch.core.kpi import Kpi, KpiId, PhaseId, SiteId
    from stopwatch.core.records import StateRow
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import ResolvedRule, Statistic, StopRule
    from stopwatch.core.state import RuleState
    from stopwatch.watch.calm import CalmKey, CalmSet


@dataclass(slots=True)
class Column:
    """One query of a group with its cache; cells that read the same expression share it."""

    key: ProgressKey
    query: Query
    kpi: KpiId
    cache: SlotCache
    failure: str | None = None


@dataclass(slots=True)
class Cell:
    """
    One rule at one site, and where it stands in memory.

    *columns* holds per limit the value's column and the volume's, if the rule has a guard. *saved* is the row in the
    store. *clear_run* counts the newest slots known clear. While the cell is *calm*, it is folded with that set, which
    knows how far; *folded* is how far the cell got by itself.
    """

    group: Group
    site: SiteId
    phase: PhaseId
    order: int
    rule: StopRule
    resolved: ResolvedRule | None
    unresolved: str | None
    columns: tuple[tuple[Column, Column | None], ...]
    state: RuleState
    folded: int | None = None
    saved: StateRow | None = None
    clear_run: int = 0
    skipped_to: int = -1
    calm: CalmSet | None = None

    @property
    def last(self) -> int | None:
        """The newest folded slot, None before the first fold."""
        return self.folded if self.calm is None else self.calm.last

    @last.setter
    def last(self, slot: int) -> None:
        self.folded = slot

    @property
    def keys(self) -> tuple[ProgressKey, ...]:
        """The progress keys of all queries this cell reads."""
        return tuple(column.key for pair in self.columns for column in pair if column is not None)

    def failure(self) -> str | None:
        """Return why this cell cannot be judged now, if so."""
        if self.unresolved is not None:
            return self.unresolved
        for pair in self.columns:
            for column in pair:
                if column is not None and column.failure is not None:
                    return column.failure
        return None


@dataclass(slots=True)
class Group:
    """
    All cells of one source that share a grid and an evaluation delay.

    *calm* holds the calm sets, whose members are among *cells*. *behind* says how far sites are folded that are behind
    their query, as it was recorded. *newest* is the newest slot that was ever due.
    """

    grid: Grid
    eval_delay: timedelta
    columns: dict[ProgressKey, Column] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    calm: dict[CalmKey, CalmSet] = field(default_factory=dict)
    behind: dict[tuple[ProgressKey, SiteId], datetime] = field(default_factory=dict)
    newest: int = -1

    @property
    def restless(self) -> list[Cell]:
        """The cells that are folded one by one, in order of sites and files."""
        return [cell for cell in self.cells if cell.calm is None]

    @property
    def width(self) -> int:
        """How many sites one query of this group serves."""
        return len(next(iter(self.columns.values())).query.labels) if self.columns else 0

    def slot(self, upto: datetime) -> int:
        """Return the newest slot that may be judged and is not after *upto*."""
        return min(self.newest, self.grid.at_or_before(upto))


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
