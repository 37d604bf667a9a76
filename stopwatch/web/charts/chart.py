"""The evidence chart: one SVG of a condition's values with its limits, for pages, print and exports."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.web.charts.plot import Plot, hatched, line, marks, runs, time_ticks
from stopwatch.web.figures import figure, label, span, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 800, 240
LEFT, RIGHT, TOP, BOTTOM = 66, 96, 46, 48
_LETTER = 6.4
"""About how wide a letter of the chart's small text is."""
LARGEST = 1.7e308
WORDS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
INK, SOFT, GRID, VALUE, LIMIT, GOOD = "#1c2430", "#566273", "#dfe4ea", "#0b4f8a", "#c2410c", "#00755e"
"""Dark on light, told apart by lightness and by dashes too, so that no reader depends on hue."""


_BEFORE = 'fill="#8b95a3" fill-opacity="0.18"'


@dataclass(frozen=True, slots=True)
class Chart:
    """
    One condition of a rule at a site, as it is drawn.

    *values* in *unit*, one a slot from *first* on, NaN where there is no point; *classes* of the whole rule likewise
    (B, C, M, L). *title* names KPI and site. *armed_at* is where the slots that count begin.
    """

    title: str
    unit: str
    op: str
    limit: float
    recovery: float
    values: Sequence[float]
    classes: bytes
    first: datetime
    step: timedelta
    zone: ZoneInfo
    opened_at: datetime | None = None
    began_at: datetime | None = None
    recovered_at: datetime | None = None
    armed_at: datetime | None = None


def draw(chart: Chart, *, name: str = "chart") -> str:
    """
    Return the chart as an SVG document that needs nothing else; *name* makes its ids unique on a page.

    It carries its own text alternative with the same numbers. Colours are attributes, so that a page's style sheet
    may replace them by class and no inline style is needed.
    """
    plot = _plot(chart)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'height="{HEIGHT}" role="img" aria-labelledby="{name}-t {name}-d" '
            'font-family="DejaVu Sans, Segoe UI, Roboto, Helvetica, Arial, sans-serif" font-size="11">'
        ),
        f'<title id="{name}-t">{escape(chart.title)}</title>',
        f'<desc id="{name}-d">{escape(describe(chart))}</desc>',
        (
            f'<defs><pattern id="{name}-m" width="6" height="6" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><path class="soft-line" d="M0 0V6" stroke="{SOFT}" stroke-width="1.6"/>'
            "</pattern></defs>"
        ),
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text class="ink" x="{LEFT}" y="19" font-size="13" font-weight="bold" fill="{INK}">{_clipped(chart)}</text>',
        *_slots(chart, plot, name),
        *_axes(chart, plot),
        *_limits(chart, plot),
        *_values(chart, plot),
        *_events(chart, plot),
        *_legend(chart, name),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def describe(chart: Chart) -> str:
    """Say in words what the chart shows, with the same numbers."""
    numbers = [value for value in chart.values if not math.isnan(value)]
    local = [chart.first.astimezone(chart.zone), _end(chart).astimezone(chart.zone)]
    told = [
        (
            f"{len(chart.values)} slots of {span(chart.step)} from {local[0]:%Y-%m-%d %H:%M} "
            f"to {local[1]:%Y-%m-%d %H:%M} {chart.zone.key}."
        ),
        (
            f"Breaches {WORDS.get(chart.op, chart.op)} {figure(chart.limit, chart.unit)}; "
            f"the recovery limit is {figure(chart.recovery, chart.unit)}."
        ),
    ]
    if numbers:
        told.append(
            f"Newest value {figure(numbers[-1], chart.unit)}, least {figure(min(numbers), chart.unit)}, "
            f"greatest {figure(max(numbers), chart.unit)}."
        )
    gaps = chart.classes.count(b"M") + chart.classes.count(b"L")
    told.append(f"{chart.classes.count(b'B')} slots breached, {chart.classes.count(b'C')} were clear, {gaps} missing.")
    for words, at in (("Began", chart.began_at), ("Opened", chart.opened_at), ("Recovered", chart.recovered_at)):
        if at is not None:
            told.append(f"{words} {at.astimezone(chart.zone):%Y-%m-%d %H:%M:%S}.")
    return " ".join(told)


