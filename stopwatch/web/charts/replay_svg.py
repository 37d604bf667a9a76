"""Strips, bars and curves of a replay as SVG path data; pure arithmetic on slots."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 1000.0
"""Every drawing is so many units wide, whatever it is shown in."""
HEIGHT = 100.0
COLUMNS = 1000
"""A strip has at most so many columns; each has the colour of the worst slot in it."""
WORST_FIRST = b"BMLC"


@dataclass(frozen=True, slots=True)
class Axis:
    """Where slot 0 of a drawing begins and how wide a slot is, both in units of `WIDTH`."""

    begin: float
    slot: float

    def at(self, slot: float) -> float:
        """Return where *slot* begins."""
        return self.begin + slot * self.slot


def strips(classes: bytes, axis: Axis) -> dict[str, str]:
    """Return per class the path of all its runs, a unit high; each column is as bad as the worst slot in it."""
    width = max(1, -(-len(classes) // COLUMNS))
    worst = _worst(classes, width)
    paths: dict[str, list[str]] = {}
    begin = 0
    while begin < len(worst):
        end = begin + 1
        while end < len(worst) and worst[end] == worst[begin]:
            end += 1
        left, right = axis.at(begin * width), axis.at(min(end * width, len(classes)))
        paths.setdefault(chr(worst[begin]), []).append(f"M{left:.2f} 0H{right:.2f}V1H{left:.2f}Z")
        begin = end
    return {kind: "".join(runs) for kind, runs in paths.items()}


def _worst(classes: bytes, width: int) -> bytes:
    if width == 1:
        return classes
    columns = (classes[begin : begin + width] for begin in range(0, len(classes), width))
    return bytes(next(kind for kind in WORST_FIRST if kind in column) for column in columns)


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to a height: *low* is drawn at the bottom, *high* at the top."""

    low: float
    high: float

    def y(self, value: float) -> float:
        """Return the height of *value*, 0 at the top; what is beyond the scale is drawn at its edge."""
        if math.isinf(value):
            return 0.0 if value > 0 else HEIGHT
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT * (1 - min(1.0, max(0.0, share)))


def scale(lows: Sequence[float], highs: Sequence[float], limits: Sequence[float]) -> Scale:
    """Return a scale that shows every finite value and every limit with some room around them."""
    numbers = [value for value in (*lows, *highs, *limits) if math.isfinite(value)]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    room = 0.08 * (high - low) or abs(high) or 1.0
    return Scale(0.0 if 0 <= low < high / 2 else low - room, high + room)


def band(lows: Sequence[float], highs: Sequence[float], axis: Axis, height: Scale) -> str:
    """Return a path around the span of the values of every point; where no value came, it is interrupted."""
    found = []
    for begin, end in _runs(lows):
        top = [f"{axis.at(place):.2f} {height.y(highs[place]) - 0.7:.1f}" for place in range(begin, end)]
        top.append(f"{axis.at(end):.2f} {height.y(highs[end - 1]) - 0.7:.1f}")
        bottom = [f"{axis.at(end):.2f} {height.y(lows[end - 1]) + 0.7:.1f}"]
        bottom += [f"{axis.at(place):.2f} {height.y(lows[place]) + 0.7:.1f}" for place in range(end - 1, begin - 1, -1)]
        found.append(f"M{'L'.join([*top, *bottom])}Z")
    return "".join(found)


def _runs(values: Sequence[float]) -> list[tuple[int, int]]:
    """Return where numbers stand together, as (first, one beyond the last)."""
    found: list[tuple[int, int]] = []
    begin: int | None = None
    for place, value in enumerate([*values, math.nan]):
        if math.isnan(value):
            if begin is not None:
                found.append((begin, place))
            begin = None
        elif begin is None:
            begin = place
    return found
