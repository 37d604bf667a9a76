"""Recent slots of one query for all sites: a cache of the TSDB that may be dropped at any moment."""

from __future__ import annotations

import threading
from array import array
from collections import deque
from itertools import islice
from math import isnan, nan
from operator import itemgetter
from typing import TYPE_CHECKING

from stopwatch.core.reading import SlotSeries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stopwatch.core.kpi import SiteId

    _Pick = Callable[[Sequence[float]], Sequence[float]]


class SlotCache:
    """
    Values by slot and site, NaN where there is no point.

    A value once read stands; only missing slots are asked for again, and only while they are inside a window. One
    thread reads and writes as it likes; any other may call `recent`, which waits for no more than a write in progress.
    """

    def __init__(self, sites: Iterable[SiteId]) -> None:
        """Start empty for *sites*."""
        self._places = {site: place for place, site in enumerate(dict.fromkeys(sites))}
        self._rows: deque[array[float]] = deque()  # one a slot, with a value for every place
        self._gaps: dict[int, set[SiteId]] = {}
        self._changing = threading.Lock()
        self._picked: tuple[Sequence[SiteId], _Pick] = ((), tuple)
        self._arranged: tuple[Mapping[SiteId, int], _Pick] = ({}, tuple)
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
        if last > self.last:
            self._extend(last - self.last, last, series)

    def _restart(self, first: int) -> None:
        self._rows.clear()
        self._gaps.clear()
        self.first, self.last = first, first - 1

    def _refill(self, slot: int, offset: int, series: Mapping[SiteId, Sequence[float]]) -> None:
        filled = []
        for site in self._gaps[slot]:
            answer = series.get(site)
            if answer is not None and answer[offset] == answer[offset]:
                self._rows[slot - self.first][self._places[site]] = answer[offset]
                filled.append(site)
        self._gaps[slot].difference_update(filled)
        if not self._gaps[slot]:
            del self._gaps[slot]

    def _extend(self, fresh: int, last: int, series: Mapping[SiteId, Sequence[float]]) -> None:
        """Append the newest *fresh* slots of an answer; nearly always that is one."""
        if isinstance(series, SlotSeries) and fresh == 1:
            rows = [self._row_of(series)]
        else:
            nothing = [nan] * fresh
            answers = [nothing if answer is None else answer for answer in map(series.get, self._places)]
            rows = [array("d", [answer[offset] for answer in answers]) for offset in range(-fresh, 0)]
        for offset, row in enumerate(rows, -fresh):
            self._rows.append(row)
            if isnan(sum(row)):  # a sum is a number only where every addend is, and no infinities meet
                missing = {site for site, value in zip(self._places, row, strict=True) if isnan(value)}
                if missing:
                    self._gaps.setdefault(last + 1 + offset, set()).update(missing)
        self.last = last

    def _row_of(self, series: SlotSeries) -> array[float]:
        """Arrange the values of one slot as they stand here; sites without a series find the NaN at the end."""
        places, pick = self._arranged
        if places is not series.places:
            pick = _picker([series.places.get(site, -1) for site in self._places])
            self._arranged = (series.places, pick)
        return array("d", pick([*series.numbers, nan]))

    def window(self, site: SiteId, first: int, last: int) -> list[float]:
        """Return the values of *site* at *first* … *last*, NaN where nothing is cached."""
        place = self._places.get(site)
        if place is None or self.empty:
            return [nan] * (last - first + 1)
        if self.first <= first <= last <= self.last:  # nearly always
            return [row[place] for row in islice(self._rows, first - self.first, last - self.first + 1)]
        before = max(0, min(self.first, last + 1) - first)
        after = max(0, last - max(self.last, first - 1))
        start, end = max(0, first - self.first), max(0, last - self.first + 1)
        inner = [row[place] for row in islice(self._rows, start, end)]
        return [nan] * before + inner + [nan] * after if before or after else inner

    def row(self, sites: Sequence[SiteId], slot: int) -> Sequence[float]:
        """Return the values of *sites*, all of which are cached here, at one slot; NaN where nothing is cached."""
        if not self.first <= slot <= self.last:
            return [nan] * len(sites)
        asked, pick = self._picked
        if asked is not sites:
            pick = _picker([self._places[site] for site in sites])
            self._picked = (sites, pick)
        return pick(self._rows[slot - self.first])

    def newest(self, site: SiteId) -> float:
        """Return the value at the newest cached slot, NaN if there is none."""
        place = self._places.get(site)
        return self._rows[-1][place] if place is not None and self._rows else nan

    def trim(self, keep: int) -> None:
        """Forget slots before *keep*."""
        surplus = min(keep, self.last + 1) - self.first
        if surplus <= 0:
            return
        with self._changing:
            for _ in range(surplus):
                self._rows.popleft()
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
            last, rows = self.last, list(islice(self._rows, max(0, len(self._rows) - most), None))
            if not rows:
                return last, {site: [] for site in self._places}
            return last, dict(zip(self._places, map(list, zip(*rows, strict=True)), strict=True))


def _picker(places: Sequence[int]) -> _Pick:
    """Return what picks the values at *places* out of a row."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: [row[place] for place in places]
