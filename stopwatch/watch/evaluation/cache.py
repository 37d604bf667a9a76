"""Recent slots of one query for all sites: a cache of the TSDB that may be dropped at any moment."""

from __future__ import annotations

import threading
from array import array
from math import isnan, nan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stopwatch.core.kpi import SiteId


class SlotCache:
    """
    Values by site and slot, NaN where there is no point.

    A value once read stands; only missing slots are asked for again, and only while they are inside a window. One
    thread reads and writes as it likes; any other may call `recent`, which waits for no more than a write in progress.
    """

    def __init__(self, sites: Iterable[SiteId]) -> None:
        """Start empty for *sites*."""
        self._values: dict[SiteId, array[float]] = {site: array("d") for site in sites}
        self._gaps: dict[int, set[SiteId]] = {}
        self._changing = threading.Lock()
        self.first = 0
        self.last = -1

    @property
    def empty(self) -> bool:
        """Whether nothing is cached."""
        return self.last < self.first

    def wanted(self, need: int, upto: int) -> tuple[int, int] | None:
        """
        Return the run of slots to ask for so that *need* … *upto* are as complete as the source can make them.

        None means that everything was read already and nothing in that range is missing.
        """
        if self.empty or need < self.first or need > self.last + 1:
            return (need, upto) if need <= upto else None
        begin = min((slot for slot in self._gaps if slot >= need), default=self.last + 1)
        return (begin, upto) if begin <= upto else None

    def merge(self, first: int, last: int, series: Mapping[SiteId, Sequence[float]]) -> None:
        """Take in an answer for the slots *first* … *last*; sites without a series are missing at all of them."""
        with self._changing:
            self._merge(first, last, series)

    def _merge(self, first: int, last: int, series: Mapping[SiteId, Sequence[float]]) -> None:
        if self.empty or first < self.first or first > self.last + 1:
            self._restart(first)
        for slot in [slot for slot in self._gaps if first <= slot <= last]:
            self._refill(slot, slot - first, series)
        fresh = last - self.last
        if fresh == 1:
            self._append(last, series)
        elif fresh > 1:
            self._extend(fresh, last, series)

    def _restart(self, first: int) -> None:
        for values in self._values.values():
            del values[:]
        self._gaps.clear()
        self.first, self.last = first, first - 1

    def _refill(self, slot: int, offset: int, series: Mapping[SiteId, Sequence[float]]) -> None:
        filled = []
        for site in self._gaps[slot]:
            answer = series.get(site)
            if answer is not None and answer[offset] == answer[offset]:
                self._values[site][slot - self.first] = answer[offset]
                filled.append(site)
        self._gaps[slot].difference_update(filled)
        if not self._gaps[slot]:
            del self._gaps[slot]

    def _extend(self, fresh: int, last: int, series: Mapping[SiteId, Sequence[float]]) -> None:
        begin = last - fresh + 1
        for site, values in self._values.items():
            answer = series.get(site)
            tail = answer[-fresh:] if answer is not None else [nan] * fresh
            values.extend(tail)
            if not isnan(sum(tail)):  # a sum is a number only where every addend is
                continue
            for offset, value in enumerate(tail):
                if value != value:  # noqa: PLR0124 – the fastest test for NaN
                    self._gaps.setdefault(begin + offset, set()).add(site)
        self.last = last

    def _append(self, slot: int, series: Mapping[SiteId, Sequence[float]]) -> None:
        """Extend by a single slot, which is what nearly every tick does."""
        latest = [answer[-1] if answer is not None else nan for answer in map(series.get, self._values)]
        for values, value in zip(self._values.values(), latest, strict=True):
            values.append(value)
        if isnan(sum(latest)):  # a sum is a number only where every addend is
            missing = {site for site, value in zip(self._values, latest, strict=True) if isnan(value)}
            if missing:
                self._gaps.setdefault(slot, set()).update(missing)
        self.last = slot

    def window(self, site: SiteId, first: int, last: int) -> list[float]:
        """Return the values of *site* at *first* … *last*, NaN where nothing is cached."""
        values = self._values.get(site)
        if values is None or self.empty:
            return [nan] * (last - first + 1)
        before = max(0, min(self.first, last + 1) - first)
        after = max(0, last - max(self.last, first - 1))
        inner = values[max(0, first - self.first) : max(0, last - self.first + 1)].tolist()
        return [nan] * before + inner + [nan] * after if before or after else inner

    def row(self, sites: Sequence[SiteId], slot: int) -> list[float]:
        """Return the values of *sites*, all of which are cached here, at one slot; NaN where nothing is cached."""
        if not self.first <= slot <= self.last:
            return [nan] * len(sites)
        values, place = self._values, slot - self.first
        return [values[site][place] for site in sites]

    def newest(self, site: SiteId) -> float:
        """Return the value at the newest cached slot, NaN if there is none."""
        values = self._values.get(site)
        return values[-1] if values else nan

    def trim(self, keep: int) -> None:
        """Forget slots before *keep*."""
        surplus = min(keep, self.last + 1) - self.first
        if surplus <= 0:
            return
        with self._changing:
            for values in self._values.values():
                del values[:surplus]
            self.first += surplus
        for slot in [slot for slot in self._gaps if slot < self.first]:
            del self._gaps[slot]

    def drop(self) -> None:
        """Forget everything."""
        with self._changing:
            self._restart(0)

    def recent(self, most: int) -> tuple[int, dict[SiteId, list[float]]]:
        """Return the newest slot and every site's values up to it, at most *most*; may be called from any thread."""
        with self._changing:
            return self.last, {site: values[-most:].tolist() for site, values in self._values.items()}
