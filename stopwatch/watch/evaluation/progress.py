"""How far every query was folded: one row per query, and one for each site that is behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.records import ProgressKey
    from stopwatch.watch.evaluation.cells import Cell, Group, Moving
    from stopwatch.watch.evaluation.folding import CellFold
    from stopwatch.watch.ports import Writer


@dataclass(slots=True)
class Progress:
    """Where cells and calm sets stand once what was folded is recorded; keyed by their ids."""

    cells: dict[int, int] = field(default_factory=dict)
    calm: dict[int, int] = field(default_factory=dict)

    @classmethod
    def after(cls, folds: Iterable[CellFold], moving: Iterable[Moving]) -> Progress:
        """Return where everything stands after *folds* (those that failed stay) and after *moving* sets moved."""
        return cls(
            {id(folded.cell): folded.last for folded in folds if not folded.state.failures},
            {id(calm): upto for calm, upto in moving},
        )

    def of(self, cell: Cell) -> int | None:
        """Return the newest slot that a cell will have been folded to."""
        if cell.calm is not None:
            return self.calm.get(id(cell.calm), cell.calm.last)
        return self.cells.get(id(cell), cell.last)


@dataclass(frozen=True, slots=True)
class Behind:
    """A site whose distance from its query changed: how far it was folded, None where it caught up."""

    group: Group
    key: ProgressKey
    site: SiteId
    last: datetime | None

    def settle(self) -> None:
        """Note in memory what was recorded."""
        if self.last is None:
            self.group.behind.pop((self.key, self.site), None)
        else:
            self.group.behind[self.key, self.site] = self.last


def save_progress(tx: Writer, rollout: str, group: Group, progress: Progress) -> list[Behind]:
    """Write per query how far it was folded, and which sites are behind that; return what changed of the latter."""
    changes, instants = [], {}
    behind = {key for key, _site in group.behind}
    for key, lasts in _lasts(group, progress).items():
        newest = max(lasts)
        by_site: Mapping[SiteId, int] = {}
        if len(lasts) > 1 or key in behind:
            by_site = _by_site(group, key, progress)
            newest = max(by_site.values())
        instants[key] = group.grid.instant(newest)
        for site, last in by_site.items():
            instant = group.grid.instant(last) if last < newest else None
            if instant != group.behind.get((key, site)):
                tx.save_behind(rollout, key, site, instant)
                changes.append(Behind(group, key, site, instant))
    tx.save_progress(rollout, instants)
    return changes


def _lasts(group: Group, progress: Progress) -> dict[ProgressKey, set[int]]:
    """Return per query the slots that cells are folded to: usually one and the same for all."""
    lasts: dict[ProgressKey, set[int]] = {}
    for calm in group.calm.values():
        for key in calm.keys if calm.members else ():
            lasts.setdefault(key, set()).add(progress.calm.get(id(calm), calm.last))
    for cell in group.restless:
        last = progress.of(cell)
        if last is not None:
            for key in cell.keys:
                lasts.setdefault(key, set()).add(last)
    return lasts


def _by_site(group: Group, key: ProgressKey, progress: Progress) -> dict[SiteId, int]:
    """Return per site how far a query was folded there: as far as the cell that is folded least far."""
    by_site: dict[SiteId, int] = {}
    for cell in group.cells:
        last = progress.of(cell) if key in cell.keys else None
        if last is not None:
            by_site[cell.site] = min(by_site.get(cell.site, last), last)
    return by_site
