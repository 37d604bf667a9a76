"""What was counted over an observation window: volumes, failures and attempts, over ranges that never overlap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING

from stopwatch.core.errors import SourceError
from stopwatch.core.exit.check import KpiOver
from stopwatch.core.exit.confidence import proven, total
from stopwatch.core.grid import HOUR, Grid, SlotRange
from stopwatch.core.reading import Query, chunk_slots

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stopwatch.core.exit.observation import SiteWindow
    from stopwatch.core.kpi import Kpi, SiteId
    from stopwatch.core.reading import Reading
    from stopwatch.watch.ports import Source

    Ranges = Callable[[str], Sequence[timedelta]]
    """Gives the ranges that a PromQL expression looks back over."""
    _Found = Mapping[SiteId, list[tuple[float, ...]] | str]

PATIENCE_SECONDS = 60.0
UNREAD = "its counters could not be read"
_DIVISORS = [seconds for seconds in range(1, 3601) if 3600 % seconds == 0]


@dataclass(frozen=True, slots=True)
class Pace:
    """How to walk through a window so that ranges of *reach* never overlap: every *every*-th slot of *grid*."""

    grid: Grid
    every: int
    reach: timedelta


def pace(reach: timedelta) -> Pace:
    """Return the closest walk whose strides are at least *reach*; steps of the grid divide an hour."""
    if reach > HOUR:
        return Pace(Grid(HOUR), -(-reach // HOUR), reach)
    seconds = next(seconds for seconds in _DIVISORS if timedelta(seconds=seconds) >= reach)
    return Pace(Grid(timedelta(seconds=seconds)), 1, reach)


def count(
    kpi: Kpi, source: Source, windows: Sequence[SiteWindow], labels: Mapping[str, SiteId], ranges: Ranges
) -> list[KpiOver]:
    """
    Count what stands behind *kpi* at every site of *windows*, with one query for all sites of a piece.

    Args:
        kpi: The KPI; without ``failures`` and ``attempts`` nothing is proven, for a ratio has no counts.
        source: Where these sites are read.
        windows: Windows of sites that are live.
        labels: The sites by their label values.
        ranges: What an expression looks back over.

    """
    volumes: _Found = _walked(kpi, [kpi.volume], source, windows, labels, ranges) if kpi.volume else {}
    pairs: _Found = {}
    if kpi.failures and kpi.attempts:
        pairs = _walked(kpi, [kpi.failures, kpi.attempts], source, windows, labels, ranges)
    return [_over(kpi, window.site, volumes, pairs) for window in windows]


def _over(kpi: Kpi, site: SiteId, volumes: _Found, pairs: _Found) -> KpiOver:
    volume = volumes.get(site)
    seen = sum(one for (one,) in volume if isfinite(one)) if isinstance(volume, list) else None
    found = pairs.get(site, "the KPI names no counters of failures and attempts")
    if isinstance(found, str):
        return KpiOver(site, kpi.id, kpi.title, seen, unproven=found)
    counts, windows = total((failures, attempts) for failures, attempts in found)
    if not counts.attempts:
        return KpiOver(site, kpi.id, kpi.title, seen, unproven="no window holds both failures and attempts")
    return KpiOver(site, kpi.id, kpi.title, seen, proven(counts, windows))


def _walked(
    kpi: Kpi,
    expressions: Sequence[str],
    source: Source,
    windows: Sequence[SiteWindow],
    labels: Mapping[str, SiteId],
    ranges: Ranges,
) -> _Found:
    """Return per site the values of all *expressions*, one tuple a disjoint window, or why there are none."""
    reach = sum({span for one in expressions for span in ranges(one)}, timedelta())
    if not reach:
        return dict.fromkeys((window.site for window in windows), "its counters name no range, so windows may overlap")
    walk = pace(reach)
    found: dict[SiteId, list[tuple[float, ...]]] = {window.site: [] for window in windows}
    try:
        for slots in _pieces(walk, windows, len(labels)):
            readings = [_read(source, Query(one, kpi.site_label, labels), slots) for one in expressions]
            for window in windows:
                found[window.site] += _inside(walk, window, slots, readings)
    except SourceError as error:
        return dict.fromkeys((window.site for window in windows), f"{UNREAD}: {error}")
    return found


def _pieces(walk: Pace, windows: Sequence[SiteWindow], width: int) -> list[SlotRange]:
    """Return the slots of all windows in pieces that one request may ask for."""
    first = min(walk.grid.at_or_after((window.start or window.end) + walk.reach) for window in windows)
    last = max(walk.grid.at_or_before(window.end) for window in windows)
    size = chunk_slots(width)
    return [SlotRange(walk.grid, begin, min(last, begin + size - 1)) for begin in range(first, last + 1, size)]


def _read(source: Source, query: Query, slots: SlotRange) -> Reading:
    return source.read(query, slots, deadline_seconds=PATIENCE_SECONDS)


def _inside(walk: Pace, window: SiteWindow, slots: SlotRange, readings: Sequence[Reading]) -> list[tuple[float, ...]]:
    """Return the values of the disjoint windows that lie whole inside the site's window."""
    begin = walk.grid.at_or_after((window.start or window.end) + walk.reach)
    end = walk.grid.at_or_before(window.end)
    wanted = [slot for slot in range(max(begin, slots.first), min(end, slots.last) + 1) if slot % walk.every == 0]
    columns = [reading.series.get(window.site) for reading in readings]
    if any(column is None for column in columns):
        return []
    return [tuple(column[slot - slots.first] for column in columns if column is not None) for slot in wanted]
