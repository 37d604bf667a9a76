"""What one Prometheus has for the queries of a rule set: the last window slot by slot, and the past week coarsely."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from stopwatch.core.errors import SeriesAmbiguousError, SourceError
from stopwatch.core.grid import Grid, SlotRange
from stopwatch.core.reading import Query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.reading import Reading

PAST = timedelta(days=7)
COARSE = timedelta(minutes=5)
MOST_SLOTS = 1_000
"""Of a longer window, so many of the newest slots are looked at."""
_DEADLINE_SECONDS = 60.0


class LiveSource(Protocol):
    """One Prometheus as this check needs it."""

    @property
    def name(self) -> str:
        """The source's name in the plan."""
        ...

    @property
    def url(self) -> str:
        """Its address, without secrets."""
        ...

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        """
        Read one query for all its sites at every slot of *slots*.

        Raises:
            SourceError: One of its kinds.

        """
        ...

    def build_info(self) -> str:
        """
        Return its version.

        Raises:
            SourceError: It does not tell.

        """
        ...


@dataclass(slots=True)
class Seen:
    """
    What one expression gave: values per site over the *slots* of the last window, NaN where there is none.

    *most* are series per site at one instant, where one had more than one. *failure* is why nothing could be read.
    """

    slots: SlotRange
    values: Mapping[SiteId, Sequence[float]] = field(default_factory=dict)
    most: Mapping[SiteId, int] = field(default_factory=dict)
    unknown: int = 0
    skew: timedelta | None = None
    failure: SourceError | None = None


class Probe:
    """Reads expressions of one source, each once, for the sites that *labels* name."""

    def __init__(self, source: LiveSource, labels: Mapping[str, SiteId], now: datetime) -> None:
        self.source = source
        self.labels = labels
        self.now = now
        self._windows: dict[tuple[str, str, SlotRange], Seen] = {}
        self._pasts: dict[tuple[str, str, timedelta], Seen] = {}

    def window(self, expression: str, label: str, grid: Grid, *, eval_delay: timedelta, slots: int) -> Seen:
        """Read the newest *slots*; more than one series for a site is counted, not refused."""
        newest = grid.newest(now=self.now, eval_delay=eval_delay)
        span = SlotRange(grid, newest - min(slots, MOST_SLOTS) + 1, newest)
        key = (expression, label, span)
        if key not in self._windows:
            self._windows[key] = self._read_window(expression, label, span)
        return self._windows[key]

    def past(self, expression: str, label: str, grid: Grid) -> Seen:
        """Read the past week in steps of five minutes, or of *grid* if that is coarser."""
        coarse = Grid(max(COARSE, grid.step))
        key = (expression, label, coarse.step)
        if key not in self._pasts:
            span = SlotRange(coarse, coarse.at_or_after(self.now - PAST), coarse.at_or_before(self.now))
            self._pasts[key] = self._read(f"max by ({label}) (\n{expression}\n)", label, span)
        return self._pasts[key]

    def _read_window(self, expression: str, label: str, span: SlotRange) -> Seen:
        seen = self._read(expression, label, span)
        if not isinstance(seen.failure, SeriesAmbiguousError):
            return seen
        counted = self._read(f"count by ({label}) (\n{expression}\n)", label, span)
        merged = self._read(f"max by ({label}) (\n{expression}\n)", label, span)
        most = {site: int(max((n for n in counts if n > 0), default=0)) for site, counts in counted.values.items()}
        merged.most = {site: count for site, count in most.items() if count > 1}
        merged.failure = merged.failure or counted.failure
        return merged

    def _read(self, expression: str, label: str, span: SlotRange) -> Seen:
        try:
            reading = self.source.read(Query(expression, label, self.labels), span, deadline_seconds=_DEADLINE_SECONDS)
        except SourceError as error:
            return Seen(span, failure=error)
        return Seen(span, reading.series, unknown=reading.unknown, skew=reading.skew)
