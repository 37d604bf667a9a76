"""
Calm cells: rules that are plainly ok and saw nothing but clear slots in every range they may look at.

Such a cell stays what it is as long as its new slots are clear, because a window that holds only clear slots says
"clear" under every policy. So the calm cells that read the same columns are kept as one set, which needs per slot
one comparison for each member and nothing else: no fold, no state, no row. Whatever is not plainly so makes a cell
leave its set and be folded as every other cell is: a slot that is not clear, a failed query, a decision that ended at
its site, slots too old to be caught up. It comes back once its whole history is clear again.

    every cell ── fold ──> settle ──> history clear, plainly ok, recorded ──> calm
        ^                                                                       │
        └── slot not clear · query failed · decision ended · too old <──────────┘
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.core.rule import Combine, Op
from stopwatch.core.state import Condition, Reported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.records import ProgressKey
    from stopwatch.core.rule import Limit, ResolvedRule
    from stopwatch.watch.cells import Cell, Column, Group

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
    """The members of a calm set in one order: cells, their sites, their thresholds and least volumes."""

    cells: tuple[Cell, ...] = ()
    sites: tuple[SiteId, ...] = ()
    thresholds: tuple[float, ...] = ()
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
            limits = [_limit(cell) for cell in self.members.values()]
            self._roster = Roster(
                tuple(self.members.values()),
                tuple(self.members),
                tuple(limit.threshold for limit in limits),
                tuple(limit.volume_min or 0.0 for limit in limits) if self.volume is not None else None,
            )
        return self._roster

    def stirred(self, upto: int) -> list[Cell]:
        """Return the members for whom a slot after *last* and up to *upto* is not clear."""
        roster, found = self.roster, []
        for slot in range(self.last + 1, upto + 1):
            values = self.value.cache.row(roster.sites, slot)
            clear = map(_CLEAR[self.op], values, roster.thresholds)
            found += [cell for cell, is_clear in zip(roster.cells, clear, strict=True) if not is_clear]
            if self.volume is not None and roster.minima is not None:
                enough = map(operator.ge, self.volume.cache.row(roster.sites, slot), roster.minima)
                found += [cell for cell, is_enough in zip(roster.cells, enough, strict=True) if not is_enough]
        return found

    def add(self, cell: Cell) -> None:
        """Take in a cell that is folded to *last*."""
        self.members[cell.site] = cell
        self._roster = None
        cell.calm = self

    def release(self, cells: Iterable[Cell]) -> None:
        """Let cells go on by themselves from where the set is."""
        for cell in cells:
            if self.members.pop(cell.site, None) is not None:
                cell.calm, cell.last = None, self.last
                self._roster = None


Moving = tuple[CalmSet, int]
"""A calm set and the slot that it moves on to once that is recorded."""


def release_unsettled(group: Group, floor: int, sites: Iterable[SiteId]) -> None:
    """
    Release the members of a group that need more than a look at their new slots.

    Args:
        group: The group, its columns brought up.
        floor: The oldest slot that may still be caught up; sets that are behind it are dissolved.
        sites: Sites at which decisions ended.

    """
    ended = list(sites)
    for calm in group.calm.values():
        if calm.last + 1 < floor or any(column.failure is not None for column in calm.columns):
            calm.release(calm.roster.cells)
        else:
            calm.release([calm.members[site] for site in ended if site in calm.members])


def advance(group: Group, upto: int) -> list[Moving]:
    """Release every member that slots up to *upto* stir; return which sets move on to *upto*, once that is recorded."""
    moving = []
    for calm in group.calm.values():
        if calm.last < upto and calm.members:
            calm.release(calm.stirred(upto))
            moving.append((calm, upto))
    return moving


def admit(group: Group, cells: Iterable[Cell]) -> None:
    """Take those of *cells* into the calm sets that may be there; sets that nobody is in are forgotten."""
    for empty in [key for key, calm in group.calm.items() if not calm.members]:
        del group.calm[empty]
    for cell in cells:
        rule = cell.resolved
        if rule is None or cell.calm is not None or cell.last is None or not _is_calm(cell, rule):
            continue
        (pair,) = cell.columns
        limit = rule.limits[0]
        guard = pair[1] if limit.volume_min is not None else None
        key: CalmKey = (rule.id, limit.op, rule.history, pair[0].key, guard.key if guard is not None else None)
        calm = group.calm.get(key)
        if calm is None:
            calm = group.calm[key] = CalmSet(limit.op, pair[0], guard, cell.keys, rule.history, cell.last)
        if calm.last == cell.last:
            calm.add(cell)


def _is_calm(cell: Cell, rule: ResolvedRule) -> bool:
    """Tell whether a settled cell is plainly ok, has a clear history, and is recorded as just that."""
    state, saved = cell.state, cell.saved
    return (
        cell.clear_run >= rule.history
        and rule.written.combine is Combine.ONE
        and state.condition is Condition.OK
        and state.no_data is None
        and not state.failures
        and saved is not None
        and saved.state == state
        and saved.rule_hash == rule.hash
        and saved.reported == Reported.OK
        and saved.queries == cell.keys
    )


def _limit(cell: Cell) -> Limit:
    if cell.resolved is None:
        message = f"rule {cell.rule.id} is calm at {cell.site} without being resolved"
        raise ValueError(message)
    return cell.resolved.limits[0]
