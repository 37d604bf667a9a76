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

from typing import TYPE_CHECKING

from stopwatch.core.rule import Combine
from stopwatch.core.state import Condition, Reported
from stopwatch.watch.evaluation.cells import CalmSet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rule import ResolvedRule
    from stopwatch.watch.evaluation.cells import CalmKey, Cell, Group, Moving


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
