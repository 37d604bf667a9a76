"""How far the rules of a site were folded, as far as they can be judged at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.watch.evaluation.tick import next_slot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.watch.evaluation.tick import SourceWatch


def folded(watch: SourceWatch, site: SiteId, upto: datetime) -> bool:
    """Tell whether every rule that can be judged at *site* was folded up to *upto*; a failed query holds it back."""
    return all(
        next_slot(group, cell) > group.grid.at_or_before(upto)
        for group in watch.groups
        for cell in group.cells
        if cell.site == site and cell.resolved is not None
    )


def newest_folded(watch: SourceWatch, site: SiteId) -> datetime | None:
    """Return the instant of the newest slot that any rule at *site* was folded to."""
    return max(
        (
            group.grid.instant(cell.last)
            for group in watch.groups
            for cell in group.cells
            if cell.site == site and cell.last is not None
        ),
        default=None,
    )


def caught_up(watches: Iterable[SourceWatch], site: SiteId, now: datetime) -> bool:
    """Tell whether every rule that can be judged at a site has been folded up to the newest slot of its grid."""
    cells = [(group, cell) for watch in watches for group in watch.groups for cell in group.cells]
    return all(
        cell.last is not None and cell.last >= group.grid.newest(now=now, eval_delay=group.eval_delay) - 1
        for group, cell in cells
        if cell.site == site and cell.resolved is not None
    )