def _end(chart: Chart) -> datetime:
    return chart.first + max(0, len(chart.values) - 1) * chart.step


def _clipped(chart: Chart) -> str:
    longest = 96
    return escape(chart.title if len(chart.title) <= longest else chart.title[: longest - 1] + "…")


def _plot(chart: Chart) -> Plot:
    """Choose a scale that shows every finite value and both limits; infinities are drawn at the edge."""
    shown = (*chart.values, chart.limit, chart.recovery)
    numbers = [max(-LARGEST, min(LARGEST, value)) for value in shown if math.isfinite(value)]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    room = 0.1 * (high - low) or 0.5 * abs(high) or 1.0
    bottom = 0.0 if 0 <= low < high / 2 else max(-LARGEST, low - room)
    top = min(LARGEST, high + room)
    return Plot(LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, bottom, top, max(1, len(chart.values)))


def _slots(chart: Chart, plot: Plot, name: str) -> list[str]:
    parts = []
    if chart.armed_at is not None and _is_armed_late(chart):
        edge = plot.x_of((chart.armed_at - chart.first) / chart.step)
        parts.append(
            f'<rect class="before" x="{plot.left}" y="{plot.top}" width="{edge - plot.left:.1f}" '
            f'height="{plot.height}" {_BEFORE}/>'
        )
    breached = runs(chart.classes, b"B", plot)
    if breached:
        parts.append(f'<path class="breach" d="{breached}" fill="{LIMIT}" fill-opacity="0.2"/>')
    missing = hatched(chart.classes, plot)
    if missing:
        parts.append(f'<path class="missing" d="{missing}" fill="url(#{name}-m)" fill-opacity="0.75"/>')
    return parts


def _axes(chart: Chart, plot: Plot) -> list[str]:
    parts = []
    for value, words in ticks(plot.low, plot.high, chart.unit):
        y = plot.y_of(value)
        parts.append(f'<path class="grid" d="M{plot.left} {y:.1f}H{plot.right}" stroke="{GRID}" stroke-width="1"/>')
        parts.append(_text(plot.left - 7, y + 4, words, anchor="end"))
    parts.append(f'<path class="axis" d="M{plot.left} {plot.bottom}H{plot.right}" stroke="{SOFT}" stroke-width="1"/>')
    for place, words in time_ticks(chart.first, chart.step, len(chart.values), chart.zone):
        x = plot.center_of(place)
        parts.append(f'<path class="axis" d="M{x:.1f} {plot.bottom}v4" stroke="{SOFT}"/>')
        parts.append(_text(x, plot.bottom + 16, words, anchor="middle"))
    return parts


def _limits(chart: Chart, plot: Plot) -> list[str]:
    """Draw both limits with their words beside them, kept apart where they lie close together."""
    limit, recovery = plot.y_of(chart.limit), plot.y_of(chart.recovery)
    parts = [
        f'<path class="limit" d="M{plot.left} {limit:.1f}H{plot.right}" stroke="{LIMIT}" stroke-width="2"/>',
        _text(
            plot.right + 6, limit + 4, f"{chart.op} {label(chart.limit, chart.unit)}", colour=LIMIT, kind="limit-text"
        ),
    ]
    if chart.recovery != chart.limit:
        place = recovery + 4
        if abs(recovery - limit) < 13:  # noqa: PLR2004 – the height of a line of text
            place = limit + 4 + (13 if recovery >= limit else -13)
        words = f"good {label(chart.recovery, chart.unit)}"
        parts.append(
            f'<path class="recovery" d="M{plot.left} {recovery:.1f}H{plot.right}" stroke="{GOOD}" stroke-width="1.5" '
            'stroke-dasharray="7 4"/>'
        )
        parts.append(_text(plot.right + 6, place, words, colour=GOOD, kind="recovery-text"))
    return parts


