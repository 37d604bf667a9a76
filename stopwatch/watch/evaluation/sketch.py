"""What a tick leaves behind for whoever looks later: everything a picture is drawn from, taken down at little cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from stopwatch.core.state import armed_slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stopwatch.core.grid import Grid
    from stopwatch.core.kpi import KpiId
    from stopwatch.core.rule import ResolvedRule
    from stopwatch.core.sample import Samples
    from stopwatch.core.state import RuleState
    from stopwatch.watch.evaluation.cells import CalmSet, Cell, Column, Group, Roster


@dataclass(frozen=True, slots=True)
class Still:
    """A calm set as it stood: its members, the slot they are folded to, and their values and volumes of *kpi* there."""

    grid: Grid
    roster: Roster
    last: int
    kpi: KpiId
    values: Sequence[float]
    volumes: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """
    A cell that is not calm, as it stood.

    *newest* holds the value and the volume of every condition at slot *last*, NaN where there is none. *samples*, with
    the cell's range from slot *first* on, are empty where nothing was folded or the range is known to be clear.
    """

    grid: Grid
    cell: Cell
    state: RuleState
    last: int | None
    first: int
    newest: tuple[tuple[float, float], ...]
    samples: tuple[Samples, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """Every cell of one source at one moment; nothing in it changes, so any thread may draw from it at any time."""

    still: tuple[Still, ...] = ()
    held: tuple[Held, ...] = ()


def sketch(groups: Iterable[Group]) -> Sketch:
    """Take down how the cells of *groups* stand; no tick may run meanwhile."""
    still: list[Still] = []
    held: list[Held] = []
    for group in groups:
        still += [_still(group.grid, calm) for calm in group.calm.values() if calm.members]
        held += [_held(group.grid, cell) for cell in group.restless]
    return Sketch(tuple(still), tuple(held))


def _still(grid: Grid, calm: CalmSet) -> Still:
    roster = calm.roster
    sites = roster.shown.sites
    values = calm.value.cache.row(sites, calm.last)
    volumes = calm.volume.cache.row(sites, calm.last) if calm.volume is not None else None
    return Still(grid, roster, calm.last, calm.value.kpi, values, volumes)


def _held(grid: Grid, cell: Cell) -> Held:
    last, rule = cell.last, cell.resolved
    if last is None:
        return Held(grid, cell, cell.state, None, 0, tuple((nan, nan) for _ in cell.columns), ())
    first = _first(cell, rule, last) if rule is not None else last + 1
    clear = rule is None or cell.clear_run >= rule.history
    samples = () if clear else tuple(cell.samples(first, last))
    if samples and first <= last:
        newest = tuple((each.values[-1], each.volumes[-1] if each.volumes is not None else nan) for each in samples)
    else:
        newest = tuple((_at(value, cell, last), _at(volume, cell, last)) for value, volume in cell.columns)
    return Held(grid, cell, cell.state, last, first, newest, samples)


def _at(column: Column | None, cell: Cell, slot: int) -> float:
    return column.cache.window(cell.site, slot, slot)[0] if column is not None else nan


def _first(cell: Cell, rule: ResolvedRule, last: int) -> int:
    """Return the first slot of the range that the newest verdict looks at."""
    return max(last - rule.window.reach + 1, armed_slot(rule, cell.state))
