"""One rule at one site in a replay: what it came to, and what is drawn of it."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from math import isnan, nan
from typing import TYPE_CHECKING

from stopwatch.core.sample import ANY_MISSING
from stopwatch.core.state import Change, Reported, walk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.rule import Mode, ResolvedRule
    from stopwatch.core.sample import Samples, Slots
    from stopwatch.watch.evaluation.cells import Cell

MOST_POINTS = 600
"""A drawn series has at most so many points, each the span of the values of its slots."""


@dataclass(slots=True)
class Breach:
    """One entry of a rule into ``breached``; *recovered_at* is None while it lasts."""

    site: SiteId
    rule: RuleId
    mode: Mode
    opened_at: datetime
    pending_since: datetime
    order: int
    recovered_at: datetime | None = None


@dataclass(slots=True)
class Curve:
    """The values of one condition: the least and the greatest number of every *width* slots, NaN where none came."""

    width: int
    low: array[float] = field(default_factory=lambda: array("d"))
    high: array[float] = field(default_factory=lambda: array("d"))

    def add(self, offset: int, values: Sequence[float]) -> None:
        """Take in *values*, the first of which is that of slot *offset*."""
        done = 0
        while done < len(values):
            place = (offset + done) // self.width
            upto = min(len(values), (place + 1) * self.width - offset)
            while len(self.low) <= place:
                self.low.append(nan)
                self.high.append(nan)
            self._widen(place, values[done:upto])
            done = upto

    def _widen(self, place: int, values: Sequence[float]) -> None:
        known = [*values, self.low[place], self.high[place]]
        numbers = known if not isnan(sum(known)) else [value for value in known if not isnan(value)]
        if numbers:
            self.low[place], self.high[place] = min(numbers), max(numbers)


@dataclass(slots=True)
class Trace:
    """What is drawn of a lane: one byte a slot, and a curve per condition."""

    classes: bytearray
    curves: tuple[Curve, ...]


@dataclass(slots=True)
class Lane:
    """
    One rule at one site of one variant.

    *first* is the first slot that exists for it. *turns* are the slots at which the reported state changed. *most* is
    the largest number of breaching slots that counted at once, of the M that a breach needs. *missing* counts slots.
    """

    cell: Cell
    first: int
    slots: int = 0
    missing: int = 0
    errors: int = 0
    most: int = 0
    breaches: list[Breach] = field(default_factory=list)
    turns: list[tuple[int, Reported]] = field(default_factory=list)
    failure: str | None = None
    trace: Trace | None = None

    @property
    def next(self) -> int:
        """The first slot that was not folded yet."""
        return self.cell.last + 1 if self.cell.last is not None else self.first

    @property
    def share(self) -> float:
        """How near the rule came to firing, 0…1: the breaching slots that counted at once, of those it needs."""
        return min(1.0, self.most / self.cell.rule.window.m)

    def draw(self, upto: int) -> None:
        """Keep what a picture of the slots up to *upto* needs."""
        width = max(1, -(-(upto - self.first + 1) // MOST_POINTS))
        self.trace = Trace(bytearray(), tuple(Curve(width) for _ in self.cell.columns))

    def fail(self, why: str, upto: int) -> None:
        """Give up: nothing up to slot *upto* is judged any more."""
        self.failure = why
        self.errors += upto - self.next + 1

    def fold(self, rule: ResolvedRule, slots: Slots, samples: Sequence[Samples], start: int) -> None:
        """Fold the slots from *start* on; *samples* begin where *slots* do."""
        judged = slots.classes[start - slots.first :]
        self.slots += len(judged)
        self.missing += len(judged) - len(judged.translate(None, ANY_MISSING))
        if self.trace is not None:
            self.trace.classes += judged
            for curve, series in zip(self.trace.curves, samples, strict=True):
                curve.add(start - self.first, series.values[start - slots.first :])
        state = self.cell.state
        for step in walk(rule, state, slots, start=start, whole=False):
            self.most = max(self.most, step.verdict.low)
            if step.state is not state:
                state = step.state
                self._turn(step.slot, state.reported(rule))
            if step.event is None:
                continue
            if step.event.change is Change.OPENED:
                event, cell = step.event, self.cell
                self.breaches.append(
                    Breach(cell.site, rule.id, cell.rule.mode, event.at, event.pending_since, cell.order)
                )
            else:
                self.breaches[-1].recovered_at = step.event.at
        self.cell.state = state
        self.cell.last = slots.last

    def _turn(self, slot: int, word: Reported) -> None:
        if word is not (self.turns[-1][1] if self.turns else Reported.OK):
            self.turns.append((slot, word))
