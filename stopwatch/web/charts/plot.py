"""From slots and values to places on a chart: scales, runs of slots, lines, ticks; pure arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

DOTTED = 90
"""Up to so many slots every value is a dot as well."""
APART_TICKS = 7
_STEPS = (
    *(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 15, 30)),
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)),
    *(timedelta(days=days) for days in (1, 2, 7, 14, 28)),
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plot:
    """A rectangle that shows *slots* slots from left to right and values from *low* (bottom) to *high* (top)."""

    left: float
    top: float
    width: float
    height: float
    low: float
    high: float
    slots: int

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The bottom edge."""
        return self.top + self.height

    def x_of(self, place: float) -> float:
        """Return where slot *place* begins."""
        return self.left + self.width * min(1.0, max(0.0, place / self.slots))

    def center_of(self, place: float) -> float:
        """Return the middle of slot *place*."""
        return self.x_of(place + 0.5)

    def y_of(self, value: float) -> float:
        """Return the height of *value*; what is beyond the scale is drawn at its edge."""
        if math.isinf(value):
            return self.top if value > 0 else self.bottom
        share = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return self.bottom - self.height * min(1.0, max(0.0, share))


def runs(classes: bytes, kinds: bytes, plot: Plot) -> str:
    """Return the path of all runs of slots whose class is one of *kinds*, each at least a unit wide."""
    parts: list[tuple[float, float]] = []
    begin: int | None = None
    for place, kind in enumerate([*classes, None]):
        inside = kind is not None and kind in kinds
        if inside and begin is None:
            begin = place
        elif not inside and begin is not None:
            left, right = plot.x_of(begin), plot.x_of(place)
            right = max(right, left + 1)
            if parts and left - parts[-1][1] < 1:
                parts[-1] = (parts[-1][0], right)
            else:
                parts.append((left, right))
            begin = None
    top, bottom = f"{plot.top:g}", f"{plot.bottom:g}"
    return "".join(f"M{left:.1f} {top}H{right:.1f}V{bottom}H{left:.1f}z" for left, right in parts)


def hatched(classes: bytes, plot: Plot) -> str:
    """Return the path of all missing slots."""
    return runs(classes, b"ML", plot)


def line(values: Sequence[float], plot: Plot) -> tuple[str, bool]:
    """
    Return the path of the values, interrupted where none came, and whether it is to be filled.

    Where slots are narrower than a unit, the path goes around the span of the values of each unit.
    """
    if len(values) > plot.width:
        return _band(values, plot), True
    parts, drawing = [], False
    for place, value in enumerate(values):
        if not math.isfinite(value):
            drawing = False
            continue
        parts.append(f"{'L' if drawing else 'M'}{plot.center_of(place):.1f} {plot.y_of(value):.1f}")
        drawing = True
    return "".join(parts), False


def _band(values: Sequence[float], plot: Plot) -> str:
    columns: list[tuple[float, float] | None] = []
    wide = len(values) / plot.width
    for column in range(int(plot.width)):
        own = [value for value in values[int(column * wide) : int((column + 1) * wide)] if math.isfinite(value)]
        columns.append((min(own), max(own)) if own else None)
    parts: list[str] = []
    begin: int | None = None
    for place, pair in enumerate([*columns, None]):
        if pair is not None and begin is None:
            begin = place
        elif pair is None and begin is not None:
            known = [(at, each) for at, each in enumerate(columns[begin:place], begin) if each is not None]
            top = [f"{plot.left + at:.0f} {plot.y_of(high) - 0.6:.1f}" for at, (_, high) in known]
            bottom = [f"{plot.left + at:.0f} {plot.y_of(low) + 0.6:.1f}" for at, (low, _) in reversed(known)]
            parts.append(f"M{'L'.join([*top, *bottom])}z")
            begin = None
    return "".join(parts)


def marks(
    values: Sequence[float], classes: bytes, plot: Plot
) -> tuple[list[tuple[float, float, bool]], list[tuple[float, float, bool]]]:
    """
    Return dots as (x, y, whether the slot breached) and infinities as (x, y at the edge, whether upward).

    Dots stand at every value while there are few, else only at values without neighbours.
    """
    dots, beyond, furthest = [], [], -math.inf
    for place, value in enumerate(values):
        x = plot.center_of(place)
        if math.isinf(value):
            if x - furthest >= 4:  # noqa: PLR2004 – half the width of a triangle
                beyond.append((x, plot.y_of(value), value > 0))
                furthest = x
        elif math.isfinite(value):
            around = (values[place - 1] if place else math.nan), (values[place + 1 : place + 2] or [math.nan])[0]
            alone = not any(math.isfinite(neighbour) for neighbour in around)
            if len(values) <= DOTTED or (alone and len(values) <= plot.width):
                dots.append((x, plot.y_of(value), classes[place : place + 1] == b"B"))
    return dots, beyond


def time_ticks(first: datetime, step: timedelta, slots: int, zone: ZoneInfo) -> list[tuple[float, str]]:
    """Return round local times as (place in slots, how they are written); the first of a day carries the date."""
    if slots <= 1:
        return [(0.0, f"{first.astimezone(zone):%d %b %H:%M}")]
    whole = (slots - 1) * step
    most = APART_TICKS * (slots - 1) / slots  # a slot has its width too, which few of them leave less room beside
    apart = next((each for each in _STEPS if each >= step and whole / each < most), whole / APART_TICKS)
    start = first.astimezone(zone)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    number = -((midnight - start) // apart)
    found, day = [], None
    while (at := midnight + number * apart) <= start + whole:
        number += 1
        place = (at.astimezone(first.tzinfo) - first) / step
        if not 0 <= place <= slots - 1:
            continue
        form = "%d %b" if apart >= _DAY else "%H:%M:%S" if apart < timedelta(minutes=1) else "%H:%M"
        if apart < _DAY and at.date() != day:
            form = f"%d %b {form}"
        found.append((place, f"{at:{form}}"))
        day = at.date()
    return found
