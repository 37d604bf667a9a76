"""A sparkline: one KPI's recent values on a few millimetres, with its limit, breaching slots and the newest value."""

from __future__ import annotations

import math
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from stopwatch.web.figures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.kpi import Unit

WIDTH, HEIGHT = 240, 48
"""The picture's own units, two to a pixel, so that whole numbers are fine enough and the markup stays short."""
_SIDE, _EDGE = 6, 5
_INNER = WIDTH - 2 * _SIDE
_LARGEST = 1.7e308
_INK, _LIMIT = "#0b4f8a", "#c2410c"


def sparkline(
    values: Sequence[float], *, limit: float | None, breaching: Sequence[bool], title: str, unit: Unit
) -> str:
    """
    Return a small inline SVG of *values* in *unit*, oldest first, one a slot, NaN where there is no point.

    *limit* is a dashed line (None: no rule has one), slots that are *breaching* are shaded, the newest value is a dot.
    The same is said in words that begin with *title*. It has no ids, so any number of them may stand on a page, and
    its classes are the chart's (`spark`, `value`, `limit`, `breach`, `dot`), for a style sheet to colour.

    Raises:
        ValueError: *breaching* does not have one entry a value.

    """
    if len(breaching) != len(values):
        raise ValueError(f"{len(breaching)} breaching slots for {len(values)} values")
    words = escape(_words(values, limit=limit, breaching=breaching, title=title, unit=unit))
    low, high = _scale(values, limit)
    parts = [
        (
            f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH // 2}" height="{HEIGHT // 2}" role="img" '
            f'aria-label="{words}"><title>{words}</title>'
        )
    ]
    if shaded := _shaded(breaching):
        parts.append(f'<path class="breach" d="{shaded}" fill="{_LIMIT}" fill-opacity=".25"/>')
    if limit is not None and math.isfinite(limit):
        y = _y(limit, low, high)
        parts.append(
            f'<path class="limit" d="M0 {y}H{WIDTH}" stroke="{_LIMIT}" stroke-width="2" stroke-dasharray="8 5"/>'
        )
    if path := _line(values, low, high):
        parts.append(
            f'<path class="value" d="{path}" fill="none" stroke="{_INK}" stroke-width="3" stroke-linejoin="round" '
            'stroke-linecap="round"/>'
        )
    if values and not math.isnan(values[-1]):
        x, y = _x(len(values) - 1, len(values)), _y(values[-1], low, high)
        parts.append(f'<circle class="dot" cx="{x}" cy="{y}" r="5" fill="{_INK}"/>')
    return "".join([*parts, "</svg>"])


def _words(values: Sequence[float], *, limit: float | None, breaching: Sequence[bool], title: str, unit: Unit) -> str:
    known = [value for value in values if not math.isnan(value)]
    told = [f"{title}: newest {figure(values[-1], unit.value)}" if values else f"{title}: no values yet"]
    if values and math.isnan(values[-1]):
        told = [f"{title}: newest value missing"]
    if limit is not None:
        told.append(f"limit {figure(limit, unit.value)}")
    if known:
        told.append(f"least {figure(min(known), unit.value)}, greatest {figure(max(known), unit.value)}")
    if values:
        missing = f", {len(values) - len(known)} missing" if len(known) < len(values) else ""
        told.append(f"{sum(map(bool, breaching))} of {len(values)} slots breach{missing}")
    return ", ".join(told)


def _scale(values: Sequence[float], limit: float | None) -> tuple[float, float]:
    """Return the halves of the least and the greatest value shown, so that their distance is always a number."""
    shown = list(filter(math.isfinite, values))
    if limit is not None and math.isfinite(limit):
        shown.append(limit)
    low = max(-_LARGEST, min(shown, default=0.0)) / 2
    high = min(_LARGEST, max(shown, default=1.0)) / 2
    if low == high:
        room = abs(low) / 2 or 0.5
        return low - room, high + room
    return low, high


def _x(place: int, slots: int) -> int:
    return round(_SIDE + _INNER * (place / (slots - 1) if slots > 1 else 0.5))


def _y(value: float, low: float, high: float) -> int:
    share = (value / 2 - low) / (high - low)
    return round(HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * min(1.0, max(0.0, share)))


@lru_cache(maxsize=64)
def _places(slots: int) -> tuple[int, ...]:
    """Return where each of *slots* slots, two at least, lies; all sparklines of a board share it."""
    return tuple(round(_SIDE + place * (_INNER / (slots - 1))) for place in range(slots))


def _line(values: Sequence[float], low: float, high: float) -> str:
    """Return the path of the values, interrupted where none came; slots that share a place are one upright stroke."""
    slots, drawing = len(values), False
    parts: list[str] = []
    if not 1 < slots <= _INNER:
        return _crowded(values, low, high)
    whole, bottom = high - low, HEIGHT - _EDGE
    for x, value in zip(_places(slots), values, strict=True):
        if value != value:  # noqa: PLR0124 – NaN is the only such value, and a board asks this 100 000 times
            if drawing and parts[-1][0] == "M":
                parts.append("h0")  # A stroke of no length with round ends is a dot: a value between two gaps.
            drawing = False
            continue
        share = (value / 2 - low) / whole
        y = round(bottom - (bottom - _EDGE) * (share if 0 <= share <= 1 else float(share > 0)))
        parts.append(f"{'L' if drawing else 'M'}{x} {y}")
        drawing = True
    return "".join(parts)


def _crowded(values: Sequence[float], low: float, high: float) -> str:
    slots, drawing = len(values), False
    parts: list[str] = []
    for x, column in groupby(enumerate(values), key=lambda pair: _x(pair[0], slots)):
        known = [value for _, value in column if not math.isnan(value)]
        if known:
            top, bottom = _y(max(known), low, high), _y(min(known), low, high)
            parts.append(f"{'L' if drawing else 'M'}{x} {top}V{bottom}")
        drawing = bool(known)
    return "".join(parts)


def _shaded(breaching: Sequence[bool]) -> str:
    """Return the path of all runs of breaching slots, each reaching half a slot beyond its first and its last."""
    slots, parts, begin = len(breaching), [], 0
    half = _INNER / (slots - 1) / 2 if slots > 1 else _INNER / 2
    for kind, run in groupby(breaching, key=bool):
        length = len(list(run))
        if kind:
            left = max(0, round(_x(begin, slots) - half))
            right = min(WIDTH, max(left + 1, round(_x(begin + length - 1, slots) + half)))
            parts.append(f"M{left} 0H{right}V{HEIGHT}H{left}z")
        begin += length
    return "".join(parts)
