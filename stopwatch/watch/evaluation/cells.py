"""What is watched at one source, and where it stands: columns, rules at sites, calm sets and groups."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.core.gauges import CalmMembers
from stopwatch.core.rule import Op
from stopwatch.core.sample import Samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta

    from stopwatch.core.grid import Grid
    from stopwatch.core.kpi import KpiId, PhaseId, RuleId, SiteId
    from stopwatch.core.reading import Query
    from stopwatch.core.records import ProgressKey, StateRow
    from stopwatch.core.rule import Limit, ResolvedRule, StopRule
    from stopwatch.core.state import RuleState
    from stopwatch.watch.evaluation.cache import SlotCache


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

    def samples(self, first: int, last: int) -> list[Samples]:
        """Return per limit the cached values and volumes at the slots *first* … *last*."""
        return [
            Samples(
                value.cache.window(self.site, first, last),
                volume.cache.window(self.site, first, last) if volume is not None else None,
            )
            for value, volume in self.columns
        ]

    def failure(self) -> str | None:
        """Return why this cell cannot be judged now, if so."""
        if self.unresolved is not None:
            return self.unresolved
        for pair in self.columns:
            for column in pair:
                if column is not None and column.failure is not None:
                    return column.failure
        return None


_CLEAR: dict[Op, Callable[[float, float], bool]] = {
    Op.ABOVE: operator.le,
    Op.AT_LEAST: operator.lt,
    Op.BELOW: operator.ge,
    Op.AT_MOST: operator.gt,
}
"""``clear(value, threshold)``: a number that does not breach; NaN fails each of them."""

CalmKey = tuple["RuleId", Op, int, "ProgressKey", "ProgressKey | None"]
"""What the members of a calm set have in common: rule, comparison, history, and the queries of value and volume."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The members of a calm set in one order: cells, their least volumes, and what is *shown* of them."""

    cells: tuple[Cell, ...]
    shown: CalmMembers
    minima: tuple[float, ...] | None = None


@dataclass(slots=True)
class CalmSet:
    """
    The calm cells of one rule that read one pair of columns and look back equally far; limits may differ by site.

    *last* is the newest slot that all members are folded to. *volume* is None where no guard is set.
    """

    op: Op
    value: Column
    volume: Column | None
    keys: tuple[ProgressKey, ...]
    history: int
    last: int
    members: dict[SiteId, Cell] = field(default_factory=dict)
    _roster: Roster | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that the members read."""
        return (self.value,) if self.volume is None else (self.value, self.volume)

    @property
    def roster(self) -> Roster:
        """The members; the same object until somebody comes or goes."""
        if self._roster is None:
            cells = tuple(self.members.values())
            limits = [_limit(cell) for cell in cells]
            self._roster = Roster(
                cells,
                CalmMembers(
                    tuple(self.members),
                    tuple(cell.phase for cell in cells),
                    tuple(cell.order for cell in cells),
                    tuple(cell.rule for cell in cells),
                    tuple(limit.threshold for limit in limits),
                ),
                tuple(limit.volume_min or 0.0 for limit in limits) if self.volume is not None else None,
            )
        return self._roster

    def stirred(self, upto: int) -> list[Cell]:
        """Return the members for whom a slot after *last* and up to *upto* is not clear."""
        roster, found = self.roster, []
        sites, thresholds = roster.shown.sites, roster.shown.thresholds
        for slot in range(self.last + 1, upto + 1):
            clear = map(_CLEAR[self.op], self.value.cache.row(sites, slot), thresholds)
            found += [cell for cell, is_clear in zip(roster.cells, clear, strict=True) if not is_clear]
            if self.volume is not None and roster.minima is not None:
                enough = map(operator.ge, self.volume.cache.row(sites, slot), roster.minima)
                found += [cell for cell, is_enough in zip(roster.cells, enough, strict=True) if not is_enough]
        return found

    def add(self, cell: Cell) -> None:
        """Take in a cell that is folded to *last*."""
        self.members[cell.site] = cell
        self._roster = None
        cell.calm = self
        cell.group.sort_anew()

    def release(self, cells: Iterable[Cell]) -> None:
        """Let cells go on by themselves from where the set is."""
        for cell in cells:
            if self.members.pop(cell.site, None) is not None:
                cell.calm, cell.last = None, self.last
                self._roster = None
                cell.group.sort_anew()


Moving = tuple[CalmSet, int]
"""A calm set and the slot that it moves on to once that is recorded."""


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
    _restless: tuple[Cell, ...] | None = None

    @property
    def restless(self) -> tuple[Cell, ...]:
        """The cells that are folded one by one, in order of sites and files; sought once while nobody comes or goes."""
        if self._restless is None:
            self._restless = tuple(cell for cell in self.cells if cell.calm is None)
        return self._restless

    def sort_anew(self) -> None:
        """Seek the restless cells anew, because one came or went."""
        self._restless = None

    @property
    def width(self) -> int:
        """How many sites one query of this group serves."""
        return len(next(iter(self.columns.values())).query.labels) if self.columns else 0

    def slot(self, upto: datetime) -> int:
        """Return the newest slot that may be judged and is not after *upto*."""
        return min(self.newest, self.grid.at_or_before(upto))


def _limit(cell: Cell) -> Limit:
    if cell.resolved is None:
        message = f"rule {cell.rule.id} is calm at {cell.site} without being resolved"
        raise ValueError(message)
    return cell.resolved.limits[0]