def _values(chart: Chart, plot: Plot) -> list[str]:
    path, filled = line(chart.values, plot)
    parts = []
    if path:
        fill = VALUE if filled else "none"
        parts.append(
            f'<path class="{"band" if filled else "value"}" d="{path}" fill="{fill}" stroke="{VALUE}" '
            f'stroke-width="{1 if filled else 1.8}" stroke-linejoin="round"/>'
        )
    dots, beyond = marks(chart.values, chart.classes, plot)
    parts += [
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{3.2 if full else 2.4}" '
        f'fill="{VALUE if full else "#ffffff"}" stroke="{VALUE}" stroke-width="1.4"/>'
        for x, y, full in dots
    ]
    parts += [
        f'<path class="dot" d="M{x - 4:.1f} {y + (7 if up else -7):.1f}h8l-4 {-7 if up else 7}z" fill="{VALUE}"/>'
        for x, y, up in beyond
    ]
    return parts


def _events(chart: Chart, plot: Plot) -> list[str]:
    """Draw what happened as upright lines, with their words above the plot where they cover no value."""
    parts, told = [], []
    for words, at, dash in (
        ("began", chart.began_at, "2 3"),
        ("opened", chart.opened_at, ""),
        ("recovered", chart.recovered_at, "5 3"),
    ):
        place = (at - chart.first) / chart.step if at is not None else -1.0
        if at is None or not 0 <= place < len(chart.values):
            continue
        x = plot.center_of(place)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(
            f'<path class="event" d="M{x:.1f} {plot.top - 4}V{plot.bottom}" stroke="{INK}" stroke-width="1.2"{dashes}/>'
        )
        told.append((x, f"{words} {at.astimezone(chart.zone):%H:%M}"))
    return parts + [_text(x, plot.top - 7, words) for x, words in _side_by_side(told)]


def _side_by_side(told: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return where each text begins: centred at its place, moved aside where it would touch another or the edge."""
    placed, edge = [], float(WIDTH - 4)
    for x, words in sorted(told, reverse=True):
        begin = min(x, edge - _LETTER * len(words) / 2) - _LETTER * len(words) / 2
        placed.append((begin, words))
        edge = begin - 8
    found, edge = [], 4.0
    for begin, words in reversed(placed):
        found.append((max(begin, edge), words))
        edge = found[-1][0] + _LETTER * len(words) + 8
    return found


def _legend(chart: Chart, name: str) -> list[str]:
    """Say what the shades and signs mean that this chart has."""
    y, x = HEIGHT - 10, float(LEFT)
    gaps = b"M" in chart.classes or b"L" in chart.classes
    known = [
        (f'class="breach" fill="{LIMIT}" fill-opacity="0.2"', "breaching", b"B" in chart.classes),
        (f'class="missing" fill="url(#{name}-m)"', "missing or too few", gaps),
        (f'class="before" {_BEFORE}', "before it counts", _is_armed_late(chart)),
    ]
    parts = []
    for look, words, wanted in known:
        if wanted:
            parts.append(f'<rect x="{x:.1f}" y="{y - 9}" width="14" height="10" {look}/>')
            parts.append(_text(x + 19, y, words, soft=True))
            x += 19 + _LETTER * len(words) + 12
    if any(map(math.isinf, chart.values)):
        parts.append(f'<path class="dot" d="M{x:.1f} {y}h8l-4 -7z" fill="{VALUE}"/>')
        parts.append(_text(x + 13, y, "infinite", soft=True))
    words = f"every {span(chart.step)} · local time, {chart.zone.key}"
    return [*parts, _text(WIDTH - 10, y, words, anchor="end", soft=True)]


def _is_armed_late(chart: Chart) -> bool:
    return chart.armed_at is not None and chart.armed_at > chart.first


def _text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    colour: str | None = None,
    kind: str | None = None,
    soft: bool = False,
) -> str:
    css = kind or ("soft" if soft else "ink")
    fill = colour or (SOFT if soft else INK)
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{css}" {place} fill="{fill}">{escape(words)}</text>'
