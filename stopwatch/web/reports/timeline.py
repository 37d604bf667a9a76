"""A rollout drawn: one row a site, live from its activation on, with its pauses and the time it was blind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.web.reports.document import Bar, Timeline

WIDTH = 960
_LEFT, _RIGHT, _TOP, _ROW, _BAR = 120, 16, 34, 26, 14
_LEAST = 3
_STYLE = {
    "live": ("#cfe0ee", "live"),
    "paused": ("#b3261e", "paused"),
    "overridden": ("#b26a00", "overridden"),
    "blind": ("#6b7280", "blind"),
}
_STEPS = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672, 1344)
_TICKS = 8
TALLEST = 22
"""How many sites one picture holds: two of them fill a page of paper, which would cut or push away a taller one."""


def timeline_svg(timeline: Timeline) -> str:
    """Return inline SVGs of at most `TALLEST` sites; each bar says in words what it is, legends name the colours."""
    parts = [timeline.rows[first : first + TALLEST] for first in range(0, len(timeline.rows), TALLEST)]
    return "".join(_svg(replace(timeline, rows=rows)) for rows in parts or [()])


def _svg(timeline: Timeline) -> str:
    height = _TOP + _ROW * len(timeline.rows) + 30
    words = escape(f"Timeline of {len(timeline.rows)} sites, {_day(timeline.start)} to {_day(timeline.end)} UTC")
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-size="12"'
    parts = [f'<svg class="timeline" {size} role="img" aria-label="{words}"><title>{words}</title>']
    bottom = _TOP + _ROW * len(timeline.rows)
    for at, label in _ticks(timeline):
        x = _x(timeline, at)
        parts.append(f'<path class="grid" d="M{x} {_TOP - 6}V{bottom}" stroke="#d5d9de"/>')
        parts.append(f'<text class="soft" x="{x}" y="{_TOP - 12}" text-anchor="middle">{label}</text>')
    for place, (name, bars) in enumerate(timeline.rows):
        y = _TOP + _ROW * place + (_ROW - _BAR) // 2
        parts.append(f'<text class="ink" x="{_LEFT - 10}" y="{y + 11}" text-anchor="end">{escape(name)}</text>')
        parts.extend(_bar(timeline, bar, y) for bar in bars)
    x = _LEFT
    for kind, (colour, word) in _STYLE.items():
        parts.append(f'<rect class="b-{kind}" x="{x}" y="{bottom + 12}" width="14" height="12" fill="{colour}"/>')
        parts.append(f'<text class="soft" x="{x + 20}" y="{bottom + 22}">{word}</text>')
        x += 110
    return "".join([*parts, "</svg>"])


def _bar(timeline: Timeline, bar: Bar, y: int) -> str:
    left = _x(timeline, max(bar.start, timeline.start))
    width = max(_LEAST, _x(timeline, min(bar.end, timeline.end)) - left)
    colour, _ = _STYLE[bar.kind]
    return (
        f'<rect class="b-{bar.kind}" x="{left}" y="{y}" width="{width}" height="{_BAR}" rx="2" fill="{colour}">'
        f"<title>{escape(bar.words)}</title></rect>"
    )


def _x(timeline: Timeline, at: datetime) -> int:
    whole = (timeline.end - timeline.start) or timedelta(seconds=1)
    return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * ((at - timeline.start) / whole))


def _ticks(timeline: Timeline) -> Iterator[tuple[datetime, str]]:
    """Yield round instants with their labels: full hours, days or weeks in UTC, at most about eight of them."""
    hours = (timeline.end - timeline.start) / timedelta(hours=1)
    step = timedelta(hours=next((step for step in _STEPS if hours / step <= _TICKS), _STEPS[-1]))
    epoch = datetime(2000, 1, 3, tzinfo=UTC)
    at = epoch + -((epoch - timeline.start) // step) * step
    while at <= timeline.end:
        yield at, f"{at:%m-%d}" if step >= timedelta(days=1) else f"{at:%m-%d %H:%M}"
        at += step


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"
