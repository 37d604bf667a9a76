"""How every KPI went lately, out of what the watch holds in memory anyway; nothing is asked of a source for it."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

from stopwatch.core.course import Course

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.rule import Limit
    from stopwatch.watch.evaluation.cells import Cell, Column, Group

_Recent = dict[int, tuple[int, dict["SiteId", list[float]]]]
"""By a column's identity: its newest slot, and every site's values up to it."""


def courses(groups: Iterable[Group], *, most: int) -> Mapping[tuple[SiteId, RuleId], Sequence[Course]]:
    """
    Return per site and rule the course of each condition, at most *most* slots long.

    Any thread may ask at any time: it waits for no tick, only for a write to a cache.
    """
    found: dict[tuple[SiteId, RuleId], Sequence[Course]] = {}
    for group in groups:
        recent: _Recent = {id(column): column.cache.recent(most) for column in group.columns.values()}
        for cell in group.cells:
            found[cell.site, cell.rule.id] = _of_cell(cell, recent)
    return found


def _of_cell(cell: Cell, recent: _Recent) -> list[Course]:
    rule = cell.resolved
    if rule is None:
        lines = [(value.kpi, recent[id(value)][1].get(cell.site, [])) for value, _volume in cell.columns]
        return [Course(kpi, None, values, [False] * len(values)) for kpi, values in lines]
    return [
        _course(limit, value, volume, cell.site, recent)
        for limit, (value, volume) in zip(rule.limits, cell.columns, strict=True)
    ]


def _course(limit: Limit, value: Column, volume: Column | None, site: SiteId, recent: _Recent) -> Course:
    last, every = recent[id(value)]
    values = every.get(site, [])
    breaches = limit.op.compare
    breaching = [breaches(each, limit.threshold) for each in values]
    if volume is not None and limit.volume_min is not None and True in breaching:
        volumes_last, volumes = recent[id(volume)]
        events = _aligned(volumes.get(site, []), len(values), last - volumes_last)
        breaching = [breach and count >= limit.volume_min for breach, count in zip(breaching, events, strict=True)]
    return Course(limit.kpi, limit.threshold, values, breaching)


def _aligned(values: Sequence[float], slots: int, behind: int) -> list[float]:
    """Return the values at *slots* slots that end *behind* slots after the newest of them, NaN where there are none."""
    upto = len(values) - max(0, -behind)
    padded = [nan] * slots + list(values[: max(0, upto)]) + [nan] * max(0, behind)
    return padded[len(padded) - slots :]
